alter table work add column urgency smallint not null default 4 check (urgency between 0 and 4);
comment on column work.urgency is 'The lower, the sooner: answers, money, deadlines, wins, the rest';

alter table line
    add column urgency smallint not null default 4 check (urgency between 0 and 4),
    add column paced boolean not null generated always as (key like 'chat:%') stored,
    add column free_at timestamptz not null default '-infinity',
    add column urgent_at timestamptz not null default '-infinity';
comment on column line.urgency is 'That of the most urgent work that waits';
comment on column line.free_at is 'When the next message may go to this chat; urgent ones from urgent_at on';

-- The sweep comes again for ever, as urgent as it is.
update work set urgency = 1 where kind = 'Sweep';
update line set urgency = 1 where key = 'sweep';

drop index line_due;
create index line_turn on line (paced, urgency, due) where due < 'infinity';
create index line_parked on line (free_at) where due = 'infinity';

create table pace (
    only_row boolean primary key default true check (only_row),
    next_at timestamptz not null default '-infinity',
    refused text not null default '',
    refused_until timestamptz not null default '-infinity'
);
insert into pace default values;
comment on table pace is 'When the next message may go to any chat, over all processes; and which chat was refused last';

create table reminder (
    journey_id text primary key,
    pay_by timestamptz not null,
    known_at timestamptz not null,
    sent interval,
    snoozed_until timestamptz,
    acknowledged boolean not null
);
comment on table reminder is 'How far the reminders of one deadline have come; another deadline begins anew';

create table preference (
    chat_id bigint primary key,
    zone text not null,
    is_guessed boolean not null,
    muted text[] not null,
    quiet_from time,
    quiet_until time,
    zone_asked_at timestamptz
);
comment on table preference is 'What a person wants to be told in a chat, and when; without a row, the defaults';

-- Items that wait for their payment are looked at once, as if their reminder were due: it is planned from there.
with open as (
    select 'remind:' || id as key, id from journey
    where kind = 'payment' and state in ('choosing', 'won', 'selecting', 'link_sent', 'opened', 'lapsed')
    and ("order" ->> 'pay_by')::timestamptz > now()
), begun as (
    insert into line (key, due) select key, now() from open
)
insert into work (line, kind, body, run_at)
select key, 'Remind', jsonb_build_object('journey_id', id), now() from open;

-- What a chat has to be told once it is open again.
alter table journey add column news integer not null default 0;
comment on column journey.news is 'The version that the buyer was last to hear of in a new message';

alter table card add column older bigint[] not null default '{}';
comment on column card.older is 'Messages that hung there before, and could not be made inert while the chat was closed';

alter table chat add column heard_at timestamptz;
comment on column chat.heard_at is 'When the person last wrote or pressed: a refusal of a message sent before means nothing';

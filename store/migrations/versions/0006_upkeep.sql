alter table buyer add orders_seen_at timestamptz;
create index buyer_by_orders on buyer (orders_seen_at nulls first, buyer_id) where telegram_user_id is not null;
comment on column buyer.orders_seen_at is 'When the unpaid orders were last compared with the auction house''s';

create table report (
    webhook_id text primary key,
    type text not null,
    buyer_id text not null,
    order_id text,
    body text not null,
    made_at timestamptz not null,
    attempts integer not null default 0,
    last_tried_at timestamptz,
    taken_at timestamptz,
    dead_at timestamptz,
    reason text
);
create index report_by_time on report (made_at, webhook_id);
create index report_of_order on report (order_id) where order_id is not null;
create index report_of_buyer on report (buyer_id);
create index report_taken on report (taken_at) where taken_at is not null;
comment on table report is 'Every outcome event for the auction house, as it was sent, and what became of it';

-- What waits, or was given up, before this release kept a record of it.
insert into report (webhook_id, type, buyer_id, order_id, body, made_at, attempts, dead_at, reason)
select body ->> 'webhook_id', event ->> 'type', event -> 'data' ->> 'buyer_id', event -> 'data' ->> 'order_id',
    body ->> 'body', (event ->> 'timestamp')::timestamptz, attempts, dead_at, reason
from work cross join lateral (select (body ->> 'body')::jsonb as event) told
where kind = 'Report'
on conflict do nothing;

create index work_dead on work (dead_at) where dead_at is not null;
create index fact_unknown on fact ((body ->> 'type')) where kind = 'UnknownEvent';
create index fact_passing on fact (at)
where id like 'telegram:%' or id like 'answer:%' or id like 'orders:%' or id like 'remind:%';
comment on index fact_passing is 'Facts that nothing can tell a second time once they are old, and no money hangs on';

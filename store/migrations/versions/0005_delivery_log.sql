create table digest (
    chat_id bigint not null,
    message_id bigint not null,
    lines jsonb not null,
    primary key (chat_id, message_id)
);
create index digest_of_journey on digest using gin (lines jsonb_path_ops);
comment on table digest is 'Which items a message that tells several wins shows, and what it says of each';

alter table delivery
    alter message_id drop not null,
    add result text not null default 'sent'
        check (result in ('sent', 'edited', 'unchanged', 'waiting', 'refused', 'closed')),
    add says text,
    add buyer_id text,
    add reason text,
    add until timestamptz;
update delivery set buyer_id = journey.buyer_id from journey where journey.id = delivery.journey_id;
create index delivery_of_journey on delivery (journey_id, id) where journey_id is not null;
create index delivery_of_buyer on delivery (buyer_id, id) where buyer_id is not null;
comment on table delivery is 'Every attempt to bring something to a chat, and what became of it; append-only';

create index fact_about on fact (
    coalesce(
        body ->> 'order_id', body -> 'order' ->> 'order_id', body ->> 'charge_id', body ->> 'refund_id',
        body ->> 'buyer_id'
    )
) where coalesce(
    body ->> 'order_id', body -> 'order' ->> 'order_id', body ->> 'charge_id', body ->> 'refund_id',
    body ->> 'buyer_id'
) is not null;
comment on index fact_about is 'What a fact is about, as a case looks it up';

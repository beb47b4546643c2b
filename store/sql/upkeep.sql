-- name: connected_buyers$
-- How many buyers have a chat that is theirs.
select count(*) from buyer where telegram_user_id is not null;

-- name: take_unchecked
-- Connected buyers whose orders were not looked at since then, longest ago first; from now on they count as looked at.
with due as (
    select buyer_id from buyer
    where telegram_user_id is not null and (orders_seen_at is null or orders_seen_at <= :seen_before)
    order by orders_seen_at nulls first, buyer_id limit :most
    for no key update skip locked
)
update buyer set orders_seen_at = :now from due where buyer.buyer_id = due.buyer_id
returning buyer.buyer_id;

-- name: note_orders_seen!
update buyer set orders_seen_at = :at where buyer_id = :buyer_id;

-- name: report^
select * from report where webhook_id = :webhook_id;

-- name: reports
-- Oldest first.
select * from report
where made_at >= :since and made_at < :until and (not :only_dead or dead_at is not null)
order by made_at, webhook_id;

-- name: save_report!
insert into report (
    webhook_id, type, buyer_id, order_id, body, made_at, attempts, last_tried_at, taken_at, dead_at, reason
) values (
    :webhook_id, :type, :buyer_id, :order_id, :body, :made_at, :attempts, :last_tried_at, :taken_at, :dead_at, :reason
)
on conflict (webhook_id) do update
set attempts = excluded.attempts, last_tried_at = excluded.last_tried_at, taken_at = excluded.taken_at,
    dead_at = excluded.dead_at, reason = excluded.reason;

-- name: dead_report$
-- The number of the work that gave a report up.
select id from work where dead_at is not null and kind = 'Report' and body ->> 'webhook_id' = :webhook_id
order by id desc limit 1;

-- name: dead_work^
select kind, body from work where id = :id and dead_at is not null;

-- name: drop_dead!
delete from work where id = :id and dead_at is not null;

-- name: revive^
-- Work that was given up waits in its old place again; where its twin waits already, it is dropped instead.
with twin as (
    select dead.id, exists (
        select from work
        where work.line = dead.line and work.dead_at is null and work.kind = dead.kind and work.body = dead.body
    ) as waits
    from work dead where dead.id = :id and dead.dead_at is not null
), dropped as (
    delete from work using twin where work.id = twin.id and twin.waits returning work.line, work.kind, work.body
), again as (
    update work set dead_at = null, attempts = 0, failures = 0, run_at = now(), reason = null
    from twin where work.id = twin.id and not twin.waits
    returning work.line, work.kind, work.body, work.urgency
), line as (
    insert into line as kept (key, due, urgency) select line, now(), urgency from again
    on conflict (key) do update
    set urgency = least(kept.urgency, excluded.urgency),
        due = least(kept.due, greatest(
            kept.held_until, case when excluded.urgency <= 1 then kept.urgent_at else kept.free_at end, excluded.due
        ))
    where not kept.busy
)
select kind, body from again union all select kind, body from dropped;

-- name: forget_letters$
-- Letters are numbered as they come, so the first ones are the oldest; those that somebody still has to read stay.
with gone as (
    delete from inbox where id in (
        select id from (
            select id, received_at from inbox
            where id not in (select (body ->> 'inbox_id')::bigint from work where body ? 'inbox_id')
            order by id limit :most
        ) oldest
        where received_at < :before
    ) returning 1
)
select count(*) from gone;

-- name: forget_facts$
-- Each kind by an index of its own.
with passing as (
    select id from fact
    where at < :before and (id like 'telegram:%' or id like 'answer:%' or id like 'orders:%' or id like 'remind:%')
    order by at limit :most
), unknown as (
    select id from fact where at < :before and kind = 'UnknownEvent' limit :most
), gone as (
    delete from fact where id in (
        select id from passing union all select id from unknown limit :most
    ) returning 1
)
select count(*) from gone;

-- name: forget_deliveries$
-- With the last delivery of a journey that is over goes the note of where its card hangs, and how far its reminders
-- came; with the last one of a digest whose items are all over goes the digest.
with gone as (
    delete from delivery where id in (
        select id from (select id, at from delivery order by id limit :most) oldest where at < :before
    )
    returning id, chat_id, journey_id, message_id
), over as (
    select gone.journey_id from gone join journey on journey.id = gone.journey_id
    where journey.state = any(:closed::text[])
    and not exists (
        select from delivery later
        where later.chat_id = gone.chat_id and later.id > gone.id and later.journey_id = gone.journey_id
    )
), unhung as (
    delete from card using over where card.journey_id = over.journey_id
), unreminded as (
    delete from reminder using over where reminder.journey_id = over.journey_id
), untold as (
    delete from digest using gone
    where digest.chat_id = gone.chat_id and digest.message_id = gone.message_id
    and not exists (
        select from delivery later
        where later.chat_id = gone.chat_id and later.id > gone.id and later.message_id = gone.message_id
    )
    and not exists (
        select from jsonb_array_elements(digest.lines) line join journey on journey.id = line ->> 'journey_id'
        where journey.state <> all(:closed::text[])
    )
)
select count(*) from gone;

-- name: forget_notes$
-- The next journeys, in the order of their names, that a card or a reminder is noted of; the last of them is told.
-- What is over and was delivered nothing of for so long that no delivery is kept needs no notes, nor a digest of such.
with noted as (
    select journey_id from (
        (select journey_id from card where journey_id > :after order by journey_id limit :most)
        union
        (select journey_id from reminder where journey_id > :after order by journey_id limit :most)
    ) found order by journey_id limit :most
), over as (
    select journey.id from noted join journey on journey.id = noted.journey_id
    where state = any(:closed::text[]) and not exists (select from delivery where delivery.journey_id = journey.id)
), unhung as (
    delete from card using over where card.journey_id = over.id
), unreminded as (
    delete from reminder using over where reminder.journey_id = over.id
), untold as (
    delete from digest using over
    where digest.lines @> jsonb_build_array(jsonb_build_object('journey_id', over.id))
    and not exists (
        select from jsonb_array_elements(digest.lines) line join journey on journey.id = line ->> 'journey_id'
        where journey.state <> all(:closed::text[])
        or exists (select from delivery where delivery.journey_id = journey.id)
    )
)
select max(journey_id) from noted;

-- name: forget_buttons$
with gone as (
    delete from button where id in (
        select id from button where expires_at < :before order by expires_at limit :most
    ) returning 1
)
select count(*) from gone;

-- name: forget_reports$
with gone as (
    delete from report where webhook_id in (
        select webhook_id from report where taken_at < :before order by taken_at limit :most
    ) returning 1
)
select count(*) from gone;

-- name: forget_work$
with gone as (
    delete from work where id in (
        select id from work where dead_at < :before order by dead_at limit :most
    ) returning 1
)
select count(*) from gone;

-- name: unknown_events
-- Events that are kept still of types that are not known here, the most frequent types first.
select body ->> 'type' as type, count(*) as count from fact where kind = 'UnknownEvent'
group by body ->> 'type' order by count desc, type;

-- name: gone_orders$
-- Orders that are not among the unpaid ones of the auction house, which has not told why.
select count(*) from journey where state = 'gone';

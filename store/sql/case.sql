-- name: journeys
-- The journeys that a name means: a journey's own, an order's, a buyer's, a charge's or a refund's.
select id, order_id, buyer_id from journey where id = :name or order_id = :name or buyer_id = :name
union
select journey.id, journey.order_id, journey.buyer_id
from charge join journey on journey.id = charge.journey_id where charge.id = :name
union
select journey.id, journey.order_id, journey.buyer_id
from refund join charge on charge.id = refund.charge_id join journey on journey.id = charge.journey_id
where refund.id = :name;

-- name: happenings
-- Everything about some journeys, or about a buyer where one is named, in the order of time.
with ours as materialized (
    select id, journey_id from charge where journey_id = any(:journeys::text[])
), subject as materialized (
    select unnest(:orders::text[]) as id union select id from ours
    union select refund.id from refund join ours on ours.id = refund.charge_id
    union select :buyer_id::text where :buyer_id::text is not null
), mentioned as materialized (
    select fact_id as id from move where journey_id = any(:journeys::text[])
    union
    select fact.id from fact join subject on subject.id = coalesce(
        body ->> 'order_id', body -> 'order' ->> 'order_id', body ->> 'charge_id', body ->> 'refund_id',
        body ->> 'buyer_id'
    )
), told as (
    select fact.id, fact.kind, fact.at, body ->> 'charge_id' as charge_id,
        case
            when fact.id like 'auction:%' then 'auction' when fact.id like 'telegram:%' then 'telegram'
            when fact.id ~ '(?::notice-|^notice:)[0-9a-f]{64}$' then 'antom'
        end as source,
        substring(fact.id from '^(?:auction:|telegram:|notice:|.*:notice-)(.*)$') as source_id,
        substring(fact.id from '(?::notice-|^notice:)(\d{1,18})$')::bigint as inbox_id -- as they were named once
    from fact join mentioned on mentioned.id = fact.id
), letter as (
    select told.*, inbox.received_at, coalesce(inbox.source, told.source) as from_source,
        coalesce(inbox.source_id, told.source_id) as letter_id
    from told left join inbox
        on (inbox.source = told.source and inbox.source_id = told.source_id) or inbox.id = told.inbox_id
), person as (
    select buyer.buyer_id, chat.chat_id from buyer left join chat on chat.user_id = buyer.telegram_user_id
    where buyer.buyer_id in (
        select buyer_id from journey where id = any(:journeys::text[]) union select :buyer_id::text
    )
), theirs as (
    select unnest(array[
        'chat:' || chat_id, 'telegram:' || chat_id, 'code:' || chat_id, 'house:' || buyer_id, 'orders:' || buyer_id
    ]) as key
    from person
), queued as (
    select work.*, line.held_until, inbox.source, inbox.source_id
    from work left join line on line.key = work.line
        left join inbox on inbox.id = (work.body ->> 'inbox_id')::bigint
    where work.line in (select prefix || id from unnest(array['journey:', 'remind:']) prefix, unnest(:journeys::text[]) id)
        or (
            work.line in (select key from theirs)
            and (:buyer_id::text is not null or work.body ->> 'journey_id' = any(:journeys::text[]))
        )
        or (
            -- As long as nobody has read a letter, what it is about is in its bytes alone.
            work.kind in ('ReadAuctionEvent', 'ReadNotice')
            and exists (select from subject where position(convert_to(to_json(id)::text, 'UTF8') in inbox.body) > 0)
        )
), happening (at, rank, kind, subject, details, number) as (
    select coalesce(received_at, at), 1, 'event', id,
        jsonb_build_object('from', from_source, 'letter_id', letter_id, 'type', kind), 0
    from letter where from_source is not null
    union all
    select at, 2, 'fact', coalesce(charge_id, id), jsonb_build_object('type', kind, 'fact_id', id), 0
    from letter where from_source is null
    union all
    select at, 3, 'move', journey_id, jsonb_build_object('event', event, 'from', from_state, 'to', to_state), id
    from move where journey_id = any(:journeys::text[])
    union all
    select charge.issued_at, 4, 'link', charge.id, jsonb_build_object(
        'currency', currency, 'value', amount::text, 'until', expires_at, 'void', void,
        'state', (array['issued', 'opening', 'open', 'refused', 'settled'])[state + 1], 'reason', reason
    ), number
    from charge join ours on ours.id = charge.id
    union all
    select charge.paid_at, 5, 'charge', charge.id, jsonb_build_object(
        'currency', paid_currency, 'value', paid_amount::text, 'state', 'settled', 'gateway_id', gateway_id
    ), number
    from charge join ours on ours.id = charge.id where charge.paid_at is not null
    union all
    select refund.intended_at, 6, 'refund', refund.id, jsonb_build_object(
        'currency', currency, 'value', amount::text, 'reason', reason, 'ours', refund.ours, 'gateway_id', gateway_id,
        'state', (array['intended', 'sent', 'refused', 'settled', 'bounced'])[state + 1]
    ), 0
    from refund join ours on ours.id = refund.charge_id
    union all
    select entry.at, 7, 'entry', coalesce(entry.refund_id, entry.charge_id), jsonb_build_object(
        'entry', entry.kind, 'currency', posting.currency, 'value', posting.amount::text, 'account', posting.account
    ), entry.id * 10 + posting.number
    from entry join ours on ours.id = entry.charge_id join posting on posting.entry_id = entry.id
    union all
    select at, 8, 'message', coalesce(journey_id, chat_id::text), jsonb_build_object(
        'view', view, 'says', says, 'result', result, 'chat_id', chat_id, 'message_id', message_id, 'step', step,
        'reason', reason, 'until', until
    ), id
    from delivery where journey_id = any(:journeys::text[]) or buyer_id = :buyer_id
    union all
    select coalesce(taken_at, dead_at, last_tried_at, made_at), 9, 'report', webhook_id, jsonb_build_object(
        'type', type, 'attempts', attempts, 'made_at', made_at, 'reason', reason,
        'state', case when taken_at is not null then 'taken' when dead_at is not null then 'dead' else 'waiting' end
    ), 0
    from report where order_id = any(:orders::text[]) or buyer_id = :buyer_id
    union all
    select coalesce(dead_at, greatest(run_at, held_until)), 10, 'work', line, jsonb_build_object(
        'work', kind, 'state', case when dead_at is null then 'waiting' else 'dead' end, 'attempts', attempts,
        'reason', reason, 'from', source, 'letter_id', source_id
    ), id
    from queued
)
select at, kind, subject, jsonb_strip_nulls(details) as details from happening order by at, rank, number, subject;

-- name: is_buyer$
select exists (select from buyer where buyer_id = :name);

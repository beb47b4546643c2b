-- name: post!
-- Add an entry to the books; what it may be is checked when the transaction commits.
with written as (
    insert into entry (kind, charge_id, is_ours, refund_id, gateway_id, fact_id, at)
    values (:kind, :charge_id, :is_ours, :refund_id, :gateway_id, :fact_id, :at)
    returning id
)
insert into posting (entry_id, number, account, currency, amount)
select written.id, side.number, side.account, side.currency, side.amount
from written, unnest(:accounts::text[], :currencies::text[], :amounts::numeric[])
    with ordinality side (account, currency, amount, number);

-- name: entries
-- In their order: of one charge, of one buyer, of one order, or all.
select entry.kind, entry.charge_id, entry.is_ours, entry.refund_id, entry.gateway_id, entry.fact_id, entry.at,
    side.accounts, side.currencies, side.amounts
from entry
cross join lateral (
    select array_agg(account order by number) as accounts, array_agg(currency order by number) as currencies,
        array_agg(amount order by number) as amounts
    from posting where entry_id = entry.id
) side
left join charge on charge.id = entry.charge_id
left join journey on journey.id = charge.journey_id
where (:charge_id::text is null or entry.charge_id = :charge_id)
    and (:buyer_id::text is null or journey.buyer_id = :buyer_id)
    and (:order_id::text is null or journey.order_id = :order_id)
order by entry.id;

-- name: balances
select account, currency, sum(amount) as amount from posting group by account, currency order by account, currency;

-- name: open_items
-- All money that is not where it ends, oldest first.
with standing as (
    select entry.charge_id, posting.currency, bool_and(entry.is_ours) as is_ours, min(entry.at) as since,
        min(entry.gateway_id) filter (where entry.kind = 'charge') as gateway_id,
        sum(posting.amount) filter (where posting.account = 'gateway') as held,
        -coalesce(sum(posting.amount) filter (where posting.account = 'suspense'), 0) as suspended
    from entry join posting on posting.entry_id = entry.id
    group by entry.charge_id, posting.currency
), item as (
    select
        case when refund.state = 2 then 'refund_refused' when refund.state = 4 then 'refund_bounced'
            else 'refund_under_way' end as why,
        refund.charge_id, refund.id as refund_id, refund.currency, refund.amount, refund.intended_at as since,
        coalesce(refund.gateway_id, standing.gateway_id) as gateway_id, refund.reason
    from refund
    left join standing on standing.charge_id = refund.charge_id and standing.currency = refund.currency
    where refund.state <> 3 and (refund.ours or refund.state = 4) and (refund.state < 2 or standing.held > 0)
    union all
    select 'charge_unclear', id, null, currency, amount, issued_at, gateway_id, reason
    from charge where state in (1, 2) and expires_at <= :now
    union all
    select 'suspense', charge_id, null, currency, suspended, since, gateway_id, null
    from standing
    where suspended <> 0
        and not exists (
            select from refund
            where refund.charge_id = standing.charge_id and state <> 3 and (ours or state = 4)
        )
)
select item.*, journey.buyer_id, journey.order_id
from item
left join charge on charge.id = item.charge_id
left join journey on journey.id = charge.journey_id
order by item.since, item.charge_id, item.why;

-- name: duties
-- What the sweep has to do: open ends that no work in the lines looks after, and those that need a person.
select 'ask' as what, charge.id as subject, charge.journey_id
from charge
where state in (1, 2) and issued_at > :ask_after
    and not exists (
        select from work
        where line = 'journey:' || charge.journey_id and dead_at is null and kind in ('AskCharge', 'CancelCharge')
            and body ->> 'charge_id' = charge.id
    )
union all
select 'refund', refund.id, charge.journey_id
from refund join charge on charge.id = refund.charge_id
where refund.state in (0, 1) and refund.ours
    and not exists (
        select from work
        where line = 'journey:' || charge.journey_id and dead_at is null and kind = 'SendRefund'
            and body ->> 'refund_id' = refund.id
    )
union all
select 'overdue', refund.id, charge.journey_id
from refund join charge on charge.id = refund.charge_id
where refund.state in (0, 1) and refund.ours and refund.intended_at <= :refund_before
    and not exists (select from fact where fact.id = 'refund:' || refund.id || ':overdue')
union all
select 'unresolved', charge.id, charge.journey_id
from charge
where state in (1, 2) and issued_at <= :ask_after
    and not exists (select from fact where fact.id = 'charge:' || charge.id || ':unresolved')
order by what, subject;

-- name: attempts
-- Every charge of a period that the gateway may know of, oldest first.
select * from charge where issued_at >= :since and state > 0 order by number;

-- name: open_journeys
-- The ids of all journeys that are not in one of these states.
select id from journey where state <> all(:closed::text[]) order by number;

-- name: settled_charges
-- Charges of one currency with at least so much still held, those of exactly the amount first, then the newest.
select charge.* from charge
where state = 4 and paid_currency = :currency and issued_at >= :since
    and (
        select sum(posting.amount) from entry join posting on posting.entry_id = entry.id
        where entry.charge_id = charge.id and posting.account = 'gateway'
    ) >= :amount
order by paid_amount <> :amount, number desc limit :count;

-- name: summary^
-- What moved, counted; unsettled is every charge and refund that was begun and has no final answer.
select
    count(*) filter (where entry.kind = 'charge' and journey.kind = 'verification') as verification_charges,
    count(*) filter (where entry.kind = 'refund' and journey.kind = 'verification') as verification_refunds,
    count(*) filter (where entry.kind = 'charge' and journey.kind = 'payment') as payments,
    count(*) filter (where entry.kind = 'refund' and journey.kind = 'payment') as refunds,
    (select count(*) from charge where state in (1, 2)) + (select count(*) from refund where state in (0, 1)) as unsettled
from entry
left join charge on charge.id = entry.charge_id
left join journey on journey.id = charge.journey_id;

alter table chat add unreachable_at timestamptz;

alter table buyer add wallet_id text;
create index buyer_of_wallet on buyer (wallet_id) where wallet_id is not null;

alter table charge
    add closing boolean not null default false,
    add estimate_currency text,
    add estimate_amount numeric(16),
    add estimated_at timestamptz;
alter table charge alter closing drop default;
create index charge_by_time on charge (issued_at);
create index charge_without_answer on charge (issued_at) where state in (1, 2);

alter table refund
    add intended_at timestamptz not null default now(),
    add ours boolean not null default true,
    drop constraint refund_charge_id_key;
alter table refund alter intended_at drop default, alter ours drop default;
create unique index refund_of_ours on refund (charge_id) where ours;
create index refund_of_charge on refund (charge_id);
create index refund_without_answer on refund (intended_at) where state <> 3;
comment on table refund is 'Of ours at most one for each charge, its id derived and written before the call';

create table entry (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('charge', 'refund', 'bounce')),
    charge_id text not null,
    is_ours boolean not null,
    refund_id text,
    gateway_id text not null,
    fact_id text not null,
    at timestamptz not null,
    constraint entry_names_its_refund check ((kind = 'charge') = (refund_id is null))
);
create unique index entry_once_a_charge on entry (charge_id) where kind = 'charge';
create unique index entry_once_a_refund on entry (refund_id) where kind = 'refund';
create unique index entry_once_a_bounce on entry (refund_id) where kind = 'bounce';
create index entry_of_charge on entry (charge_id);
comment on table entry is 'The books: one entry for each charge, refund or bounced refund; append-only';

create table posting (
    entry_id bigint not null references entry (id),
    number smallint not null,
    account text not null check (account in ('gateway', 'deposits', 'sales', 'fees', 'returns', 'suspense')),
    currency text not null,
    amount numeric(16) not null check (amount <> 0),
    primary key (entry_id, number)
);
comment on table posting is 'The sides of an entry, which add up to nothing; append-only';

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the books are only ever added to' using errcode = '23514', constraint = tg_table_name || '_is_final';
end $$;
create trigger entry_is_final before update or delete or truncate on entry execute function refuse_change();
create trigger posting_is_final before update or delete or truncate on posting execute function refuse_change();

-- Everything below is checked when the transaction commits, so that records and books may be written in any order.

create function require(holds boolean, rule text) returns void language plpgsql as $$
begin
    if holds is not true then
        raise exception 'the books forbid it: %', rule using errcode = '23514', constraint = rule;
    end if;
end $$;

create function check_entry() returns trigger language plpgsql as $$
declare
    sides integer;
    currencies integer;
    total numeric;
    gateways integer;
    moved numeric;
    moved_currency text;
    is_known boolean;
begin
    select count(*), count(distinct currency), sum(amount), count(*) filter (where account = 'gateway'),
        max(amount) filter (where account = 'gateway'), max(currency)
    into sides, currencies, total, gateways, moved, moved_currency
    from posting where entry_id = new.id;
    select exists (select from charge where id = new.charge_id) into is_known;
    perform require(sides > 1 and total = 0 and currencies = 1 and gateways = 1, 'entry_is_balanced');
    perform require((new.kind = 'refund') = (moved < 0), 'entry_goes_one_way');
    perform require(new.is_ours = is_known, 'entry_knows_its_charge');
    perform require(
        new.is_ours or not exists (
            select from posting where entry_id = new.id and account not in ('gateway', 'suspense')
        ),
        'stranger_is_in_suspense'
    );
    if new.kind = 'charge' and new.is_ours then
        perform require(
            exists (
                select from charge
                where id = new.charge_id and state = 4 and paid_amount = moved and paid_currency = moved_currency
            ),
            'entry_agrees_with_charge'
        );
        perform require(
            not exists (select from posting where entry_id = new.id and account not in ('gateway', 'suspense'))
            or exists (
                select from charge where id = new.charge_id and amount = moved and currency = moved_currency
            ),
            'entry_is_of_what_was_asked'
        );
    end if;
    if new.kind <> 'charge' then
        perform require(
            case when new.is_ours then exists (
                select from refund
                where id = new.refund_id and charge_id = new.charge_id and amount = abs(moved)
                    and currency = moved_currency and state >= 3
            ) else new.kind = 'refund' or exists (
                select from entry
                where charge_id = new.charge_id and refund_id = new.refund_id and kind = 'refund'
            ) end,
            'entry_agrees_with_refund'
        );
        perform require(
            (
                select sum(posting.amount) >= 0 and bool_or(entry.kind = 'charge')
                from entry join posting on posting.entry_id = entry.id
                where entry.charge_id = new.charge_id and posting.account = 'gateway'
                    and posting.currency = moved_currency
            ),
            'refunds_within_charge'
        );
    end if;
    return null;
end $$;
create constraint trigger entry_holds after insert on entry
    deferrable initially deferred for each row execute function check_entry();

create function check_posting() returns trigger language plpgsql as $$
begin
    perform require(
        exists (select from entry where id = new.entry_id and xmin = pg_current_xact_id()::xid), 'entry_is_final'
    );
    return null;
end $$;
create constraint trigger posting_is_of_now after insert on posting
    deferrable initially deferred for each row execute function check_posting();

create function check_charge() returns trigger language plpgsql as $$
begin
    perform require(
        exists (
            select from entry join posting on posting.entry_id = entry.id
            where entry.kind = 'charge' and entry.charge_id = new.id and posting.account = 'gateway'
                and posting.amount = new.paid_amount and posting.currency = new.paid_currency
        ),
        'settled_charge_is_booked'
    );
    return null;
end $$;
create constraint trigger charge_is_booked after insert or update on charge
    deferrable initially deferred for each row when (new.state = 4) execute function check_charge();

create function check_refund() returns trigger language plpgsql as $$
begin
    perform require(exists (select from entry where kind = 'refund' and refund_id = new.id), 'settled_refund_is_booked');
    perform require(
        new.state < 4 or exists (select from entry where kind = 'bounce' and refund_id = new.id),
        'bounced_refund_is_booked'
    );
    return null;
end $$;
create constraint trigger refund_is_booked after insert or update on refund
    deferrable initially deferred for each row when (new.state >= 3) execute function check_refund();

create function check_journey() returns trigger language plpgsql as $$
begin
    perform require(
        exists (select from entry where kind = 'charge' and charge_id = new.settled_by), 'paid_journey_is_booked'
    );
    return null;
end $$;
create constraint trigger journey_is_booked_first after insert on journey
    deferrable initially deferred for each row when (new.settled_by is not null) execute function check_journey();
create constraint trigger journey_is_booked after update on journey
    deferrable initially deferred for each row
    when (new.settled_by is not null and new.settled_by is distinct from old.settled_by)
    execute function check_journey();

-- What moved before there were books.

with charged as (
    insert into entry (kind, charge_id, is_ours, gateway_id, fact_id, at)
    select 'charge', charge.id, true, coalesce(gateway_id, id), 'charge:' || id || ':settled', coalesce(paid_at, now())
    from charge where state = 4 order by number
    returning id, charge_id
)
insert into posting (entry_id, number, account, currency, amount)
select charged.id, side.number, side.account, charge.paid_currency, side.sign * charge.paid_amount
from charged
join charge on charge.id = charged.charge_id
join journey on journey.id = charge.journey_id
cross join lateral (
    values (1, 'gateway', 1),
        (2, case when journey.settled_by is distinct from charge.id then 'suspense'
            when journey.kind = 'verification' then 'deposits'
            when journey.state = 'paid' and charge.paid_amount = charge.amount then 'sales'
            else 'suspense' end, -1)
) side (number, account, sign);

with refunded as (
    insert into entry (kind, charge_id, is_ours, refund_id, gateway_id, fact_id, at)
    select 'refund', charge_id, true, id, coalesce(gateway_id, id), 'refund:' || id || ':settled', now()
    from refund where state = 3 order by id
    returning id, charge_id, refund_id
)
insert into posting (entry_id, number, account, currency, amount)
select refunded.id, side.number, side.account, refund.currency, side.sign * refund.amount
from refunded
join refund on refund.id = refunded.refund_id
cross join lateral (
    select account as booked from entry join posting on posting.entry_id = entry.id
    where entry.kind = 'charge' and entry.charge_id = refunded.charge_id and account <> 'gateway' limit 1
) was
cross join lateral (
    values (1, 'gateway', -1), (2, case when was.booked = 'sales' then 'returns' else was.booked end, 1)
) side (number, account, sign);

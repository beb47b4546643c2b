"""Fills a database as years would: buyers, finished journeys with all that they leave behind, open ones, reminders.

Rows are written by the server itself, with its triggers and foreign keys off (which takes a superuser).
"""

import asyncpg

from bench.size import Growth

PEOPLE = """
with buyer as (
    insert into buyer (buyer_id, display_name, telegram_user_id, connection_at, alipay, alipay_at, orders_seen_at)
    select 'C' || n, 'Buyer ' || n, n, now(), 'linked', now(), now() from generate_series(1, $1::integer) n
)
insert into chat (chat_id, user_id, name, language, chosen, buyer_id)
select n, n, 'Buyer', 'en', true, 'C' || n from generate_series(1, $1::integer) n
"""

ORDER = """jsonb_build_object(
    'order_id', 'Q' || n, 'buyer_id', 'C' || (n % $1 + 1), 'auction_id', 'u' || n,
    'title', 'Film camera with a 50 mm lens, tested, in its leather case',
    'total', jsonb_build_object('currency', 'JPY', 'amount', 12300), 'payment_method', 'alipay', 'version', 1,
    'pay_by', '2026-01-01T00:00:00Z')"""
"""Bulk that has the shape of an order; nothing reads it here."""

ITEMS = f"""
with journey as (
    insert into journey (id, kind, buyer_id, path, state, "order", charge_id, settled_by, version)
    select $4 || n, 'payment', 'C' || (n % $1 + 1), 'returning', $5, {ORDER}, $4 || n || '-1',
        case when $5 = 'paid' then $4 || n || '-1' end, 5
    from generate_series($2::integer, $3::integer) n
), version as (
    insert into order_version (order_id, version) select 'Q' || n, 1 from generate_series($2, $3) n
), letter as (
    insert into inbox (source, source_id, body, headers, received_at)
    select 'auction', 'old_' || n, convert_to({ORDER}::text, 'UTF8'), '{{"webhook-id": "old"}}', now()
    from generate_series($2, $3) n
), fact as (
    insert into fact (id, kind, body, at)
    select 'auction:old_' || n, 'BidWon', {ORDER}, now() from generate_series($2, $3) n
), move as (
    insert into move (fact_id, journey_id, event, from_state, to_state, step)
    select 'auction:old_' || n, $4 || n, 'WonWithAlipay', 'watching', 'won', 'open_payment'
    from generate_series($2, $3) n, generate_series(1, 3)
), card as (
    insert into card (journey_id, chat_id, message_id, version, announced)
    select $4 || n, n % $1 + 1, n, 5, 5 from generate_series($2, $3) n
), button as (
    insert into button (id, chat_id, act, subject, expires_at)
    select 'old-' || n, n % $1 + 1, 'pay', $4 || n, now() + interval '30 days' from generate_series($2, $3) n
)
insert into delivery (view, buyer_id, journey_id, step, chat_id, message_id)
select 'CardView', 'C' || (n % $1 + 1), $4 || n, 'open_payment', n % $1 + 1, n from generate_series($2, $3) n
"""  # noqa: S608 - a constant

MONEY = """
with charge as (
    insert into charge (id, journey_id, token, currency, amount, issued_at, expires_at, state, void, closing,
        paid_currency, paid_amount, paid_at)
    select 'f' || n || '-1', 'f' || n, 'token-' || n, 'JPY', 12300, now(), now(), 4, true, false, 'JPY', 12300, now()
    from generate_series(1, $1::integer) n
), entry as (
    insert into entry (kind, charge_id, is_ours, gateway_id, fact_id, at)
    select 'charge', 'f' || n || '-1', true, 'g' || n, 'charge:f' || n, now() from generate_series(1, $1::integer) n
    returning id
), report as (
    insert into report (webhook_id, type, buyer_id, order_id, body, made_at, attempts, last_tried_at, taken_at)
    select 'paid-f' || n || '-1', 'payment.completed', 'C' || (n % $2 + 1), 'Q' || n, '{}', now(), 1, now(), now()
    from generate_series(1, $1::integer) n
)
insert into posting (entry_id, number, account, currency, amount)
select id, number, account, 'JPY', amount
from entry, (values (1, 'gateway', 12300), (2, 'sales', -12300)) side (number, account, amount)
"""

REMINDERS = """
with work as (
    insert into work (line, kind, body, run_at, urgency)
    select 'remind:o' || n, 'Remind', jsonb_build_object('journey_id', 'o' || n),
        now() + interval '1 day' + n * interval '1 second', 2
    from generate_series($1::integer, $2::integer) n
    returning line, run_at, urgency
), reminder as (
    insert into reminder (journey_id, pay_by, known_at, acknowledged)
    select 'o' || n, now() + interval '2 days' + n * interval '1 second', now(), false
    from generate_series($1, $2) n
)
insert into line (key, due, urgency) select line, run_at, urgency from work
"""


async def fill(dsn: str, growth: Growth) -> None:
    """Write it all, and let the server count what it has."""
    connection = await asyncpg.connect(dsn)
    last = growth.finished + growth.open
    try:
        await connection.execute("set session_replication_role = replica")
        await connection.execute(PEOPLE, growth.buyers)
        await connection.execute(ITEMS, growth.buyers, 1, growth.finished, "f", "paid")
        await connection.execute(ITEMS, growth.buyers, growth.finished + 1, last, "o", "won")
        await connection.execute(MONEY, growth.finished, growth.buyers)
        await connection.execute(REMINDERS, growth.finished + 1, growth.finished + growth.reminders)
        await connection.execute("vacuum analyze")
        await connection.execute("checkpoint")
    finally:
        await connection.close()

"""What is particular to the books on PostgreSQL: nobody changes them, and what moved before them is entered."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from bench.bed import run
from flow.ledger import Account, is_balanced
from service.records import RefundState, Unsettled
from store.migrate import migrate
from store.postgres import Pool, PostgresStore
from tests.contract.bookkeeping import BACK, BOOKED, NOW, PAID, PAYMENT, RETURNED, write
from tests.contract.examples import refund_entry

CHANGES = [
    "update entry set fact_id = 'another'",
    "update posting set amount = amount + 1",
    "update posting set account = 'fees'",
    "delete from posting",
    "delete from entry",
    "truncate entry, posting",
    "truncate posting",
    "truncate entry cascade",
]


@pytest.mark.parametrize("change", CHANGES)
async def test_nobody_changes_the_books(store: PostgresStore, pool: Pool, change: str) -> None:
    await write(store, PAYMENT, PAID, BOOKED, BACK, RETURNED)
    with pytest.raises(asyncpg.CheckViolationError, match="only ever added to") as refused:
        await pool.execute(change)
    assert refused.value.constraint_name in ("entry_is_final", "posting_is_final")
    async with store.transaction() as tx:
        assert await tx.entries() == [BOOKED, RETURNED]


async def test_nobody_adds_a_side_to_an_entry_later(store: PostgresStore, pool: Pool) -> None:
    await write(store, PAYMENT, PAID, BOOKED)
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("insert into posting select id, 3, 'sales', 'JPY', 7 from entry")


async def test_a_nought_is_no_posting(store: PostgresStore, pool: Pool) -> None:
    await write(store, PAYMENT, PAID, BOOKED)
    with pytest.raises(asyncpg.CheckViolationError):
        await pool.execute("insert into posting select id, 3, 'sales', 'JPY', 0 from entry")


# What moved before there were books.

FIRST = Path(__file__).parents[2] / "store" / "migrations" / "versions" / "0001_initial.sql"
STAMP = "create table alembic_version (version_num text primary key); insert into alembic_version values ('0001');"

BEFORE = """
insert into journey (id, kind, buyer_id, path, state, "order", settled_by, version) values
    ('v1', 'verification', 'b1', 'first_time', 'refunded', null, 'v1-1', 3),
    ('v2', 'verification', 'b2', 'first_time', 'refunding', null, 'v2-2', 3),
    ('p1', 'payment', 'b1', 'returning', 'paid', '{order}', 'p1-1', 4),
    ('p2', 'payment', 'b2', 'returning', 'won', null, null, 1);
insert into charge (id, journey_id, token, currency, amount, issued_at, expires_at, state, void, gateway_id,
    paid_currency, paid_amount, paid_at) values
    ('v1-1', 'v1', 't1', 'JPY', 5, '{at}', '{at}', 4, false, 'pay-1', 'JPY', 5, '{at}'),
    ('v2-1', 'v2', 't2', 'JPY', 5, '{at}', '{at}', 4, true, 'pay-2', 'JPY', 5, '{at}'),
    ('v2-2', 'v2', 't3', 'JPY', 5, '{at}', '{at}', 4, false, null, 'JPY', 5, null),
    ('p1-1', 'p1', 't4', 'JPY', 12300, '{at}', '{at}', 4, false, 'pay-4', 'JPY', 12300, '{at}'),
    ('p1-2', 'p1', 't5', 'JPY', 12300, '{at}', '{at}', 4, true, 'pay-5', 'JPY', 12300, '{at}'),
    ('p2-1', 'p2', 't6', 'JPY', 900, '{at}', '{at}', 4, true, 'pay-6', 'CNY', 61, '{at}'),
    ('p2-2', 'p2', 't7', 'JPY', 900, '{at}', '{at}', 2, false, 'pay-7', null, null, null),
    ('p2-3', 'p2', 't8', 'JPY', 900, '{at}', '{at}', 3, false, 'pay-8', null, null, null);
insert into refund (id, charge_id, currency, amount, state, gateway_id) values
    ('rf-v1-1', 'v1-1', 'JPY', 5, 3, 'back-1'),
    ('rf-v2-1', 'v2-1', 'JPY', 5, 3, null),
    ('rf-v2-2', 'v2-2', 'JPY', 5, 1, null),
    ('rf-p1-1', 'p1-1', 'JPY', 300, 3, 'back-4'),
    ('rf-p1-2', 'p1-2', 'JPY', 12300, 2, null);
"""
ORDER = {"order_id": "o1", "buyer_id": "b1", "auction_id": "a1", "title": "壺", "version": 1}
ORDER |= {"total": {"currency": "JPY", "value": 12300}}


CANCELLED = """
insert into journey (id, kind, buyer_id, path, state, settled_by, version) values
    ('p3', 'payment', 'b3', 'returning', 'cancelled', 'p3-1', 4);
insert into charge (id, journey_id, token, currency, amount, issued_at, expires_at, state, void, gateway_id,
    paid_currency, paid_amount, paid_at) values
    ('p3-1', 'p3', 't9', 'JPY', 700, '{at}', '{at}', 4, true, 'pay-9', 'JPY', 700, '{at}');
"""


@pytest.fixture
async def old_dsn(empty_dsn: str) -> str:
    """The address of a database of the first revision, in which money moved."""
    before = BEFORE.replace("{order}", json.dumps(ORDER)).replace("{at}", NOW.isoformat())
    await run(empty_dsn, FIRST.read_text(encoding="utf-8"), STAMP, before)
    return empty_dsn


@asynccontextmanager
async def migrated(dsn: str) -> AsyncIterator[PostgresStore]:
    await migrate(dsn)
    async with asyncpg.create_pool(dsn, min_size=1, max_size=2) as pool:
        yield PostgresStore(pool)


async def test_what_moved_before_is_booked_and_balanced(old_dsn: str) -> None:
    async with migrated(old_dsn) as store, store.transaction() as tx:
        entries = await tx.entries()
    assert all(is_balanced(entry.postings) and entry.is_ours for entry in entries)
    booked = [(entry.refund_id or entry.charge_id, entry.gateway_id, entry.postings[1]) for entry in entries]
    assert [(name, gateway_id, f"{side.account} {side.amount}") for name, gateway_id, side in booked] == [
        ("v1-1", "pay-1", "deposits -5 JPY"),
        ("v2-1", "pay-2", "suspense -5 JPY"),
        ("v2-2", "v2-2", "deposits -5 JPY"),
        ("p1-1", "pay-4", "sales -12,300 JPY"),
        ("p1-2", "pay-5", "suspense -12,300 JPY"),
        ("p2-1", "pay-6", "suspense -0.61 CNY"),
        ("rf-p1-1", "back-4", "returns 300 JPY"),
        ("rf-v1-1", "back-1", "deposits 5 JPY"),
        ("rf-v2-1", "rf-v2-1", "suspense 5 JPY"),
    ]
    assert entries[0].at == NOW


async def test_what_was_under_way_before_is_open_and_goes_on(old_dsn: str) -> None:
    async with migrated(old_dsn) as store:
        async with store.transaction() as tx:
            items = {(item.charge_id, item.why) for item in await tx.open_items(NOW)}
            refund = await tx.refund("rf-v2-2")
        assert items == {
            ("v2-2", Unsettled.REFUND_UNDER_WAY),
            ("p1-2", Unsettled.REFUND_REFUSED),
            ("p2-1", Unsettled.SUSPENSE),
            ("p2-2", Unsettled.CHARGE_UNCLEAR),
        }
        assert refund is not None
        assert refund.ours
        settled = replace(refund, state=RefundState.SETTLED)
        await write(store, settled, refund_entry(settled, Account.DEPOSITS))
        async with store.transaction() as tx:
            assert (await tx.summary()).unsettled == 1


TOUCH = """
update charge set reason = 'looked at';
update refund set reason = 'looked at';
update journey set settled_by = null, reason = settled_by;
"""
AGAIN = "update journey set settled_by = reason"
NOT_BOOKED = "update journey set settled_by = 'p2-2' where id = 'p2'"


async def test_what_moved_before_passes_every_rule(old_dsn: str) -> None:
    async with migrated(old_dsn):
        await run(old_dsn, TOUCH, AGAIN)
        with pytest.raises(asyncpg.CheckViolationError):
            await run(old_dsn, NOT_BOOKED)


async def test_what_came_for_a_cancelled_order_before_is_no_sale(old_dsn: str) -> None:
    await run(old_dsn, CANCELLED.replace("{at}", NOW.isoformat()))
    async with migrated(old_dsn) as store, store.transaction() as tx:
        [entry] = await tx.entries(charge_id="p3-1")
    assert entry.postings[1].account is Account.SUSPENSE

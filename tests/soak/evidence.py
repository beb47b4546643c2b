"""What is left of a run: what was told and taken, what the database holds, what Telegram, Alipay and the house saw."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from flow.ledger import Account
from flow.states import Payment
from service.records import LedgerSummary
from store.postgres import Pool, PostgresStore
from tests.soak.deals import Deal
from tests.soak.havoc import Cause
from tests.soak.sender import Told
from tests.soak.told import LOT, Telling

LATER = ("AskCharge", "EndCharge", "Remind", "Sweep", "CheckOrders", "AskOrders", "Tidy")
"""The kinds of work that may wait for a time to come; that none of them was due is seen before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as it was sent or edited; see `Call`, whose text was read."""

    at: float
    chat_id: int
    is_new: bool
    is_lost: bool
    text: str
    tellings: tuple[Telling, ...]
    is_greeting: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """The journey of an order; `version` is the one that its title bears."""

    journey_id: str
    order: str
    state: Payment
    version: int


@dataclass(frozen=True, slots=True)
class Move:
    """That a fact moved a journey."""

    fact_id: str
    journey_id: str
    event: str


@dataclass(frozen=True, slots=True)
class Dead:
    """Work that was given up."""

    line: str
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Charge:
    """A charge of Alipay's ledger: its order, whether it was paid, and what is held of it now."""

    order: str
    paid: bool
    net: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the database holds; `versions` are the newest ones that were taken, `closed` the chats that take nothing."""

    facts: frozenset[str] = frozenset()
    moves: Sequence[Move] = ()
    items: Sequence[Item] = ()
    versions: Mapping[str, int] = field(default_factory=dict)
    waiting: Sequence[str] = ()
    dead: Sequence[Dead] = ()
    closed: frozenset[int] = frozenset()
    payments: int = 0
    unsettled: int = 0
    held: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All of it; `chats` are the orders' buyers' chats, `walked` the orders whose buyers paid and heard of it.

    `too_fast` are Telegram's own refusals as too much, `other` what was seen to be wrong during the run.
    """

    kept: Kept
    deals: Mapping[str, Deal] = field(default_factory=dict)
    chats: Mapping[str, int] = field(default_factory=dict)
    told: Mapping[str, Told] = field(default_factory=dict)
    messages: Sequence[Message] = ()
    causes: Sequence[Cause] = ()
    too_fast: Sequence[str] = ()
    walked: Sequence[str] = ()
    charges: Sequence[Charge] = ()
    reported: Sequence[str] = ()
    other: Sequence[str] = ()


async def kept(pool: Pool) -> Kept:
    """Look at the database once."""
    moves = await pool.fetch("select fact_id, journey_id, event from move order by id")
    items = await pool.fetch(
        """select id, order_id, state, "order" ->> 'title' title from journey where kind = 'payment'"""
    )
    waiting = await pool.fetch("select kind, line, reason from work where dead_at is null and kind <> all($1)", LATER)
    dead = await pool.fetch("select line, kind, reason from work where dead_at is not null order by id")
    async with PostgresStore(pool).transaction() as tx:
        summary: LedgerSummary = await tx.summary()
        balances = await tx.balances()
    return Kept(
        facts=frozenset(await _column(pool, "select id from fact")),
        moves=[Move(row["fact_id"], row["journey_id"], row["event"]) for row in moves],
        items=[_item(row) for row in items],
        versions={
            row["order_id"]: row["version"] for row in await pool.fetch("select order_id, version from order_version")
        },
        waiting=[f"{row['kind']} in {row['line']}: {row['reason']}" for row in waiting],
        dead=[Dead(row["line"], row["kind"], row["reason"]) for row in dead],
        closed=frozenset(await _column(pool, "select chat_id from chat where unreachable_at is not null")),
        payments=summary.payments,
        unsettled=summary.unsettled,
        held=sum(each.amount.value for each in balances if each.account is Account.GATEWAY),
    )


def _item(row: asyncpg.Record) -> Item:
    lot = LOT.search(row["title"] or "")
    state, version = Payment(row["state"]), int(lot[2]) if lot else 0
    return Item(journey_id=row["id"], order=row["order_id"] or "", state=state, version=version)


async def _column(pool: Pool, query: str) -> list[Any]:
    return [row[0] for row in await pool.fetch(query)]

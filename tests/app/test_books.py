"""The commands about money as an operator meets them: their words and their exit codes."""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from app import main
from app.clock import RandomNames, SystemClock
from app.stand import Ports, stand
from flow.journey import Journey
from flow.money import Money
from service.auction_events import UnknownEvent
from service.desk import Desk
from service.facts import ChargeTold, RefundTold, Source, StrangerTold
from service.records import Charge, ChargeState, Unsettled
from service.statements import MOST_TYPES, figures
from service.verdicts import OpenVerdict, Refused, Settled
from service.work import Report
from store.postgres import Pool, PostgresStore
from tests.service.examples import JPY_5, PAYMENT, RULES, TOTAL, VERIFICATION

COUNTS = {"verification_charges": 1, "verification_refunds": 1, "payments": 1, "refunds": 0, "unsettled": 0}
REFUND = "rf-v1-1"


class Ended(NamedTuple):
    """How a command ended."""

    code: object
    out: str
    err: str


@contextmanager
def logging_kept() -> Iterator[None]:
    """A command sets up logging for its whole process, which here is the tests'."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


async def alipay_bot(*words: str) -> Ended:
    """The command line, in a thread: it has an event loop of its own."""

    def run() -> object:
        try:
            main.main()
        except SystemExit as end:
            return end.code
        return 0

    out, err, before = StringIO(), StringIO(), sys.argv
    with redirect_stdout(out), redirect_stderr(err), logging_kept():
        sys.argv = ["alipay-bot", *words]
        try:
            code = await asyncio.to_thread(run)
        finally:
            sys.argv = before
    return Ended(code, out.getvalue(), err.getvalue())


class Books:
    """A database with a past, and the commands over it."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        self.desk = Desk(store, RULES, SystemClock(), RandomNames(), ("en",))

    async def run(self, *words: str) -> Ended:
        """A command; none may show a landing page's address."""
        ended = await alipay_bot(*words)
        assert "a-token" not in ended.out + ended.err
        return ended

    async def json(self, *words: str) -> Any:
        """What a command prints with `--json`."""
        return json.loads((await self.run(*words, "--json")).out)

    async def opened(
        self, journey: Journey, state: ChargeState = ChargeState.OPEN, age: timedelta = timedelta()
    ) -> str:
        """A charge that was opened so long ago."""
        at = datetime.now(UTC) - age
        charge = Charge(
            id=f"{journey.id}-1",
            journey_id=journey.id,
            token=f"a-token-{journey.id}",
            amount=journey.order.total if journey.order else JPY_5,
            issued_at=at,
            expires_at=at + RULES.payment_time,
            state=state,
        )
        async with self._store.transaction() as tx:
            await tx.save_journey(journey)
            await tx.save_charge(charge)
        return charge.id

    async def charge_told(self, charge_id: str, verdict: OpenVerdict) -> None:
        await self.desk.receive(
            f"c:{charge_id}", ChargeTold(charge_id=charge_id, verdict=verdict, source=Source.NOTICE)
        )

    async def refund_told(self, refund_id: str, verdict: Settled | Refused) -> None:
        await self.desk.receive(f"r:{refund_id}", RefundTold(refund_id=refund_id, verdict=verdict))

    async def stranger_told(self, charge_id: str, verdict: Settled) -> None:
        await self.desk.receive(f"s:{charge_id}", StrangerTold(charge_id=charge_id, verdict=verdict))

    async def had_a_good_day(self) -> None:
        """One verification, charged and sent back, and one payment."""
        await self.charge_told(await self.opened(VERIFICATION), settled("20261123190741010007000000000001", JPY_5))
        await self.refund_told(REFUND, settled("20261123190741010007000000000002", JPY_5))
        await self.charge_told(await self.opened(PAYMENT), settled("20261123190741010007000000000003", TOTAL))


def settled(gateway_id: str, amount: Money) -> Settled:
    return Settled(gateway_id=gateway_id, amount=amount, at=datetime.now(UTC))


@pytest.fixture
async def books(
    tmp_path: Path, dsn: str, store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Books]:
    async with stand(tmp_path, Ports()) as opened:
        for name, value in (opened.environment | {"DATABASE_URL": dsn}).items():
            monkeypatch.setenv(name, value)
        yield Books(store)


# Reading.


async def test_the_ledger_of_nothing(books: Books) -> None:
    ended = await books.run("ledger")

    assert ended.code == 0
    assert "payments              0" in ended.out


async def test_the_balances_of_all_accounts(books: Books) -> None:
    await books.had_a_good_day()

    ended, told = await books.run("ledger"), await books.json("ledger")

    assert ended.code == 0
    assert "gateway             12,300 JPY\n" in ended.out
    assert "sales              -12,300 JPY\n" in ended.out
    assert {"account": "gateway", "amount": {"currency": "JPY", "value": "12300"}} in told["balances"]
    assert told["counts"] == COUNTS


@pytest.mark.parametrize("asked", [("--buyer", "b1"), ("--order", "o1")])
async def test_a_statement(books: Books, asked: tuple[str, str]) -> None:
    await books.had_a_good_day()

    ended, told = await books.run("ledger", *asked), await books.json("ledger", *asked)

    entries = told["entries"]
    assert ended.code == 0
    assert ended.out.splitlines()[-1] == "held now: 12,300 JPY"
    assert [entry["kind"] for entry in entries] == (["charge", "refund", "charge"] if "b1" in asked else ["charge"])
    assert told["held"] == [{"currency": "JPY", "value": "12300"}]
    assert datetime.fromisoformat(entries[0]["at"]).utcoffset() == timedelta()
    for entry in entries:
        assert f"    {entry['refund_id'] or entry['charge_id']}  {entry['gateway_id']}\n" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 100


async def test_a_statement_of_nobody(books: Books) -> None:
    ended = await books.run("ledger", "--buyer", "nobody")

    assert (ended.code, ended.out.splitlines()[-1]) == (0, "held now: nothing")


async def test_nothing_is_open(books: Books) -> None:
    await books.had_a_good_day()

    ended = await books.run("ledger", "--open")

    assert (ended.code, ended.out) == (0, "nothing is open\n")


async def test_what_is_open_for_a_moment_is_no_alarm(books: Books) -> None:
    await books.charge_told(await books.opened(VERIFICATION), settled("g1", JPY_5))

    ended = await books.run("ledger", "--open")

    assert ended.code == 0
    assert "refund_under_way" in ended.out


async def test_what_is_open_for_long_is_an_alarm(books: Books) -> None:
    await books.opened(PAYMENT, age=timedelta(days=1, hours=2))
    await books.stranger_told("s1", settled("20261123190741010007000000000009", Money("CNY", 30)))

    ended, told = await books.run("ledger", "--open"), await books.json("ledger", "--open")

    assert ended.code == 1
    assert [line.split()[:2] for line in ended.out.splitlines()[2::2]] == [["charge_unclear", "1d"], ["suspense", "0m"]]
    assert "    s1  20261123190741010007000000000009\n" in ended.out
    first, second = told["open_items"]
    assert (first["why"], first["buyer_id"], first["order_id"], first["charge_id"]) == (
        "charge_unclear",
        "b1",
        "o1",
        "p1-1",
    )
    assert (second["buyer_id"], second["amount"]) == (None, {"currency": "CNY", "value": "30"})
    assert first["age_seconds"] >= 26 * 3600
    assert max(map(len, ended.out.splitlines())) <= 100


async def test_a_foreign_name_does_not_steer_the_terminal(books: Books) -> None:
    await books.opened(replace(PAYMENT, buyer_id="b\x1b[2J"), age=timedelta(days=1))

    ended = await books.run("ledger", "--open")

    assert "b?[2J" in ended.out
    assert "\x1b" not in ended.out


@pytest.mark.parametrize(
    "words",
    [
        ("ledger", "--open", "--buyer", "b1"),
        ("reconcile",),
        ("reconcile", "--since", "yesterday"),
        ("reconcile", "--since", "2026-08-03T00:00:00"),
        ("reconcile", "--since", "2999-01-01T00:00:00Z"),
        ("reconcile", "--since", "0001-01-01T00:00:00+14:00"),
        ("refund-returned",),
    ],
)
async def test_a_wrong_word_is_a_matter_of_usage(words: tuple[str, ...]) -> None:
    assert (await alipay_bot(*words)).code == 2


async def test_a_database_that_is_away_is_told(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/none")

    ended = await books.run("ledger")

    assert ended.code == 1
    assert "check DATABASE_URL" in ended.err


# Against the gateway.


async def test_nothing_to_reconcile(books: Books) -> None:
    for since in ("24h", "7d", "2026-01-01T00:00:00+09:00"):
        ended = await books.run("reconcile", "--since", since)
        assert (ended.code, ended.out) == (0, "checked=0 differences=0 unclear=0 mended=0\n")


async def test_what_differs_is_told_and_mended(books: Books) -> None:
    """The simulated gateway heard of neither charge: one is open here, one paid."""
    await books.charge_told(await books.opened(PAYMENT), settled("g1", TOTAL))
    await books.opened(replace(VERIFICATION, id="v2"), age=timedelta(hours=1))

    seen = await books.run("reconcile", "--since", "24h")
    told = await books.json("reconcile", "--since", "24h", "--mend")
    again = await books.run("reconcile", "--since", "24h")

    assert (seen.code, again.code) == (1, 1)
    assert seen.out.splitlines()[-1] == "checked=2 differences=2 unclear=0 mended=0"
    assert again.out.splitlines()[-1] == "checked=2 differences=1 unclear=0 mended=0"
    assert [(each["kind"], each["charge_id"], each["mended"]) for each in told["differences"]] == [
        ("not_paid_there", "p1-1", False),
        ("closed_there", "v2-1", True),
    ]
    assert told["differences"][0]["ours"] == {
        "state": "settled",
        "amount": {"currency": "JPY", "value": "12300"},
        "code": None,
    }
    assert (told["checked"], told["mended"], told["unclear"]) == (2, 1, [])
    assert max(map(len, seen.out.splitlines())) <= 100


async def test_a_gateway_that_is_away_is_unclear(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    await books.had_a_good_day()
    monkeypatch.setenv("ALIPAY_BOT_ANTOM_URL", "http://127.0.0.1:9")

    ended = await books.run("reconcile", "--since", "24h")

    assert ended.code == 1
    assert ended.out.splitlines()[-1] == "checked=2 differences=0 unclear=5 mended=0"


# What came back.


async def test_a_refund_that_came_back_is_noted_once(books: Books) -> None:
    await books.had_a_good_day()

    first, second = await books.run("refund-returned", REFUND), await books.run("refund-returned", REFUND)
    told = await books.json("ledger", "--open")

    assert (first.code, second.code) == (0, 0)
    assert first.out.startswith(f"{REFUND}: 5 JPY came back")
    assert "nothing is changed" in second.out
    assert [(each["why"], each["refund_id"]) for each in told["open_items"]] == [("refund_bounced", REFUND)]


async def test_a_refund_that_is_not_known_cannot_come_back(books: Books) -> None:
    ended = await books.run("refund-returned", "rf-nobody")

    assert ended.code == 1
    assert "There is no refund with this id" in ended.err


async def test_a_refund_that_is_not_settled_cannot_come_back_yet(books: Books) -> None:
    """What is refused now must not stand in the way of what is true later."""
    await books.charge_told(await books.opened(VERIFICATION), settled("g1", JPY_5))

    early = await books.run("refund-returned", REFUND)
    await books.refund_told(REFUND, settled("g2", JPY_5))
    late = await books.run("refund-returned", REFUND)

    assert (early.code, late.code) == (1, 0)
    assert f"{REFUND} is intended" in early.err
    assert "came back; the books" in late.out


# For the operator's machines.


async def test_the_figures_are_those_of_the_store(books: Books, store: PostgresStore, pool: Pool) -> None:
    await books.opened(PAYMENT, age=timedelta(hours=3))
    await books.stranger_told("s1", settled("g9", TOTAL))
    async with store.transaction() as tx:
        await tx.queue("report:o1", Report(webhook_id="w", body="{}"))
    await pool.execute("update work set dead_at = now()")
    for number, kind in enumerate(("bid.withdrawn", "bid.withdrawn", "gift.sent")):
        await books.desk.receive(f"auction:m{number}", UnknownEvent(at=datetime.now(UTC), type=kind))

    await pool.execute("update journey set state = 'gone' where id = $1", PAYMENT.id)

    told = await figures(store, store, SystemClock())

    assert {why: count for why, count in told.open_items.items() if count} == {
        Unsettled.CHARGE_UNCLEAR: 1,
        Unsettled.SUSPENSE: 1,
    }
    assert told.oldest[Unsettled.CHARGE_UNCLEAR] >= 3 * 3600 > told.oldest[Unsettled.SUSPENSE]
    assert told.oldest[Unsettled.REFUND_BOUNCED] == 0
    assert sum(balance.amount.value for balance in told.balances) == 0
    assert told.dead_work["Report"] == 1
    assert told.unknown_events == {"bid.withdrawn": 2, "gift.sent": 1}
    assert told.gone_orders == 1


async def test_a_sender_cannot_make_up_a_label_each_time(books: Books, store: PostgresStore) -> None:
    for number in range(MOST_TYPES + 3):
        await books.desk.receive(f"auction:m{number}", UnknownEvent(at=datetime.now(UTC), type=f"made.up.{number:03}"))

    told = (await figures(store, store, SystemClock())).unknown_events

    assert (len(told), told["other"], sum(told.values())) == (MOST_TYPES + 1, 3, MOST_TYPES + 3)

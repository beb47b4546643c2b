"""The courier over real lines: whatever a carrier or the store does, work is carried, and the worker goes on."""

import asyncio
import gc
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from service.courier import Carrier, Courier, backoff
from service.errors import Malformed, Unavailable
from service.pace import UNPACED
from service.ports import Claim, Lines
from service.work import Dead, Done, Failed, Hold, Outcome, TellPayments, TellStatus, Work
from store.lines import PostgresLines
from store.postgres import Pool, PostgresStore

LEASE = timedelta(seconds=30)
NEVER = timedelta(hours=1)


class Watched:
    """Lines that count the calls, keep the outcomes, and are away as often as told."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self.calls: Counter[str] = Counter()
        self.away: Counter[str] = Counter()
        self.outcomes: list[Outcome] = []

    async def claim(self, limit: int, lease: timedelta, messages: int | None = None) -> Sequence[Claim]:
        self._called("claim")
        return await self._lines.claim(limit, lease, messages)

    async def renew(self, claims: Sequence[Claim], lease: timedelta) -> None:
        self._called("renew")
        await self._lines.renew(claims, lease)

    async def finish(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        self._called("finish")
        await self._lines.finish(outcomes)
        self.outcomes += [outcome for _, outcome in outcomes]

    async def wait(self, at_most: timedelta) -> None:
        self._called("wait")
        await self._lines.wait(at_most)

    def _called(self, name: str) -> None:
        self.calls[name] += 1
        if self.away[name]:
            self.away[name] -= 1
            raise Unavailable(name)


class Asleep(Watched):
    """Lines that never say that anything is due."""

    async def wait(self, _: timedelta) -> None:
        await asyncio.Event().wait()


class Carriers:
    """Carriers that write down what they carried."""

    def __init__(self) -> None:
        self.carried: list[int] = []
        self.gate = asyncio.Event()
        self.begun = asyncio.Event()

    async def note(self, work: TellStatus, _: Claim) -> Outcome:
        self.carried.append(work.chat_id)
        return Done()

    async def block(self, work: TellStatus, claim: Claim) -> Outcome:
        self.begun.set()
        await self.gate.wait()
        return await self.note(work, claim)


@pytest.fixture
def carriers() -> Carriers:
    return Carriers()


@pytest.fixture
def lines(pool: Pool) -> Watched:
    return Watched(PostgresLines(pool, asyncio.Event(), UNPACED))


@asynccontextmanager
async def working(
    lines: Lines,
    carriers: Mapping[type, Carrier],
    *,
    width: int = 32,
    lease: timedelta = LEASE,
    patience: int = 10,
    drain: timedelta = NEVER,
) -> AsyncIterator[asyncio.Event]:
    """A courier at work, stopped at the end of the block."""
    stop = asyncio.Event()
    courier = Courier(lines, carriers, width=width, lease=lease, patience=patience)
    task = asyncio.create_task(courier.run(stop, drain))
    try:
        yield stop
    finally:
        stop.set()
        await task


async def queue(store: PostgresStore, *work: Work, line: str = "chat:1") -> None:
    async with store.transaction() as tx:
        for one in work:
            await tx.queue(line, one)


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


def status(number: int) -> TellStatus:
    return TellStatus(chat_id=number)


def raising(error: BaseException) -> Carrier:
    async def carry(_: Work, __: Claim) -> Outcome:
        raise error

    return carry


async def outcome_of(lines: Watched, store: PostgresStore, carrier: Carrier, patience: int = 10) -> Outcome:
    """What becomes of one work."""
    await queue(store, status(1))
    async with working(lines, {TellStatus: carrier}, patience=patience):
        await until(lambda: lines.outcomes)
    return lines.outcomes[0]


def test_the_wait_doubles_up_to_its_longest() -> None:
    assert [backoff(attempts).total_seconds() for attempts in (1, 2, 3, 9, 10, 10**6)] == [1, 2, 4, 256, 300, 300]


async def test_work_is_carried_in_the_order_of_its_line(
    lines: Watched, store: PostgresStore, carriers: Carriers
) -> None:
    await queue(store, *map(status, range(10)))
    async with working(lines, {TellStatus: carriers.note}):
        await until(lambda: len(carriers.carried) == 10)
        await queue(store, status(10))
        await until(lambda: len(lines.outcomes) == 11)
    assert carriers.carried == list(range(11))


async def test_a_busy_line_holds_up_no_other(lines: Watched, store: PostgresStore, carriers: Carriers) -> None:
    async def carry(work: TellStatus, claim: Claim) -> Outcome:
        return await (carriers.block if claim.line == "chat:1" else carriers.note)(work, claim)

    await queue(store, status(1))
    async with working(lines, {TellStatus: carry}):
        await carriers.begun.wait()
        await queue(store, status(2), status(3), line="chat:2")
        await until(lambda: carriers.carried == [2, 3])
        carriers.gate.set()
    assert carriers.carried == [2, 3, 1]


# Faults of a carrier.


async def test_a_fault_is_tried_again_and_told_without_its_words(
    lines: Watched, store: PostgresStore, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = await outcome_of(lines, store, raising(LookupError("What the buyer wrote")))
    assert outcome == Failed(backoff(1), "LookupError")
    [record] = [record for record in caplog.records if record.name == "service.courier"]
    assert record.levelno == logging.ERROR
    assert vars(record)["error_id"].endswith("-1")
    assert vars(record)["error"] == "LookupError"
    assert "test_courier.py" in vars(record)["where"][-1]
    assert "What the buyer wrote" not in caplog.text + str(vars(record))


async def test_after_enough_faults_it_is_given_up(lines: Watched, store: PostgresStore) -> None:
    assert await outcome_of(lines, store, raising(LookupError("x")), patience=1) == Dead("LookupError")


async def test_what_was_refused_is_given_up_at_once(lines: Watched, store: PostgresStore) -> None:
    assert await outcome_of(lines, store, raising(Malformed("title"))) == Dead("Malformed")


async def test_what_is_away_is_never_given_up(lines: Watched, store: PostgresStore) -> None:
    outcome = await outcome_of(lines, store, raising(Unavailable("telegram")), patience=1)
    assert outcome == Hold(backoff(1), str(Unavailable("telegram")))


async def test_a_carrier_whose_call_was_cancelled_is_tried_again(lines: Watched, store: PostgresStore) -> None:
    assert await outcome_of(lines, store, raising(asyncio.CancelledError())) == Failed(backoff(1), "CancelledError")


async def test_work_that_nobody_carries_is_a_fault_like_any_other(
    lines: Watched, store: PostgresStore, carriers: Carriers
) -> None:
    await queue(store, TellPayments(chat_id=1))
    await queue(store, status(2), line="chat:2")
    async with working(lines, {TellStatus: carriers.note}, patience=1):
        await until(lambda: len(lines.outcomes) == 2)
    assert Dead("NoCarrier") in lines.outcomes
    assert carriers.carried == [2]


# A store that is away.


@pytest.mark.parametrize("call", ["claim", "finish", "wait"])
async def test_a_store_that_is_away_stops_nothing(
    call: str, lines: Watched, store: PostgresStore, carriers: Carriers, caplog: pytest.LogCaptureFixture
) -> None:
    lines.away[call] = 1
    await queue(store, status(1))
    async with working(lines, {TellStatus: carriers.note}):
        await until(lambda: lines.calls[call] > 1)
        await until(lambda: carriers.carried)
        await until(lambda: lines.outcomes)
    gc.collect()
    assert carriers.carried == [1]
    assert [record.getMessage() for record in caplog.records] == ["the store is away"]


async def test_leases_are_kept_while_work_takes_long_and_again_after_the_store_was_away(
    lines: Watched, store: PostgresStore, carriers: Carriers
) -> None:
    lines.away["renew"] = 1
    await queue(store, status(1))
    async with working(lines, {TellStatus: carriers.block}, lease=timedelta(seconds=3)):
        await until(lambda: lines.calls["renew"] > 3)
        assert await lines.claim(1, LEASE) == []
        carriers.gate.set()
    assert carriers.carried == [1]


# Neither busy nor asleep.


async def test_a_full_worker_waits_for_room_without_asking(
    lines: Watched, store: PostgresStore, carriers: Carriers
) -> None:
    for chat in range(3):
        await queue(store, status(chat), line=f"chat:{chat}")
    async with working(lines, {TellStatus: carriers.block}, width=1):
        await carriers.begun.wait()
        await asyncio.sleep(0.2)
        assert (lines.calls["claim"], lines.calls["wait"]) == (1, 0)
        carriers.gate.set()
        await until(lambda: len(lines.outcomes) == 3)


async def test_a_worker_whose_work_another_holds_does_not_spin(
    lines: Watched, store: PostgresStore, pool: Pool, carriers: Carriers
) -> None:
    await queue(store, status(1))
    async with pool.acquire() as other, other.transaction():
        await other.execute("select from line for update")
        async with working(lines, {TellStatus: carriers.note}):
            await asyncio.sleep(0.5)
            assert lines.calls["claim"] < 40


async def test_what_is_done_is_written_down_while_nothing_else_happens(
    pool: Pool, store: PostgresStore, carriers: Carriers
) -> None:
    lines = Asleep(PostgresLines(pool, asyncio.Event(), UNPACED))
    await queue(store, status(1))
    async with working(lines, {TellStatus: carriers.block}):
        await carriers.begun.wait()
        carriers.gate.set()
        await until(lambda: lines.outcomes)


# The end.


async def test_what_is_under_way_at_the_end_is_finished(
    lines: Watched, store: PostgresStore, carriers: Carriers
) -> None:
    lines.away["finish"] = 1
    await queue(store, status(1), status(2))
    async with working(lines, {TellStatus: carriers.block}) as stop:
        await carriers.begun.wait()
        stop.set()
        carriers.gate.set()
    assert lines.outcomes == [Done()]
    [claim] = await lines.claim(1, LEASE)
    assert claim.work == status(2)


async def test_what_does_not_end_in_time_is_left_to_its_lease(
    lines: Watched, store: PostgresStore, pool: Pool, carriers: Carriers
) -> None:
    await queue(store, status(1))
    async with working(lines, {TellStatus: carriers.block}, drain=timedelta(seconds=0.1)):
        await carriers.begun.wait()
    assert (carriers.carried, lines.outcomes) == ([], [])
    assert await lines.claim(1, LEASE) == []
    await pool.execute("update line set due = due - $1::interval", LEASE)
    [claim] = await lines.claim(1, LEASE)
    assert (claim.work, claim.attempts) == (status(1), 2)


async def test_a_worker_that_is_cancelled_cancels_what_it_carries(
    lines: Watched, store: PostgresStore, carriers: Carriers
) -> None:
    await queue(store, status(1))
    task = asyncio.create_task(Courier(lines, {TellStatus: carriers.block}).run(asyncio.Event()))
    await carriers.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == {asyncio.current_task()}

"""Processes that are killed leave what they committed, and nothing else; what happens is the same every time."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from service.errors import AssistantError, Unavailable
from service.ports import Transaction
from service.work import Done, TellStatus
from tests.contract.moved import MovedClock
from tests.contract.test_store import CHARGE, PAYMENT, order
from tests.memory.lines import MemoryLines
from tests.memory.process import Database, Process
from tests.memory.scripts import Script, everything
from tests.memory.store import MemoryStore
from tests.memory.unit import AbortedTransaction

LEASE = timedelta(minutes=5)


class Stepper:
    """Runs coroutines by hand, from one suspension to the next; `pause` is where they suspend."""

    def __init__(self) -> None:
        self._gates: list[asyncio.Future[None]] = []
        self.paused = 0

    async def pause(self) -> None:
        self.paused += 1
        gate = asyncio.get_running_loop().create_future()
        self._gates.append(gate)
        await gate

    async def step(self) -> None:
        """Let whoever was paused first go on."""
        await asyncio.sleep(0)
        self._gates.pop(0).set_result(None)
        for _ in range(3):
            await asyncio.sleep(0)


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def database(clock: MovedClock) -> Database:
    return Database(clock)


async def queue(process: Process, number: int) -> None:
    async with MemoryStore(process).transaction() as tx:
        assert await tx.newer("o1", number)
        await tx.queue("chat:1", TellStatus(chat_id=number))


async def unavailable(action: Coroutine[Any, Any, Any]) -> bool:
    try:
        await action
    except Unavailable:
        return True
    return False


async def test_every_call_pauses_and_a_process_killed_at_any_of_them_leaves_all_or_nothing() -> None:
    for killed_at in range(1, 6):
        database, stepper = Database(MovedClock()), Stepper()
        process = Process(database, pause=stepper.pause)
        action = asyncio.create_task(unavailable(queue(process, 1)))
        for _ in range(killed_at - 1):
            await stepper.step()
        await asyncio.sleep(0)
        process.kill()
        await stepper.step()
        assert await action
        is_committed = killed_at == 5  # only its answer is lost
        assert len(database.tables.order_versions) == len(database.queues.work) == is_committed
        await queue(Process(database), 2)


async def test_what_a_killed_process_still_does_changes_nothing(database: Database) -> None:
    process = Process(database)
    begun = asyncio.Event()
    told: list[bool] = []

    async def hang() -> None:
        async with MemoryStore(process).transaction() as tx:
            await tx.lock("buyer:b1")
            await tx.newer("o1", 1)
            begun.set()
            try:
                await asyncio.sleep(3600)
            finally:
                told.append(await unavailable(tx.newer("o1", 2)))
                told.append(await unavailable(queue(process, 3)))

    hanging = asyncio.create_task(hang())
    await begun.wait()
    process.kill()
    async with MemoryStore(Process(database)).transaction() as tx:
        await tx.lock("buyer:b1")
        assert await tx.newer("o1", 1)
    hanging.cancel()
    await asyncio.wait([hanging])
    assert told == [True, True]
    assert [order.version for order in database.tables.order_versions] == [1]


async def test_a_coroutine_that_is_thrown_away_leaves_nothing(database: Database) -> None:
    async def begin() -> None:
        async with MemoryStore(process).transaction() as tx:
            await tx.lock("buyer:b1")
            await tx.newer("o1", 1)
            await asyncio.Event().wait()

    process = Process(database)
    abandoned = begin()
    for _ in range(4):
        abandoned.send(None)
    abandoned.close()
    async with MemoryStore(Process(database)).transaction() as tx:
        await tx.lock("buyer:b1")
        assert await tx.newer("o1", 1)


async def test_a_killed_waiter_is_passed_over(database: Database) -> None:
    order: list[str] = []

    async def take(process: Process, name: str) -> None:
        async with MemoryStore(process).transaction() as tx:
            await tx.lock("buyer:b1")
            order.append(name)

    holder, killed, other = Process(database), Process(database), Process(database)
    async with MemoryStore(holder).transaction() as tx:
        await tx.lock("buyer:b1")
        first = asyncio.create_task(unavailable(take(killed, "killed")))
        second = asyncio.create_task(unavailable(take(other, "other")))
        await asyncio.sleep(0.01)
        killed.kill()
    assert (await first, await second) == (True, False)
    assert order == ["other"]


async def test_those_who_wait_are_served_in_their_order(database: Database) -> None:
    order: list[int] = []

    async def take(number: int) -> None:
        async with MemoryStore(Process(database)).transaction() as tx:
            await tx.lock("buyer:b1")
            order.append(number)

    await asyncio.gather(*(take(number) for number in range(9)))
    assert order == list(range(9))


async def test_of_two_that_wait_for_each_other_one_is_told_to_try_again(database: Database) -> None:
    both = asyncio.Barrier(2)

    async def take(first: str, second: str) -> None:
        async with MemoryStore(Process(database)).transaction() as tx:
            await tx.lock(first)
            await both.wait()
            await tx.lock(second)

    assert sorted(await asyncio.gather(unavailable(take("a", "b")), unavailable(take("b", "a")))) == [False, True]


async def test_a_killed_worker_keeps_its_lease_until_it_ends(database: Database, clock: MovedClock) -> None:
    killed, other = Process(database), Process(database)
    await queue(other, 1)
    late, lines = MemoryLines(killed), MemoryLines(other)
    [claim] = await late.claim(1, LEASE)
    waiting = asyncio.create_task(unavailable(late.wait(timedelta(hours=1))))
    await asyncio.sleep(0.01)
    killed.kill()
    assert await waiting
    assert await unavailable(late.finish([(claim, Done())]))
    assert await lines.claim(1, LEASE) == []
    clock.pass_time(LEASE)
    [again] = await lines.claim(1, LEASE)
    assert (again.work, again.attempts) == (claim.work, 2)


async def test_queued_work_is_heard_of_in_every_process(database: Database) -> None:
    waiting = [asyncio.create_task(MemoryLines(Process(database)).wait(timedelta(hours=1))) for _ in range(3)]
    await asyncio.sleep(0.01)
    await queue(Process(database), 1)
    await asyncio.gather(*waiting)


async def test_a_transaction_whose_statement_failed_is_done_for(database: Database) -> None:
    async def go_on(tx: Transaction) -> None:
        with pytest.raises(Exception, match="shape"):
            await tx.buyer("NUL\0")
        with pytest.raises(AbortedTransaction):
            await tx.newer("o1", 2)

    async with MemoryStore(Process(database)).transaction() as tx:
        assert await tx.newer("o1", 1)
        await go_on(tx)
    assert not [*database.tables.order_versions]


async def test_charges_of_one_journey_do_not_wait_for_each_other_but_its_new_order_waits_for_both(
    database: Database,
) -> None:
    store = MemoryStore(Process(database))
    async with store.transaction() as tx:
        await tx.save_journey(PAYMENT)

    async def amend() -> None:
        async with store.transaction() as tx:
            await tx.save_journey(replace(PAYMENT, version=1, order=order("o1")))

    async with asyncio.timeout(5), store.transaction() as first, store.transaction() as second:
        await first.save_charge(CHARGE)
        await second.save_charge(replace(CHARGE, id="c2", token="t2"))
        amending = asyncio.create_task(amend())
        await asyncio.wait([amending], timeout=0.05)
        assert not amending.done()
    await amending


async def test_two_statements_at_a_time_are_refused(database: Database) -> None:
    async with MemoryStore(Process(database)).transaction() as tx:
        answers = await asyncio.gather(tx.chat(1), tx.chat(2), return_exceptions=True)
    assert [type(answer) for answer in answers] == [type(None), Unavailable]


async def history(seed: int) -> tuple[list[Any], list[str]]:
    """What many clients of one database are told, and what is left, with the order that the rows were committed in."""
    database, told = Database(MovedClock()), []

    async def work(number: int) -> None:
        script, store = Script(seed + number, faults=0), MemoryStore(Process(database))
        for _ in range(20):
            try:
                async with store.transaction() as tx:
                    for _ in range(3):
                        told.extend([(number, await script.clash()(tx))])
            except AssistantError as error:
                told.append((number, repr(error)))

    await asyncio.gather(*(work(number) for number in range(5)))
    async with MemoryStore(Process(database)).transaction() as tx:
        rows = [str([*table]) for table in (database.tables.journeys, database.tables.charges, database.tables.facts)]
        return [*told, await everything(tx)], [*rows, str(database.queues.work)]


async def test_the_same_history_is_the_same_every_time() -> None:
    assert await history(7) == await history(7)
    assert await history(7) != await history(8)

"""What ordered work promises, whoever keeps it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from service.ports import Claim, Lines, Store
from service.work import Dead, Done, Failed, Hold, Later, Outcome, TellStatus, Work
from tests.contract import examples
from tests.contract.conftest import Backend

SOON = timedelta(minutes=1)
LEASE = timedelta(minutes=5)


async def queue(store: Store, line: str, *numbers: int, at: datetime | None = None) -> None:
    """Queue one work for each number, in one transaction."""
    async with store.transaction() as tx:
        for number in numbers:
            await tx.queue(line, TellStatus(chat_id=number), at=at)


async def claim(lines: Lines) -> Claim:
    """The only work that is to be had."""
    [claimed] = await lines.claim(10, LEASE)
    return claimed


async def numbers(lines: Lines, limit: int = 10) -> list[int]:
    """What is to be had, by number."""
    return sorted(number(claimed.work) for claimed in await lines.claim(limit, LEASE))


def number(work: Work) -> int:
    assert isinstance(work, TellStatus)
    return work.chat_id


async def carry(lines: Lines, outcome: Outcome | None = None) -> int:
    """Claim the only work to be had, and finish it."""
    claimed = await claim(lines)
    await lines.finish([(claimed, outcome or Done())])
    return number(claimed.work)


async def test_nothing_queued_is_nothing_to_do(lines: Lines) -> None:
    assert await lines.claim(10, LEASE) == []


async def test_a_line_gives_its_work_one_at_a_time_and_in_order(store: Store, lines: Lines) -> None:
    await queue(store, "chat:1", 1, 2)
    await queue(store, "chat:1", 3)
    assert [await carry(lines) for _ in range(3)] == [1, 2, 3]
    assert await lines.claim(10, LEASE) == []


async def test_one_transaction_fills_several_lines(store: Store, lines: Lines) -> None:
    async with store.transaction() as tx:
        for line, chat_id in [("b", 1), ("a", 2), ("b", 3), ("a", 4)]:
            await tx.queue(line, TellStatus(chat_id=chat_id))
    first = await lines.claim(10, LEASE)
    assert {claimed.line: number(claimed.work) for claimed in first} == {"a": 2, "b": 1}
    await lines.finish([(claimed, Done()) for claimed in first])
    second = await lines.claim(10, LEASE)
    assert {claimed.line: number(claimed.work) for claimed in second} == {"a": 4, "b": 3}


async def test_transactions_may_fill_the_same_lines_in_any_order(store: Store, lines: Lines) -> None:
    async def fill(order: str, number: int) -> None:
        async with store.transaction() as tx:
            for line in order:
                await tx.queue(line, TellStatus(chat_id=number))
                await asyncio.sleep(0)

    await asyncio.gather(*(fill("abcd" if number % 2 else "dcba", number) for number in range(40)))
    for _ in range(40):
        claims = await lines.claim(10, LEASE)
        assert [claimed.line for claimed in sorted(claims, key=lambda claimed: claimed.line)] == ["a", "b", "c", "d"]
        await lines.finish([(claimed, Done()) for claimed in claims])
    assert await lines.claim(10, LEASE) == []


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(works=examples.works)
async def test_every_kind_of_work_comes_back(store: Store, lines: Lines, works: Sequence[Work]) -> None:
    async with store.transaction() as tx:
        for work in works:
            await tx.queue(type(work).__name__, work)
    claims = await lines.claim(100, LEASE)
    assert {claimed.line: claimed.work for claimed in claims} == {type(work).__name__: work for work in works}
    await lines.finish([(claimed, Done()) for claimed in claims])


async def test_a_claim_takes_no_more_lines_than_asked_for(store: Store, lines: Lines) -> None:
    for chat in range(4):
        await queue(store, f"chat:{chat}", chat)
    assert len(await lines.claim(3, LEASE)) == 3
    assert len(await lines.claim(3, LEASE)) == 1


async def test_a_line_that_is_busy_is_not_claimed_twice(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1, 2)
    await claim(backend.lines)
    await queue(backend.store, "chat:1", 3)
    assert await backend.lines.claim(10, LEASE) == []
    assert await backend.other_lines.claim(10, LEASE) == []


async def test_workers_that_claim_at_once_share_the_lines(backend: Backend) -> None:
    for chat in range(40):
        await queue(backend.store, f"chat:{chat}", chat)
    workers = [backend.lines, backend.other_lines] * 3
    shares = await asyncio.gather(*(numbers(worker, limit=10) for worker in workers))
    rest = await numbers(backend.lines, limit=40)
    assert sorted([*rest, *(one for share in shares for one in share)]) == list(range(40))


async def test_work_of_the_future_waits_and_what_is_due_passes_it(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1, at=datetime.now(UTC) + SOON)
    assert await backend.lines.claim(10, LEASE) == []
    await queue(backend.store, "chat:1", 2)
    assert await carry(backend.lines) == 2
    assert await backend.lines.claim(10, LEASE) == []
    await backend.pass_time(SOON)
    assert await carry(backend.lines) == 1


async def test_later_lets_the_others_pass(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1, 2)
    assert await carry(backend.lines, Later(SOON, "busy")) == 1
    assert await carry(backend.lines) == 2
    assert await backend.lines.claim(10, LEASE) == []
    await backend.pass_time(SOON)
    again = await claim(backend.lines)
    assert (number(again.work), again.attempts) == (1, 2)


async def test_a_fault_keeps_the_order_and_is_counted_apart_from_waiting(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1, 2)
    assert await carry(backend.lines, Hold(SOON, "429")) == 1
    await backend.pass_time(SOON)
    assert await carry(backend.lines, Failed(SOON, "LookupError")) == 1
    assert await backend.lines.claim(10, LEASE) == []
    await backend.pass_time(SOON)
    again = await claim(backend.lines)
    assert (number(again.work), again.attempts, again.failures) == (1, 3, 1)


async def test_hold_keeps_the_order_whatever_is_queued_meanwhile(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1, 2)
    assert await carry(backend.lines, Hold(SOON, "429")) == 1
    assert await backend.lines.claim(10, LEASE) == []
    await queue(backend.store, "chat:1", 3)
    await queue(backend.store, "chat:1", 4, at=datetime.now(UTC) - SOON)
    assert await backend.lines.claim(10, LEASE) == []
    await backend.pass_time(SOON)
    assert [await carry(backend.lines) for _ in range(4)] == [1, 2, 3, 4]


async def test_a_held_line_holds_no_other(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1)
    await carry(backend.lines, Hold(SOON, "429"))
    await queue(backend.store, "chat:2", 2)
    assert await numbers(backend.lines) == [2]


async def test_dead_work_is_kept_with_its_reason_and_the_line_goes_on(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1, 2)
    assert await carry(backend.lines, Dead("chat not found")) == 1
    assert await carry(backend.lines) == 2
    assert await backend.dead() == [("chat:1", "chat not found")]
    await backend.pass_time(LEASE)
    assert await backend.lines.claim(10, LEASE) == []


async def test_no_outcome_is_lost_for_its_words_or_its_delay(backend: Backend) -> None:
    for chat in range(4):
        await queue(backend.store, f"chat:{chat}", chat)
    outcomes: list[Outcome] = [
        Dead("\0" + "\ud800" + examples.NASTY),
        Hold(timedelta.max, "a NUL \0"),
        Later(timedelta.max, "a surrogate \ud800"),
        Later(-SOON, "in the past"),
    ]
    claims = sorted(await backend.lines.claim(10, LEASE), key=lambda claimed: claimed.line)
    await backend.lines.finish(list(zip(claims, outcomes, strict=True)))
    assert await numbers(backend.lines) == [3]
    assert [line for line, _ in await backend.dead()] == ["chat:0"]


async def test_outcomes_of_many_lines_are_written_together(backend: Backend) -> None:
    for chat in range(4):
        await queue(backend.store, f"chat:{chat}", chat, chat + 10)
    claims = sorted(await backend.lines.claim(10, LEASE), key=lambda claimed: claimed.line)
    outcomes: list[Outcome] = [Done(), Later(SOON, "x"), Hold(SOON, "x"), Dead("x")]
    await backend.lines.finish(list(zip(claims, outcomes, strict=True)))
    assert await numbers(backend.lines) == [10, 11, 13]


async def test_a_lease_that_ran_out_is_taken_over_and_the_late_worker_changes_nothing(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1, 2)
    late = await claim(backend.lines)
    await backend.pass_time(LEASE)
    taken_over = await claim(backend.other_lines)
    assert taken_over.work == late.work
    assert taken_over.fence > late.fence
    assert (late.attempts, taken_over.attempts) == (1, 2)

    for outcome in (Done(), Later(SOON, "x"), Hold(SOON, "x"), Dead("x")):
        await backend.lines.finish([(late, outcome)])
    await backend.lines.renew([late], LEASE * 9)
    assert await backend.lines.claim(10, LEASE) == []
    assert await backend.dead() == []

    await backend.pass_time(LEASE)
    assert number((await claim(backend.lines)).work) == 1


async def test_a_late_worker_whom_nobody_relieved_may_still_finish(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1, 2)
    late = await claim(backend.lines)
    await backend.pass_time(LEASE)
    await backend.lines.finish([(late, Done())])
    assert await carry(backend.lines) == 2


async def test_finishing_twice_is_finishing_once(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1, 2)
    claimed = await claim(backend.lines)
    await backend.lines.finish([(claimed, Done())])
    second = await claim(backend.lines)
    await backend.lines.finish([(claimed, Done())])
    assert await backend.lines.claim(10, LEASE) == []
    await backend.lines.finish([(second, Done())])
    await queue(backend.store, "chat:1", 3)
    assert await carry(backend.lines) == 3


async def test_a_lease_that_is_renewed_is_kept(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1)
    claimed = await claim(backend.lines)
    await backend.pass_time(LEASE - SOON)
    await backend.lines.renew([claimed], LEASE)
    await backend.pass_time(LEASE - SOON)
    assert await backend.other_lines.claim(10, LEASE) == []
    await backend.pass_time(SOON)
    assert len(await backend.other_lines.claim(10, LEASE)) == 1


async def test_work_queued_while_its_line_finishes_is_not_stranded(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 0)
    for chat_id in range(1, 30):
        claimed = await claim(backend.lines)
        await asyncio.gather(
            backend.lines.finish([(claimed, Done())]),
            queue(backend.store, "chat:1", chat_id),
        )
    assert await carry(backend.lines) == 29


async def test_nothing_and_an_empty_batch_are_fine(lines: Lines) -> None:
    await lines.finish([])
    await lines.renew([], LEASE)


@pytest.mark.parametrize("worker", ["lines", "other_lines"])
async def test_waiting_ends_when_work_is_queued_or_falls_due(backend: Backend, worker: str) -> None:
    lines: Lines = getattr(backend, worker)
    await lines.wait(timedelta(seconds=0.01))
    await queue(backend.store, "chat:1", 1, at=datetime.now(UTC) + timedelta(seconds=0.3))
    while not await lines.claim(1, LEASE):
        await lines.wait(timedelta(hours=1))


async def test_waiting_ends_when_another_queues(backend: Backend) -> None:
    await backend.lines.wait(timedelta(seconds=0.01))
    while not await backend.lines.claim(1, LEASE):
        waiting = asyncio.create_task(backend.lines.wait(timedelta(hours=1)))
        await asyncio.wait([waiting], timeout=0.1)
        await queue(backend.store, "chat:1", 1)
        await waiting


async def test_waiting_ends_when_a_held_line_is_let_go(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1)
    claimed = await claim(backend.other_lines)
    waiting = asyncio.create_task(backend.other_lines.wait(timedelta(hours=1)))
    await asyncio.wait([waiting], timeout=0.1)
    await backend.other_lines.finish([(claimed, Hold(timedelta(seconds=0.2), "429"))])
    await waiting
    while not await backend.other_lines.claim(1, LEASE):
        await backend.other_lines.wait(timedelta(hours=1))


# What waits in a line may be done together.


async def waiting(store: Store, line: str) -> list[int]:
    """What waits in a line, by number."""
    async with store.transaction() as tx:
        return [number(found.work) for found in await tx.waiting(line)]


async def withdraw(store: Store, line: str, *numbers: int) -> None:
    """Take these out of the line."""
    async with store.transaction() as tx:
        ids = [found.work_id for found in await tx.waiting(line) if number(found.work) in numbers]
        await tx.withdraw(line, ids)


async def test_what_waits_is_shown_in_its_order_also_what_is_under_way(backend: Backend) -> None:
    assert await waiting(backend.store, "chat:1") == []
    await queue(backend.store, "chat:1", 3, 1, 2)
    await queue(backend.store, "chat:2", 4)
    await queue(backend.store, "chat:1", 5, at=datetime.now(UTC) + SOON)
    [first] = [claimed for claimed in await backend.lines.claim(10, LEASE) if claimed.line == "chat:1"]
    assert await waiting(backend.store, "chat:1") == [3, 1, 2]
    await backend.lines.finish([(first, Dead("blocked"))])
    assert await waiting(backend.store, "chat:1") == [1, 2]
    await backend.pass_time(SOON)
    assert await waiting(backend.store, "chat:1") == [1, 2, 5]


async def test_what_is_withdrawn_is_never_done_and_the_rest_keeps_its_order(backend: Backend) -> None:
    await queue(backend.store, "chat:1", *range(5))
    claimed = await claim(backend.lines)
    await withdraw(backend.store, "chat:1", 1, 3)
    await backend.lines.finish([(claimed, Done())])
    assert [await carry(backend.lines), await carry(backend.lines)] == [2, 4]
    assert await numbers(backend.lines) == []


async def test_a_line_whose_last_work_is_withdrawn_is_empty(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1)
    await withdraw(backend.store, "chat:1", 1)
    assert await numbers(backend.lines) == []
    async with backend.store.transaction() as tx:
        assert await tx.queue_once("chat:1", TellStatus(chat_id=2))
    assert await numbers(backend.lines) == [2]


@pytest.mark.parametrize("outcome", [Done(), Later(SOON, "x"), Hold(SOON, "x"), Failed(SOON, "x"), Dead("x")])
async def test_what_is_withdrawn_while_it_is_under_way_ends_in_peace(backend: Backend, outcome: Outcome) -> None:
    await queue(backend.store, "chat:1", 1, 2)
    claimed = await claim(backend.lines)
    await withdraw(backend.store, "chat:1", 1)
    await backend.lines.finish([(claimed, outcome)])
    await backend.pass_time(SOON)
    assert await carry(backend.lines) == 2
    assert await backend.dead() == []


async def test_what_is_dead_or_in_another_line_cannot_be_withdrawn(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1)
    claimed = await claim(backend.lines)
    await backend.lines.finish([(claimed, Dead("blocked"))])
    await queue(backend.store, "chat:2", 2)
    async with backend.store.transaction() as tx:
        [other] = await tx.waiting("chat:2")
        await tx.withdraw("chat:1", [claimed.work_id, other.work_id])
    assert await backend.dead() == [("chat:1", "blocked")]
    assert await numbers(backend.lines) == [2]


async def test_withdrawing_happens_whole_or_not_at_all(backend: Backend) -> None:
    await queue(backend.store, "chat:1", 1)
    with suppress(LookupError):
        async with backend.store.transaction() as tx:
            await tx.withdraw("chat:1", [found.work_id for found in await tx.waiting("chat:1")])
            raise LookupError
    assert await numbers(backend.lines) == [1]

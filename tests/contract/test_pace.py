"""What ordered work promises about urgency and pace, whoever keeps it."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from service.pace import Pace
from service.ports import Claim, Store
from service.urgency import Urgency
from service.work import Dead, Done, Failed, Hold, Later, Outcome, TellStatus, Work
from tests.contract.conftest import Backend, MakeBackend

LEASE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
PLACE = SECOND / 30
"""Between two messages, whatever their chats."""


@pytest.fixture
async def paced(make_backend: MakeBackend, dsn: str) -> AsyncIterator[Backend]:
    """An implementation that keeps Telegram's pace."""
    async with make_backend(dsn, Pace()) as backend:
        yield backend


async def queue(
    store: Store, line: str, *numbers: int, urgency: Urgency | None = None, at: datetime | None = None
) -> None:
    async with store.transaction() as tx:
        for number in numbers:
            await tx.queue(line, TellStatus(chat_id=number), urgency=urgency, at=at)


async def fill(store: Store, chats: int, urgency: Urgency = Urgency.WIN) -> None:
    """One message for each of so many chats."""
    async with store.transaction(urgency) as tx:
        for chat in range(1, chats + 1):
            await tx.queue(f"chat:{chat}", TellStatus(chat_id=chat))


def number(work: Work) -> int:
    assert isinstance(work, TellStatus)
    return work.chat_id


def numbers(claims: Sequence[Claim]) -> list[int]:
    return sorted(number(claim.work) for claim in claims)


async def send(backend: Backend, outcome: Outcome | None = None) -> int:
    """Claim the only message to be had, and finish it."""
    [claim] = await backend.lines.claim(10, LEASE)
    await backend.lines.finish([(claim, outcome or Done())])
    return number(claim.work)


async def is_quiet(backend: Backend) -> bool:
    return not await backend.lines.claim(10, LEASE)


# Urgency.


async def test_what_is_urgent_goes_first(backend: Backend) -> None:
    for urgency in reversed(Urgency):
        await queue(backend.store, f"line:{urgency}", urgency, urgency=urgency)
    taken = [await backend.lines.claim(1, LEASE) for _ in Urgency]
    assert [numbers(claims) for claims in taken] == [[urgency] for urgency in Urgency]


async def test_among_equals_what_is_due_longest_goes_first(backend: Backend) -> None:
    now = datetime.now(UTC)
    for minutes in (2, 3, 1):
        await queue(backend.store, f"line:{minutes}", minutes, at=now - timedelta(minutes=minutes))
    assert [numbers(await backend.lines.claim(1, LEASE)) for _ in range(3)] == [[3], [2], [1]]


async def test_a_line_is_as_urgent_as_what_waits_behind_its_head(backend: Backend) -> None:
    await queue(backend.store, "line:a", 1, urgency=Urgency.WIN)
    await queue(backend.store, "line:b", 2, urgency=Urgency.REST)
    await queue(backend.store, "line:b", 3, urgency=Urgency.ANSWER)
    [head] = await backend.lines.claim(1, LEASE)
    assert number(head.work) == 2
    await backend.lines.finish([(head, Done())])
    assert numbers(await backend.lines.claim(1, LEASE)) == [3]


async def test_a_line_is_no_more_urgent_than_what_is_left_in_it(backend: Backend) -> None:
    await queue(backend.store, "line:a", 1, urgency=Urgency.ANSWER)
    await queue(backend.store, "line:a", 2, urgency=Urgency.REST)
    await queue(backend.store, "line:b", 3, urgency=Urgency.WIN)
    [head] = await backend.lines.claim(1, LEASE)
    await backend.lines.finish([(head, Done())])
    assert numbers(await backend.lines.claim(1, LEASE)) == [3]


async def test_work_is_as_urgent_as_its_unit_of_work_unless_told_otherwise(backend: Backend) -> None:
    async with backend.store.transaction(Urgency.MONEY) as tx:
        await tx.queue("line:a", TellStatus(chat_id=1), urgency=Urgency.REST)
        await tx.queue("line:b", TellStatus(chat_id=2))
    await queue(backend.store, "line:c", 3, urgency=Urgency.DEADLINE)
    assert [numbers(await backend.lines.claim(1, LEASE)) for _ in range(3)] == [[2], [3], [1]]


# The pace of all chats.


async def test_messages_take_their_places_one_after_the_other(paced: Backend) -> None:
    await fill(paced.store, 20)
    claims = await paced.lines.claim(10, LEASE)
    waits = [claim.wait for claim in claims]
    assert len(claims) == 3  # within a tenth of a second
    steps = [later - sooner for sooner, later in zip(sorted(waits), sorted(waits)[1:], strict=False)]
    assert all(abs(step - PLACE) < timedelta(milliseconds=2) for step in steps)
    assert len(await paced.other_lines.claim(10, LEASE)) < 3


async def test_no_worker_takes_another_ones_place(paced: Backend) -> None:
    await fill(paced.store, 200)
    taken = 0
    for worker in [paced.lines, paced.other_lines] * 15:
        taken += len(await worker.claim(10, LEASE))
        await paced.pass_time(PLACE)
    assert taken <= 4 + 30 + 30  # those at once, those of the second, and those of the time that the test itself took


async def test_a_place_that_nobody_took_is_gone(paced: Backend) -> None:
    await fill(paced.store, 1)
    assert len(await paced.lines.claim(10, LEASE)) == 1
    await paced.pass_time(timedelta(hours=1))
    async with paced.store.transaction() as tx:
        for chat in range(100, 150):
            await tx.queue(f"chat:{chat}", TellStatus(chat_id=chat))
    assert len(await paced.lines.claim(50, LEASE)) <= 5


async def test_the_urgent_message_takes_the_next_place(paced: Backend) -> None:
    await fill(paced.store, 50)
    await paced.lines.claim(10, LEASE)
    await queue(paced.store, "chat:99", 99, urgency=Urgency.MONEY)
    await paced.pass_time(PLACE)
    assert 99 in numbers(await paced.lines.claim(10, LEASE))


async def test_what_is_no_message_waits_for_no_place(paced: Backend) -> None:
    await fill(paced.store, 20, Urgency.ANSWER)
    await paced.lines.claim(10, LEASE)
    await queue(paced.store, "journey:1", 1, urgency=Urgency.REST)
    [claim] = [claim for claim in await paced.lines.claim(10, LEASE) if claim.line == "journey:1"]
    assert claim.wait == timedelta(0)


async def test_a_worker_takes_no_more_messages_than_it_has_room_for(backend: Backend) -> None:
    await fill(backend.store, 5)
    await queue(backend.store, "journey:1", 100)
    assert len(await backend.lines.claim(10, LEASE, 2)) == 3
    assert await backend.lines.claim(10, LEASE, 0) == []
    assert len(await backend.lines.claim(10, LEASE)) == 3


# The pace of one chat.


@pytest.mark.parametrize(("line", "gap"), [("chat:1", 1), ("chat:-100", 3)])
async def test_a_chat_gets_its_messages_one_by_one(paced: Backend, line: str, gap: int) -> None:
    await queue(paced.store, line, 1, 2)
    assert await send(paced) == 1
    assert await is_quiet(paced)
    await paced.pass_time((gap - 0.5) * SECOND)
    assert await is_quiet(paced)
    await paced.pass_time(0.5 * SECOND)
    assert await send(paced) == 2


async def test_a_chat_that_had_nothing_left_keeps_its_pace(paced: Backend) -> None:
    await queue(paced.store, "chat:1", 1)
    assert await send(paced) == 1
    await queue(paced.store, "chat:1", 2)
    assert await is_quiet(paced)
    await paced.pass_time(SECOND)
    assert await send(paced) == 2


async def test_three_answers_may_come_at_once_and_then_they_keep_the_pace(paced: Backend) -> None:
    await queue(paced.store, "chat:1", 1, 2, 3, 4, 5, urgency=Urgency.ANSWER)
    for expected in (1, 2, 3):
        await paced.pass_time(PLACE)
        assert await send(paced) == expected
    assert await is_quiet(paced)
    await paced.pass_time(SECOND)
    assert await send(paced) == 4
    assert await is_quiet(paced)


async def test_a_group_bears_no_burst_however_urgent(paced: Backend) -> None:
    await queue(paced.store, "chat:-100", 1, 2, urgency=Urgency.MONEY)
    assert await send(paced) == 1
    await paced.pass_time(SECOND)
    assert await is_quiet(paced)
    await paced.pass_time(2 * SECOND)
    assert await send(paced) == 2


async def test_an_answer_need_not_wait_for_the_end_of_the_gap(paced: Backend) -> None:
    await queue(paced.store, "chat:1", 1)
    assert await send(paced) == 1
    await queue(paced.store, "chat:1", 2, urgency=Urgency.ANSWER)
    await paced.pass_time(PLACE)
    assert await send(paced) == 2


async def test_what_sent_nothing_costs_the_chat_no_time(paced: Backend) -> None:
    await queue(paced.store, "chat:1", 1, 2)
    assert await send(paced, Done(idle=True)) == 1
    await paced.pass_time(PLACE)
    assert await send(paced) == 2


@pytest.mark.parametrize("outcome", [Later(timedelta(0), "x"), Hold(timedelta(0), "x"), Failed(timedelta(0), "x")])
async def test_what_may_have_been_sent_counts(paced: Backend, outcome: Outcome) -> None:
    await queue(paced.store, "chat:1", 1)
    assert await send(paced, outcome) == 1
    await paced.pass_time(PLACE)
    assert await is_quiet(paced)
    await paced.pass_time(SECOND)
    assert await send(paced, Dead("gone")) == 1


async def test_the_hold_of_a_chat_is_kept_by_answers_too(paced: Backend) -> None:
    await queue(paced.store, "chat:1", 1, urgency=Urgency.ANSWER)
    assert await send(paced, Hold(timedelta(minutes=1), "429")) == 1
    await queue(paced.store, "chat:1", 2, urgency=Urgency.ANSWER)
    await paced.pass_time(timedelta(seconds=50))
    assert await is_quiet(paced)
    await paced.pass_time(timedelta(seconds=10))
    assert await send(paced) == 1


# Too fast.


async def refuse(paced: Backend, *chats: int) -> None:
    """Telegram says of a message to each of these chats that it came too fast."""
    for chat in chats:
        await queue(paced.store, f"chat:{chat}", chat)
        await paced.pass_time(PLACE)
        assert await send(paced, Hold(timedelta(minutes=1), "429", throttled=True)) == chat


async def test_one_chat_that_is_too_fast_waits_alone(paced: Backend) -> None:
    await refuse(paced, 1)
    await queue(paced.store, "chat:2", 2)
    await paced.pass_time(PLACE)
    assert await send(paced) == 2


async def test_two_chats_that_are_too_fast_at_once_let_all_wait(paced: Backend) -> None:
    await refuse(paced, 1, 2)
    await queue(paced.store, "chat:3", 3, urgency=Urgency.ANSWER)
    await paced.pass_time(timedelta(seconds=50))
    assert await is_quiet(paced)
    await paced.pass_time(timedelta(seconds=11))
    assert 3 in numbers(await paced.lines.claim(10, LEASE))


async def test_two_refused_in_one_breath_let_all_wait(paced: Backend) -> None:
    await queue(paced.store, "chat:1", 1)
    await queue(paced.store, "chat:2", 2)
    both = await paced.lines.claim(2, LEASE)
    await paced.lines.finish([(claim, Hold(timedelta(minutes=1), "429", throttled=True)) for claim in both])
    await queue(paced.store, "chat:3", 3, urgency=Urgency.ANSWER)
    await paced.pass_time(timedelta(seconds=50))
    assert await is_quiet(paced)


async def test_the_same_chat_twice_or_long_after_each_other_is_not_all(paced: Backend) -> None:
    await refuse(paced, 1)
    await paced.pass_time(timedelta(minutes=2))
    assert await send(paced, Hold(timedelta(minutes=1), "429", throttled=True)) == 1
    await paced.pass_time(timedelta(minutes=2))
    await queue(paced.store, "chat:2", 2, urgency=Urgency.ANSWER)
    assert numbers(await paced.lines.claim(10, LEASE)) == [1, 2]


async def test_a_hold_for_another_reason_is_no_sign_of_haste(paced: Backend) -> None:
    for chat in (1, 2):
        await queue(paced.store, f"chat:{chat}", chat)
        await paced.pass_time(PLACE)
        await send(paced, Hold(timedelta(minutes=1), "502"))
    await queue(paced.store, "chat:3", 3)
    await paced.pass_time(PLACE)
    assert await send(paced) == 3


# Taking back.


async def take_back(store: Store, line: str, *instead: int) -> None:
    async with store.transaction() as tx:
        for number in instead:
            await tx.queue(line, TellStatus(chat_id=number))
        await tx.take_back(line)


async def test_what_is_taken_back_is_never_done(backend: Backend) -> None:
    await queue(backend.store, "remind:1", 1, 2)
    await queue(backend.store, "remind:2", 3)
    await take_back(backend.store, "remind:1")
    assert numbers(await backend.lines.claim(10, LEASE)) == [3]


async def test_what_is_queued_by_the_same_unit_of_work_stays(backend: Backend) -> None:
    await queue(backend.store, "remind:1", 1, at=datetime.now(UTC) + timedelta(hours=1))
    await take_back(backend.store, "remind:1", 2)
    assert await send(backend) == 2
    await backend.pass_time(timedelta(hours=2))
    assert await is_quiet(backend)


async def test_what_is_under_way_ends_in_its_own_time(backend: Backend) -> None:
    await queue(backend.store, "remind:1", 1, 2)
    [claim] = await backend.lines.claim(10, LEASE)
    await take_back(backend.store, "remind:1")
    await backend.lines.finish([(claim, Later(timedelta(0), "again"))])
    assert await send(backend) == 1
    assert await is_quiet(backend)


async def test_what_was_tried_before_can_be_taken_back(backend: Backend) -> None:
    await queue(backend.store, "remind:1", 1)
    assert await send(backend, Later(timedelta(0), "again")) == 1
    await take_back(backend.store, "remind:1")
    assert await is_quiet(backend)


async def test_a_line_that_does_not_exist_has_nothing_to_take_back(backend: Backend) -> None:
    await take_back(backend.store, "remind:1")
    assert await is_quiet(backend)


async def test_what_was_given_up_is_kept(backend: Backend) -> None:
    await queue(backend.store, "remind:1", 1)
    assert await send(backend, Dead("gone")) == 1
    await take_back(backend.store, "remind:1")
    assert await backend.dead() == [("remind:1", "gone")]

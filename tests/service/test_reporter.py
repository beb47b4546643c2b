"""Outcome events on their way: tried on the schedule, written down at each try, given up with a reason, sent again."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service import outbox, reports
from service.auction_house import NotTaken, ReportAnswer, Taken
from service.facts import ChatClosed
from service.lines import report_line
from service.pace import Pace
from service.ports import AuctionHouse, Lines
from service.records import KeptReport
from service.replay import Replay
from service.reporter import JITTER, REPORT_DELAYS, SHORTEST, Reporter, delay
from service.urgency import Urgency
from service.work import Dead, Done, Hold, Outcome, Report
from store.lines import PostgresLines
from tests.service.examples import NOW, ORDER
from tests.service.story import CHAT, Story, claim_of, paid, won

DOWN = NotTaken(reason="HTTP 503")
FULL = NotTaken(reason="HTTP 429", retry_after=3600)
GONE = NotTaken(reason="HTTP 410", gone=True)
LAST = len(REPORT_DELAYS) + 1
chances = st.floats(0, 1, exclude_max=True)
tries = st.integers(1, len(REPORT_DELAYS))


class House:
    """Answers as told, and remembers what it heard."""

    def __init__(self, answer: ReportAnswer) -> None:
        self.answer = answer
        self.heard: list[tuple[str, bytes]] = []

    async def report(self, webhook_id: str, body: bytes) -> ReportAnswer:
        self.heard.append((webhook_id, body))
        return self.answer


def reporter(story: Story, house: House, chance: Callable[[], float] = lambda: 0.0) -> Reporter:
    return Reporter(story.store, cast("AuctionHouse", house), story.desk, story.clock, chance)


def event(name: str = "handoff-1", order_id: str | None = "o1") -> Report:
    return reports.handoff(name, "b1", order_id, "buyer_asked", NOW)


async def sent(story: Story, *events: Report) -> None:
    async with story.store.transaction() as tx:
        for each in events:
            await outbox.send(tx, each)


async def tried(story: Story, answer: ReportAnswer, attempts: int = 1, work: Report | None = None) -> Outcome:
    work = work or event()
    return await reporter(story, House(answer)).report(work, claim_of(work, attempts))


async def kept(story: Story, name: str = "handoff-1") -> KeptReport:
    async with story.store.transaction() as tx:
        found = await tx.report(name)
    assert found is not None
    return found


async def waiting(story: Story) -> list[tuple[str, str]]:
    """What waits: its line and the event's id."""
    rows = await story.pool.fetch(
        "select line, body ->> 'webhook_id' as id from work where kind = 'Report' and dead_at is null order by id"
    )
    return [(row["line"], row["id"]) for row in rows]


# The schedule.


@given(tries, chances)
def test_a_delay_is_the_schedules_and_a_little_more(attempts: int, chance: float) -> None:
    waits = delay(attempts, chance)

    base = REPORT_DELAYS[attempts - 1]
    assert waits is not None
    assert timedelta(seconds=base) <= waits <= timedelta(seconds=base * (1 + JITTER))


@given(tries, st.lists(chances, min_size=2, max_size=20, unique=True))
def test_what_failed_together_is_not_tried_again_together(attempts: int, many: list[float]) -> None:
    least, most = (delay(attempts, chance) for chance in (min(many), max(many)))

    assert least is not None
    assert most is not None
    assert most - least >= timedelta(seconds=(max(many) - min(many)) * REPORT_DELAYS[attempts - 1] * JITTER * 0.999) - (
        timedelta(microseconds=2)
    )


@given(st.tuples(chances, chances), st.integers(1, len(REPORT_DELAYS) - 1))
def test_each_delay_is_longer_than_the_one_before(both: tuple[float, float], attempts: int) -> None:
    first, second = delay(attempts, both[0]), delay(attempts + 1, both[1])

    assert first is not None
    assert second is not None
    assert first < second


@given(tries, chances, st.timedeltas(timedelta(seconds=11), timedelta(days=30)))
def test_before_a_deadline_there_is_another_try(attempts: int, chance: float, left: timedelta) -> None:
    waits = delay(attempts, chance, left)

    assert waits is not None
    assert SHORTEST <= waits <= left / 2 or waits == delay(attempts, chance)
    assert waits < left


@given(tries, chances, st.timedeltas(timedelta(days=-30), timedelta(0)))
def test_after_the_deadline_the_schedule_goes_on(attempts: int, chance: float, left: timedelta) -> None:
    assert delay(attempts, chance, left) == delay(attempts, chance)


def test_after_the_last_try_there_is_none() -> None:
    assert delay(LAST, 0.5) is None


# One try.


async def test_an_event_is_kept_when_it_is_queued(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))

    report = await kept(story, f"paid-{charge_id}")

    assert (report.type, report.order_id, report.buyer_id) == ("payment.completed", "o1", "b1")
    assert (report.made_at, report.attempts, report.is_waiting) == (NOW, 0, True)
    assert ("report:o1", f"paid-{charge_id}") in await waiting(story)


async def test_what_is_taken_is_done(story: Story) -> None:
    await sent(story, event())
    story.clock.time += timedelta(seconds=1)

    assert await tried(story, Taken(), attempts=2) == Done()

    report = await kept(story)
    assert (report.attempts, report.last_tried_at, report.taken_at) == (2, story.clock.time, story.clock.time)


async def test_what_is_not_taken_holds_its_line(story: Story) -> None:
    await sent(story, event())

    assert await tried(story, DOWN, attempts=2) == Hold(timedelta(minutes=5), "HTTP 503")

    report = await kept(story)
    assert (report.attempts, report.reason, report.is_waiting) == (2, "HTTP 503", True)


async def test_a_house_that_asks_for_more_time_gets_it(story: Story) -> None:
    assert await tried(story, FULL) == Hold(timedelta(hours=1), "HTTP 429")


async def test_an_event_of_a_former_release_is_kept_at_its_first_try(story: Story) -> None:
    await tried(story, DOWN)

    assert (await kept(story)).attempts == 1


async def test_what_is_never_taken_is_given_up_with_its_reason(story: Story) -> None:
    await sent(story, event())

    assert await tried(story, DOWN, attempts=LAST) == Dead("HTTP 503")

    report = await kept(story)
    assert (report.attempts, report.dead_at, report.reason) == (LAST, NOW, "HTTP 503")


async def test_a_house_that_wants_no_more_is_left_alone_and_a_person_called_once_a_day(story: Story) -> None:
    await story.news()
    for number in range(3):
        work = event(f"handoff-{number}")
        assert await tried(story, GONE, work=work) == Dead("HTTP 410")
    assert (await story.news()).calls == ["reports_unwanted"]

    story.clock.time += timedelta(days=1)
    await tried(story, GONE, work=event("handoff-9"))
    assert (await story.news()).calls == ["reports_unwanted"]


# Before the deadline.


async def test_that_somebody_cannot_be_reached_waits_behind_nothing(story: Story) -> None:
    await story.take(won())
    await story.news()
    await sent(story, event())

    await story.take(ChatClosed(chat_id=CHAT, reason="blocked"))

    lines = [line for line, _ in await waiting(story)]
    assert lines == ["report:o1", "unreachable:o1"]
    urgency = await story.pool.fetchval("select urgency from work where line = 'unreachable:o1'")
    assert urgency == Urgency.DEADLINE


async def test_it_is_tried_again_in_time(story: Story) -> None:
    soon = replace(ORDER, pay_by=NOW + timedelta(hours=1))
    work = reports.unreachable("unreachable-1", "b1", soon, "blocked", NOW)

    assert await tried(story, DOWN, attempts=5, work=work) == Hold(timedelta(minutes=30), "HTTP 503")


# Sent again.


async def given_up(story: Story, lines: Lines, *names: str) -> None:
    """Events that were made one after the other, and given up."""
    for number, name in enumerate(names):
        made = replace(event(name), body=event(name).body.replace("05:32:00", f"05:32:{number:02}"))
        await sent(story, made)
        [claim] = await lines.claim(1, timedelta(minutes=1))
        assert isinstance(claim.work, Report)
        await lines.finish([(claim, await tried(story, DOWN, attempts=LAST, work=claim.work))])


@pytest.fixture
def lines(story: Story) -> Lines:
    return PostgresLines(story.pool, asyncio.Event(), Pace())


async def carried(story: Story, lines: Lines) -> list[tuple[str, bytes]]:
    """What the auction house hears when all that waits is tried."""
    house = House(Taken())
    while claims := await lines.claim(10, timedelta(minutes=1)):
        for claim in claims:
            await lines.finish([(claim, await reporter(story, house).report(cast("Any", claim.work), claim))])
    return house.heard


async def test_one_that_was_given_up_is_sent_again_with_the_same_bytes(story: Story, lines: Lines) -> None:
    await given_up(story, lines, "handoff-1")
    before = await kept(story)

    replayed = await Replay(story.store).report("handoff-1")

    assert replayed is not None
    assert (replayed.report, replayed.what) == (before, "again")
    assert await carried(story, lines) == [("handoff-1", before.body.encode())]
    assert ((await kept(story)).is_waiting, await story.pool.fetchval("select count(*) from work")) == (False, 0)


async def test_one_that_was_taken_is_sent_again(story: Story, lines: Lines) -> None:
    await sent(story, event())
    await carried(story, lines)

    await Replay(story.store).report("handoff-1")

    assert [name for name, _ in await carried(story, lines)] == ["handoff-1"]


async def test_one_whose_work_is_long_gone_is_sent_again(story: Story, lines: Lines) -> None:
    await given_up(story, lines, "handoff-1")
    await story.pool.execute("delete from work")

    await Replay(story.store).report("handoff-1")

    assert await waiting(story) == [("report:o1", "handoff-1")]


async def test_one_that_is_on_its_way_is_left_alone(story: Story) -> None:
    await sent(story, event())

    for _ in range(2):
        replayed = await Replay(story.store).report("handoff-1")
        assert replayed is not None
        assert replayed.what == "waiting"

    assert await waiting(story) == [("report:o1", "handoff-1")]


async def test_replaying_twice_is_replaying_once(story: Story, lines: Lines) -> None:
    await given_up(story, lines, "handoff-1")

    for _ in range(2):
        await Replay(story.store).report("handoff-1")

    assert await waiting(story) == [("report:o1", "handoff-1")]


async def test_one_that_does_not_exist_is_none(story: Story) -> None:
    assert await Replay(story.store).report("handoff-9") is None


async def test_a_window_keeps_the_order_of_its_lines(story: Story, lines: Lines) -> None:
    names = ["handoff-3", "handoff-1", "handoff-2"]
    await given_up(story, lines, *names)
    await Replay(story.store).report("handoff-1")
    await carried(story, lines)

    replayed = await Replay(story.store).window(NOW, NOW + timedelta(seconds=9))

    assert [each.report.webhook_id for each in replayed] == names
    assert [name for name, _ in await carried(story, lines)] == names


async def test_one_that_was_given_up_goes_before_what_came_later(story: Story, lines: Lines) -> None:
    await given_up(story, lines, "handoff-1")
    await sent(story, event("handoff-2"))

    await Replay(story.store).report("handoff-1")

    assert [name for name, _ in await carried(story, lines)] == ["handoff-1", "handoff-2"]


async def test_a_window_may_be_of_the_dead_alone(story: Story, lines: Lines) -> None:
    await given_up(story, lines, "handoff-1", "handoff-2", "handoff-3")
    await Replay(story.store).report("handoff-2")
    await carried(story, lines)

    await Replay(story.store).window(NOW, NOW + timedelta(seconds=9), only_dead=True)

    assert [name for name, _ in await carried(story, lines)] == ["handoff-1", "handoff-3"]


async def test_a_dry_run_changes_nothing(story: Story, lines: Lines) -> None:
    await given_up(story, lines, "handoff-1", "handoff-2")
    before = await story.pool.fetch("select * from work order by id")

    replayed = await Replay(story.store).window(NOW, NOW + timedelta(seconds=9), dry_run=True)

    assert [each.what for each in replayed] == ["again", "again"]
    assert await story.pool.fetch("select * from work order by id") == before
    assert not (await kept(story)).is_waiting


async def test_any_work_that_was_given_up_is_done_again_by_its_number(story: Story, lines: Lines) -> None:
    await given_up(story, lines, "handoff-1")
    work_id = await story.pool.fetchval("select id from work")

    assert await Replay(story.store).work(work_id) == event()

    assert (await kept(story)).is_waiting
    assert await waiting(story) == [("report:o1", "handoff-1")]
    assert await Replay(story.store).work(work_id) is None


def test_each_event_keeps_the_order_of_its_order_or_buyer() -> None:
    about = [outbox.kept_of(event("handoff-1", order_id)) for order_id in ("o1", None)]

    assert [outbox.line_of(each) for each in about] == ["report:o1", "report:b1"]
    assert report_line("buyer.unreachable", "o1") == "unreachable:o1"
    assert [outbox.pay_by(each) for each in about] == [None, None]
    assert isinstance(about[0].made_at, datetime)

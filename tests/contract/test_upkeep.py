"""What every store promises about upkeep: whose orders are looked at, what is reported, what is let go of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flow.journey import Journey, Kind
from flow.states import Payment
from flow.steps import Path
from service.auction_events import UnknownEvent
from service.facts import TimeUp
from service.ports import Claim, Letter, Lines, Store
from service.records import Attempt, Button, Buyer, Card, Digest, DigestLine, KeptReport, Passing, Reminded, Result
from service.work import Dead, ReadNotice, Report, Sweep, TellStatus, Work
from tests.contract import examples
from tests.contract.conftest import Backend

NOW = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
HOUR, LEASE = timedelta(hours=1), timedelta(minutes=5)
FACT = TimeUp(charge_id="c1")
WAITING = KeptReport(
    webhook_id="paid-1", type="payment.completed", buyer_id="b1", order_id="o1", body='{"type": "支付"}', made_at=NOW
)
FOR_EVER = datetime.max.replace(tzinfo=UTC)

many = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
reports = st.builds(
    KeptReport,
    webhook_id=examples.names,
    type=examples.texts,
    buyer_id=examples.names,
    order_id=examples.maybe(examples.names),
    body=examples.texts,
    made_at=examples.times,
    attempts=st.integers(0, 2**31 - 1),
    last_tried_at=examples.maybe(examples.times),
    taken_at=examples.maybe(examples.times),
    dead_at=examples.maybe(examples.times),
    reason=examples.maybe(examples.texts),
)


async def connect(store: Store, *buyer_ids: str) -> None:
    async with store.transaction() as tx:
        for number, buyer_id in enumerate(buyer_ids, 1):
            await tx.save_buyer(Buyer(buyer_id=buyer_id, telegram_user_id=number))


async def take(store: Store, seen_before: datetime, now: datetime, most: int = 10) -> Sequence[str]:
    async with store.transaction() as tx:
        return await tx.take_unchecked(seen_before, now, most)


# Whose unpaid orders are looked at.


async def test_buyers_are_taken_in_turns_those_looked_at_longest_ago_first(store: Store) -> None:
    await connect(store, "b1", "b2", "b3")
    async with store.transaction() as tx:
        await tx.note_orders_seen("b1", NOW - 3 * HOUR)
        await tx.note_orders_seen("b2", NOW - 4 * HOUR)

    assert [await take(store, NOW - HOUR, NOW, most=1) for _ in range(4)] == [["b3"], ["b2"], ["b1"], []]


async def test_a_buyer_who_was_looked_at_since_then_is_left_alone(store: Store) -> None:
    await connect(store, "b1", "b2")
    async with store.transaction() as tx:
        await tx.note_orders_seen("b1", NOW - HOUR)
        await tx.note_orders_seen("b2", NOW - HOUR + timedelta(microseconds=1))

    assert await take(store, NOW - HOUR, NOW) == ["b1"]


async def test_only_connected_buyers_are_taken_and_counted(store: Store) -> None:
    await connect(store, "b1", "b2")
    async with store.transaction() as tx:
        await tx.save_buyer(Buyer(buyer_id="b2"))
        await tx.save_buyer(Buyer(buyer_id="b3"))

    assert await take(store, NOW, NOW) == ["b1"]
    async with store.transaction() as tx:
        assert await tx.connected_buyers() == 1


async def test_what_else_is_saved_of_a_buyer_does_not_change_their_turn(store: Store) -> None:
    await connect(store, "b1")
    await take(store, NOW, NOW)
    await connect(store, "b1")

    assert await take(store, NOW - HOUR, NOW) == []


async def test_a_look_at_nobody_is_no_buyer(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.note_orders_seen("nobody", NOW)
        assert await tx.connected_buyers() == 0


# What is reported.


@many
@given(report=reports, taken_at=examples.maybe(examples.times), reason=examples.maybe(examples.texts))
async def test_a_report_comes_back_and_keeps_its_words(
    store: Store, report: KeptReport, taken_at: datetime | None, reason: str | None
) -> None:
    async with store.transaction() as tx:
        await tx.save_report(report)
        kept = await tx.report(report.webhook_id)
        assert kept is not None
        tried = replace(kept, attempts=3, taken_at=taken_at, reason=reason)
        await tx.save_report(tried)
        assert await tx.report(report.webhook_id) == tried


async def test_a_reason_in_others_words_is_kept_as_far_as_it_can_be(store: Store) -> None:
    async with store.transaction() as tx:
        await tx.save_report(replace(WAITING, reason="\0HTTP\ud800 500"))
        kept = await tx.report("paid-1")
    assert kept is not None
    assert kept.reason == "HTTP? 500"


async def test_reports_of_a_time_come_oldest_first(store: Store) -> None:
    made = {f"r{hours}": NOW + hours * HOUR for hours in (3, 1, 2, 0)}
    async with store.transaction() as tx:
        for name, at in made.items():
            await tx.save_report(
                replace(WAITING, webhook_id=name, made_at=at, dead_at=NOW if name in ("r1", "r3") else None)
            )
        found = await tx.reports(NOW + HOUR, NOW + 3 * HOUR)
        dead = await tx.reports(NOW, FOR_EVER, only_dead=True)

    assert [report.webhook_id for report in found] == ["r1", "r2"]
    assert [report.webhook_id for report in dead] == ["r1", "r3"]


# Work that was given up, and is done again.


async def queue(store: Store, line: str, *works: Work) -> None:
    async with store.transaction() as tx:
        for work in works:
            await tx.queue(line, work)


async def give_up(lines: Lines) -> int:
    """The number of the only work to be had, which is given up."""
    [claim] = await lines.claim(10, LEASE)
    await lines.finish([(claim, Dead("gone"))])
    return claim.work_id


async def revive(store: Store, work_id: int) -> Work | None:
    async with store.transaction() as tx:
        return await tx.revive(work_id)


def told(claims: Sequence[Claim]) -> list[Work]:
    return [claim.work for claim in claims]


async def test_revived_work_is_done_in_its_old_place(store: Store, lines: Lines) -> None:
    first, second = TellStatus(chat_id=1), TellStatus(chat_id=2)
    await queue(store, "report:1", first, second)
    work_id = await give_up(lines)

    assert await revive(store, work_id) == first

    claims = await lines.claim(10, LEASE)
    assert (told(claims), claims[0].attempts, claims[0].failures) == ([first], 1, 0)
    assert await revive(store, work_id) is None


async def test_the_line_of_revived_work_may_have_gone(backend: Backend) -> None:
    await queue(backend.store, "report:1", TellStatus(chat_id=1))
    work_id = await give_up(backend.lines)

    await revive(backend.store, work_id)

    assert told(await backend.lines.claim(10, LEASE)) == [TellStatus(chat_id=1)]
    assert await backend.dead() == []


async def test_a_line_that_is_held_stays_held(store: Store, lines: Lines) -> None:
    await queue(store, "report:1", TellStatus(chat_id=1), TellStatus(chat_id=2))
    work_id = await give_up(lines)
    assert told(await lines.claim(10, LEASE)) == [TellStatus(chat_id=2)]

    await revive(store, work_id)

    assert await lines.claim(10, LEASE) == []


async def test_of_twins_only_one_is_done(backend: Backend) -> None:
    await queue(backend.store, "sweep", Sweep())
    work_id = await give_up(backend.lines)
    await queue(backend.store, "sweep", Sweep())

    assert await revive(backend.store, work_id) == Sweep()

    assert await backend.dead() == []
    [claim] = await backend.lines.claim(10, LEASE)
    await backend.lines.finish([(claim, Dead("gone"))])
    assert await backend.lines.claim(10, LEASE) == []


@pytest.mark.parametrize("work_id", [0, 2**62])
async def test_work_that_was_not_given_up_is_neither_shown_nor_revived(
    store: Store, lines: Lines, work_id: int
) -> None:
    await queue(store, "chat:1", TellStatus(chat_id=1))
    [claim] = await lines.claim(10, LEASE)

    for number in (work_id, claim.work_id):
        assert await dead_work(store, number) is None
        assert await revive(store, number) is None


async def test_work_that_was_given_up_is_shown_by_its_number(store: Store, lines: Lines) -> None:
    await queue(store, "report:1", TellStatus(chat_id=1))
    work_id = await give_up(lines)

    assert await dead_work(store, work_id) == TellStatus(chat_id=1)
    assert await revive(store, work_id) == TellStatus(chat_id=1)
    assert await dead_work(store, work_id) is None


async def dead_work(store: Store, work_id: int) -> Work | None:
    async with store.transaction() as tx:
        return await tx.dead_work(work_id)


async def test_only_work_that_was_given_up_is_dropped(backend: Backend) -> None:
    await queue(backend.store, "report:1", TellStatus(chat_id=1))
    work_id = await give_up(backend.lines)
    await queue(backend.store, "report:1", TellStatus(chat_id=2))
    async with backend.store.transaction() as tx:
        await tx.drop_dead(work_id)
        await tx.drop_dead(work_id + 1)

    assert await backend.dead() == []
    assert told(await backend.lines.claim(10, LEASE)) == [TellStatus(chat_id=2)]


async def test_the_work_of_a_report_is_found_by_the_reports_id(store: Store, lines: Lines) -> None:
    await queue(store, "report:1", Report(webhook_id="paid-1", body="{}"))
    async with store.transaction() as tx:
        assert await tx.dead_report("paid-1") is None
    work_id = await give_up(lines)
    async with store.transaction() as tx:
        assert await tx.dead_report("paid-1") == work_id
        assert await tx.dead_report("paid-2") is None


# What is let go of.


async def forget(store: Store, what: Passing, before: datetime = NOW, most: int = 10) -> int:
    async with store.transaction() as tx:
        return await tx.forget(what, before, most)


def letter(name: str, at: datetime) -> Letter:
    return Letter(source="antom", source_id=name, body=b"{}", headers={}, received_at=at)


async def kept_letters(store: Store) -> list[str]:
    """The names of those that are kept: a name that is known cannot be kept a second time."""
    names = []
    for name in ("old-1", "old-2", "waiting", "new"):
        async with store.transaction() as tx:
            if await tx.keep(letter(name, NOW)) is None:
                names.append(name)
    return names


async def test_old_letters_go_unless_somebody_still_has_to_read_them(store: Store) -> None:
    async with store.transaction() as tx:
        waiting = await tx.keep(letter("waiting", NOW - 2 * HOUR))
        for name in ("old-1", "old-2"):
            await tx.keep(letter(name, NOW - HOUR))
        await tx.keep(letter("new", NOW))
        await tx.queue("notice:1", ReadNotice(inbox_id=waiting or 0))

    assert [await forget(store, "letters", most=1) for _ in range(3)] == [1, 1, 0]
    assert await kept_letters(store) == ["waiting", "new"]


async def test_only_facts_that_nothing_can_repeat_go(store: Store) -> None:
    passing = {"telegram:1", "answer:1", "orders:b1:now", "remind:p1:1"}
    old = passing | {"charge:c1:settled:x", "auction:m1", "notice:abc", "refund:r:x"}
    async with store.transaction() as tx:
        for name in sorted(old):
            await tx.note(name, FACT, NOW - HOUR)
        await tx.note("telegram:2", FACT, NOW)

    assert await forget(store, "facts") == 4
    async with store.transaction() as tx:
        again = {name for name in sorted(old | {"telegram:2"}) if await tx.note(name, FACT, NOW)}
    assert again == passing


async def test_events_of_an_unknown_type_go_too_since_they_moved_nothing(store: Store) -> None:
    async with store.transaction() as tx:
        for name, at in (("auction:m1", NOW - HOUR), ("auction:m2", NOW - HOUR), ("auction:m3", NOW)):
            await tx.note(name, UnknownEvent(at=at, type="gift.sent"), at)
        await tx.note("telegram:1", FACT, NOW - HOUR)

    assert [await forget(store, "facts", most=2) for _ in range(3)] == [2, 1, 0]
    async with store.transaction() as tx:
        assert not await tx.note("auction:m3", FACT, NOW)
        assert await tx.note("auction:m1", FACT, NOW)


async def test_buttons_go_when_they_can_no_longer_be_pressed(store: Store) -> None:
    async with store.transaction() as tx:
        for name, at in (("old", NOW - HOUR), ("new", NOW)):
            await tx.save_button(Button(id=name, chat_id=1, act="pay", subject="p1", expires_at=at))

    assert await forget(store, "buttons") == 1
    async with store.transaction() as tx:
        assert [await tx.button(name) is None for name in ("old", "new")] == [True, False]


async def test_reports_go_once_they_were_taken(store: Store) -> None:
    async with store.transaction() as tx:
        for name, taken_at in (("taken", NOW - HOUR), ("new", NOW), ("waiting", None)):
            await tx.save_report(replace(WAITING, webhook_id=name, made_at=NOW - 9 * HOUR, taken_at=taken_at))
        await tx.save_report(replace(WAITING, webhook_id="dead", made_at=NOW - 9 * HOUR, dead_at=NOW - 8 * HOUR))

    assert await forget(store, "reports") == 1
    async with store.transaction() as tx:
        left = await tx.reports(NOW - 10 * HOUR, FOR_EVER)
    assert {report.webhook_id for report in left} == {"new", "waiting", "dead"}


async def test_work_that_was_given_up_long_ago_goes(backend: Backend) -> None:
    await queue(backend.store, "report:1", TellStatus(chat_id=1))
    await give_up(backend.lines)
    await queue(backend.store, "report:1", TellStatus(chat_id=2))

    assert await forget(backend.store, "work", before=NOW) == 0
    assert await forget(backend.store, "work", before=datetime.now(UTC) + HOUR) == 1
    assert await backend.dead() == []
    assert told(await backend.lines.claim(10, LEASE)) == [TellStatus(chat_id=2)]


@pytest.mark.parametrize(("state", "is_left"), [(Payment.PAID, False), (Payment.WON, True)])
async def test_with_the_last_delivery_of_what_is_over_go_its_card_and_its_reminders(
    store: Store, state: Payment, is_left: bool
) -> None:
    journey = Journey(id="p1", kind=Kind.PAYMENT, buyer_id="b1", path=Path.RETURNING, state=state)
    async with store.transaction() as tx:
        await tx.save_journey(journey)
        await tx.save_card(Card(journey_id="p1", chat_id=7, message_id=1, version=1, announced=1))
        await tx.save_reminded(Reminded(journey_id="p1", pay_by=NOW, known_at=NOW))
        for journey_id, message_id in (("p1", 1), (None, 2), ("p1", 1)):
            await tx.note_attempt(shown(journey_id, message_id))
    later = datetime.now(UTC) + HOUR

    assert await forget(store, "deliveries", before=NOW) == 0
    assert await forget(store, "deliveries", before=later, most=2) == 2
    async with store.transaction() as tx:
        assert await tx.card("p1") is not None
    assert await forget(store, "deliveries", before=later) == 1
    async with store.transaction() as tx:
        assert (await tx.card("p1") is not None) is is_left
        assert (await tx.reminded("p1") is not None) is is_left


@pytest.mark.parametrize(("state", "is_left"), [(Payment.CANCELLED, False), (Payment.WON, True)])
async def test_a_digest_goes_with_its_last_delivery_once_all_its_items_are_over(
    store: Store, state: Payment, is_left: bool
) -> None:
    async with store.transaction() as tx:
        for journey_id, at in (("p1", Payment.PAID), ("p2", state)):
            await tx.save_journey(
                Journey(id=journey_id, kind=Kind.PAYMENT, buyer_id="b1", path=Path.RETURNING, state=at)
            )
        lines = tuple(DigestLine(journey_id=name, announced=1, state="paid") for name in ("p1", "p2"))
        await tx.save_digest(Digest(chat_id=7, message_id=1, lines=lines))
        for name, message_id in (("p1", 1), ("p2", 1), (None, 2), ("p1", 1), ("p2", 1)):
            await tx.note_attempt(shown(name, message_id))
    later = datetime.now(UTC) + HOUR

    assert await forget(store, "deliveries", before=later, most=4) == 4
    async with store.transaction() as tx:
        assert await tx.digest(7, 1) is not None
    assert await forget(store, "deliveries", before=later) == 1
    async with store.transaction() as tx:
        assert (await tx.digest(7, 1) is not None) is is_left


async def forget_notes(store: Store, most: int = 10) -> list[str | None]:
    """All notes are looked at, so many journeys at a time; where each look ended."""
    looks: list[str | None] = [""]
    while (after := looks[-1]) is not None:
        async with store.transaction() as tx:
            looks.append(await tx.forget_notes(after, most))
    return looks[1:]


async def test_what_is_over_since_its_last_delivery_went_loses_its_notes_a_few_at_a_time(store: Store) -> None:
    states = {"p1": Payment.PAID, "p2": Payment.WON, "p3": Payment.CANCELLED, "p4": Payment.PAID}
    async with store.transaction() as tx:
        for number, (name, state) in enumerate(states.items()):
            await tx.save_journey(Journey(id=name, kind=Kind.PAYMENT, buyer_id="b1", path=Path.RETURNING, state=state))
            if name != "p3":
                await tx.save_card(Card(journey_id=name, chat_id=7, message_id=number, version=1, announced=1))
            await tx.save_reminded(Reminded(journey_id=name, pay_by=NOW, known_at=NOW))
        for number, names in enumerate((("p1", "p3"), ("p1", "p2"), ("p3", "p4"))):
            lines = tuple(DigestLine(journey_id=name, announced=1, state="paid") for name in names)
            await tx.save_digest(Digest(chat_id=7, message_id=90 + number, lines=lines))
        await tx.note_attempt(shown("p4", 4))

    assert await forget_notes(store, most=3) == ["p3", "p4", None]
    async with store.transaction() as tx:
        assert [name for name in states if await tx.card(name)] == ["p2", "p4"]
        assert [name for name in states if await tx.reminded(name)] == ["p2", "p4"]
        assert [number for number in range(90, 93) if await tx.digest(7, number)] == [91, 92]
    assert await forget_notes(store, most=2) == ["p4", None]


def shown(journey_id: str | None, message_id: int) -> Attempt:
    view = "CardView" if journey_id else "NoteView"
    return Attempt(view=view, chat_id=7, result=Result.SENT, journey_id=journey_id, message_id=message_id)

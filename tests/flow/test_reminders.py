"""Reminders before a deadline: in time, in order, not at night; and the last one in any case."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from flow.reminders import LATEST, LEEWAY, Plan, Quiet, Reminder

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
LADDER = (24 * HOUR, 6 * HOUR, HOUR)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NIGHT = Quiet(start=time(22), end=time(8), zone=SHANGHAI)
NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""Noon in Shanghai."""

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana")
"""Whole hours and half ones, clocks that change at midnight, and in the other half of the year."""

CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 5, tzinfo=UTC),
)
"""Moments around which clocks change somewhere."""

zones = st.one_of(
    st.sampled_from(ZONES).map(ZoneInfo),
    st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
times = st.builds(time, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))
quiets = st.builds(Quiet, start=times, end=times, zone=zones)
leads = st.integers(1, 60 * 48).map(lambda minutes: timedelta(minutes=minutes))
moments = st.builds(
    lambda change, minutes: change + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(-4000, 4000)
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    known_at = draw(moments)
    return Plan(
        deadline=known_at + draw(st.integers(1, 60 * 72)) * MINUTE,
        ladder=draw(st.lists(leads, min_size=1, max_size=4)),
        known_at=known_at,
        quiet=draw(st.none() | quiets),
        last_only=draw(st.booleans()),
    )


def heard(plan: Plan, steps: list[str] | None = None, late: timedelta = timedelta(0)) -> list[Reminder]:
    """All reminders, as they are sent; `steps` is what the buyer does after each."""
    sent: list[Reminder] = []
    acts = iter(steps or [])
    now = plan.known_at
    while found := plan.next(now):
        if found.at > now:
            now = found.at + late
            continue
        sent.append(found)
        assert len(sent) < 50, "there is no end"
        plan = replace(plan, sent=found.lead, snoozed_until=None)
        match next(acts, "nothing"):
            case "snooze":
                plan = replace(plan, snoozed_until=plan.snooze(now, HOUR), last_only=False)
            case "acknowledge":
                plan = replace(plan, last_only=True)
            case _:
                pass
    return sent


acts = st.lists(st.sampled_from(["snooze", "acknowledge", "nothing"]), max_size=12)
few = settings(max_examples=300, deadline=None)


@few
@given(plan=plans(), steps=acts)
def test_every_reminder_comes_before_the_deadline_and_after_the_one_before_it(plan: Plan, steps: list[str]) -> None:
    at = [reminder.at for reminder in heard(plan, steps)]
    assert all(plan.known_at <= moment < plan.deadline for moment in at)
    assert at == sorted(set(at))


@few
@given(plan=plans(), steps=acts)
def test_only_the_last_one_breaks_the_quiet(plan: Plan, steps: list[str]) -> None:
    for reminder in heard(plan, steps):
        assert reminder.is_last or plan.quiet is None or not plan.quiet.covers(reminder.at)


@few
@given(plan=plans(), steps=acts)
def test_the_last_one_always_comes_and_it_comes_last(plan: Plan, steps: list[str]) -> None:
    sent = heard(plan, steps)
    assert sent[-1].is_last
    assert [reminder.lead for reminder in sent] == sorted((reminder.lead for reminder in sent), reverse=True)
    assert sent[-1].lead == min(plan.ladder)


@few
@given(plan=plans(), minutes=st.integers(1, 300))
def test_a_worker_that_is_late_sends_the_last_one_all_the_same(plan: Plan, minutes: int) -> None:
    assume(plan.deadline - plan.known_at > 2 * minutes * MINUTE)
    assume(min(plan.ladder) > 2 * minutes * MINUTE)
    sent = heard(plan, late=minutes * MINUTE)
    assert sent[-1].is_last
    assert sent[-1].at < plan.deadline
    assert len({reminder.at for reminder in sent}) == len(sent)
    assert not any(plan.quiet and plan.quiet.covers(reminder.at) for reminder in sent if not reminder.is_last)


@few
@given(plan=plans())
def test_nothing_is_repeated_unless_it_is_put_off(plan: Plan) -> None:
    sent = heard(plan)
    assert len(sent) == len({reminder.lead for reminder in sent}) <= len(set(plan.ladder))


@few
@given(plan=plans())
def test_who_wants_only_the_last_gets_one(plan: Plan) -> None:
    assert [reminder.is_last for reminder in heard(replace(plan, last_only=True))] == [True]


@few
@given(plan=plans(), pause=st.integers(1, 600))
def test_what_is_put_off_comes_in_time_to_pay(plan: Plan, pause: int) -> None:
    for now in (plan.known_at, plan.deadline - 5 * MINUTE, plan.deadline - 11 * MINUTE):
        until = plan.snooze(now, pause * MINUTE)
        assert until is None or now < until <= min(now + pause * MINUTE, plan.deadline - LATEST)
        awake = replace(plan, quiet=None).snooze(now, pause * MINUTE)
        assert (awake is None) == (plan.deadline - now <= LATEST)


@few
@given(quiet=quiets, moment=moments)
def test_the_eve_is_earlier_and_not_quiet(quiet: Quiet, moment: datetime) -> None:
    assume(quiet.covers(moment))
    eve = quiet.eve(moment)
    if eve is not None:
        assert eve < moment
        assert not quiet.covers(eve)
        assert moment - eve < 2 * DAY + LEEWAY + 2 * HOUR


def plan_of(deadline: datetime, **values: Any) -> Plan:
    return replace(Plan(deadline=deadline, ladder=LADDER, known_at=NOON, quiet=NIGHT), **values)


def shanghai(plan: Plan, steps: list[str] | None = None) -> list[str]:
    """When each comes, by the buyer's clock; the last with a mark."""
    return [
        f"{reminder.at.astimezone(SHANGHAI):%d. %H:%M}{'!' if reminder.is_last else ''}"
        for reminder in heard(plan, steps)
    ]


def test_three_reminders_before_a_deadline_by_day() -> None:
    assert shanghai(plan_of(NOON + 2 * DAY + 6 * HOUR)) == ["24. 18:00", "25. 12:00", "25. 17:00!"]


def test_what_would_come_at_night_comes_before_it_and_once() -> None:
    morning = NOON + 2 * DAY - 5 * HOUR
    assert shanghai(plan_of(morning)) == ["23. 21:45", "24. 21:45!"]


def test_the_last_one_rings_at_night_where_the_evening_is_over() -> None:
    late = NOON + 11 * HOUR
    assert shanghai(plan_of(late + 8 * HOUR, known_at=late)) == ["24. 06:00!"]


def test_what_passed_before_we_knew_is_not_made_up_for() -> None:
    assert shanghai(plan_of(NOON + 7 * HOUR)) == ["23. 13:00", "23. 18:00!"]
    assert shanghai(plan_of(NOON + 30 * MINUTE)) == ["23. 12:00!"]


def test_of_what_we_missed_ourselves_one_comes_at_once() -> None:
    plan = plan_of(NOON + 30 * HOUR, quiet=None)
    assert plan.next(NOON + 26 * HOUR) == Reminder(at=NOON + 26 * HOUR, lead=6 * HOUR, is_last=False)
    assert plan.next(NOON + 29 * HOUR + MINUTE) == Reminder(at=NOON + 29 * HOUR + MINUTE, lead=HOUR, is_last=True)


def test_after_the_deadline_there_is_nothing() -> None:
    plan = plan_of(NOON + DAY)
    assert [plan.next(NOON + DAY), plan.next(NOON + 2 * DAY), plan_of(NOON + DAY, ladder=()).next(NOON)] == [None] * 3


@pytest.mark.parametrize("deadline", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_deadline_at_the_end_of_all_calendars_is_none(deadline: datetime) -> None:
    assert plan_of(deadline).next(NOON) is None
    assert plan_of(deadline).snooze(NOON, HOUR) in (None, NOON + HOUR)


@pytest.mark.parametrize("now", [NOON, NOON + 11 * HOUR], ids=["by day", "at night"])
def test_where_nothing_is_reminded_of_nothing_is_put_off(now: datetime) -> None:
    never = plan_of(NOON + DAY, ladder=(), sent=6 * HOUR)
    assert (never.snooze(now, HOUR), never.next(now)) == (None, None)


@pytest.mark.parametrize("late", [MINUTE, 14 * MINUTE])
def test_what_would_come_just_before_the_night_is_not_lost_by_a_short_delay(late: timedelta) -> None:
    plan = plan_of(NOON + DAY + 9 * HOUR + 59 * MINUTE)
    assert shanghai(plan) == ["23. 21:45", "24. 15:59", "24. 20:59!"]
    assert heard(plan, late=late)[0] == Reminder(at=NOON + 9 * HOUR + 45 * MINUTE + late, lead=24 * HOUR, is_last=False)


def test_nor_is_what_was_put_off_until_then() -> None:
    plan = plan_of(NOON + 3 * DAY, sent=24 * HOUR)
    assert plan.snooze(NOON + 8 * HOUR + 55 * MINUTE, HOUR) == NOON + 9 * HOUR + 45 * MINUTE


def test_what_is_known_only_just_before_the_night_comes_at_its_time() -> None:
    late = NOON + 9 * HOUR + 50 * MINUTE
    assert shanghai(plan_of(NOON + DAY + 9 * HOUR + 55 * MINUTE, known_at=late))[0] == "23. 21:55"
    assert plan_of(NOON + 3 * DAY, sent=24 * HOUR).snooze(late, 5 * MINUTE) == late + 5 * MINUTE


def test_put_off_it_comes_again_in_one_with_what_would_come_meanwhile() -> None:
    plan = plan_of(NOON + DAY + 30 * MINUTE, quiet=None)
    assert shanghai(plan, ["snooze"]) == ["23. 12:30", "23. 13:30", "24. 06:30", "24. 11:30!"]
    assert shanghai(plan, ["nothing", "snooze", "snooze"]) == [
        "23. 12:30",
        "24. 06:30",
        "24. 07:30",
        "24. 08:30",
        "24. 11:30!",
    ]
    assert shanghai(replace(plan, ladder=(90 * MINUTE, HOUR)), ["snooze"]) == ["24. 11:00", "24. 12:00!"]


def test_the_last_one_put_off_comes_again_while_there_is_time_to_pay() -> None:
    plan = plan_of(NOON + 90 * MINUTE)
    assert shanghai(plan, ["snooze", "snooze"]) == ["23. 12:30!", "23. 13:20!"]


def test_put_off_into_the_night_it_comes_before_or_waits_for_the_next_rung() -> None:
    plan = plan_of(NOON + DAY + 8 * HOUR + 30 * MINUTE)
    assert shanghai(plan, ["snooze"]) == ["23. 20:30", "23. 21:30", "24. 14:30", "24. 19:30!"]
    later = plan_of(NOON + DAY + 9 * HOUR + 30 * MINUTE)
    assert shanghai(later, ["snooze"]) == ["23. 21:30", "23. 21:45", "24. 15:30", "24. 20:30!"]


def test_what_was_put_off_gives_way_to_what_is_chosen_later() -> None:
    plan = plan_of(NOON + 30 * HOUR, sent=24 * HOUR, snoozed_until=NOON + 7 * HOUR)
    assert plan.next(NOON + 6 * HOUR) == Reminder(at=NOON + 7 * HOUR, lead=24 * HOUR, is_last=False)
    muted, asleep = replace(plan, last_only=True), replace(plan, quiet=replace(NIGHT, start=time(18)))
    assert muted.next(NOON + 6 * HOUR) == Reminder(at=NOON + 29 * HOUR, lead=HOUR, is_last=True)
    assert asleep.next(NOON + 6 * HOUR) == Reminder(at=NOON + 24 * HOUR, lead=6 * HOUR, is_last=False)


def test_what_we_missed_does_not_come_at_night() -> None:
    plan = plan_of(NOON + 33 * HOUR)
    assert plan.next(NOON + 11 * HOUR) == Reminder(at=NOON + 27 * HOUR, lead=6 * HOUR, is_last=False)


def test_acknowledged_only_the_last_one_comes() -> None:
    assert shanghai(plan_of(NOON + 2 * DAY + 6 * HOUR), ["acknowledge"]) == ["24. 18:00", "25. 17:00!"]


@pytest.mark.parametrize(
    ("zone", "start", "moment", "eve"),
    [
        (
            ZoneInfo("Europe/Berlin"),
            time(2, 30),
            datetime(2026, 3, 29, 1, 45, tzinfo=UTC),
            datetime(2026, 3, 29, 0, 15, tzinfo=UTC),
        ),
        (
            ZoneInfo("Europe/Berlin"),
            time(22),
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
            datetime(2026, 10, 24, 19, 45, tzinfo=UTC),
        ),
        (
            timezone(timedelta(hours=-3)),
            time(22),
            datetime(2026, 5, 5, 6, 0, tzinfo=UTC),
            datetime(2026, 5, 5, 0, 45, tzinfo=UTC),
        ),
    ],
)
def test_quiet_hours_begin_by_the_buyers_clock(zone: tzinfo, start: time, moment: datetime, eve: datetime) -> None:
    quiet = Quiet(start=start, end=time(8), zone=zone)
    assert quiet.covers(moment)
    assert quiet.eve(moment) == eve

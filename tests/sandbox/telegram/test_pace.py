"""The simulator's limits: what fits, and how long to wait for what does not."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.telegram.errors import Refused
from sandbox.telegram.pace import ALL_CHATS, GROUP_CALLS, Pace, Rate

START = datetime(2026, 11, 23, tzinfo=UTC)
BUYER, GROUP = 7, -100
BOUNDLESS = Rate(per_second=1e6, burst=10**6)


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return START + timedelta(seconds=self.seconds)


def calls(pace: Pace, chat_id: int, count: int) -> int:
    """How many of so many calls to a chat were let through."""
    passed = 0
    for _ in range(count):
        try:
            pace.spend(chat_id)
        except Refused:
            continue
        passed += 1
    return passed


def test_a_group_bears_twenty_calls_in_any_minute() -> None:
    clock = Clock()
    pace = Pace(clock, enabled=True, all_chats=BOUNDLESS)
    assert calls(pace, GROUP, 10) == 10
    clock.seconds = 30
    assert calls(pace, GROUP, 30) == 10
    clock.seconds = 59.9
    assert calls(pace, GROUP, 30) == 0
    clock.seconds = 60
    assert calls(pace, GROUP, 30) == 10


def test_a_group_that_is_full_says_how_long() -> None:
    clock = Clock()
    pace = Pace(clock, enabled=True, all_chats=BOUNDLESS)
    calls(pace, GROUP, GROUP_CALLS)
    clock.seconds = 20.5
    with pytest.raises(Refused) as refused:
        pace.spend(GROUP)
    assert refused.value.parameters == {"retry_after": 40}


def test_a_chat_bears_a_short_burst_and_then_one_a_second() -> None:
    clock = Clock()
    pace = Pace(clock, enabled=True)
    assert calls(pace, BUYER, 5) == 3
    clock.seconds = 1
    assert calls(pace, BUYER, 5) == 1


def test_all_chats_share_thirty_a_second() -> None:
    clock = Clock()
    pace = Pace(clock, enabled=True)
    assert sum(calls(pace, chat, 1) for chat in range(1, 41)) == ALL_CHATS.burst
    clock.seconds = 0.5
    assert sum(calls(pace, chat, 1) for chat in range(41, 81)) == 15


def test_what_is_off_lets_everything_through() -> None:
    assert calls(Pace(Clock()), GROUP, 100) == 100

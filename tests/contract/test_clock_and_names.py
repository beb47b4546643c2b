"""What every clock and every source of names promises."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from time_machine import travel

from app.clock import RandomNames, SystemClock
from service.ports import Clock, Names

system_clock: type[Clock] = SystemClock
random_names: type[Names] = RandomNames

MANY = 10_000


@pytest.fixture(params=[pytest.param(SystemClock, id="system")])
def clock(request: pytest.FixtureRequest) -> Clock:
    make: Callable[[], Clock] = request.param
    return make()


@pytest.fixture(params=[pytest.param(RandomNames, id="random")])
def names(request: pytest.FixtureRequest) -> Names:
    make: Callable[[], Names] = request.param
    return make()


def test_the_time_is_aware_utc(clock: Clock) -> None:
    before = datetime.now(UTC)
    now = clock.now()
    assert now.tzinfo is UTC
    assert before <= now <= datetime.now(UTC)


def test_the_time_goes_on(clock: Clock) -> None:
    with travel(datetime(2026, 11, 23, 5, 32, tzinfo=UTC), tick=False) as traveller:
        first = clock.now()
        traveller.shift(timedelta(minutes=14))
        assert clock.now() - first == timedelta(minutes=14)


def test_a_short_name_has_16_letters_and_digits(names: Names) -> None:
    assert all(re.fullmatch("[a-z0-9]{16}", names.short()) for _ in range(100))


def test_a_token_has_22_characters_that_an_address_may_have(names: Names) -> None:
    assert all(re.fullmatch("[A-Za-z0-9_-]{22}", names.token()) for _ in range(100))


def test_no_name_comes_twice(names: Names) -> None:
    assert len({names.short() for _ in range(MANY)}) == MANY
    assert len({names.token() for _ in range(MANY)}) == MANY


@pytest.mark.parametrize("place", range(16))
def test_every_place_of_a_short_name_may_hold_any_letter_or_digit(names: Names, place: int) -> None:
    assert len({names.short()[place] for _ in range(2000)}) == 36


@pytest.mark.parametrize("place", range(21))
def test_every_place_of_a_token_may_hold_any_character(names: Names, place: int) -> None:
    assert len({names.token()[place] for _ in range(3000)}) == 64

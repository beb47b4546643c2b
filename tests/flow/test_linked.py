"""Linked or not: the newest fact wins, and the path follows from it."""

from datetime import datetime, timedelta
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow.linked import Alipay, LinkState, path_for
from flow.money import Money
from flow.steps import Path
from tests.flow.examples import NOON

Fact = tuple[Alipay, datetime, Money | None]

limits = st.none() | st.integers(0, 10**6).map(lambda value: Money("JPY", value))
moments = st.integers(0, 10**6).map(lambda seconds: NOON + timedelta(seconds=seconds))
facts = st.tuples(st.sampled_from([alipay for alipay in Alipay if alipay is not Alipay.UNKNOWN]), moments, limits)


def told(past: list[Fact] | tuple[Fact, ...]) -> LinkState:
    """What is known after these facts arrived in this order."""
    return reduce(lambda known, fact: known.told(*fact), past, LinkState())


def test_nothing_is_known_at_first() -> None:
    assert LinkState() == LinkState(alipay=Alipay.UNKNOWN, at=None, limit=None)


@given(st.lists(facts, min_size=1, max_size=4, unique_by=lambda fact: fact[1]))
def test_the_newest_fact_wins_in_every_order_of_arrival(past: list[Fact]) -> None:
    alipay, at, limit = max(past, key=lambda fact: fact[1])

    outcomes = {told(order) for order in permutations(past)}

    assert outcomes == {LinkState(alipay=alipay, at=at, limit=limit)}


@given(st.lists(facts, max_size=4), moments)
def test_not_knowing_overwrites_nothing(past: list[Fact], at: datetime) -> None:
    known = told(past)

    assert known.told(Alipay.UNKNOWN, at) is known


@given(facts, facts)
def test_of_two_facts_of_one_moment_the_later_arrival_wins(one: Fact, other: Fact) -> None:
    """A tie is broken by arrival, so that a correction sent with the same timestamp counts."""
    alipay, _, limit = other

    assert told([one, (alipay, one[1], limit)]) == LinkState(alipay=alipay, at=one[1], limit=limit)


def test_a_limit_lasts_as_long_as_the_fact_that_brought_it() -> None:
    limited = LinkState().told(Alipay.LINKED, NOON, Money("JPY", 50_000))

    assert limited.told(Alipay.LINKED, NOON + timedelta(days=1)).limit is None


@pytest.mark.parametrize(
    ("alipay", "verified_here", "paid_before", "path"),
    [
        (Alipay.NOT_LINKED, False, False, Path.FIRST_TIME),
        (Alipay.NOT_LINKED, True, False, Path.FIRST_TIME),
        (Alipay.LINKED, True, False, Path.FIRST_TIME),
        (Alipay.UNKNOWN, True, False, Path.FIRST_TIME),
        (Alipay.NOT_OFFERED, True, False, Path.FIRST_TIME),
        (Alipay.LINKED, False, False, Path.RETURNING),
        (Alipay.UNKNOWN, False, False, Path.RETURNING),
        (Alipay.NOT_OFFERED, False, False, Path.RETURNING),
        *((alipay, verified, True, Path.RETURNING) for alipay in Alipay for verified in (False, True)),
    ],
)
def test_the_path_of_a_buyer(alipay: Alipay, verified_here: bool, paid_before: bool, path: Path) -> None:
    assert path_for(alipay, verified_here=verified_here, paid_before=paid_before) is path

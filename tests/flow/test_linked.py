"""Linked or not: the newest fact wins, and the path follows from it."""

from datetime import datetime, timedelta
from functools import reduce
from itertools import permutations

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


known = st.sampled_from([alipay for alipay in Alipay if alipay is not Alipay.NOT_LINKED])
counts = st.integers(0, 5)


@given(counts, counts)
def test_who_is_not_linked_is_a_first_time_buyer_whatever_was_before(verified: int, first_payments: int) -> None:
    assert path_for(Alipay.NOT_LINKED, verified=verified, first_payments=first_payments) is Path.FIRST_TIME


@given(known, counts)
def test_who_never_verified_here_takes_the_short_way(alipay: Alipay, first_payments: int) -> None:
    """Linked at the auction house, or nobody knows: nothing is guessed, and nothing asked for twice."""
    assert path_for(alipay, verified=0, first_payments=first_payments) is Path.RETURNING


@given(known, counts)
def test_the_first_payment_after_each_verification_ends_the_first_time_path(alipay: Alipay, before: int) -> None:
    """Who unlinks and verifies anew is a first-time buyer once more."""
    verified_again = path_for(alipay, verified=before + 1, first_payments=before)
    paid_since = path_for(alipay, verified=before + 1, first_payments=before + 1)

    assert (verified_again, paid_since) == (Path.FIRST_TIME, Path.RETURNING)

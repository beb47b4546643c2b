"""Whole numbers of the smallest unit: exact, of one currency, and readable."""

from decimal import Decimal

import pytest
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from flow.money import DECIMALS, CurrencyMismatch, Money, UnknownCurrency

currencies = st.sampled_from(sorted(DECIMALS))
values = st.integers(-(10**16 - 1), 10**16 - 1)


@given(currencies, values, values)
def test_adding_is_exact_and_taking_away_undoes_it(currency: str, one: int, other: int) -> None:
    total = Money(currency, one) + Money(currency, other)

    assert total == Money(currency, one + other)
    assert total - Money(currency, other) == Money(currency, one)


@given(currencies, values)
def test_an_amount_and_its_opposite_are_nothing(currency: str, value: int) -> None:
    money = Money(currency, value)

    assert -money == Money(currency, 0) - money
    assert money + -money == Money(currency, 0)


@given(currencies, values, values)
def test_amounts_are_ordered_by_their_value(currency: str, one: int, other: int) -> None:
    assert (Money(currency, one) < Money(currency, other)) is (one < other)
    assert (Money(currency, one) > Money(currency, other)) is (one > other)


@given(st.lists(currencies, min_size=2, max_size=2, unique=True), values, values)
def test_two_currencies_never_meet(pair: list[str], one: int, other: int) -> None:
    mine, yours = Money(pair[0], one), Money(pair[1], other)

    assert mine != yours
    with pytest.raises(CurrencyMismatch, match=f"{pair[0]} and {pair[1]}"):
        mine + yours
    with pytest.raises(CurrencyMismatch):
        mine - yours
    with pytest.raises(CurrencyMismatch):
        assert mine < yours


@pytest.mark.parametrize("currency", DECIMALS)
def test_each_currency_has_as_many_decimals_as_elsewhere(currency: str) -> None:
    assert DECIMALS[currency] == get_currency_precision(currency)


@given(currencies, values)
def test_the_written_amount_is_the_amount(currency: str, value: int) -> None:
    number, _, unit = str(Money(currency, value)).partition(" ")

    assert unit == currency
    assert Decimal(number.replace(",", "")).scaleb(DECIMALS[currency]) == value
    assert len(number.partition(".")[2]) == DECIMALS[currency]


@pytest.mark.parametrize(
    ("money", "written"),
    [
        (Money("JPY", 5), "5 JPY"),
        (Money("JPY", 12_300), "12,300 JPY"),
        (Money("CNY", 30), "0.30 CNY"),
        (Money("CNY", 123_456_705), "1,234,567.05 CNY"),
        (Money("CNY", -5), "-0.05 CNY"),
        (Money("JPY", 0), "0 JPY"),
        (Money("CNY", 10**16 - 1), "99,999,999,999,999.99 CNY"),
    ],
    ids=str,
)
def test_an_amount_reads_as_people_write_it(money: Money, written: str) -> None:
    assert str(money) == written


@pytest.mark.parametrize("currency", ["", "jpy", "XXX", "JPY "])
def test_a_currency_that_is_not_known_is_refused(currency: str) -> None:
    with pytest.raises(UnknownCurrency):
        Money(currency, 1)

"""The names of charges, and what a reconciliation says of one."""

from dataclasses import replace

import pytest

from flow.money import Money
from service.charges import journey_and_number, next_name
from service.differences import DifferenceKind, of_charge
from service.records import Charge, ChargeState
from service.verdicts import Settled
from tests.service.examples import NOW, RULES, TOTAL

CHARGE = Charge(
    id="p1-1",
    journey_id="p1",
    token="t",
    amount=TOTAL,
    issued_at=NOW,
    expires_at=NOW + RULES.payment_time,
)
PAID = replace(CHARGE, state=ChargeState.SETTLED, gateway_id="pay-1", paid=TOTAL, paid_at=NOW)


@pytest.mark.parametrize(
    ("before", "name"), [([], "p1-1"), (["p1-1"], "p1-2"), (["p1-1", "p1-3"], "p1-4"), (["p1-12", "p1-2"], "p1-13")]
)
def test_no_number_is_given_twice_even_where_one_was_lost(before: list[str], name: str) -> None:
    assert next_name("p1", [replace(CHARGE, id=charge_id) for charge_id in before]) == name


@pytest.mark.parametrize(("name", "parts"), [("p1-7", ("p1", 7)), ("portal", ("", 0)), ("p1-x", ("p1", 0))])
def test_a_name_tells_its_journey_and_number(name: str, parts: tuple[str, int]) -> None:
    assert journey_and_number(name) == parts


@pytest.mark.parametrize(
    ("amount", "kinds"),
    [
        (TOTAL, []),
        (Money("JPY", TOTAL.value - 1), [DifferenceKind.OTHER_AMOUNT]),
        (Money("KRW", TOTAL.value), [DifferenceKind.OTHER_AMOUNT]),
    ],
)
def test_the_gateways_amount_is_compared_with_its_currency(amount: Money, kinds: list[DifferenceKind]) -> None:
    found = of_charge(PAID, TOTAL, {}, Settled(gateway_id="pay-1", amount=amount, at=NOW))
    assert [difference.kind for difference in found] == kinds

"""What a journey remembers of what happened: the order, the charge that counted, the path, and the reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow import events as on
from flow.journey import Journey, Kind, Reason, advance, remember
from flow.money import Money
from flow.order import Order
from flow.states import BEFORE_LINK, Payment, State
from flow.steps import Path
from tests.flow.examples import EVENTS, NOON, PLACES, event, journey, order, place_id

SETTLED = (on.ChargeSettled, on.ChargeSettledLate)
WON = (on.WonWithAlipay, on.WonOtherwise)
NEWS = (*WON, on.OrderAmended, on.DeadlineMoved, on.OrderRepriced, on.OrderReopened)
RELINKED = (on.AlipayLinked, on.AlipayUnlinked)

values = st.integers(1, 10**16 - 1)


def opened(**known: Any) -> Journey:
    return journey(Kind.PAYMENT, Payment.OPENED, charge_id="c1", **known)


@pytest.mark.parametrize("news", NEWS, ids=place_id)
def test_news_of_an_order_replaces_the_order(news: type) -> None:
    dearer = order(total=Money("JPY", 13_000))

    assert remember(opened(order=order()), event(news, order=dearer)).order == dearer


@pytest.mark.parametrize("fact", [fact for fact in EVENTS if fact not in NEWS], ids=place_id)
def test_nothing_else_touches_the_order(fact: type) -> None:
    assert remember(opened(order=order()), event(fact)).order == order()


@pytest.mark.parametrize("fact", EVENTS, ids=place_id)
def test_only_the_expected_payment_is_the_charge_that_counts(fact: type) -> None:
    assert remember(opened(), event(fact)).settled_by == ("c1" if fact in SETTLED else None)


@pytest.mark.parametrize("fact", EVENTS, ids=place_id)
def test_the_first_payment_is_the_one_that_counts(fact: type) -> None:
    assert remember(opened(settled_by="c0"), event(fact)).settled_by == "c0"


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (on.LinkExpired, Reason.EXPIRED),
        (on.OrderRepriced, Reason.REPRICED),
        (on.DeadlineMoved, Reason.DEADLINE_MOVED),
        (on.ChargeSettledLate, Reason.LATE),
        (on.ChargeRefused, "RISK_REJECT"),
        (on.RefundRefused, "RISK_REJECT"),
    ],
    ids=place_id,
)
def test_why_things_stand_as_they_do_is_remembered(fact: type, reason: str) -> None:
    assert remember(opened(reason="USER_BALANCE_NOT_ENOUGH"), event(fact)).reason == reason


@pytest.mark.parametrize("fact", WON, ids=place_id)
@pytest.mark.parametrize(
    ("old", "reason"),
    [
        (None, "RISK_REJECT"),
        (order(), "RISK_REJECT"),
        (order(total=Money("JPY", 1)), Reason.REPRICED),
        (order(pay_by=NOON), Reason.DEADLINE_MOVED),
        (order(total=Money("JPY", 1), pay_by=NOON), Reason.REPRICED),
    ],
    ids=["new", "the same", "repriced", "deadline", "both"],
)
def test_what_else_changed_with_the_method_is_remembered(fact: type, old: Order | None, reason: str) -> None:
    assert remember(opened(order=old, reason="RISK_REJECT"), event(fact)).reason == reason


@pytest.mark.parametrize("fact", [on.ChargeSettled, on.RefundSettled, on.UseAlipayPressed, on.NewLinkPressed])
def test_what_goes_well_or_begins_anew_has_no_reason(fact: type) -> None:
    assert remember(opened(reason="RISK_REJECT"), event(fact)).reason is None


@pytest.mark.parametrize(
    "fact",
    [on.LinkOpened, on.ChargeOpened, on.ChargeOverdue, on.ChargeUnclear, on.CheckPressed, on.PastChargeRefused],
    ids=place_id,
)
def test_what_tells_nothing_new_leaves_the_journey_as_it_is(fact: type) -> None:
    before = opened(order=order(), reason=Reason.REPRICED)

    assert remember(before, event(fact)) == before


@given(values, values)
def test_another_amount_is_too_little_or_too_much(paid: int, due: int) -> None:
    fact = on.ChargeDiffers(charge_id="c1", amount=Money("JPY", paid), due=Money("JPY", due))

    after = remember(opened(), fact)

    assert (after.reason is Reason.TOO_LITTLE) is (paid < due)
    assert after.reason is Reason.TOO_MUCH or paid <= due


@given(values, values)
def test_another_currency_is_neither_little_nor_much(paid: int, due: int) -> None:
    fact = on.ChargeDiffers(charge_id="c1", amount=Money("CNY", paid), due=Money("JPY", due))

    assert remember(opened(), fact).reason is Reason.OTHER_CURRENCY


@pytest.mark.parametrize("path", Path)
@pytest.mark.parametrize("news", RELINKED, ids=place_id)
@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_the_path_follows_the_link_state_until_a_link_is_issued(
    kind: Kind, state: State, news: type, path: Path
) -> None:
    [other] = set(Path) - {path}

    after, _ = advance(journey(kind, state, path=other), event(news, path=path))

    assert after.path is (path if state in BEFORE_LINK else other)


@pytest.mark.parametrize("fact", [fact for fact in EVENTS if fact not in RELINKED], ids=place_id)
@pytest.mark.parametrize("path", Path)
def test_nothing_else_changes_the_path(fact: type, path: Path) -> None:
    selecting = journey(Kind.PAYMENT, Payment.SELECTING, path=path)

    assert remember(selecting, event(fact)).path is path

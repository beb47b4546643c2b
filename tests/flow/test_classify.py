"""What a fact is for a journey depends on what the journey already knows."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flow import classify
from flow import events as on
from flow.journey import Journey, Kind
from flow.money import Money
from flow.order import Order
from flow.states import Payment
from tests.flow.examples import NOON, PLACES, PRICE, journey, order

SECOND = timedelta(seconds=1)
ANEW = (Payment.WATCHING, Payment.WITHDRAWN, Payment.GONE, Payment.CANCELLED, Payment.PAID_ELSEWHERE)
"""Where nothing is to be paid, and an order that the auction house tells of is won, or due again."""
UNDER_WAY = tuple(state for state in Payment if state not in ANEW)

charge_ids = st.sampled_from(["c1", "c2", "c3"])
amounts = st.builds(Money, st.sampled_from(["JPY", "CNY"]), st.integers(1, 3))
codes = st.sampled_from(["RISK_REJECT", "USER_BALANCE_NOT_ENOUGH"])
orders = st.builds(
    order,
    total=st.sampled_from([PRICE, Money("JPY", 500)]),
    method=st.sampled_from(["alipay", "other", None]),
    title=st.sampled_from(["Camera", "Lens"]),
    pay_by=st.sampled_from([None, NOON]),
)


moments = st.none() | st.sampled_from([NOON - SECOND, NOON, NOON + SECOND])


@st.composite
def journeys(draw: st.DrawFn) -> Journey:
    """A journey at any state, with or without a current charge and one that counted."""
    kind, state = draw(st.sampled_from(PLACES))
    known = st.none() | charge_ids
    return journey(kind, state, charge_id=draw(known), settled_by=draw(known))


def won(**known: Any) -> Journey:
    """A won item with a link that waits for its buyer."""
    return journey(Kind.PAYMENT, Payment.OPENED, charge_id="c1", order=order(**known))


@given(journeys(), charge_ids, amounts, amounts, moments)
def test_a_payment_is_expected_repeated_or_different(
    journey: Journey, charge_id: str, asked: Money, paid: Money, at: datetime | None
) -> None:
    """Which charge it is makes no difference, until one counted."""
    fact = classify.settled(journey, charge_id, asked, paid, at)

    if journey.settled_by not in (None, charge_id):
        assert fact == on.ChargeRepeated(charge_id=charge_id, amount=paid)
    elif paid != asked:
        assert fact == on.ChargeDiffers(charge_id=charge_id, amount=paid, due=asked)
    else:
        assert fact == on.ChargeSettled(charge_id=charge_id, amount=paid, at=at)


def test_the_old_price_is_not_what_a_repriced_order_costs() -> None:
    cheaper = Money("JPY", 500)

    assert classify.settled(won(total=cheaper), "c1", PRICE, PRICE, NOON) == on.ChargeDiffers(
        charge_id="c1", amount=PRICE, due=cheaper
    )


@given(amounts, amounts, amounts)
def test_only_what_was_asked_for_and_is_due_counts(asked: Money, paid: Money, due: Money) -> None:
    fact = classify.settled(won(total=due), "c1", asked, paid, NOON)

    assert isinstance(fact, on.ChargeSettled) is (paid == asked and paid == due)
    assert isinstance(fact, on.ChargeSettled) or fact == on.ChargeDiffers(charge_id="c1", amount=paid, due=due)


@given(moments)
def test_late_is_after_the_deadline_by_the_gateways_time(at: datetime | None) -> None:
    """The deadline itself is in time, and so is a payment whose time nobody tells."""
    fact = classify.settled(won(pay_by=NOON), "c1", PRICE, PRICE, at)

    expected = on.ChargeSettledLate if at == NOON + SECOND else on.ChargeSettled
    assert fact == expected(charge_id="c1", amount=PRICE, at=at)


def test_an_order_without_a_deadline_is_never_late() -> None:
    fact = classify.settled(won(), "c1", PRICE, PRICE, NOON + timedelta(days=365))

    assert isinstance(fact, on.ChargeSettled)


@pytest.mark.parametrize(
    ("settled_by", "paid", "expected"),
    [("c2", PRICE, on.ChargeRepeated), (None, Money("JPY", 1), on.ChargeDiffers)],
    ids=["repeated", "differs"],
)
def test_late_concerns_only_the_payment_that_would_have_counted(
    settled_by: str | None, paid: Money, expected: type
) -> None:
    late = replace(won(pay_by=NOON), settled_by=settled_by)

    assert isinstance(classify.settled(late, "c1", PRICE, paid, NOON + SECOND), expected)


@given(journeys(), charge_ids, codes)
def test_a_final_no_concerns_the_buyer_while_the_charge_is_current(journey: Journey, charge_id: str, code: str) -> None:
    fact = classify.refused(journey, charge_id, code)

    current = journey.charge_id == charge_id and journey.settled_by is None
    expected = on.ChargeRefused if current else on.PastChargeRefused
    assert fact == expected(charge_id=charge_id, code=code)


@given(journeys(), charge_ids, amounts, codes)
def test_a_refund_is_of_the_charge_that_counted_or_of_one_beside_it(
    journey: Journey, charge_id: str, amount: Money, code: str
) -> None:
    done = classify.refunded(journey, charge_id, "r1", amount, whole=True)
    failed = classify.refund_refused(journey, charge_id, "r1", code)

    if journey.settled_by == charge_id:
        assert done == on.RefundSettled(refund_id="r1", amount=amount)
        assert failed == on.RefundRefused(refund_id="r1", code=code)
    else:
        assert done == on.SurplusRefunded(refund_id="r1", amount=amount)
        assert failed == on.SurplusRefundRefused(refund_id="r1", code=code)


@given(journeys(), charge_ids, amounts)
def test_a_part_that_went_back_settles_nothing_whichever_charge_it_is_of(
    journey: Journey, charge_id: str, amount: Money
) -> None:
    fact = classify.refunded(journey, charge_id, "r1", amount, whole=False)

    assert fact == on.PartRefundSettled(refund_id="r1", amount=amount)


@given(st.sampled_from(list(Payment)), orders)
def test_the_first_news_of_an_order_is_that_it_was_won(state: Payment, new: Order) -> None:
    won = on.WonWithAlipay if new.payment_method == "alipay" else on.WonOtherwise

    assert classify.amended(journey(Kind.PAYMENT, state), new) == won(order=new)


@given(st.sampled_from(UNDER_WAY), orders, orders)
def test_a_new_price_outweighs_everything_but_that_alipay_is_chosen(state: Payment, old: Order, new: Order) -> None:
    """A link for the old amount must not be paid, whatever else changed; before Alipay is chosen there is none."""
    fact = classify.amended(journey(Kind.PAYMENT, state, order=old), new)

    chosen = state is Payment.CHOOSING and (old.payment_method != "alipay" == new.payment_method)
    assert isinstance(fact, on.OrderRepriced) is (old.total != new.total and not chosen)
    assert not chosen or fact == on.WonWithAlipay(order=new)


@given(st.sampled_from(UNDER_WAY), orders, orders)
def test_what_rings_is_never_hidden_behind_another_method(state: Payment, old: Order, new: Order) -> None:
    """Another total or deadline is told, whichever method the order is to be paid by from now on."""
    due = replace(old, total=new.total, pay_by=new.pay_by)
    assume(due != old)

    alone = classify.amended(journey(Kind.PAYMENT, state, order=old), due)
    both = classify.amended(journey(Kind.PAYMENT, state, order=old), new)

    assert type(both) is type(alone) or both == on.WonWithAlipay(order=new)


@given(st.sampled_from(list(Payment)), orders, orders)
def test_every_news_of_an_order_carries_the_new_order(state: Payment, old: Order, new: Order) -> None:
    fact = classify.amended(journey(Kind.PAYMENT, state, order=old), new)

    assert isinstance(fact, on.WonWithAlipay | on.WonOtherwise | on.OrderRepriced | on.DeadlineMoved | on.OrderAmended)
    assert fact.order is new


@given(st.sampled_from(ANEW), orders, orders)
def test_an_order_that_was_over_is_won_anew(state: Payment, old: Order, new: Order) -> None:
    won = on.WonWithAlipay if new.payment_method == "alipay" else on.WonOtherwise

    assert classify.amended(journey(Kind.PAYMENT, state, order=old), new) == won(order=new)


@given(st.sampled_from([Payment.CANCELLED, Payment.PAID_ELSEWHERE]), orders, orders)
def test_what_is_opened_again_after_money_came_for_it_is_news_of_its_own(
    state: Payment, old: Order, new: Order
) -> None:
    over = journey(Kind.PAYMENT, state, order=old, settled_by="c1")

    assert classify.amended(over, new) == on.OrderReopened(order=new)


@pytest.mark.parametrize("state", [state for state in Payment if state not in ANEW])
def test_a_change_in_words_is_no_more_than_that(state: Payment) -> None:
    old = order()
    new = replace(old, title="Camera with lens", version=2)

    assert classify.amended(journey(Kind.PAYMENT, state, order=old), new) == on.OrderAmended(order=new)


@pytest.mark.parametrize("state", [state for state in Payment if state not in ANEW])
def test_another_deadline_is_news_of_its_own(state: Payment) -> None:
    old = order()
    new = replace(old, title="Camera with lens", pay_by=NOON, version=2)

    assert classify.amended(journey(Kind.PAYMENT, state, order=old), new) == on.DeadlineMoved(order=new)

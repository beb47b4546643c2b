"""Money that comes late, twice, wrong or back again: each case as a story, from what the gateway tells to the books."""

from datetime import timedelta
from typing import Any

import pytest

from flow import classify, ledger
from flow import events as on
from flow.effects import Effect as Do
from flow.journey import Journey, Kind, Reason
from flow.ledger import Account
from flow.money import Money
from flow.states import Payment, Verification
from flow.steps import Path
from tests.flow.examples import NOON, PRICE, journey, order, walk

CHEAPER, DEARER, YUAN, FIVE_YEN = Money("JPY", 12_000), Money("JPY", 13_000), Money("CNY", 60_000), Money("JPY", 5)
TOLD_BACK = [Do.REPORT_REFUND, Do.TELL_MONEY]


def item(state: Payment = Payment.OPENED, **known: Any) -> Journey:
    """A won item whose current charge is p1."""
    values = {"charge_id": "p1", "order": order(pay_by=NOON)} | known
    return journey(Kind.PAYMENT, state, **values)


def account(state: Verification = Verification.OPENED, **known: Any) -> Journey:
    """A verification whose current charge is v1."""
    return journey(Kind.VERIFICATION, state, **{"charge_id": "v1"} | known)


def pay(now: Journey, charge_id: str = "p1", *, paid: Money = PRICE, seconds_late: int = 0) -> tuple[Journey, list[Do]]:
    """The gateway tells of a payment on a charge of `PRICE`, at noon."""
    at = NOON + timedelta(seconds=seconds_late)
    return walk(now, classify.settled(now, charge_id, PRICE, paid, at))


def send_back(
    now: Journey, charge_id: str = "p1", *, amount: Money = PRICE, whole: bool = True
) -> tuple[Journey, list[Do]]:
    """The gateway tells of money of a charge that went back."""
    return walk(now, classify.refunded(now, charge_id, f"r-{charge_id}", amount, whole=whole))


def held_as(now: Journey, charge_id: str = "p1", paid: Money = PRICE) -> set[Account]:
    """What the books take a payment for, beside the money at the gateway."""
    return {posting.account for posting in ledger.charged(now, charge_id, paid)} - {Account.GATEWAY}


def test_paid_after_the_link_expired_counts_as_long_as_the_order_is_due() -> None:
    lapsed, _ = walk(item(Payment.LINK_SENT), on.LinkExpired())

    paid, asked = pay(lapsed)

    assert (paid.state, paid.settled_by, paid.reason) == (Payment.PAID, "p1", None)
    assert asked == [Do.CLOSE_CHARGE, Do.REPORT_PAID, Do.ANNOUNCE]
    assert held_as(paid) == {Account.SALES}


def test_paid_on_an_older_link_voids_the_newer_one() -> None:
    sent = item(Payment.LINK_SENT, charge_id="p2")

    paid, asked = pay(sent, "p1")

    assert (paid.state, paid.settled_by) == (Payment.PAID, "p1")
    assert asked[0] is Do.CLOSE_CHARGE


@pytest.mark.parametrize("state", [Payment.WON, Payment.OPENED, Payment.LAPSED, Payment.WITH_STAFF])
def test_paid_after_the_deadline_is_reported_and_a_person_looks(state: Payment) -> None:
    paid, asked = pay(item(state), seconds_late=1)

    assert (paid.state, paid.settled_by, paid.reason) == (Payment.PAID, "p1", Reason.LATE)
    assert asked == [Do.CLOSE_CHARGE, Do.REPORT_PAID, Do.CALL_STAFF, Do.ANNOUNCE]
    assert held_as(paid) == {Account.SALES}


def test_a_late_payment_that_a_person_sends_back_ends_returned() -> None:
    late, _ = pay(item(), seconds_late=1)

    returned, asked = send_back(late)

    assert (returned.state, returned.reason) == (Payment.RETURNED, None)
    assert asked == [Do.REPORT_REFUND, Do.ANNOUNCE]


@pytest.mark.parametrize("seconds_late", [0, 1])
@pytest.mark.parametrize(
    ("ended_by", "end"),
    [(on.OrderCancelled(), Payment.CANCELLED), (on.PaidElsewhere(), Payment.PAID_ELSEWHERE)],
    ids=["cancelled", "paid elsewhere"],
)
def test_paid_after_the_end_of_the_order_goes_back(ended_by: on.Event, end: Payment, seconds_late: int) -> None:
    over, closing = walk(item(), ended_by)

    paid, refunding = pay(over, seconds_late=seconds_late)
    done, told = send_back(paid)

    assert closing == [Do.CLOSE_CHARGE, Do.ANNOUNCE]
    assert (paid.state, paid.settled_by, refunding) == (end, "p1", [Do.REFUND_CHARGE, Do.ANNOUNCE])
    assert held_as(paid) == {Account.SUSPENSE}
    assert (done.state, told) == (end, TOLD_BACK)


def test_paid_twice_the_second_goes_back_and_the_first_stays() -> None:
    paid, _ = pay(item(charge_id="p2"), "p1")

    twice, refunding = pay(paid, "p2", seconds_late=1)
    done, told = send_back(twice, "p2")

    assert twice == done == paid
    assert refunding == [Do.REFUND_CHARGE, Do.TELL_MONEY]
    assert told == TOLD_BACK
    assert (held_as(paid, "p1"), held_as(twice, "p2")) == ({Account.SALES}, {Account.SUSPENSE})


def test_a_second_payment_that_cannot_be_sent_back_is_a_persons_case() -> None:
    paid, _ = pay(item())

    after, asked = walk(paid, classify.refund_refused(paid, "p2", "r-p2", "REFUND_WINDOW_EXCEED"))

    assert after == paid
    assert asked == [Do.CALL_STAFF, Do.TELL_MONEY]


@pytest.mark.parametrize(
    ("amount", "reason"),
    [(CHEAPER, Reason.TOO_LITTLE), (DEARER, Reason.TOO_MUCH), (YUAN, Reason.OTHER_CURRENCY)],
    ids=str,
)
def test_another_amount_is_held_for_a_person_and_sent_back_the_item_is_due_again(amount: Money, reason: Reason) -> None:
    held, asked = pay(item(), paid=amount)
    again, told = send_back(held, amount=amount)

    assert (held.state, held.settled_by, held.reason) == (Payment.WITH_STAFF, None, reason)
    assert asked == [Do.CLOSE_CHARGE, Do.CALL_STAFF, Do.ANNOUNCE]
    assert held_as(held, paid=amount) == {Account.SUSPENSE}
    assert (again.state, again.reason) == (Payment.WON, None)
    assert told == [Do.REPORT_REFUND, Do.ANNOUNCE]


def test_another_amount_of_a_verification_begins_it_anew_once_it_is_back() -> None:
    opened = account()

    held, asked = walk(opened, classify.settled(opened, "v1", FIVE_YEN, PRICE, NOON))
    again, told = send_back(held, "v1")

    assert (held.state, held.reason) == (Verification.WITH_STAFF, Reason.TOO_MUCH)
    assert asked == [Do.CLOSE_CHARGE, Do.CALL_STAFF, Do.ANNOUNCE]
    assert (again.state, told) == (Verification.OFFERED, [Do.REPORT_REFUND, Do.ANNOUNCE])


def test_a_part_of_another_amount_that_goes_back_leaves_the_case_with_the_person() -> None:
    held, _ = pay(item(), paid=DEARER)

    partly, told = send_back(held, amount=Money("JPY", 700), whole=False)
    again, _ = send_back(partly)

    assert (partly, told) == (held, TOLD_BACK)
    assert again.state is Payment.WON


def test_while_a_person_has_it_the_right_amount_still_counts() -> None:
    held, _ = pay(item(), paid=CHEAPER)

    paid, asked = pay(held, "p0")
    done, told = send_back(paid, "p1", amount=CHEAPER)

    assert (paid.state, paid.settled_by, paid.reason) == (Payment.PAID, "p0", None)
    assert asked == [Do.CLOSE_CHARGE, Do.REPORT_PAID, Do.ANNOUNCE]
    assert (done.state, told) == (Payment.PAID, TOLD_BACK)


@pytest.mark.parametrize(
    ("ended_by", "end"),
    [(on.OrderCancelled(), Payment.CANCELLED), (on.PaidElsewhere(), Payment.PAID_ELSEWHERE)],
    ids=["cancelled", "paid elsewhere"],
)
def test_an_order_can_end_while_a_person_has_it(ended_by: on.Event, end: Payment) -> None:
    held, _ = pay(item(), paid=CHEAPER)

    over, asked = walk(held, ended_by)

    assert (over.state, asked) == (end, [Do.CLOSE_CHARGE, Do.ANNOUNCE])


@pytest.mark.parametrize("amount", [CHEAPER, YUAN], ids=str)
def test_another_amount_for_a_cancelled_order_is_a_persons_case_and_it_stays_cancelled(amount: Money) -> None:
    over, asked = pay(item(Payment.CANCELLED), paid=amount)

    assert over.state is Payment.CANCELLED
    assert asked == [Do.CALL_STAFF, Do.TELL_MONEY]
    assert held_as(over, paid=amount) == {Account.SUSPENSE}


@pytest.mark.parametrize("state", [Payment.WATCHING, Payment.WITHDRAWN])
def test_money_where_no_charge_was_ever_asked_for_is_a_persons_case(state: Payment) -> None:
    held, asked = pay(item(state, charge_id=None, order=None))

    assert (held.state, asked) == (Payment.WITH_STAFF, [Do.CALL_STAFF, Do.ANNOUNCE])
    assert held_as(held) == {Account.SUSPENSE}


@pytest.mark.parametrize("step_back", [on.CancelPressed(), on.NewLinkPressed(), on.OrderCancelled()], ids=str)
def test_paid_while_the_link_was_being_closed_goes_back_by_itself(step_back: on.Event) -> None:
    """The gateway sent it back, so nothing is asked of it, and the journey stands where closing left it."""
    closed, asked = walk(item(), step_back)

    after, told = walk(closed, on.ChargeReversed(charge_id="p1", amount=PRICE, refund_id="rv-p1"))

    assert asked[0] is Do.CLOSE_CHARGE
    assert after == closed
    assert after.settled_by is None
    assert told == TOLD_BACK
    assert held_as(after) == {Account.SUSPENSE}


def test_a_verification_that_was_paid_while_being_closed_links_nothing() -> None:
    withdrawn, _ = walk(account(), on.CancelPressed())

    after, told = walk(withdrawn, on.ChargeReversed(charge_id="v1", amount=FIVE_YEN, refund_id="rv-v1"))

    assert (after, told) == (withdrawn, TOLD_BACK)


def test_a_paid_order_that_is_sent_back_whole_ends_returned() -> None:
    paid, _ = pay(item())

    returned, asked = send_back(paid)

    assert (returned.state, returned.settled_by) == (Payment.RETURNED, "p1")
    assert asked == [Do.REPORT_REFUND, Do.ANNOUNCE]


def test_a_part_that_is_sent_back_leaves_the_order_paid_until_the_rest_follows() -> None:
    paid, _ = pay(item())

    partly, told = send_back(paid, amount=Money("JPY", 300), whole=False)
    returned, _ = send_back(partly, amount=CHEAPER)

    assert (partly, told) == (paid, TOLD_BACK)
    assert returned.state is Payment.RETURNED


def test_a_refund_of_a_paid_order_that_comes_back_or_is_refused_is_a_persons_case() -> None:
    paid, _ = pay(item())

    bounced, first = walk(paid, on.RefundBounced(refund_id="r-p1", amount=PRICE))
    refused, second = walk(paid, classify.refund_refused(paid, "p1", "r-p1", "RISK_REJECT"))

    assert bounced.state is refused.state is Payment.PAID
    assert first == second == [Do.CALL_STAFF, Do.TELL_MONEY]


def test_a_verifications_refund_that_bounces_is_stuck_and_the_account_stays_linked() -> None:
    refunded, _ = send_back(account(Verification.REFUNDING, settled_by="v1"), "v1", amount=FIVE_YEN)

    stuck, called = walk(refunded, on.RefundBounced(refund_id="r-v1", amount=FIVE_YEN))
    again, told = send_back(stuck, "v1", amount=FIVE_YEN)

    assert (stuck.state, stuck.settled_by) == (Verification.REFUND_STUCK, "v1")
    assert called == [Do.CALL_STAFF, Do.ANNOUNCE]
    assert (again.state, again.settled_by) == (Verification.REFUNDED, "v1")
    assert told == [Do.REPORT_REFUND, Do.ANNOUNCE]


def test_a_verifications_refund_that_is_refused_is_finished_by_a_person() -> None:
    refunding = account(Verification.REFUNDING, settled_by="v1")

    stuck, called = walk(refunding, classify.refund_refused(refunding, "v1", "r-v1", "MERCHANT_BALANCE_NOT_ENOUGH"))
    done, _ = send_back(stuck, "v1", amount=FIVE_YEN)

    assert (stuck.state, stuck.settled_by) == (Verification.REFUND_STUCK, "v1")
    assert (stuck.reason, called) == ("MERCHANT_BALANCE_NOT_ENOUGH", [Do.CALL_STAFF, Do.ANNOUNCE])
    assert (done.state, done.reason) == (Verification.REFUNDED, None)


@pytest.mark.parametrize("state", [Verification.REFUNDING, Verification.REFUNDED, Verification.REFUND_STUCK])
def test_who_does_not_see_the_refund_is_answered_and_nothing_moves(state: Verification) -> None:
    before = account(state, settled_by="v1")

    assert walk(before, on.RefundMissed()) == (before, [Do.TELL_REFUND])


@pytest.mark.parametrize("state", [Payment.LINK_SENT, Payment.OPENED])
def test_a_new_price_replaces_a_live_link_at_once(state: Payment) -> None:
    sent, asked = walk(item(state), on.OrderRepriced(order=order(total=DEARER)))

    assert (sent.state, sent.reason) == (Payment.LINK_SENT, Reason.REPRICED)
    assert sent.order == order(total=DEARER)
    assert asked == [Do.CLOSE_CHARGE, Do.ISSUE_LINK, Do.ANNOUNCE]


def test_the_old_price_that_is_paid_all_the_same_is_too_little() -> None:
    sent, _ = walk(item(), on.OrderRepriced(order=order(total=DEARER)))

    held, _ = pay(sent, "p1")

    assert (held.state, held.reason) == (Payment.WITH_STAFF, Reason.TOO_LITTLE)


@pytest.mark.parametrize("state", [Payment.CHOOSING, Payment.WON, Payment.SELECTING, Payment.LAPSED])
def test_a_new_price_without_a_live_link_is_announced_and_no_link_is_sent(state: Payment) -> None:
    after, asked = walk(item(state), on.OrderRepriced(order=order(total=DEARER)))

    assert (after.state, after.reason) == (state, Reason.REPRICED)
    assert asked == [Do.ANNOUNCE]


def test_the_reason_is_gone_with_the_link_that_the_buyer_asks_for() -> None:
    repriced, _ = walk(item(Payment.SELECTING), on.OrderRepriced(order=order(total=DEARER)))

    sent, _ = walk(repriced, on.UseAlipayPressed())

    assert sent.reason is None


@pytest.mark.parametrize(
    ("news", "path"),
    [
        (on.AlipayUnlinked(path=Path.FIRST_TIME), Path.RETURNING),
        (on.AlipayLinked(path=Path.RETURNING), Path.FIRST_TIME),
    ],
    ids=["unlinked", "linked"],
)
def test_the_path_follows_the_link_state_before_the_link_is_issued_and_not_after(
    news: on.AlipayLinked | on.AlipayUnlinked, path: Path
) -> None:
    selecting = item(Payment.SELECTING, path=path)

    relinked, shown = walk(selecting, news)
    kept, asked = walk(selecting, on.UseAlipayPressed(), news)

    assert (relinked.state, relinked.path, shown) == (Payment.SELECTING, news.path, [Do.SHOW])
    assert (kept.state, kept.path, asked) == (Payment.LINK_SENT, path, [Do.ISSUE_LINK, Do.SHOW])


def test_an_account_unlinked_after_its_charge_leaves_the_refund_on_its_way() -> None:
    refunding = account(Verification.REFUNDING, settled_by="v1")

    assert walk(refunding, on.AlipayUnlinked(path=Path.FIRST_TIME)) == (refunding, [])

"""Whole journeys, written by hand: the past as a list of events, and where it leaves the buyer."""

from dataclasses import dataclass
from typing import Any

import pytest

from flow import events as on
from flow.effects import Effect as Do
from flow.journey import START, STATES, Journey, Kind, Reason, advance
from flow.money import Money
from flow.states import UNPAID, Payment, State, Verification
from flow.steps import Path, Step, position
from tests.flow.examples import NOON, PRICE, event, journey, order, walk

FIVE_YEN = Money("JPY", 5)


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of a walk: what happened, where the journey stands after it, and what was asked for."""

    event: Any
    state: State
    effects: tuple[Do, ...] = ()


VERIFYING = (
    Stop(on.VerifyPressed(), Verification.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
    Stop(on.LinkOpened(), Verification.OPENED, (Do.OPEN_CHARGE, Do.SHOW)),
    Stop(on.ChargeOpened(charge_id="v1"), Verification.OPENED, (Do.SHOW,)),
    Stop(
        on.ChargeSettled(charge_id="v1", amount=FIVE_YEN, at=NOON),
        Verification.REFUNDING,
        (
            Do.CLOSE_CHARGE,
            Do.RECORD_LINKED,
            Do.REFUND_CHARGE,
            Do.REPORT_VERIFIED,
            Do.ANNOUNCE,
            Do.BEGIN_PAYMENT,
        ),
    ),
    Stop(
        on.RefundSettled(refund_id="r1", amount=FIVE_YEN),
        Verification.REFUNDED,
        (Do.REPORT_REFUND, Do.ANNOUNCE),
    ),
)

PAYING = (
    Stop(on.WonWithAlipay(order=order()), Payment.WON, (Do.ANNOUNCE,)),
    Stop(on.PayPressed(), Payment.SELECTING, (Do.SHOW,)),
    Stop(on.UseAlipayPressed(), Payment.LINK_SENT, (Do.ISSUE_LINK, Do.SHOW)),
    Stop(on.LinkOpened(), Payment.OPENED, (Do.OPEN_CHARGE, Do.SHOW)),
    Stop(on.ChargeOpened(charge_id="p1"), Payment.OPENED, (Do.SHOW,)),
    Stop(
        on.ChargeSettled(charge_id="p1", amount=PRICE, at=NOON),
        Payment.PAID,
        (Do.CLOSE_CHARGE, Do.REPORT_PAID, Do.ANNOUNCE),
    ),
)


def begin(kind: Kind, path: Path = Path.FIRST_TIME) -> Journey:
    return Journey(id="j1", kind=kind, buyer_id="b1", path=path, state=START[kind])


def places(journey: Journey, stops: tuple[Stop, ...]) -> list[tuple[Step, tuple[int, int]]]:
    """The step and the "n of m" that the buyer sees, at the start and after each stop."""
    seen = [journey]
    for stop in stops:
        seen.append(advance(seen[-1], stop.event)[0])
    return [(now.step, position(now.path, now.step)) for now in seen]


@pytest.mark.parametrize(("kind", "stops"), [(Kind.VERIFICATION, VERIFYING), (Kind.PAYMENT, PAYING)], ids=list(Kind))
def test_a_journey_of_the_article_stop_by_stop(kind: Kind, stops: tuple[Stop, ...]) -> None:
    now = begin(kind)

    for stop in stops:
        now, effects = advance(now, stop.event)
        assert (now.state, effects) == (stop.state, stop.effects)


def test_a_returning_buyer_takes_five_steps() -> None:
    assert places(begin(Kind.PAYMENT, Path.RETURNING), PAYING) == [
        (Step.CHOOSE_ALIPAY, (1, 5)),
        (Step.OPEN_PAYMENT, (2, 5)),
        (Step.USE_ALIPAY, (3, 5)),
        (Step.PAY_IN_ALIPAY, (4, 5)),
        (Step.PAY_IN_ALIPAY, (4, 5)),
        (Step.PAY_IN_ALIPAY, (4, 5)),
        (Step.COMPLETED, (5, 5)),
    ]


def test_a_first_time_buyer_verifies_in_the_first_two_of_seven_steps() -> None:
    assert places(begin(Kind.VERIFICATION), VERIFYING) == [
        (Step.VERIFY_ACCOUNT, (1, 7)),
        (Step.VERIFY_ACCOUNT, (1, 7)),
        (Step.LOG_IN, (2, 7)),
        (Step.LOG_IN, (2, 7)),
        (Step.CHOOSE_ALIPAY, (3, 7)),
        (Step.CHOOSE_ALIPAY, (3, 7)),
    ]


def test_a_first_time_buyer_pays_in_the_last_five_of_seven_steps() -> None:
    assert places(begin(Kind.PAYMENT), PAYING) == [
        (Step.CHOOSE_ALIPAY, (3, 7)),
        (Step.OPEN_PAYMENT, (4, 7)),
        (Step.USE_ALIPAY, (5, 7)),
        (Step.PAY_IN_ALIPAY, (6, 7)),
        (Step.PAY_IN_ALIPAY, (6, 7)),
        (Step.PAY_IN_ALIPAY, (6, 7)),
        (Step.COMPLETED, (7, 7)),
    ]


def test_the_charge_that_was_paid_and_the_order_are_remembered() -> None:
    paid, _ = walk(begin(Kind.PAYMENT), *(stop.event for stop in PAYING))

    assert (paid.settled_by, paid.order, paid.reason) == ("p1", order(), None)


def test_an_item_won_with_another_method_is_paid_with_alipay_once_the_buyer_chooses_so() -> None:
    won = on.WonOtherwise(order=order(method=None))

    choosing, _ = walk(begin(Kind.PAYMENT), won)
    chosen, asked = walk(choosing, on.AlipayChosen())

    assert (choosing.state, chosen.state) == (Payment.CHOOSING, Payment.WON)
    assert asked == [Do.SHOW]


def test_a_link_that_nobody_opened_in_time_is_replaced_on_request() -> None:
    sent = journey(Kind.PAYMENT, Payment.LINK_SENT)

    lapsed, _ = walk(sent, on.LinkExpired())
    fresh, asked = walk(lapsed, on.NewLinkPressed())

    assert (lapsed.state, lapsed.reason) == (Payment.LAPSED, "expired")
    assert (fresh.state, asked) == (Payment.LINK_SENT, [Do.ISSUE_LINK, Do.SHOW])


def test_a_refusal_leaves_its_reason_and_another_try() -> None:
    opened = journey(Kind.VERIFICATION, Verification.OPENED, charge_id="v1")

    lapsed, asked = walk(opened, on.ChargeRefused(charge_id="v1", code="RISK_REJECT"))

    assert lapsed.state is Verification.LAPSED
    assert (lapsed.reason, asked) == ("RISK_REJECT", [Do.ANNOUNCE])


def test_a_payment_after_its_refusal_counts_all_the_same() -> None:
    lapsed = journey(Kind.PAYMENT, Payment.LAPSED, charge_id="p1", reason="RISK_REJECT")

    paid, asked = walk(lapsed, on.ChargeSettled(charge_id="p1", amount=PRICE))

    assert (paid.state, paid.reason) == (Payment.PAID, None)
    assert asked == [Do.CLOSE_CHARGE, Do.REPORT_PAID, Do.ANNOUNCE]


def test_time_alone_never_ends_what_was_opened() -> None:
    opened = journey(Kind.PAYMENT, Payment.OPENED, charge_id="p1")

    waiting, asked = walk(opened, on.ChargeOverdue(), on.ChargeUnclear(charge_id="p1"))

    assert waiting == opened
    assert asked == [Do.ASK_GATEWAY, Do.TELL_UNCLEAR]


def test_who_stepped_back_and_paid_all_the_same_is_verified_and_repaid() -> None:
    opened = journey(Kind.VERIFICATION, Verification.OPENED, charge_id="v1")

    after, asked = walk(opened, on.CancelPressed(), on.ChargeSettled(charge_id="v1", amount=FIVE_YEN))

    assert after.state is Verification.REFUNDING
    assert {Do.CLOSE_CHARGE, Do.RECORD_LINKED, Do.REFUND_CHARGE} <= set(asked)


@pytest.mark.parametrize("state", [Verification.OFFERED, Verification.LINK_SENT, Verification.LAPSED])
def test_who_is_linked_already_need_not_verify(state: Verification) -> None:
    after, asked = walk(journey(Kind.VERIFICATION, state, charge_id="v1"), event(on.AlipayLinked))

    assert after.state is Verification.NOT_NEEDED
    assert asked == [Do.CLOSE_CHARGE, Do.ANNOUNCE, Do.BEGIN_PAYMENT]


@pytest.mark.parametrize("state", [Verification.OFFERED, Verification.LINK_SENT, Verification.LAPSED])
def test_who_is_not_offered_alipay_cannot_verify(state: Verification) -> None:
    after, asked = walk(journey(Kind.VERIFICATION, state, charge_id="v1"), on.AlipayNotOffered())

    assert after.state is Verification.NOT_OFFERED
    assert asked == [Do.CLOSE_CHARGE, Do.ANNOUNCE]


@pytest.mark.parametrize(
    "state", [Verification.OFFERED, Verification.LINK_SENT, Verification.OPENED, Verification.LAPSED]
)
def test_a_buyer_steps_back_from_the_verification_at_any_time(state: Verification) -> None:
    after, asked = walk(journey(Kind.VERIFICATION, state, charge_id="v1"), on.CancelPressed())

    assert after.state is Verification.WITHDRAWN
    assert asked == [Do.CLOSE_CHARGE, Do.SHOW]


@pytest.mark.parametrize("state", [Payment.SELECTING, Payment.LINK_SENT, Payment.OPENED, Payment.LAPSED])
def test_a_buyer_steps_back_from_paying_and_the_item_stays_won(state: Payment) -> None:
    after, asked = walk(journey(Kind.PAYMENT, state, charge_id="p1"), on.CancelPressed())
    had_a_link = state in (Payment.LINK_SENT, Payment.OPENED)

    assert after.state is Payment.WON
    assert asked == ([Do.CLOSE_CHARGE, Do.SHOW] if had_a_link else [Do.SHOW])


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("place", ["LINK_SENT", "OPENED"])
def test_a_fresh_link_takes_the_place_of_the_one_before(kind: Kind, place: str) -> None:
    after, asked = walk(journey(kind, STATES[kind][place], charge_id="c1"), on.NewLinkPressed())

    assert after.state is STATES[kind].LINK_SENT
    assert asked == [Do.CLOSE_CHARGE, Do.ISSUE_LINK, Do.SHOW]


@pytest.mark.parametrize("kind", Kind)
def test_the_truth_is_asked_for_when_the_buyer_or_the_clock_wants_it(kind: Kind) -> None:
    opened = journey(kind, STATES[kind].OPENED, charge_id="c1")

    assert walk(opened, on.CheckPressed()) == (opened, [Do.ASK_GATEWAY])
    assert walk(opened, on.ChargeOverdue()) == (opened, [Do.ASK_GATEWAY])


@pytest.mark.parametrize("kind", Kind)
def test_a_link_that_lapsed_is_announced_only_where_somebody_said_no(kind: Kind) -> None:
    """Time that ran out needs no new message: the card says so in its place."""
    sent, opened = journey(kind, STATES[kind].LINK_SENT), journey(kind, STATES[kind].OPENED)

    assert walk(sent, on.LinkExpired())[1] == [Do.SHOW]
    assert walk(opened, event(on.ChargeRefused))[1] == [Do.ANNOUNCE]


@pytest.mark.parametrize("news", [on.AlipayLinked, on.AlipayUnlinked, on.AlipayNotOffered])
def test_news_of_the_account_waits_while_a_charge_is_under_way(news: type) -> None:
    opened = journey(Kind.VERIFICATION, Verification.OPENED, charge_id="v1")

    assert walk(opened, event(news)) == (opened, [])


def test_an_item_given_up_and_won_is_told_about_all_the_same() -> None:
    won, asked = walk(begin(Kind.PAYMENT), on.CancelPressed(), on.WonWithAlipay(order=order()))

    assert won.state is Payment.WON
    assert asked == [Do.SHOW, Do.ANNOUNCE]


@pytest.mark.parametrize("state", [Payment.WON, Payment.SELECTING, Payment.LAPSED])
def test_an_item_whose_method_changes_before_there_is_a_link_is_chosen_for_anew(state: Payment) -> None:
    other = on.WonOtherwise(order=order(method="other"))

    after, asked = walk(journey(Kind.PAYMENT, state, order=order()), other)

    assert (after.state, asked) == (Payment.CHOOSING, [Do.SHOW])


@pytest.mark.parametrize("state", [Payment.LINK_SENT, Payment.OPENED])
def test_a_method_that_changes_does_not_disturb_who_is_about_to_pay(state: Payment) -> None:
    other = on.WonOtherwise(order=order(method="other"))

    after, asked = walk(journey(Kind.PAYMENT, state, order=order()), other)

    assert (after.state, asked) == (state, [Do.SHOW])


@pytest.mark.parametrize("state", sorted(UNPAID, key=str))
def test_an_order_that_changes_in_words_is_shown_as_it_is_now(state: Payment) -> None:
    amended = on.OrderAmended(order=order(title="Camera with lens"))

    after, asked = walk(journey(Kind.PAYMENT, state, order=order()), amended)

    assert (after.state, after.order, asked) == (state, amended.order, [Do.SHOW])


@pytest.mark.parametrize("state", sorted(UNPAID, key=str))
def test_a_deadline_that_moves_is_announced_and_leaves_the_link_as_it_is(state: Payment) -> None:
    moved = on.DeadlineMoved(order=order(pay_by=NOON))

    after, asked = walk(journey(Kind.PAYMENT, state, order=order()), moved)

    assert (after.state, after.order, after.reason) == (state, moved.order, Reason.DEADLINE_MOVED)
    assert asked == [Do.ANNOUNCE]


@pytest.mark.parametrize("state", sorted(set(Payment) - UNPAID, key=str))
def test_a_deadline_that_moves_where_nothing_is_due_is_noted_only(state: Payment) -> None:
    before = journey(Kind.PAYMENT, state, order=order(), reason=Reason.LATE)

    after, asked = walk(before, on.DeadlineMoved(order=order(pay_by=NOON)))

    assert (after.state, after.reason, asked) == (state, Reason.LATE, [])

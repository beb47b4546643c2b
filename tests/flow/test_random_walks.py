"""Whatever happens, in whatever order: what must hold of every past."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flow import classify
from flow import events as on
from flow.effects import Effect
from flow.journey import START, STATES, TABLES, Journey, Kind, NotNow, advance
from flow.money import Money
from flow.states import Payment, Verification
from flow.steps import position
from tests.flow.examples import EVENTS, NOON, PRICE, event, journey, order

LONGEST = 25
PAYMENTS = (on.ChargeSettled, on.PastChargeSettled, on.ChargeRepeated, on.ChargeDiffers)
GATEWAY_FACTS = (*on.MONEY_FACTS, on.ChargeOpened)

orders = st.builds(
    order,
    total=st.sampled_from([PRICE, Money("JPY", 500)]),
    method=st.sampled_from(["alipay", "other", None]),
)
paid_amounts = st.sampled_from([PRICE, PRICE, PRICE, Money("JPY", 1)])


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happened; `effects` is None where it was declined."""

    before: Journey
    event: Any
    after: Journey
    effects: tuple[Effect, ...] | None


@st.composite
def histories(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(Kind)) -> list[Move]:
    """A past of one journey, each fact classified as it would be, and each charge settled at most once."""
    kind = draw(st.sampled_from(kinds))
    now, issued, settled = journey(kind, START[kind]), 0, set[str]()
    past: list[Move] = []
    for _ in range(draw(st.integers(0, LONGEST))):
        charge_id = draw(st.sampled_from(["c1", "c2", "c3"]))
        fact = draw(facts(now, charge_id, unpaid=charge_id not in settled))
        after, effects = attempt(now, fact)
        if isinstance(fact, PAYMENTS):
            settled.add(charge_id)
        if Effect.ISSUE_LINK in (effects or ()):
            issued += 1
            after = replace(after, charge_id=f"c{issued}")
        past.append(Move(now, fact, after, effects))
        now = after
    return past


def attempt(now: Journey, fact: Any) -> tuple[Journey, tuple[Effect, ...] | None]:
    try:
        return advance(now, fact)
    except NotNow:
        return now, None


@st.composite
def facts(draw: st.DrawFn, now: Journey, charge_id: str, *, unpaid: bool) -> Any:
    """Anything at all, but more often what moves the journey."""
    row = TABLES[now.kind][now.state]
    moving = [moved_by for moved_by, (after, _) in row.items() if after is not now.state]
    likely = st.sampled_from(moving or list(row)) | st.sampled_from(list(row))
    kind = draw(likely | likely | st.just(on.ChargeSettled) | st.sampled_from(EVENTS))
    if kind in PAYMENTS:
        unclear = on.ChargeUnclear(charge_id=charge_id)
        return classify.settled(now, charge_id, PRICE, draw(paid_amounts), NOON) if unpaid else unclear
    if kind in (on.ChargeRefused, on.PastChargeRefused):
        return classify.refused(now, charge_id, "RISK_REJECT")
    if kind in (on.RefundSettled, on.SurplusRefunded):
        return classify.refunded(now, charge_id, f"r-{charge_id}", PRICE)
    if kind in (on.RefundRefused, on.SurplusRefundRefused):
        return classify.refund_refused(now, charge_id, f"r-{charge_id}", "RISK_REJECT")
    if kind in (on.WonWithAlipay, on.WonOtherwise, on.OrderAmended, on.OrderRepriced):
        return classify.amended(now, draw(orders))
    return event(kind)


def asked(past: list[Move]) -> Counter[Effect]:
    """How often each kind of work was asked for."""
    return Counter(effect for move in past for effect in move.effects or ())


def settlements(past: list[Move]) -> Iterator[tuple[on.ChargeEvent, frozenset[Effect]]]:
    """Every payment that came, of whatever amount, and what was asked for because of it."""
    for move in past:
        if isinstance(move.event, PAYMENTS):
            yield move.event, frozenset(move.effects or ())


@given(histories())
def test_what_is_declined_changes_nothing(past: list[Move]) -> None:
    assert all(move.after == move.before for move in past if move.effects is None)


@given(histories((Kind.PAYMENT,)))
def test_only_the_buyer_is_declined_and_news_that_a_charge_was_opened(past: list[Move]) -> None:
    declined = [move.event for move in past if move.effects is None]

    assert all(isinstance(fact, on.BuyerEvent | on.ChargeOpened) for fact in declined)


@given(histories())
def test_the_charge_that_counts_is_set_once(past: list[Move]) -> None:
    counted = [move.after.settled_by for move in past if move.after.settled_by is not None]

    assert len(set(counted)) <= 1


@given(histories())
def test_every_repeated_charge_is_sent_back(past: list[Move]) -> None:
    for fact, effects in settlements(past):
        if isinstance(fact, on.ChargeRepeated):
            assert Effect.REFUND_CHARGE in effects


@given(histories())
def test_every_payment_meets_with_exactly_one_answer(past: list[Move]) -> None:
    for _, effects in settlements(past):
        assert len(effects & {Effect.REPORT_PAID, Effect.REFUND_CHARGE, Effect.CALL_STAFF}) == 1


@given(histories((Kind.VERIFICATION,)))
def test_a_verification_is_taken_as_linked_once_and_paid_back(past: list[Move]) -> None:
    settled = [fact for fact, _ in settlements(past) if isinstance(fact, on.ChargeSettled | on.PastChargeSettled)]
    counts = asked(past)

    assert len(settled) <= 1
    assert counts[Effect.RECORD_LINKED] == counts[Effect.REPORT_VERIFIED] == len(settled)
    assert all(Effect.REFUND_CHARGE in move.effects for move in past if move.event in settled and move.effects)


@given(histories((Kind.PAYMENT,)))
def test_an_order_is_reported_paid_once_and_only_when_it_is(past: list[Move]) -> None:
    paid = [move for move in past if move.after.state is Payment.PAID]

    assert asked(past)[Effect.REPORT_PAID] == bool(paid)
    assert all(move.after.settled_by for move in paid)


@given(histories((Kind.PAYMENT,)))
def test_a_payment_that_was_reported_is_never_sent_back(past: list[Move]) -> None:
    reported = {fact.charge_id for fact, effects in settlements(past) if Effect.REPORT_PAID in effects}
    sent_back = {fact.charge_id for fact, effects in settlements(past) if Effect.REFUND_CHARGE in effects}

    assert not reported & sent_back


@given(histories())
def test_money_moves_nothing_after_the_end(past: list[Move]) -> None:
    ends = (Payment.PAID, Payment.PAID_ELSEWHERE, Payment.CANCELLED, Verification.REFUNDED)
    for move in past:
        if move.before.state in ends and isinstance(move.event, GATEWAY_FACTS):
            assert move.after.state is move.before.state


@given(histories())
def test_work_on_a_charge_is_asked_for_only_where_there_is_one(past: list[Move]) -> None:
    for move in past:
        if {Effect.OPEN_CHARGE, Effect.CLOSE_CHARGE, Effect.ASK_GATEWAY} & set(move.effects or ()):
            assert move.before.charge_id is not None


@given(histories())
def test_the_buyer_always_stands_somewhere(past: list[Move]) -> None:
    for move in past:
        assert isinstance(move.after.state, STATES[move.after.kind])
        assert position(move.after.path, move.after.step)

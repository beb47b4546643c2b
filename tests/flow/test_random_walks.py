"""Whatever happens, in whatever order: what must hold of every past."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from flow import classify, ledger
from flow import events as on
from flow.effects import Effect
from flow.journey import START, STATES, TABLES, Journey, Kind, NotNow, advance
from flow.ledger import Account
from flow.money import Money
from flow.order import PaymentMethod
from flow.states import BEFORE_LINK, Payment, Verification
from flow.steps import Path, position
from tests.flow.examples import EVENTS, NOON, PRICE, event, journey, order

LONGEST = 25
PAYMENTS = (on.ChargeSettled, on.ChargeSettledLate, on.ChargeRepeated, on.ChargeDiffers)
GATEWAY_FACTS = (*on.MONEY_FACTS, on.ChargeOpened)
FINAL = (*PAYMENTS, on.ChargeReversed, on.ChargeRefused, on.PastChargeRefused)
LIVE = ("LINK_SENT", "OPENED")
ODD_AMOUNTS = [Money("JPY", 1), Money("JPY", 10**16 - 1), Money("CNY", 500)]

ORDER_NEWS = (
    on.WonWithAlipay,
    on.WonOtherwise,
    on.OrderAmended,
    on.DeadlineMoved,
    on.OrderRepriced,
    on.OrderReopened,
)

METHODS: tuple[PaymentMethod | None, ...] = ("alipay", "other", None)
ORDERS = [
    order(total=total, method=method, pay_by=pay_by)
    for total, method, pay_by in product((PRICE, Money("JPY", 500)), METHODS, (None, NOON))
]
MOMENTS = [None, NOON, NOON + timedelta(seconds=1)]


WAY: dict[Kind, tuple[Any, ...]] = {
    Kind.VERIFICATION: (
        on.VerifyPressed(),
        on.LinkOpened(),
        on.ChargeOpened(charge_id="c1"),
        on.ChargeSettled(charge_id="c1", amount=PRICE),
    ),
    Kind.PAYMENT: (
        on.WonWithAlipay(order=order(pay_by=NOON)),
        on.PayPressed(),
        on.UseAlipayPressed(),
        on.LinkOpened(),
        on.ChargeOpened(charge_id="c1"),
        on.ChargeSettled(charge_id="c1", amount=PRICE),
    ),
}
"""How it goes when all goes well: a walk follows it for a while, and then anything happens."""


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happened; `effects` is None where it was declined, `live` what can be paid after it."""

    before: Journey
    event: Any
    after: Journey
    effects: tuple[Effect, ...] | None
    live: tuple[str, ...]


@dataclass(slots=True)
class Cashbox:
    """The charges of one journey: what was asked for with each, which are final, and which can still be paid."""

    asked: dict[str, Money] = field(default_factory=dict)
    final: set[str] = field(default_factory=set)
    live: list[str] = field(default_factory=list)

    def take(self, now: Journey, fact: Any, effects: tuple[Effect, ...]) -> str | None:
        """What this move does to the charges; the id of the charge that it issued."""
        if isinstance(fact, FINAL):
            self.final.add(fact.charge_id)
        ended = {now.charge_id} if isinstance(fact, on.LinkExpired) and now.state.name == "LAPSED" else self.final
        if Effect.CLOSE_CHARGE in effects:
            self.live.clear()
        self.live = [charge_id for charge_id in self.live if charge_id not in ended]
        if Effect.ISSUE_LINK not in effects:
            return None
        issued = f"c{len(self.asked) + 1}"
        self.asked[issued] = now.order.total if now.order else PRICE
        self.live.append(issued)
        return issued


@st.composite
def histories(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(Kind)) -> list[Move]:
    """A past of one journey, each fact classified as it would be, and each charge final at most once."""
    kind, random = draw(st.sampled_from(kinds)), draw(st.randoms(use_true_random=False))
    now, cashbox = journey(kind, START[kind]), Cashbox()
    past: list[Move] = []
    lead = WAY[kind][: draw(st.integers(0, len(WAY[kind])))]
    for turn in range(draw(st.integers(0, LONGEST))):
        fact = lead[turn] if turn < len(lead) else fact_for(now, cashbox, random)
        after, effects = attempt(now, fact)
        issued = cashbox.take(after, fact, effects or ())
        after = replace(after, charge_id=issued or after.charge_id)
        past.append(Move(now, fact, after, effects, tuple(cashbox.live)))
        now = after
    return past


def attempt(now: Journey, fact: Any) -> tuple[Journey, tuple[Effect, ...] | None]:
    try:
        return advance(now, fact)
    except NotNow:
        return now, None


def likely(now: Journey, cashbox: Cashbox) -> list[type]:
    """The events of this state: most often those of the buyer, then what moves the journey, then the rest.

    Money comes where a charge was asked for.
    """
    row = TABLES[now.kind][now.state]
    heard = [fact for fact in row if cashbox.asked or fact not in on.MONEY_FACTS]
    pressed = [fact for fact in heard if issubclass(fact, on.BuyerEvent) and fact is not on.CancelPressed]
    moving = [fact for fact in heard if row[fact][0] is not now.state]
    return [*pressed * 4, *moving * 2, *heard]


def fact_for(now: Journey, cashbox: Cashbox, random: Random) -> Any:
    """Anything at all, but more often what moves the journey; c0 was never issued."""
    kind = random.choice(EVENTS) if random.randrange(4) == 0 else random.choice(likely(now, cashbox))
    known = [charge_id for charge_id in (now.charge_id, now.settled_by) if charge_id] * 2
    charge_id = random.choice([*known, *cashbox.asked, "c0"])
    if kind in FINAL and charge_id in cashbox.final:
        return on.ChargeUnclear(charge_id=charge_id)
    if kind in PAYMENTS:
        asked = cashbox.asked.get(charge_id, PRICE)
        paid = random.choice([asked] * 6 + ODD_AMOUNTS)
        return classify.settled(now, charge_id, asked, paid, random.choice(MOMENTS))
    if kind in ORDER_NEWS:
        return classify.amended(now, random.choice(ORDERS))
    if kind in (on.AlipayLinked, on.AlipayUnlinked):
        return kind(path=random.choice(list(Path)))
    return verdict(kind, now, charge_id) or event(kind, charge_id=charge_id)


def verdict(kind: type, now: Journey, charge_id: str) -> Any:
    """What a refusal or a refund is for this journey; None for any other fact."""
    refund_id = f"r-{charge_id}"
    if kind in (on.ChargeRefused, on.PastChargeRefused):
        return classify.refused(now, charge_id, "RISK_REJECT")
    if kind in (on.RefundSettled, on.PartRefundSettled, on.SurplusRefunded):
        return classify.refunded(now, charge_id, refund_id, PRICE, whole=kind is on.RefundSettled)
    if kind in (on.RefundRefused, on.SurplusRefundRefused):
        return classify.refund_refused(now, charge_id, refund_id, "RISK_REJECT")
    return None


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
    """Only a late one is both counted and looked at."""
    for fact, effects in settlements(past):
        answers = effects & {Effect.REPORT_PAID, Effect.REFUND_CHARGE, Effect.CALL_STAFF}
        is_late = isinstance(fact, on.ChargeSettledLate) and Effect.REPORT_PAID in answers
        assert answers == {Effect.REPORT_PAID, Effect.CALL_STAFF} if is_late else len(answers) == 1


@given(histories((Kind.VERIFICATION,)))
def test_a_verification_is_taken_as_linked_once_and_paid_back(past: list[Move]) -> None:
    settled = [fact for fact, _ in settlements(past) if isinstance(fact, on.ChargeSettled)]
    counts = asked(past)

    assert len(settled) <= 1
    assert counts[Effect.RECORD_LINKED] == counts[Effect.REPORT_VERIFIED] == len(settled)
    assert all(Effect.REFUND_CHARGE in move.effects for move in past if move.event in settled and move.effects)


@given(histories((Kind.VERIFICATION,)))
def test_a_verification_is_never_late(past: list[Move]) -> None:
    assert not any(isinstance(fact, on.ChargeSettledLate) for fact, _ in settlements(past))


@given(histories((Kind.PAYMENT,)))
def test_an_order_is_reported_paid_once_and_only_when_it_is(past: list[Move]) -> None:
    paid = [move for move in past if move.after.state in (Payment.PAID, Payment.RETURNED)]

    assert asked(past)[Effect.REPORT_PAID] == bool(paid)
    assert all(move.after.settled_by for move in paid)


@given(histories())
def test_the_books_keep_what_was_reported_and_hold_everything_else(past: list[Move]) -> None:
    """The books go by the state, the reports by the table: both speak of the same money."""
    kept: list[str] = []
    for move in past:
        if isinstance(move.event, (*PAYMENTS, on.ChargeReversed)):
            _, *others = ledger.charged(move.after, move.event.charge_id, move.event.amount)
            kept += [move.event.charge_id] if Account.SUSPENSE not in {side.account for side in others} else []

    reported = [
        move.event.charge_id for move in past if {Effect.REPORT_PAID, Effect.REPORT_VERIFIED} & set(move.effects or ())
    ]
    assert kept == reported


@given(histories((Kind.PAYMENT,)))
def test_a_payment_that_was_reported_is_never_sent_back(past: list[Move]) -> None:
    reported = {fact.charge_id for fact, effects in settlements(past) if Effect.REPORT_PAID in effects}
    sent_back = {fact.charge_id for fact, effects in settlements(past) if Effect.REFUND_CHARGE in effects}

    assert not reported & sent_back


@given(histories())
def test_after_the_end_nothing_moves_but_money_that_goes_back_and_an_order_that_is_due_again(past: list[Move]) -> None:
    ends = (Payment.PAID, Payment.RETURNED, Payment.PAID_ELSEWHERE, Payment.CANCELLED, Verification.REFUNDED)
    moved = {
        (move.before.state, type(move.event), move.after.state)
        for move in past
        if move.before.state in ends and move.after.state is not move.before.state
    }

    assert moved <= {
        (Payment.PAID, on.RefundSettled, Payment.RETURNED),
        (Verification.REFUNDED, on.RefundBounced, Verification.REFUND_STUCK),
        *(
            (end, won, due)
            for end in (Payment.PAID_ELSEWHERE, Payment.CANCELLED)
            for won, due in ((on.WonWithAlipay, Payment.WON), (on.WonOtherwise, Payment.CHOOSING))
        ),
    }


@given(histories((Kind.PAYMENT,)))
def test_what_money_came_for_and_is_over_is_not_due_again_by_itself(past: list[Move]) -> None:
    for move in past:
        if move.before.settled_by is not None and isinstance(move.event, ORDER_NEWS):
            assert move.after.state is move.before.state


@given(histories())
def test_work_on_the_current_charge_is_asked_for_only_where_there_is_one(past: list[Move]) -> None:
    for move in past:
        if {Effect.OPEN_CHARGE, Effect.ASK_GATEWAY} & set(move.effects or ()):
            assert move.before.charge_id is not None


@given(histories())
def test_one_link_can_be_paid_at_a_time_and_none_where_nothing_is_to_be_paid(past: list[Move]) -> None:
    for move in past:
        current = [move.after.charge_id] if move.after.state.name in LIVE else []
        assert list(move.live) in ([], current)


@given(histories())
def test_the_path_changes_only_before_a_link_and_by_the_link_state(past: list[Move]) -> None:
    for move in past:
        if move.after.path is not move.before.path:
            assert move.before.state in BEFORE_LINK
            assert isinstance(move.event, on.AlipayLinked | on.AlipayUnlinked)


@given(histories((Kind.VERIFICATION,)))
def test_once_charged_a_verification_never_asks_for_money_again(past: list[Move]) -> None:
    """Whatever becomes of the refund: refused, bounced, or sent back twice."""
    charged = (Verification.REFUNDING, Verification.REFUNDED, Verification.REFUND_STUCK)
    for move in past:
        if move.before.settled_by is not None:
            assert move.after.state in charged
            assert Effect.ISSUE_LINK not in (move.effects or ())


@given(histories())
def test_the_buyer_always_stands_somewhere(past: list[Move]) -> None:
    for move in past:
        assert isinstance(move.after.state, STATES[move.after.kind])
        assert position(move.after.path, move.after.step)

"""A journey and the one function that moves it. Read this file first, then the two tables."""

from dataclasses import dataclass, replace
from enum import StrEnum

from flow import events as on
from flow.effects import Effect
from flow.money import Money
from flow.order import Item, Order
from flow.payment import PAYMENT
from flow.states import BEFORE_LINK, STEP_OF, UNPAID, Payment, State, Verification
from flow.steps import Path, Step
from flow.table import Table
from flow.verification import VERIFICATION


class Kind(StrEnum):
    """Which of the two journeys."""

    VERIFICATION = "verification"
    PAYMENT = "payment"


TABLES: dict[Kind, Table] = {Kind.VERIFICATION: VERIFICATION, Kind.PAYMENT: PAYMENT}
STATES: dict[Kind, type[Verification] | type[Payment]] = {
    Kind.VERIFICATION: Verification,
    Kind.PAYMENT: Payment,
}
START: dict[Kind, State] = {
    Kind.VERIFICATION: Verification.OFFERED,
    Kind.PAYMENT: Payment.WATCHING,
}


class Reason(StrEnum):
    """Our own words for why a journey stands as it does, beside the gateway's codes."""

    EXPIRED = "expired"
    REPRICED = "repriced"
    DEADLINE_MOVED = "deadline_moved"
    LATE = "late"
    TOO_LITTLE = "too_little"
    TOO_MUCH = "too_much"
    OTHER_CURRENCY = "other_currency"


DIFFERENCES = frozenset({Reason.TOO_LITTLE, Reason.TOO_MUCH, Reason.OTHER_CURRENCY})
"""Why money stands with staff; only its return changes that."""


class NotNow(Exception):
    """This event has no row in the journey's present state: decline it and show what is open now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """One buyer's way through verification, or through the payment of one item.

    `charge_id` is the current charge, `settled_by` the first one that was paid; `reason` is why things stand as they
    do: the gateway's word for the last refusal, or a `Reason`. `version` counts the saves; `news` is the one that the
    buyer was last to hear of in a new message.
    """

    id: str
    kind: Kind
    buyer_id: str
    path: Path
    state: State
    item: Item | None = None
    order: Order | None = None
    charge_id: str | None = None
    settled_by: str | None = None
    reason: str | None = None
    news: int = 0
    version: int = 0

    @property
    def step(self) -> Step:
        """The article's step that the buyer stands at."""
        return STEP_OF[self.state]


def advance(journey: Journey, event: on.Event) -> tuple[Journey, tuple[Effect, ...]]:
    """The journey after `event`, and what the world must do. Nothing else moves a state. Raises NotNow."""
    try:
        state, effects = TABLES[journey.kind][journey.state][type(event)]
    except KeyError:
        raise NotNow(f"{type(event).__name__} in {journey.kind}:{journey.state.value}") from None
    return remember(replace(journey, state=state), event), effects


def remember(journey: Journey, event: on.Event) -> Journey:
    """The journey with what `event` tells, its state left alone."""
    match event:
        case on.OrderAmended(order=order) | on.OrderReopened(order=order):
            return replace(journey, order=order)
        case on.WonWithAlipay(order=order) | on.WonOtherwise(order=order):
            return _amended(journey, order, _news(journey.order, order) or journey.reason)
        case on.OrderRepriced(order=order):
            return _amended(journey, order, Reason.REPRICED)
        case on.DeadlineMoved(order=order):
            return _amended(journey, order, Reason.DEADLINE_MOVED)
        case on.ChargeSettled(charge_id=charge_id):
            return replace(journey, settled_by=journey.settled_by or charge_id, reason=None)
        case on.ChargeSettledLate(charge_id=charge_id):
            return replace(journey, settled_by=journey.settled_by or charge_id, reason=Reason.LATE)
        case on.ChargeDiffers(amount=amount, due=due):
            return replace(journey, reason=_difference(amount, due))
        case on.ChargeRefused(code=code) | on.RefundRefused(code=code) if journey.reason not in DIFFERENCES:
            return replace(journey, reason=code)
        case on.LinkExpired():
            return replace(journey, reason=Reason.EXPIRED)
        case on.AlipayLinked(path=path) | on.AlipayUnlinked(path=path) if journey.state in BEFORE_LINK:
            return replace(journey, path=path)
        case on.SurplusRefunded() if journey.reason not in DIFFERENCES:
            return journey
        case on.RefundSettled() | on.SurplusRefunded() | on.UseAlipayPressed() | on.NewLinkPressed():
            return replace(journey, reason=None)
        case _:
            return journey


def _news(old: Order | None, new: Order) -> Reason | None:
    """What a buyer who knew of the order has to hear of it beside the method."""
    if old is None or (old.total, old.pay_by) == (new.total, new.pay_by):
        return None
    return Reason.REPRICED if old.total != new.total else Reason.DEADLINE_MOVED


def _amended(journey: Journey, order: Order, reason: str | None) -> Journey:
    return replace(journey, order=order, reason=reason if journey.state in UNPAID else journey.reason)


def _difference(amount: Money, due: Money) -> Reason:
    if amount.currency != due.currency:
        return Reason.OTHER_CURRENCY
    return Reason.TOO_LITTLE if amount < due else Reason.TOO_MUCH

"""A journey's card: where the buyer is, what happened, what to do next, and what comes after."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from bot.wording import bounded
from flow.journey import Journey, Kind, Reason
from flow.money import Money
from flow.states import Payment, State, Verification
from flow.steps import STEPS, Path, Step, position
from service.texts import Texts
from service.views import CardView

LONGEST_TITLE = 160
LONGEST_LABEL = 60
MOST_FEES = 10

Lines = list[Markup]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A card's facts in the buyer's language."""

    texts: Texts
    view: CardView

    def __call__(self, key: str, **values: object) -> Markup:
        return self.texts(self.view.language, key, shop=self.view.shop, **values)

    def amount(self, key: str, money: Money | None, **values: object) -> Lines:
        """A line about an amount, where it is known."""
        if money is None:
            return []
        return [self(key, amount=self.texts.money(self.view.language, money), **values)]

    def moment(self, key: str, moment: datetime | None, **values: object) -> Lines:
        """A line about a moment, where it is known."""
        if moment is None:
            return []
        return [self(key, moment=self.texts.moment(self.view.language, moment, self.view.zone), **values)]

    def duration(self, key: str, duration: timedelta | None, **values: object) -> Lines:
        """A line about a span of time, where it is known."""
        if duration is None:
            return []
        return [self(key, duration=self.texts.duration(self.view.language, duration), **values)]


Detail = Callable[[Said], Lines]


def origin(said: Said) -> Lines:
    """The item that led to a verification."""
    item = said.view.journey.item
    return [said("detail.item", title=bounded(item.title, LONGEST_TITLE))] if item else []


def auction(said: Said) -> Lines:
    """The running auction as it was when the auction house was asked."""
    item = said.view.journey.item
    if item is None:
        return []
    return said.amount("detail.price_now", item.price) + said.moment("detail.ends", item.ends_at)


def total(said: Said) -> Lines:
    """What is to be paid, with its parts where the auction house names them."""
    order = said.view.journey.order
    lines = said.amount("detail.price", order.price) if order else []
    for fee in order.fees[:MOST_FEES] if order else ():
        lines += said.amount("detail.fee", fee.amount, label=bounded(fee.label, LONGEST_LABEL))
    return lines + said.amount("detail.total", said.view.amount)


def pay_by(said: Said) -> Lines:
    """The auction house's deadline."""
    order = said.view.journey.order
    return said.moment("detail.pay_by", order.pay_by) if order else []


def left(said: Said) -> Lines:
    """What a reminder is about."""
    lines = said.duration("remind.left", said.view.left)
    return [*lines, said("remind.last")] if lines and said.view.is_last else lines


def link_until(said: Said) -> Lines:
    """When the current link ends."""
    return said.moment("detail.link_until", said.view.expires_at)


def phone_hint(said: Said) -> Lines:
    """What helps where the link does not open Alipay."""
    return [said("hint.browser")]


NOTES: dict[str | None, str] = {
    Reason.REPRICED: "note.repriced",
    Reason.DEADLINE_MOVED: "note.deadline_moved",
    Reason.LATE: "note.late",
    Reason.TOO_LITTLE: "note.too_little",
    Reason.TOO_MUCH: "note.too_much",
    Reason.OTHER_CURRENCY: "note.other_currency",
}
"""The key of what is to be added where a journey stands as it does for a reason of ours."""


def note(said: Said) -> Lines:
    """Why things are not as they were, or not as they should be."""
    key, paid = NOTES.get(said.view.journey.reason), said.view.paid or said.view.amount
    if key is None or paid is None:
        return []
    return said.amount(key, said.view.amount, paid=said.texts.money(said.view.language, paid))


def estimate(said: Said) -> Lines:
    """What the wallet will show, by the gateway's own rate and its time; nothing where it told none."""
    view = said.view
    if view.estimate is None:
        return []
    estimate = said.texts.money(view.language, view.estimate)
    return said.moment("detail.estimate", view.estimated_at, estimate=estimate)


def returned(said: Said) -> Lines:
    """Money that came although nothing was to be paid any more."""
    return [said("detail.returned")] if said.view.journey.settled_by else []


@dataclass(frozen=True, slots=True)
class Face:
    """How a state is shown: the key of its words, the details below, and the key of what comes after.

    `ended` where the article's steps are left, so that no step is shown.
    """

    text: str
    details: tuple[Detail, ...] = ()
    then: str | None = None
    ended: bool = False


_DUE = (note, total, pay_by)
_LINK = (link_until, phone_hint)
_OPEN = (estimate, *_LINK)

_SETTLED = (Payment.PAID, Payment.RETURNED)
"""Where the words are about what was paid, whatever the order came to since."""

_VERIFICATION: dict[State, Face] = {
    Verification.OFFERED: Face("verification.offered", (origin,), "then.log_in"),
    Verification.LINK_SENT: Face("verification.link_sent", (origin, *_LINK), "then.verified"),
    Verification.OPENED: Face("verification.opened", (origin, *_OPEN), "then.verified"),
    Verification.LAPSED: Face("verification.lapsed", (origin,), "then.log_in"),
    Verification.REFUNDING: Face("verification.refunding", (origin,), "then.win"),
    Verification.REFUNDED: Face("verification.refunded", (origin,)),
    Verification.REFUND_STUCK: Face("verification.refund_stuck", (origin,), "then.win"),
    Verification.WITHDRAWN: Face("verification.withdrawn", ended=True),
    Verification.NOT_NEEDED: Face("verification.not_needed", (origin,), "then.win"),
    Verification.NOT_OFFERED: Face("verification.not_offered", ended=True),
    Verification.WITH_STAFF: Face("verification.with_staff", (note,)),
}

_PAYMENT: dict[State, Face] = {
    Payment.WATCHING: Face("payment.watching", (auction,), "then.win"),
    Payment.CHOOSING: Face("payment.choosing", _DUE, "then.open_payment"),
    Payment.WON: Face("payment.won", _DUE, "then.use_alipay"),
    Payment.SELECTING: Face("payment.selecting", _DUE, "then.pay_in_alipay"),
    Payment.LINK_SENT: Face("payment.link_sent", (*_DUE, *_LINK), "then.completed"),
    Payment.OPENED: Face("payment.opened", (*_DUE, *_OPEN), "then.completed"),
    Payment.LAPSED: Face("payment.lapsed", _DUE, "then.completed"),
    Payment.PAID: Face("payment.paid", (note,)),
    Payment.RETURNED: Face("payment.returned", ended=True),
    Payment.PAID_ELSEWHERE: Face("payment.paid_elsewhere", (returned,), ended=True),
    Payment.CANCELLED: Face("payment.cancelled", (returned,), ended=True),
    Payment.GONE: Face("payment.gone", ended=True),
    Payment.WITHDRAWN: Face("payment.withdrawn", ended=True),
    Payment.WITH_STAFF: Face("payment.with_staff", (note,)),
}

FACES: dict[Kind, dict[State, Face]] = {Kind.VERIFICATION: _VERIFICATION, Kind.PAYMENT: _PAYMENT}

REASONS: dict[str | None, str] = {
    Reason.EXPIRED: "reason.expired",
    Reason.REPRICED: "reason.repriced",
    Reason.DEADLINE_MOVED: "reason.ended",
    "USER_BALANCE_NOT_ENOUGH": "reason.balance",
    "USER_AMOUNT_EXCEED_LIMIT": "reason.limit",
    "RISK_REJECT": "reason.risk",
    "ORDER_IS_CLOSED": "reason.closed",
    "CANCELLED": "reason.cancelled",
    "REVERSED": "reason.reversed",
}
"""The key of our words for the gateway's final no (docs.antom.com/ac/ams/payments_online); see `OTHER_REASON`."""

OTHER_REASON = "reason.other"


def card(texts: Texts, view: CardView) -> Markup:
    """The card's text."""
    said = Said(texts=texts, view=view)
    face = FACES[view.journey.kind][view.journey.state]
    details = [line for detail in face.details for line in detail(said)]
    blocks = [Markup("\n").join(left(said)), header(said, face), body(said, face), Markup("\n").join(details)]
    return Markup("\n\n").join([*filter(None, blocks), *([said(face.then)] if face.then else [])])


def retired_card(texts: Texts, view: CardView) -> Markup:
    """The words that stay of a card when a newer one hangs below."""
    said = Said(texts=texts, view=view)
    return said("card.retired", title=title_of(said))


def header(said: Said, face: Face) -> Markup:
    """The title, and below it the step with its progress line."""
    title = said("card.title", title=title_of(said))
    if face.ended:
        return title
    step, steps = place_of(said.view.journey)
    named = said("card.step", n=step, m=steps, step=said(STEP_NAMES[said.view.journey.step]))
    return Markup("\n").join([title, named, progress(step, steps)])


def body(said: Said, face: Face) -> Markup:
    """What happened and what to do next."""
    shown = said.view.paid if said.view.journey.state in _SETTLED and said.view.paid else said.view.amount
    amount = said.texts.money(said.view.language, shown) if shown else ""
    reason = said(REASONS.get(said.view.journey.reason, OTHER_REASON))
    return said(face.text, amount=amount, reason=reason)


def title_of(said: Said) -> str | Markup:
    """What the card is about."""
    journey = said.view.journey
    if journey.kind is Kind.VERIFICATION:
        return said("verification.title")
    return item_title(journey) or said("payment.title")


def item_title(journey: Journey, most: int = LONGEST_TITLE) -> str:
    """The auction house's title of the journey's item, bounded; empty where there is none."""
    about = journey.order or journey.item
    return bounded(about.title, most) if about else ""


STEP_NAMES: dict[Step, str] = {
    Step.VERIFY_ACCOUNT: "step.verify_account",
    Step.LOG_IN: "step.log_in",
    Step.CHOOSE_ALIPAY: "step.choose_alipay",
    Step.OPEN_PAYMENT: "step.open_payment",
    Step.USE_ALIPAY: "step.use_alipay",
    Step.PAY_IN_ALIPAY: "step.pay_in_alipay",
    Step.COMPLETED: "step.completed",
}


def place_of(journey: Journey) -> tuple[int, int]:
    """Where the journey stands, as (n, m); who verifies again after an unlinking follows the first-time column."""
    path = journey.path if journey.step in STEPS[journey.path] else Path.FIRST_TIME
    return position(path, journey.step)


def progress(step: int, steps: int) -> Markup:
    """The way as a line: what is behind and where the buyer stands is filled."""
    return Markup("▰" * step + "▱" * (steps - step))  # noqa: S704 - two marks of our own

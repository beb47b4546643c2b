"""The lists: unpaid items, several wins in one message, and the answer to "where does everything stand?"."""

from dataclasses import replace

from markupsafe import Markup
from telegram import InlineKeyboardMarkup

from bot.cards import STEP_NAMES, item_title, place_of
from bot.keyboards import item_keyboard
from bot.wording import bounded
from flow.journey import Journey, Kind, Reason
from flow.linked import Alipay
from flow.states import CLOSED, UNPAID, Payment, State
from service.texts import Texts
from service.views import DigestView, PaymentsView, PressButton, StatusView

MOST_ITEMS = 15
LONGEST_TITLE = 80
LONGEST_NAME = 64

ALIPAY: dict[Alipay, str] = {
    Alipay.UNKNOWN: "status.alipay.unknown",
    Alipay.LINKED: "status.alipay.linked",
    Alipay.NOT_LINKED: "status.alipay.not_linked",
    Alipay.NOT_OFFERED: "status.alipay.not_offered",
}

ENDED: dict[State, str] = {
    Payment.PAID: "digest.paid",
    Payment.RETURNED: "digest.returned",
    Payment.PAID_ELSEWHERE: "digest.paid_elsewhere",
    Payment.CANCELLED: "digest.cancelled",
    Payment.GONE: "digest.gone",
    Payment.WITH_STAFF: "digest.with_staff",
}
"""The key of why an item of a digest is not to be paid now; see `OVER`."""

OVER = "digest.over"

CHANGED: dict[str | None, str] = {
    Reason.REPRICED: "digest.repriced",
    Reason.DEADLINE_MOVED: "digest.deadline_moved",
}
"""The key of what changed since the item was won."""


def payments(texts: Texts, view: PaymentsView, shop: str) -> Markup:
    """The unpaid won items, numbered; what is too much for one message is counted."""
    language, shown = view.language, view.journeys[:MOST_ITEMS]
    if not shown:
        return texts(language, "payments.none", shop=shop)
    head = texts(language, "payments.header", count=len(view.journeys), shop=shop)
    entries = [_unpaid(texts, view, number, journey) for number, journey in enumerate(shown, start=1)]
    return Markup("\n\n").join([head, *entries, *_more(texts, language, len(view.journeys))])


def payments_keyboard(texts: Texts, view: PaymentsView) -> InlineKeyboardMarkup | None:
    """A button for each item that the list shows."""
    return numbered_buttons(texts, replace(view, journeys=view.journeys[:MOST_ITEMS]))


def numbered_buttons(texts: Texts, view: PaymentsView | DigestView) -> InlineKeyboardMarkup | None:
    """A button for each item that has one, under the number that the item has in the text."""
    found = {button.subject: button for button in view.buttons if isinstance(button, PressButton)}
    items = [
        (number, item_title(journey), found[journey.id])
        for number, journey in enumerate(view.journeys, start=1)
        if journey.id in found
    ]
    return item_keyboard(texts, view.language, items)


def digest(texts: Texts, view: DigestView, shop: str) -> Markup:
    """The won items, numbered; what needs no payment any more is struck and says why."""
    language = view.language
    head = [texts(language, "digest.header", count=len(view.journeys), shop=shop)]
    if view.buttons:
        head.append(texts(language, "digest.tap"))
    entries = [_won(texts, view, shop, number, journey) for number, journey in enumerate(view.journeys, start=1)]
    return Markup("\n\n").join([Markup("\n").join(head), *entries])


def status(texts: Texts, view: StatusView, shop: str) -> Markup:
    """Who is connected, whether Alipay is linked, and the step of each open journey."""
    language, shown = view.language, view.journeys[:MOST_ITEMS]
    name = bounded(view.name or "", LONGEST_NAME)
    head = [texts(language, "status.connected", name=name, shop=shop)] if name else []
    head.append(texts(language, ALIPAY[view.alipay], shop=shop))
    entries = [_open(texts, language, journey) for journey in shown] or [texts(language, "status.nothing", shop=shop)]
    blocks = [Markup("\n").join(head), *entries, *_more(texts, language, len(view.journeys))]
    return Markup("\n\n").join(blocks)


def _unpaid(texts: Texts, view: PaymentsView | DigestView, number: int, journey: Journey) -> Markup:
    language = view.language
    lines = [texts(language, "payments.item", n=number, title=item_title(journey, LONGEST_TITLE))]
    if journey.order:
        lines.append(texts(language, "detail.total", amount=texts.money(language, journey.order.total)))
    if journey.order and journey.order.pay_by:
        moment = texts.moment(language, journey.order.pay_by, view.zone)
        lines.append(texts(language, "detail.pay_by", moment=moment))
    return Markup("\n").join(lines)


def _won(texts: Texts, view: DigestView, shop: str, number: int, journey: Journey) -> Markup:
    language = view.language
    changed = [texts(language, CHANGED[journey.reason])] if journey.reason in CHANGED else []
    if journey.state in UNPAID:
        return Markup("\n").join([_unpaid(texts, view, number, journey), *changed])
    key = "digest.ended" if journey.state in CLOSED else "payments.item"
    title = texts(language, key, n=number, title=item_title(journey, LONGEST_TITLE))
    return Markup("\n").join([title, texts(language, ENDED.get(journey.state, OVER), shop=shop)])


def _open(texts: Texts, language: str, journey: Journey) -> Markup:
    verifying = journey.kind is Kind.VERIFICATION
    title = texts(language, "verification.title") if verifying else item_title(journey, LONGEST_TITLE)
    step, steps = place_of(journey)
    named = texts(language, "card.step", n=step, m=steps, step=texts(language, STEP_NAMES[journey.step]))
    return Markup("\n").join([texts(language, "card.title", title=title), named])


def _more(texts: Texts, language: str, count: int) -> list[Markup]:
    left = count - MOST_ITEMS
    return [texts(language, "list.more", count=left)] if left > 0 else []

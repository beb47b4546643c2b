"""The list of unpaid items, and the answer to "where does everything stand?"."""

from markupsafe import Markup
from telegram import InlineKeyboardMarkup

from bot.cards import STEP_NAMES, item_title, place_of
from bot.keyboards import item_keyboard
from bot.wording import bounded
from flow.journey import Journey, Kind
from flow.linked import Alipay
from service.texts import Texts
from service.views import PaymentsView, PressButton, StatusView

MOST_ITEMS = 15
LONGEST_TITLE = 80
LONGEST_NAME = 64

ALIPAY: dict[Alipay, str] = {
    Alipay.UNKNOWN: "status.alipay.unknown",
    Alipay.LINKED: "status.alipay.linked",
    Alipay.NOT_LINKED: "status.alipay.not_linked",
    Alipay.NOT_OFFERED: "status.alipay.not_offered",
}


def payments(texts: Texts, view: PaymentsView, shop: str) -> Markup:
    """The unpaid won items, numbered; what is too much for one message is counted."""
    language, shown = view.language, view.journeys[:MOST_ITEMS]
    if not shown:
        return texts(language, "payments.none", shop=shop)
    head = texts(language, "payments.header", count=len(view.journeys), shop=shop)
    entries = [_unpaid(texts, language, number, journey) for number, journey in enumerate(shown, start=1)]
    return Markup("\n\n").join([head, *entries, *_more(texts, language, len(view.journeys))])


def payments_keyboard(texts: Texts, view: PaymentsView) -> InlineKeyboardMarkup | None:
    """A button for each item that the list shows."""
    found = {button.subject: button for button in view.buttons if isinstance(button, PressButton)}
    shown = [(item_title(journey), found[journey.id]) for journey in view.journeys[:MOST_ITEMS]]
    return item_keyboard(texts, view.language, shown)


def status(texts: Texts, view: StatusView, shop: str) -> Markup:
    """Who is connected, whether Alipay is linked, and the step of each open journey."""
    language, shown = view.language, view.journeys[:MOST_ITEMS]
    name = bounded(view.name or "", LONGEST_NAME)
    head = [texts(language, "status.connected", name=name, shop=shop)] if name else []
    head.append(texts(language, ALIPAY[view.alipay], shop=shop))
    entries = [_open(texts, language, journey) for journey in shown] or [texts(language, "status.nothing", shop=shop)]
    blocks = [Markup("\n").join(head), *entries, *_more(texts, language, len(view.journeys))]
    return Markup("\n\n").join(blocks)


def _unpaid(texts: Texts, language: str, number: int, journey: Journey) -> Markup:
    lines = [texts(language, "payments.item", n=number, title=item_title(journey, LONGEST_TITLE))]
    if journey.order:
        lines.append(texts(language, "detail.total", amount=texts.money(language, journey.order.total)))
    if journey.order and journey.order.pay_by:
        lines.append(texts(language, "detail.pay_by", moment=texts.moment(language, journey.order.pay_by)))
    return Markup("\n").join(lines)


def _open(texts: Texts, language: str, journey: Journey) -> Markup:
    verifying = journey.kind is Kind.VERIFICATION
    title = texts(language, "verification.title") if verifying else item_title(journey, LONGEST_TITLE)
    step, steps = place_of(journey)
    named = texts(language, "card.step", n=step, m=steps, step=texts(language, STEP_NAMES[journey.step]))
    return Markup("\n").join([texts(language, "card.title", title=title), named])


def _more(texts: Texts, language: str, count: int) -> list[Markup]:
    left = count - MOST_ITEMS
    return [texts(language, "list.more", count=left)] if left > 0 else []

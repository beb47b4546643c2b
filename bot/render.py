"""From a view to a Telegram message: pure, so that every state can be read in every language without a chat."""

from dataclasses import dataclass, replace
from html import unescape

from telegram import InlineKeyboardMarkup

from bot.cards import card, retired_card
from bot.keyboards import is_openable, keyboard
from bot.lists import digest, numbered_buttons, payments, payments_keyboard, status
from bot.settings import settings, settings_keyboard
from bot.wording import bounded, without_tags
from flow.journey import Journey, Kind
from service.texts import Texts
from service.views import CardView, DigestView, NoteView, PaymentsView, SettingsView, StatusView, View

LONGEST_VALUE = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What Telegram is asked to show: Telegram's HTML, or plain text where `html` is false.

    The image is a link preview above the text, since a text message can be edited into any other.
    """

    text: str
    keyboard: InlineKeyboardMarkup | None = None
    image_url: str | None = None
    html: bool = True

    @property
    def has_links(self) -> bool:
        """Whether a button opens a page."""
        rows = self.keyboard.inline_keyboard if self.keyboard else ()
        return any(button.url for row in rows for button in row)

    def as_plain(self) -> "Message":
        """The same words without markup."""
        return replace(self, text=unescape(without_tags(self.text)), html=False)


def render(texts: Texts, view: View, shop: str) -> Message:
    """The message for `view`; `shop` is the auction house's name. Raises UnusableLink, MissingText."""
    match view:
        case CardView():
            buttons = keyboard(texts, view.language, view.buttons)
            return Message(text=card(texts, view), keyboard=buttons, image_url=_image_of(view.journey))
        case NoteView():
            return Message(text=_note(texts, view, shop), keyboard=keyboard(texts, view.language, view.buttons))
        case PaymentsView():
            return Message(text=payments(texts, view, shop), keyboard=payments_keyboard(texts, view))
        case DigestView():
            return Message(text=digest(texts, view, shop), keyboard=numbered_buttons(texts, view))
        case StatusView():
            return Message(text=status(texts, view, shop))
        case SettingsView():
            return Message(text=settings(texts, view), keyboard=settings_keyboard(texts, view))


def retired(texts: Texts, view: CardView) -> Message:
    """What is left of an older card: its title, and where to look."""
    return Message(text=retired_card(texts, view))


def _note(texts: Texts, view: NoteView, shop: str) -> str:
    values = {name: bounded(value, LONGEST_VALUE) for name, value in view.values.items()}
    amounts = {name: texts.money(view.language, amount) for name, amount in view.amounts.items()}
    phrases = {name: texts(view.language, key, shop=shop) for name, key in view.texts.items()}
    return texts(view.language, view.text, **{"shop": shop, **values, **amounts, **phrases})


def _image_of(journey: Journey) -> str | None:
    about = journey.order or journey.item
    url = about.image_url if about and journey.kind is Kind.PAYMENT else None
    return url if url and is_openable(url) else None

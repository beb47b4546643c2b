"""From buttons to Telegram's keyboards: opaque ids go back to us, and only links that Telegram takes go out."""

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address
from urllib.parse import urlsplit

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup
from telegram.constants import KeyboardButtonStyle

from bot.wording import bounded
from flow.offers import Act
from service.buyer_desk import ACKNOWLEDGE, ITEM, LANGUAGE, SNOOZE, UNLINK
from service.errors import OurFault
from service.texts import Texts
from service.views import Buttons, LinkButton, PressButton

LABELS: dict[str, str] = {
    Act.VERIFY: "button.verify",
    Act.CHOOSE_ALIPAY: "button.choose_alipay",
    Act.PAY: "button.pay",
    Act.USE_ALIPAY: "button.use_alipay",
    Act.NEW_LINK: "button.new_link",
    Act.CHECK: "button.check",
    Act.CANCEL: "button.cancel",
    Act.NOT_SEEN: "button.not_seen",
    Act.OPEN_LINK: "button.open_link",
    Act.OPEN_ITEM: "button.open_item",
    Act.OPEN_PAYMENTS: "button.open_payments",
    Act.SUPPORT: "button.support",
    ITEM: "button.item",
    UNLINK: "button.unlink",
    ACKNOWLEDGE: "button.acknowledge",
    SNOOZE: "button.snooze",
}
"""The key of each act's words; a language's button shows the language's own name instead."""

_STYLES: dict[str, KeyboardButtonStyle] = {
    Act.VERIFY: KeyboardButtonStyle.PRIMARY,
    Act.CHOOSE_ALIPAY: KeyboardButtonStyle.PRIMARY,
    Act.PAY: KeyboardButtonStyle.PRIMARY,
    Act.USE_ALIPAY: KeyboardButtonStyle.PRIMARY,
    Act.OPEN_LINK: KeyboardButtonStyle.PRIMARY,
}
"""The acts that lead on; Telegram shows them stronger (core.telegram.org/bots/api#inlinekeyboardbutton)."""

LONGEST_TITLE = 32


class UnusableLink(OurFault):
    """Telegram refuses a message with this link; it must be https, or http on loopback. Check the address settings."""


def keyboard(texts: Texts, language: str, buttons: Buttons) -> InlineKeyboardMarkup | None:
    """One button a row, in their order; None where there are none. Raises UnusableLink."""
    rows = [[_button(texts, language, button, _STYLES.get(button.act))] for button in buttons]
    return InlineKeyboardMarkup(rows) if rows else None


def item_keyboard(
    texts: Texts, language: str, items: Sequence[tuple[int, str, PressButton]]
) -> InlineKeyboardMarkup | None:
    """The buttons of a numbered list, each with its item's number and title."""
    rows = []
    for number, title, button in items:
        label = texts(language, LABELS[button.act], n=number, title=bounded(title, LONGEST_TITLE))
        rows.append([InlineKeyboardButton(label.unescape(), callback_data=button.id)])
    return InlineKeyboardMarkup(rows) if rows else None


def is_openable(url: str) -> bool:
    """Whether Telegram takes the link and it may leave this house: https, or http on loopback."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return host != "" and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _button(
    texts: Texts, language: str, button: PressButton | LinkButton, style: KeyboardButtonStyle | None
) -> InlineKeyboardButton:
    if isinstance(button, LinkButton):
        if not is_openable(button.url):
            raise UnusableLink(button.act)
        return InlineKeyboardButton(texts(language, LABELS[button.act]).unescape(), url=button.url, style=style)
    return InlineKeyboardButton(_words(texts, language, button).unescape(), callback_data=button.id, style=style)


def _words(texts: Texts, language: str, button: PressButton) -> Markup:
    if button.act == LANGUAGE:
        return texts(language, f"language.{button.subject}")
    if button.act == SNOOZE:
        pause = timedelta(seconds=int(button.subject))
        return texts(language, LABELS[SNOOZE], duration=texts.duration(language, pause))
    return texts(language, LABELS[button.act])

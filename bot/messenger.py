"""The way to a buyer's chat: sends or edits, and says in our words what became of it."""

from telegram import LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import TelegramError
from telegram.ext import ExtBot

from bot import errors
from bot.keyboards import UnusableLink
from bot.render import Message, render, retired
from service.texts import Texts
from service.views import CardView, Delivery, Moved, Sent, Undeliverable, View, Wait

UNCLEAR_SECONDS = 2.0
"""The pause after a call without an answer; sending again is harmless, as the same buttons and links hang below."""

REFUSED_SECONDS = 60.0
"""The pause after a refused token: an operator has to look, and no message is lost meanwhile."""


class TelegramMessenger:
    """Fills `service.ports.Messenger`; `shop` is the auction house's name.

    `paid` lets more than 30 messages a second go, at 0.1 Stars each (core.telegram.org/bots/api#sendmessage).
    """

    def __init__(self, bot: ExtBot[None], texts: Texts, shop: str, *, paid: bool = False) -> None:
        self._bot, self._texts, self._shop, self._paid = bot, texts, shop, paid or None

    async def deliver(self, view: View, *, replacing: int | None = None) -> Delivery:
        """Send the view, or edit the message `replacing` into it (a new message where that one is gone)."""
        return await self._show(view, replacing, or_anew=True)

    async def amend(self, view: View, message_id: int) -> Delivery:
        """Edit a message into the view; where it is gone, nothing is left to do."""
        return await self._show(view, message_id, or_anew=False)

    async def retire(self, view: CardView, message_id: int) -> Delivery:
        """Make an older card of the view's journey inert; where it is gone, nothing is left to do."""
        return await self._put(view.chat_id, retired(self._texts, view), message_id, or_anew=False)

    async def _show(self, view: View, replacing: int | None, *, or_anew: bool) -> Delivery:
        try:
            message = render(self._texts, view, self._shop)
        except UnusableLink as error:
            return Undeliverable(reason=str(error))
        if message.has_links and view.chat_id < 0:
            return Undeliverable(reason="links go to private chats only")
        return await self._put(view.chat_id, message, replacing, or_anew=or_anew)

    async def _put(self, chat_id: int, message: Message, replacing: int | None, *, or_anew: bool) -> Delivery:
        try:
            message_id = await self._call(chat_id, message, replacing)
            return Sent(message_id=message_id, how="sent" if replacing is None else "edited")
        except TelegramError as error:
            outcome = errors.outcome_of(error)
        match outcome:
            case errors.NotModified() if replacing is not None:
                return Sent(message_id=replacing, how="unchanged")
            case errors.MessageGone() if replacing is not None and or_anew:
                return await self._put(chat_id, message, None, or_anew=True)
            case errors.MessageGone() if replacing is not None:
                return Sent(message_id=replacing, how="unchanged")
            case errors.BadMarkup() if message.html:
                return await self._put(chat_id, message.as_plain(), replacing, or_anew=or_anew)
            case _:
                return _delivery(outcome)

    async def _call(self, chat_id: int, message: Message, replacing: int | None) -> int:
        parse_mode = ParseMode.HTML if message.html else None
        preview, keyboard = _preview(message.image_url), message.keyboard
        if replacing is None:
            sent = await self._bot.send_message(
                chat_id,
                message.text,
                parse_mode=parse_mode,
                link_preview_options=preview,
                reply_markup=keyboard,
                allow_paid_broadcast=self._paid,
            )
            return sent.message_id
        await self._bot.edit_message_text(
            message.text,
            chat_id=chat_id,
            message_id=replacing,
            parse_mode=parse_mode,
            link_preview_options=preview,
            reply_markup=keyboard,
        )
        return replacing


def _delivery(outcome: errors.Outcome) -> Delivery:
    match outcome:
        case errors.RetryLater(seconds=seconds):
            return Wait(seconds=seconds, reason="too many calls", throttled=True)
        case errors.Unclear(reason=reason):
            return Wait(seconds=UNCLEAR_SECONDS, reason=reason)
        case errors.TokenRefused():
            return Wait(seconds=REFUSED_SECONDS, reason="Telegram refuses the token")
        case errors.Unreachable(reason=reason):
            return Undeliverable(reason=reason, unreachable=True)
        case errors.Rejected(reason=reason):
            return Undeliverable(reason=reason)
        case errors.ChatMigrated(new_chat_id=new):
            return Moved(chat_id=new)
        case _:
            return Undeliverable(reason=type(outcome).__name__)


def _preview(image_url: str | None) -> LinkPreviewOptions:
    if image_url is None:
        return LinkPreviewOptions(is_disabled=True)
    return LinkPreviewOptions(url=image_url, show_above_text=True, prefer_large_media=True)

"""Blocks: Telegram says at once that a person wants nothing more from the bot, long before a message would fail."""

from typing import Any, Protocol

from telegram import Update
from telegram.constants import ChatMemberStatus, ChatType
from telegram.ext import CallbackContext, ChatMemberHandler

from service.facts import ChatClosed
from service.receipt import Receipt

REASON = "blocked by the buyer"


class Door(Protocol):
    """The one door; see `service.desk.Desk`."""

    async def receive(self, fact_id: str, fact: ChatClosed) -> Receipt:
        """Take a fact, whose id is unique among all facts ever; safe to repeat."""
        ...


def block_handler(door: Door) -> ChatMemberHandler[CallbackContext[Any, Any, Any, Any], None]:
    """Takes a person's block of the bot; that it was lifted shows when they write again."""

    async def take(update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
        change = update.my_chat_member
        if change is None or change.chat.type != ChatType.PRIVATE:
            return
        if change.new_chat_member.status == ChatMemberStatus.BANNED:
            await door.receive(f"telegram:{update.update_id}", ChatClosed(chat_id=change.chat.id, reason=REASON))

    return ChatMemberHandler(take, ChatMemberHandler.MY_CHAT_MEMBER)

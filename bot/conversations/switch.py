"""The one PTB handler of private chats: from an update, by the person's step, to a fact at the door.

PTB's `ConversationHandler` keeps its states in the process and has to know them without awaiting, so two processes
cannot share a chat. Here every update reads afresh where the person stands, and any process can take it.
"""

from dataclasses import replace
from typing import Any, Protocol

from telegram import CallbackQuery, Update
from telegram.error import TelegramError
from telegram.ext import BaseHandler, CallbackContext

from bot.conversations.stored import Conversations, handlers_for
from bot.handlers.buttons import TOASTS
from bot.handlers.heard import hear, is_private
from bot.shop_links import ShopLinks
from service.facts import ChatClosed, PersonalFact
from service.languages import language_of
from service.receipt import Receipt
from service.sessions import Session
from service.texts import Texts

Context = CallbackContext[Any, Any, Any, Any]


class Memory(Protocol):
    """Where people stand; see `service.sessions.Sessions`."""

    async def load(self, chat_id: int, button_id: str | None = None) -> Session:
        """The session of a chat, or of the button that was pressed in it."""
        ...


class Door(Protocol):
    """The one door; see `service.desk.Desk`."""

    async def receive(self, fact_id: str, fact: PersonalFact | ChatClosed) -> Receipt:
        """Take a fact, whose id is unique among all facts ever; safe to repeat."""
        ...


class ConversationSwitch(BaseHandler[Update, Context, None]):
    """Takes every private update; whatever the door raises is the caller's, and the same update may come again."""

    def __init__(
        self, conversations: Conversations, memory: Memory, door: Door, texts: Texts, links: ShopLinks
    ) -> None:
        super().__init__(self._take)
        self._conversations, self._memory, self._door = conversations, memory, door
        self._texts, self._links = texts, links

    def check_update(self, update: object) -> bool:
        """Looks at the kind alone: where the person stands takes an await."""
        return is_private(update)

    async def _take(self, update: Update, _: Context) -> None:
        heard = hear(update, self._links)
        session = await self._memory.load(heard.person.chat_id, heard.button_id)
        heard = replace(heard, act=session.act, asks_zone=session.asks_zone)
        facts = (handler(heard) for handler in handlers_for(self._conversations, session))
        fact = next(fact for fact in facts if fact is not None)
        receipt = await self._door.receive(f"telegram:{update.update_id}", fact)
        if update.callback_query is not None:
            language = session.language or language_of(heard.person.language, self._texts.languages)
            await self._answer(update.callback_query, receipt, language)

    async def _answer(self, query: CallbackQuery, receipt: Receipt, language: str) -> None:
        toast = TOASTS[receipt]
        text = self._texts(language, toast.text).unescape() if toast else None
        try:
            await query.answer(text, show_alert=toast.alert if toast else None)
        except TelegramError:
            return  # the press is taken, and its answer is a courtesy that expires soon

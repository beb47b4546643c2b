"""python-telegram-bot's Application without its updater: the inbox feeds it, one stored update at a time."""

import json
import logging
from contextlib import AsyncExitStack
from functools import partial
from typing import Any

from telegram import Update
from telegram.error import InvalidToken
from telegram.ext import Application, ApplicationBuilder, ContextTypes, ExtBot

from bot.conversations.account import ACCOUNT
from bot.conversations.first_time import FIRST_TIME
from bot.conversations.returning import RETURNING
from bot.conversations.settings import SETTINGS
from bot.conversations.stored import Conversations
from bot.conversations.support import SUPPORT
from bot.conversations.switch import Context, ConversationSwitch, Door, Memory
from bot.handlers import errors
from bot.handlers.blocks import block_handler
from bot.handlers.groups import greeting_handler
from bot.request import AiohttpRequest
from bot.shop_links import ShopLinks
from service.errors import Malformed, Unavailable
from service.texts import Texts

CONVERSATIONS: Conversations = (FIRST_TIME, RETURNING, ACCOUNT, SUPPORT, SETTINGS)
"""Order matters: entry points are asked in this order, an item's page before a one-time code; then the fallbacks."""


BotApplication = Application[ExtBot[None], Context, dict[Any, Any], dict[Any, Any], dict[Any, Any], None]


class StrictApplication(BotApplication):
    """An application that hides no failure from who feeds it; PTB's own would only log it."""

    async def initialize(self) -> None:
        """Asks Telegram who we are; after a failure nothing stays open. Raises InvalidToken without the token."""
        async with AsyncExitStack() as undo:
            undo.push_async_callback(self.bot.shutdown)
            try:
                await super().initialize()
            except InvalidToken:
                raise InvalidToken("Telegram refuses the token; check ALIPAY_BOT_TELEGRAM_TOKEN") from None
            undo.pop_all()

    async def process_error(
        self, update: object | None, error: Exception, job: Any = None, coroutine: Any = None
    ) -> bool:
        """Tells the person about a bug, and raises the error for whoever fed the update."""
        if not isinstance(error, Unavailable):
            await super().process_error(update, error, job, coroutine)
        raise error


def build_application(
    *, token: str, api_url: str, memory: Memory, door: Door, texts: Texts, links: ShopLinks
) -> BotApplication:
    """The application, not yet connected; `api_url` is the root of Telegram's server (`TELEGRAM_API_URL`)."""
    _keep_token_out_of_logs()
    root = api_url.rstrip("/")
    application = (
        ApplicationBuilder()
        .application_class(StrictApplication)
        .token(token)
        .base_url(f"{root}/bot")
        .base_file_url(f"{root}/file/bot")
        .request(AiohttpRequest())
        .get_updates_request(AiohttpRequest(connection_pool_size=1))
        .context_types(ContextTypes())
        .updater(None)
        .job_queue(None)
        .build()
    )
    add_handlers(application, memory, door, texts, links)
    return application


def add_handlers(application: BotApplication, memory: Memory, door: Door, texts: Texts, links: ShopLinks) -> None:
    """Order matters: the first handler that fits takes the update. What none takes is over."""
    application.add_handler(ConversationSwitch(CONVERSATIONS, memory, door, texts, links))
    application.add_handler(block_handler(door))
    application.add_handler(greeting_handler(texts))
    application.add_error_handler(partial(errors.tell, texts))


async def feed(application: BotApplication, body: bytes) -> None:
    """Hands on one stored update.

    Raises Malformed for what is no update, Unavailable where the same body should be fed again later, and
    whatever else a bug raises: its person was told, so feed that body again only after a repair.
    """
    await application.process_update(read_update(application.bot, body))


def read_update(bot: ExtBot[None], body: bytes) -> Update:
    """The update in `body`. Raises Malformed."""
    try:
        return Update.de_json(json.loads(body), bot)
    except Exception as error:  # noqa: BLE001 - the library has no one error for what it cannot read
        raise Malformed(f"update: {type(error).__name__}") from None


def _keep_token_out_of_logs() -> None:
    """Below INFO the library logs its addresses and calls, and the token is part of both."""
    library = logging.getLogger("telegram")
    library.setLevel(max(library.level, logging.INFO))

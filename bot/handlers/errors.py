"""When a handler has a bug: the log gets an id and the error's class, the person gets the id."""

import logging
import traceback
from typing import Any

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import CallbackContext

from bot.handlers.heard import is_private
from service.languages import language_of
from service.texts import Texts

logger = logging.getLogger(__name__)


def error_id(update: Update) -> str:
    """The name under which the buyer, the log and the inbox all know the failed update."""
    return f"T{update.update_id}"


async def tell(texts: Texts, update: object, context: CallbackContext[Any, Any, Any, Any]) -> None:
    """Logs the error's class and place, without a word that a person wrote, and tells the person its id."""
    if not isinstance(update, Update):
        return
    logger.error("update %s failed: %s", error_id(update), _named(context.error))
    user = update.effective_user
    if user is None or not is_private(update):
        return
    language = language_of(user.language_code, texts.languages)
    words = texts(language, "error.told", id=error_id(update)).unescape()
    try:
        await _say(update, words)
    except TelegramError as failure:
        logger.warning("could not tell about %s: %s", error_id(update), type(failure).__name__)


async def _say(update: Update, words: str) -> None:
    if update.callback_query is not None:
        await update.callback_query.answer(words, show_alert=True)
    elif update.effective_message is not None:
        await update.effective_message.reply_text(words)


def _named(error: Exception | None) -> str:
    places = traceback.extract_tb(error.__traceback__) if error else ()
    last = f" in {places[-1].name}, line {places[-1].lineno}" if places else ""
    return f"{type(error).__name__}{last}"

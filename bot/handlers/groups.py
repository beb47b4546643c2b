"""Groups: links, amounts and buttons are for private chats, so the bot says only where it can be asked."""

from typing import Any

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import CallbackContext, CommandHandler, filters

from service.facts import Command
from service.languages import language_of
from service.texts import Texts

GREETINGS = (Command.START, Command.HELP)


def greeting_handler(texts: Texts) -> CommandHandler[CallbackContext[Any, Any, Any, Any], None]:
    """Answers a greeting in a group; everything else there is ignored, buttons that someone forged included."""

    async def answer(update: Update, _: CallbackContext[Any, Any, Any, Any]) -> None:
        user, message = update.effective_user, update.effective_message
        language = language_of(user.language_code if user else None, texts.languages)
        if message is None:
            return
        try:
            await message.reply_text(texts(language, "group.private_only").unescape())
        except TelegramError:
            return  # nobody waits for it

    return CommandHandler([*GREETINGS], answer, filters=filters.ChatType.GROUPS)

"""What Telegram shows of the bot outside its chats, and where Telegram sends updates."""

from collections.abc import Sequence

from telegram import BotCommand
from telegram.constants import UpdateType
from telegram.ext import ExtBot

from service.facts import Command
from service.languages import DEFAULT
from service.texts import Texts

ALLOWED_UPDATES: Sequence[str] = (UpdateType.MESSAGE, UpdateType.CALLBACK_QUERY, UpdateType.MY_CHAT_MEMBER)
"""All that a handler reads, and blocks by buyers; the same for webhook and polling."""

TELEGRAM_CODES = {DEFAULT: None, "zh_Hans": "zh", "ja": "ja"}
"""The code that Telegram knows each language by: two letters, so that one kind of Chinese speaks for both; None is
the one for all others (core.telegram.org/bots/api#setmycommands)."""


async def set_up(bot: ExtBot[None], texts: Texts, shop: str) -> None:
    """Tells Telegram the commands and descriptions in each language. Raises TelegramError."""
    for language in texts.languages:
        if language in TELEGRAM_CODES:
            await _describe(bot, texts, shop, language)


async def set_webhook(bot: ExtBot[None], public_url: str, secret: str) -> None:
    """Has Telegram send updates to `POST /telegram`; those that wait there stay. Raises TelegramError."""
    await bot.set_webhook(
        f"{public_url.rstrip('/')}/telegram",
        secret_token=secret,
        allowed_updates=ALLOWED_UPDATES,
        drop_pending_updates=False,
    )


async def delete_webhook(bot: ExtBot[None]) -> None:
    """Ends the webhook; updates that wait there stay. Raises TelegramError."""
    await bot.delete_webhook(drop_pending_updates=False)


async def _describe(bot: ExtBot[None], texts: Texts, shop: str, language: str) -> None:
    code = TELEGRAM_CODES[language]
    commands = [BotCommand(name, texts(language, f"command.{name}").unescape()) for name in Command]
    await bot.set_my_commands(commands, language_code=code)
    await bot.set_my_description(texts(language, "bot.description", shop=shop).unescape(), language_code=code)
    await bot.set_my_short_description(texts(language, "bot.about", shop=shop).unescape(), language_code=code)

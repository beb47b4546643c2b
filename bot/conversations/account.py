"""Connecting the chat with an account at the auction house, the language of the chat, and unlinking Alipay."""

from bot.conversations.stored import StoredConversation
from bot.handlers.buttons import OnPress
from bot.handlers.commands import OnCode, OnCommand
from service.buyer_desk import LANGUAGE, UNLINK
from service.facts import Command

ACCOUNT = StoredConversation(
    entry_points=(
        OnCode(),
        OnCommand(Command.START),
        OnCommand(Command.LANGUAGE),
        OnPress(LANGUAGE),
        OnCommand(Command.UNLINK),
        OnPress(UNLINK),
    ),
)

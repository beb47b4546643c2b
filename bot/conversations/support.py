"""Asking for a person."""

from bot.conversations.stored import StoredConversation
from bot.handlers.buttons import OnPress
from bot.handlers.commands import OnCommand
from flow.offers import Act
from service.facts import Command

SUPPORT = StoredConversation(
    entry_points=(
        OnCommand(Command.SUPPORT),
        OnPress(Act.SUPPORT),
    ),
)

"""What the buyer wants to be told, and when: the settings, and the answers below a reminder."""

from bot.conversations.stored import StoredConversation
from bot.handlers.buttons import OnPress
from bot.handlers.commands import OnCommand
from bot.handlers.text import OnZone
from service import preference_desk as acts
from service.buyer_desk import ACKNOWLEDGE, SNOOZE
from service.facts import Command

SETTINGS = StoredConversation(
    entry_points=(
        OnCommand(Command.SETTINGS),
        OnPress(acts.SETTINGS),
        OnPress(acts.MUTE),
        OnPress(acts.QUIET),
        OnPress(acts.ZONE),
        OnPress(acts.TONGUE),
        OnZone(),
        OnPress(ACKNOWLEDGE),
        OnPress(SNOOZE),
    ),
)

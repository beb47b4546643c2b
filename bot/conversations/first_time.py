"""The article's column for buyers who never paid with Alipay here: two steps, then the returning buyer's."""

from bot.conversations.returning import RETURNING
from bot.conversations.stored import StoredConversation
from bot.handlers.buttons import OnPress
from bot.handlers.commands import OnCommand
from flow.offers import Act
from flow.steps import Path, Step
from service.facts import Command

FIRST_TIME = StoredConversation(
    path=Path.FIRST_TIME,
    entry_points=(
        OnCommand(Command.VERIFY),
        *RETURNING.entry_points,
    ),
    states={
        Step.VERIFY_ACCOUNT: (
            OnPress(Act.VERIFY),
            OnPress(Act.NEW_LINK),
            OnPress(Act.CANCEL),
            OnPress(Act.SUPPORT),
        ),
        Step.LOG_IN: (
            OnPress(Act.CHECK),
            OnPress(Act.NEW_LINK),
            OnPress(Act.CANCEL),
            OnPress(Act.SUPPORT),
        ),
        **RETURNING.states,
    },
    fallbacks=RETURNING.fallbacks,
)

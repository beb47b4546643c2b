"""The article's column for buyers who paid with Alipay here before, step by step."""

from bot.conversations.stored import StoredConversation
from bot.handlers.buttons import OnPress
from bot.handlers.commands import OnCommand, OnItemPage, OnOrderPage
from bot.handlers.links import OnForeignLink, OnProductLink
from bot.handlers.text import OnAnythingWritten
from flow.offers import Act
from flow.steps import Path, Step
from service.buyer_desk import ITEM
from service.facts import Command

RETURNING = StoredConversation(
    path=Path.RETURNING,
    entry_points=(
        OnItemPage(),
        OnOrderPage(),
        OnProductLink(),
        OnForeignLink(),
        OnCommand(Command.PAYMENTS),
        OnPress(ITEM),
    ),
    states={
        Step.CHOOSE_ALIPAY: (
            OnPress(Act.CHOOSE_ALIPAY),
            OnPress(Act.NOT_SEEN),
            OnPress(Act.CANCEL),
            OnPress(Act.SUPPORT),
        ),
        Step.OPEN_PAYMENT: (OnPress(Act.PAY),),
        Step.USE_ALIPAY: (
            OnPress(Act.USE_ALIPAY),
            OnPress(Act.CANCEL),
        ),
        Step.PAY_IN_ALIPAY: (
            OnPress(Act.CHECK),
            OnPress(Act.NEW_LINK),
            OnPress(Act.CANCEL),
            OnPress(Act.SUPPORT),
        ),
        Step.COMPLETED: (OnPress(Act.SUPPORT),),
    },
    fallbacks=(
        OnCommand(Command.STATUS),
        OnCommand(Command.HELP),
        OnCommand(Command.CANCEL),
        OnAnythingWritten(),
    ),
)

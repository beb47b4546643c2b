"""Commands, and the one-time code that the auction house's link brings with `/start`."""

import re
from dataclasses import dataclass

from bot.handlers.heard import Heard
from service.facts import CodeBrought, Command, CommandGiven, OrderShown, ProductShown

_ITEM = re.compile(r"verify_([a-z][0-9]{8,31})", re.IGNORECASE)
_ORDER = re.compile(r"pay_([A-Za-z0-9_-]{1,60})")
"""Ways into the chat from the pages of an item and of a won order; neither is a secret, and neither binds anything."""

_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a deep link can carry (core.telegram.org/bots/features#deep-linking)."""


@dataclass(frozen=True, slots=True)
class OnCommand:
    """One command; words behind it are not read."""

    command: Command

    def __call__(self, heard: Heard) -> CommandGiven | None:
        return CommandGiven(person=heard.person, command=self.command) if heard.command == self.command else None


@dataclass(frozen=True, slots=True)
class OnItemPage:
    """`/start` from an item's page."""

    def __call__(self, heard: Heard) -> ProductShown | None:
        found = _ITEM.fullmatch(heard.argument) if heard.command == Command.START else None
        return ProductShown(person=heard.person, auction_id=found[1].lower()) if found else None


@dataclass(frozen=True, slots=True)
class OnOrderPage:
    """`/start` from a won item's page."""

    def __call__(self, heard: Heard) -> OrderShown | None:
        found = _ORDER.fullmatch(heard.argument) if heard.command == Command.START else None
        return OrderShown(person=heard.person, order_id=found[1]) if found else None


@dataclass(frozen=True, slots=True)
class OnCode:
    """`/start` with a code."""

    def __call__(self, heard: Heard) -> CodeBrought | None:
        if heard.command != Command.START or not _CODE.fullmatch(heard.argument):
            return None
        return CodeBrought(person=heard.person, code=heard.argument)

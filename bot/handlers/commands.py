"""Commands, and the one-time code that the auction house's link brings with `/start`."""

import re
from dataclasses import dataclass

from bot.handlers.heard import Heard
from service.facts import CodeBrought, Command, CommandGiven

_CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What a deep link can carry (core.telegram.org/bots/features#deep-linking)."""


@dataclass(frozen=True, slots=True)
class OnCommand:
    """One command; words behind it are not read."""

    command: Command

    def __call__(self, heard: Heard) -> CommandGiven | None:
        return CommandGiven(person=heard.person, command=self.command) if heard.command == self.command else None


@dataclass(frozen=True, slots=True)
class OnCode:
    """`/start` with a code."""

    def __call__(self, heard: Heard) -> CodeBrought | None:
        if heard.command != Command.START or not _CODE.fullmatch(heard.argument):
            return None
        return CodeBrought(person=heard.person, code=heard.argument)

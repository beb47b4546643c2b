"""Whatever else is said."""

from dataclasses import dataclass

from bot.handlers.heard import Heard
from service.facts import WordsSaid


@dataclass(frozen=True, slots=True)
class OnAnythingWritten:
    """Words, pictures, unknown commands: answered with what the bot understands."""

    def __call__(self, heard: Heard) -> WordsSaid | None:
        return WordsSaid(person=heard.person) if heard.button_id is None else None

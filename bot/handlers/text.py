"""Whatever else is said."""

from dataclasses import dataclass

from bot.handlers.heard import Heard
from service.facts import WordsSaid, ZoneTyped


@dataclass(frozen=True, slots=True)
class OnZone:
    """The answer of somebody who was asked for a time zone; whoever writes more has something else to say."""

    def __call__(self, heard: Heard) -> ZoneTyped | None:
        is_answer = heard.asks_zone and heard.is_brief
        return ZoneTyped(person=heard.person, zone=heard.zone) if is_answer else None


@dataclass(frozen=True, slots=True)
class OnAnythingWritten:
    """Words, pictures, unknown commands: answered with what the bot understands."""

    def __call__(self, heard: Heard) -> WordsSaid | None:
        return WordsSaid(person=heard.person) if heard.button_id is None else None

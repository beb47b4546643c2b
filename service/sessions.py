"""Where a person stands, read fresh from the store: the memory of the conversations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flow.journey import Journey
from flow.states import CLOSED
from flow.steps import Path, Step
from service.ports import Clock, Store, Transaction

ASKING = timedelta(minutes=10)
"""How long what is written is taken for the answer to a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The journey that an update is about: the pressed button's, else the newest open one; None where there is none.

    `act` is what the pressed button does, None where no live button was pressed; `asks_zone` is whether the person was
    asked just now to type a time zone.
    """

    path: Path | None = None
    step: Step | None = None
    act: str | None = None
    language: str | None = None
    asks_zone: bool = False


class Sessions:
    """Reads sessions; nothing is held between two updates, so any instance can take any update."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock

    async def load(self, chat_id: int, button_id: str | None = None) -> Session:
        """The session of a chat, or of the button that was pressed in it."""
        async with self._store.transaction() as tx:
            chat = await tx.chat(chat_id)
            language = chat.language if chat else None
            if button_id is not None:
                return await self._pressed(tx, chat_id, button_id, language)
            journeys = await tx.journeys(chat.buyer_id) if chat and chat.buyer_id else ()
            asks_zone = await self._asks_zone(tx, chat_id)
            journey = _newest_open(journeys)
        if journey is None:
            return Session(language=language, asks_zone=asks_zone)
        return Session(path=journey.path, step=journey.step, language=language, asks_zone=asks_zone)

    async def _asks_zone(self, tx: Transaction, chat_id: int) -> bool:
        preference = await tx.preference(chat_id)
        asked_at = preference.zone_asked_at if preference else None
        return asked_at is not None and self._clock.now() - asked_at < ASKING

    async def _pressed(self, tx: Transaction, chat_id: int, button_id: str, language: str | None) -> Session:
        button = await tx.button(button_id)
        if button is None or button.chat_id != chat_id or button.expires_at <= self._clock.now():
            return Session(language=language)
        journey = await tx.journey(button.subject)
        if journey is None:
            return Session(act=button.act, language=language)
        return Session(path=journey.path, step=journey.step, act=button.act, language=language)


def _newest_open(journeys: Sequence[Journey]) -> Journey | None:
    return next((journey for journey in reversed(journeys) if journey.state not in CLOSED), None)

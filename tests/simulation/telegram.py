"""Telegram, simulated behind the Messenger port: what hangs in each chat, and what may go wrong on the way."""

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from flow.journey import Journey
from service.views import CardView, Delivery, DigestView, NoteView, Sent, Undeliverable, View, Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Probabilities of what goes wrong with one message."""

    not_sent: float = 0
    answer_lost: float = 0
    gone: float = 0


CALM = Trouble()

Noted = frozenset[tuple[int, int]]
"""Chats and messages in the log of deliveries. Of one whose answer was lost, or whose sender was killed before it could
note it, the service cannot know: it sends another, and that one follows what happens."""


@dataclass(slots=True)
class SimTelegram:
    """All chats. `shown` holds, of each chat, what hangs there by message id, the newest last."""

    random: Random
    trouble: Trouble = CALM
    blocked: set[int] = field(default_factory=set)
    shown: dict[int, dict[int, View]] = field(default_factory=dict)
    said: list[NoteView] = field(default_factory=list)
    _last_id: int = 0

    async def deliver(self, view: View, *, replacing: int | None = None) -> Delivery:
        """Send or edit, unless it goes wrong before or after."""
        if trouble := self._before(view.chat_id):
            return trouble
        return self._answered(self._put(view, replacing))

    async def amend(self, view: View, message_id: int) -> Delivery:
        """Edit, unless it goes wrong before or after."""
        chat = self.shown.setdefault(view.chat_id, {})
        if trouble := self._before(view.chat_id):
            return trouble
        if message_id in chat:
            chat[message_id] = view
        return self._answered(message_id, "edited")

    async def retire(self, view: CardView, message_id: int) -> Delivery:
        """An older card keeps its words and loses its buttons."""
        if trouble := self._before(view.chat_id):
            return trouble
        self.shown.get(view.chat_id, {}).pop(message_id, None)
        return self._answered(message_id, "edited")

    def card(self, chat_id: int, journey_id: str, noted: Noted | None = None) -> CardView | None:
        """The newest card of a journey in a chat that the service knows of."""
        cards = [view for view in self._known(chat_id, noted) if isinstance(view, CardView)]
        return next((card for card in reversed(cards) if card.journey.id == journey_id), None)

    def told(self, chat_id: int, journey_id: str, noted: Noted | None = None) -> Journey | None:
        """The journey as the newest message shows it that speaks of it, be it a card or a digest."""
        found = [
            journey
            for view in self._known(chat_id, noted)
            for journey in _journeys_of(view)
            if journey.id == journey_id
        ]
        return found[-1] if found else None

    def digest(self, chat_id: int, message_id: int) -> DigestView | None:
        """The digest that hangs there."""
        view = self.shown.get(chat_id, {}).get(message_id)
        return view if isinstance(view, DigestView) else None

    def _known(self, chat_id: int, noted: Noted | None = None) -> list[View]:
        shown = self.shown.get(chat_id, {})
        return [view for message_id, view in shown.items() if noted is None or (chat_id, message_id) in noted]

    def _before(self, chat_id: int) -> Wait | Undeliverable | None:
        if chat_id in self.blocked:
            return Undeliverable(reason="bot was blocked by the user", unreachable=True)
        if self._strikes(self.trouble.not_sent):
            return Wait(seconds=self.random.choice((1.0, 5.0, 30.0)), reason="too many calls")
        return None

    def _answered(self, message_id: int, how: Literal["sent", "edited"] = "sent") -> Delivery:
        if self._strikes(self.trouble.answer_lost):
            return Wait(seconds=2.0, reason="no answer")
        return Sent(message_id=message_id, how=how)

    def _put(self, view: View, replacing: int | None) -> int:
        chat = self.shown.setdefault(view.chat_id, {})
        if replacing is not None and self._strikes(self.trouble.gone):
            chat.pop(replacing, None)
        if replacing in chat:
            chat[replacing] = view
            return replacing
        self._last_id += 1
        chat[self._last_id] = view
        if isinstance(view, NoteView):
            self.said.append(view)
        return self._last_id

    def _strikes(self, probability: float) -> bool:
        return self.random.random() < probability


def _journeys_of(view: View) -> tuple[Journey, ...]:
    match view:
        case CardView():
            return (view.journey,)
        case DigestView():
            return view.journeys
        case _:
            return ()

"""Writes down every attempt to bring something to a chat, and says what its line does next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from flow.journey import Journey
from service.courier import backoff
from service.desk import Desk
from service.errors import Unavailable
from service.facts import ChatClosed
from service.lines import chat_line
from service.ports import Claim, Clock, Store, Transaction
from service.records import Attempt, MovedChat, Result
from service.rules import Rules
from service.views import CardView, Delivery, DigestView, Moved, NoteView, Sent, Undeliverable, View, Wait
from service.work import Dead, Done, Hold, Outcome

STAFF_AWAY = timedelta(minutes=10)
"""The pause while the support chat takes nothing: an operator has to look, and no call is lost meanwhile."""

RETIRED = "RetiredCard"
"""What the log calls a card that is made inert."""

REMINDER = "Reminder"
"""What the log calls a card that reminds of its deadline."""

TRIED_AGAIN_AFTER = (0.1, 0.3, 1.0)
"""Seconds between tries to note that a message was sent: once its work has to be done again, it is sent again."""

MOVED = "the group has a new id"
"""What the log calls a message that has to be sent once more, to where its group is now."""

REOPENED = "the person wrote meanwhile"
"""Why a message that was refused is tried once more, to a chat that is open again."""

LONGEST_PAUSE = 30.0
"""Seconds between tries when the messenger has been silent for long; a payment's result waits so long at most."""

_LONGEST_REASON = 200

Then = Callable[[Transaction, Sent], Awaitable[None]]
"""What is to be written down once the message hangs in the chat."""

Otherwise = Callable[[Transaction, Undeliverable], Awaitable[bool]]
"""What is to be written down where the message is refused for good, and whether its work is done with that."""


class Deliveries:
    """The log is written in the transaction that takes the outcome in."""

    def __init__(self, store: Store, desk: Desk, rules: Rules, clock: Clock) -> None:
        self._store, self._desk, self._clock = store, desk, clock
        self._staff_line = None if rules.support_chat_id is None else chat_line(rules.support_chat_id)

    async def settle(
        self,
        view: View,
        delivering: Awaitable[Delivery],
        claim: Claim,
        *,
        then: Then | None = None,
        otherwise: Otherwise | None = None,
        name: str | None = None,
    ) -> Outcome:
        """Note what becomes of the view, called `name` where its own kind says too little, and say what follows.

        Raises Unavailable.
        """
        tried_at = self._clock.now()
        delivery = _patient(await delivering, claim)
        noted = attempts(view, delivery, self._clock.now(), name)
        for pause in TRIED_AGAIN_AFTER if isinstance(delivery, Sent) else ():
            with suppress(Unavailable):
                await self._note(noted, delivery, then)
                break
            await asyncio.sleep(pause)
        else:
            await self._note(noted, delivery, then)
        if isinstance(delivery, Undeliverable):
            return await self._refused(view.chat_id, delivery, claim, tried_at, otherwise)
        return _outcome(delivery)

    def is_staff(self, line: str) -> bool:
        """Whether the line is the support chat's, of which nothing may be left out."""
        return line == self._staff_line

    async def _note(self, noted: Sequence[Attempt], delivery: Delivery, then: Then | None) -> None:
        async with self._store.transaction() as tx:
            for attempt in noted:
                await tx.note_attempt(attempt)
            if then is not None and isinstance(delivery, Sent):
                await then(tx, delivery)
            if isinstance(delivery, Moved):
                await tx.save_moved_chat(MovedChat(chat_id=noted[0].chat_id, moved_to=delivery.chat_id))

    async def _refused(
        self, chat_id: int, refusal: Undeliverable, claim: Claim, tried_at: datetime, otherwise: Otherwise | None
    ) -> Outcome:
        if refusal.unreachable and not await self._close(chat_id, refusal, claim, tried_at):
            return Hold(timedelta(0), REOPENED)
        if otherwise is not None:
            async with self._store.transaction() as tx:
                is_done = await otherwise(tx, refusal)
            if is_done:
                return Done()
        return Hold(STAFF_AWAY, refusal.reason) if self.is_staff(claim.line) else Dead(refusal.reason)

    async def _close(self, chat_id: int, refusal: Undeliverable, claim: Claim, tried_at: datetime) -> bool:
        """Say that nothing can be brought there; False where the chat is open all the same: its person wrote since."""
        if not await self._is_open(chat_id):
            return True
        fact = ChatClosed(chat_id=chat_id, reason=refusal.reason, at=tried_at)
        await self._desk.receive(f"chat:{chat_id}:closed:{claim.work_id}-{claim.attempts}", fact)
        return not await self._is_open(chat_id)

    async def _is_open(self, chat_id: int) -> bool:
        async with self._store.transaction() as tx:
            chat = await tx.chat(chat_id)
        return chat is not None and chat.unreachable_at is None


def _outcome(delivery: Sent | Wait | Moved) -> Outcome:
    match delivery:
        case Sent():
            return Done()
        case Wait(seconds=seconds, reason=reason, throttled=throttled):
            return Hold(timedelta(seconds=seconds), reason, throttled=throttled)
        case Moved():
            return Hold(timedelta(0), MOVED)


def _patient(delivery: Delivery, claim: Claim) -> Delivery:
    """Longer pauses, try by try, where nobody said how long to wait."""
    if not isinstance(delivery, Wait) or delivery.throttled:
        return delivery
    pause = backoff(claim.attempts, first=delivery.seconds, longest=max(delivery.seconds, LONGEST_PAUSE))
    return replace(delivery, seconds=pause.total_seconds())


def attempts(view: View, delivery: Delivery, now: datetime, name: str | None = None) -> Sequence[Attempt]:
    """What the log says of one attempt: a row for each item that the view shows, or one where it shows none."""
    result, message_id, reason, until = _became(delivery, now)
    about = view.journey_id if isinstance(view, NoteView) else None
    return [
        Attempt(
            view=name or type(view).__name__,
            says=view.text if isinstance(view, NoteView) else None,
            chat_id=view.chat_id,
            result=result,
            buyer_id=journey.buyer_id if journey else None,
            journey_id=journey.id if journey else about,
            step=journey.step if journey else None,
            message_id=message_id,
            reason=reason,
            until=until,
        )
        for journey in _shown_in(view)
    ]


def _became(delivery: Delivery, now: datetime) -> tuple[Result, int | None, str | None, datetime | None]:
    match delivery:
        case Sent(message_id=message_id, how=how):
            return Result(how), message_id, None, None
        case Wait(seconds=seconds, reason=reason):
            return Result.WAITING, None, _safe(reason), now + timedelta(seconds=seconds)
        case Moved():
            return Result.WAITING, None, MOVED, now
        case Undeliverable(reason=reason, unreachable=unreachable):
            return Result.CLOSED if unreachable else Result.REFUSED, None, _safe(reason), None


def _shown_in(view: View) -> Sequence[Journey | None]:
    match view:
        case DigestView():
            return view.journeys
        case CardView():
            return (view.journey,)
        case _:
            return (None,)


def _safe(reason: str) -> str:
    """Others' words may be in it, and no outcome may be lost for its words."""
    return reason.replace("\0", "").encode(errors="replace").decode()[:_LONGEST_REASON]

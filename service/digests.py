"""Several won items in one message: wins that wait when their chat's turn comes are told together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from flow.journey import Journey
from flow.states import UNPAID, Payment
from service.buttons import ButtonMaker
from service.buyer_desk import ITEM
from service.deliveries import Deliveries
from service.lines import chat_line
from service.places import Place, is_stale, line_of, place_of
from service.ports import Claim, Messenger, Store, Transaction
from service.preferences import preference_of
from service.records import Chat, Digest
from service.views import Buttons, DigestView, Sent, Undeliverable
from service.work import Done, Outcome, RedrawDigest, ShowCard

MOST_LINES = 15
"""How many items one digest shows: so many fit into a message in every language, however long their titles are."""

WINS = (Payment.WON, Payment.CHOOSING)
"""Where a win is still the news; further on, a card says more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wins:
    """What one digest is to tell: the items, the nearest deadline first, and the work that is done with it.

    `works` are all the announcements that it stands for, in their order; `work_ids` are those of the others.
    """

    view: DigestView
    work_ids: tuple[int, ...]
    works: tuple[ShowCard, ...]


class Digests:
    """The message's buttons lead to the items' cards; its lines follow what becomes of the items."""

    def __init__(self, store: Store, messenger: Messenger, deliveries: Deliveries, buttons: ButtonMaker) -> None:
        self._store, self._messenger, self._deliveries, self._buttons = store, messenger, deliveries, buttons

    async def mend(self, tx: Transaction, place: Place, chat_id: int) -> None:
        """Queue the redrawing of each digest whose line about the journey is not true any more."""
        line = chat_line(chat_id)
        queued = [waiting.work for waiting in await tx.waiting(line)] if place.stale else []
        for message_id in place.stale:
            work = RedrawDigest(chat_id=chat_id, message_id=message_id)
            if work not in queued:
                await tx.queue(line, work)

    async def wins(self, tx: Transaction, work: ShowCard, claim: Claim, chat: Chat) -> Wins | None:
        """What is to be told together with this work; None where it is alone, or to be told on its own."""
        if not work.merges:
            return None
        waiting = await tx.waiting(claim.line)
        announced = {w.work_id: w.work for w in waiting if isinstance(w.work, ShowCard) and w.work.merges}
        if len(announced) < 2:
            return None
        ids: list[int] = []
        journeys: dict[str, Journey] = {}
        for work_id, other in announced.items():
            journey = await self._win(tx, other, chat)
            if journey and (journey.id in journeys or len(journeys) < MOST_LINES):
                journeys[journey.id] = journey
                ids.append(work_id)
        if len(journeys) < 2 or work.journey_id not in journeys:
            return None
        nearest = sorted(journeys.values(), key=deadline)
        return Wins(
            view=await self._view(tx, chat, nearest),
            work_ids=tuple(work_id for work_id in ids if work_id != claim.work_id),
            works=tuple(announced[work_id] for work_id in ids),
        )

    async def send(self, wins: Wins, claim: Claim) -> Outcome:
        """Tell all of them; the other announcements are done with it. Refused together, each is told on its own."""
        return await self._deliveries.settle(
            wins.view,
            self._messenger.deliver(wins.view),
            claim,
            then=partial(self._hang, wins, claim),
            otherwise=partial(self._part, wins, claim),
        )

    async def redraw(self, work: RedrawDigest, claim: Claim) -> Outcome:
        """Say of each item what is true now: what needs no payment any more is struck, and its button is gone."""
        async with self._store.transaction() as tx:
            digest, chat = await tx.digest(work.chat_id, work.message_id), await tx.chat(work.chat_id)
            if digest is None or chat is None or chat.unreachable_at is not None:
                return Done(idle=True)
            journeys = [journey for line in digest.lines if (journey := await tx.journey(line.journey_id))]
            if not work.refresh and not any(map(is_stale, digest.lines, journeys)):
                return Done(idle=True)
            view = await self._view(tx, chat, journeys)
        amending = self._messenger.amend(view, work.message_id)
        return await self._deliveries.settle(view, amending, claim, then=partial(self._note, digest, journeys))

    async def _win(self, tx: Transaction, work: ShowCard, chat: Chat) -> Journey | None:
        """The journey of a waiting announcement of this chat's buyer, where a win is still its news."""
        journey = await tx.journey(work.journey_id)
        if journey is None or journey.state not in WINS or journey.buyer_id != chat.buyer_id:
            return None
        return None if (await place_of(tx, journey, chat.chat_id)).tells(work, journey) else journey

    async def _view(self, tx: Transaction, chat: Chat, journeys: Sequence[Journey]) -> DigestView:
        due = [journey.id for journey in journeys if journey.state in UNPAID]
        buttons: Buttons = tuple([await self._buttons.make(tx, chat.chat_id, ITEM, subject) for subject in due])
        zone = (await preference_of(tx, chat)).zone
        return DigestView(
            chat_id=chat.chat_id, language=chat.language, journeys=tuple(journeys), buttons=buttons, zone=zone
        )

    async def _hang(self, wins: Wins, claim: Claim, tx: Transaction, sent: Sent) -> None:
        view = wins.view
        lines = tuple(line_of(journey, journey.version) for journey in view.journeys)
        await tx.save_digest(Digest(chat_id=view.chat_id, message_id=sent.message_id, lines=lines))
        await tx.withdraw(claim.line, wins.work_ids)
        for journey in view.journeys:
            if await tx.card(journey.id):  # of the auction before it was won
                await tx.queue(claim.line, ShowCard(journey_id=journey.id))

    async def _part(self, wins: Wins, claim: Claim, tx: Transaction, refusal: Undeliverable) -> bool:
        """One item may be to blame for all; in a closed chat, none is."""
        if refusal.unreachable:
            return False
        await tx.withdraw(claim.line, wins.work_ids)
        for work in wins.works:
            await tx.queue(claim.line, replace(work, merges=False))
        return True

    async def _note(self, digest: Digest, journeys: Iterable[Journey], tx: Transaction, _: Sent) -> None:
        lines = (line_of(now, line.announced) for line, now in zip(digest.lines, journeys, strict=True))
        await tx.save_digest(replace(digest, lines=tuple(lines)))


def deadline(journey: Journey) -> tuple[bool, datetime | None, str]:
    """What items are sorted by: the nearest deadline first, those without one last."""
    pay_by = journey.order.pay_by if journey.order else None
    return pay_by is None, pay_by, journey.id

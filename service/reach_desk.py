"""Takes what Telegram says about chats that nothing can be brought to."""

from dataclasses import replace

from flow.journey import Kind
from flow.states import UNPAID
from service.facts import ChatClosed
from service.moves import Mover
from service.ports import Clock, Transaction
from service.receipt import Receipt
from service.records import Chat


class ReachDesk:
    """A closed chat is left in peace until its person writes again; the auction house hears what waits there."""

    def __init__(self, mover: Mover, clock: Clock) -> None:
        self._mover, self._clock = mover, clock

    async def chat_closed(self, tx: Transaction, _: str, fact: ChatClosed) -> Receipt:
        """Stop sending there, unless the person wrote since; report every won item that is still to be paid."""
        found = await tx.chat(fact.chat_id)
        if found is None:
            return Receipt.DECLINED
        await tx.lock(f"buyer:{found.buyer_id}" if found.buyer_id else f"user:{found.user_id}")
        chat = await tx.chat(fact.chat_id) or found
        if chat.unreachable_at is not None or _is_late(fact, chat):
            return Receipt.SEEN
        await tx.save_chat(replace(chat, unreachable_at=self._clock.now()))
        if chat.buyer_id is not None:
            await self._report(tx, chat.buyer_id, fact.reason)
        return Receipt.TAKEN

    async def _report(self, tx: Transaction, buyer_id: str, reason: str) -> None:
        unpaid = [j for j in await tx.journeys(buyer_id, Kind.PAYMENT) if j.state in UNPAID]
        for journey in unpaid:
            await self._mover.report_unreachable(tx, journey, reason)
        if not unpaid:
            await self._mover.report_buyer_unreachable(tx, buyer_id, reason)


def _is_late(fact: ChatClosed, chat: Chat) -> bool:
    """Whether the person wrote after what was refused had been sent."""
    return fact.at is not None and chat.heard_at is not None and fact.at < chat.heard_at

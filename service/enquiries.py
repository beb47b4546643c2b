"""Asks the auction house, for somebody who waits for the answer."""

from datetime import timedelta

from flow.linked import Alipay
from flow.order import Item, Order
from service.auction_house import (
    BuyerState,
    CodeUsed,
    LinkRequested,
    NotFound,
    Unavailable,
)
from service.courier import backoff
from service.desk import Desk
from service.facts import BuyerTold, CodeAnswered, HouseSilent, Intent, ItemMissing
from service.ports import AuctionHouse, Claim, Clock
from service.work import AskHouse, Done, Later, Outcome, RedeemCode

PATIENCE = 4
"""How often the auction house is asked while somebody waits for the answer."""


class Enquiries:
    """Asks; what comes back enters through the door."""

    def __init__(self, house: AuctionHouse, desk: Desk, clock: Clock) -> None:
        self._house, self._desk, self._clock = house, desk, clock

    async def redeem(self, work: RedeemCode, claim: Claim) -> Outcome:
        """Pass a one-time code on; who it belongs to is only ever said by the auction house."""
        said = await self._house.redeem_code(work.code, work.user_id, work.name)
        if isinstance(said, Unavailable):
            return await self._silence(work.chat_id, claim, said)
        name = said.display_name or work.name if isinstance(said, LinkRequested) else None
        is_used = isinstance(said, CodeUsed)
        answer = CodeAnswered(chat_id=work.chat_id, display_name=name, used=is_used, connected=work.connected)
        await self._desk.receive(f"answer:{claim.work_id}", answer)
        return Done()

    async def ask(self, work: AskHouse, claim: Claim) -> Outcome:
        """Ask about the buyer, and about the item or the unpaid orders that were meant."""
        asked_at = self._clock.now()
        item = await self._house.item(work.auction_id, work.language) if work.auction_id else None
        if isinstance(item, NotFound):
            await self._desk.receive(f"answer:{claim.work_id}", ItemMissing(chat_id=work.chat_id))
            return Done()
        buyer = await self._house.buyer(work.buyer_id)
        orders = await self._house.unpaid_orders(work.buyer_id)
        for answer in (item, buyer, orders):
            if isinstance(answer, Unavailable):
                return await self._silence(work.chat_id, claim, answer, aloud=work.intent is not Intent.GREET)
        told = BuyerTold(
            buyer_id=work.buyer_id,
            intent=work.intent,
            alipay=buyer.alipay if isinstance(buyer, BuyerState) else Alipay.UNKNOWN,
            limit=buyer.limit if isinstance(buyer, BuyerState) else None,
            at=asked_at,
            item=item if isinstance(item, Item) else None,
            orders=_orders(orders),
        )
        await self._desk.receive(f"answer:{claim.work_id}", told)
        return Done()

    async def _silence(self, chat_id: int, claim: Claim, away: Unavailable, *, aloud: bool = True) -> Outcome:
        if aloud and claim.attempts >= PATIENCE:
            await self._desk.receive(f"answer:{claim.work_id}", HouseSilent(chat_id=chat_id))
            return Done()
        delay = backoff(claim.attempts, longest=60 if aloud else 3600)
        return Later(max(delay, timedelta(seconds=away.retry_after or 0)), away.reason)


def _orders(answer: object) -> tuple[Order, ...]:
    return tuple(order for order in answer if isinstance(order, Order)) if isinstance(answer, tuple) else ()

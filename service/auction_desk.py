"""Takes what the auction house tells: orders by their version, facts about buyers by their timestamp."""

from dataclasses import replace

from flow import classify
from flow import events as on
from flow.journey import Journey, Kind, NotNow
from flow.linked import Alipay
from flow.order import Order
from flow.states import UNPAID
from service.auction_events import (
    BidWon,
    BuyerAlipayChanged,
    BuyerConnected,
    BuyerDisconnected,
    OrderCancelled,
    OrderChanged,
    OrderPaid,
    UnknownEvent,
)
from service.facts import Intent
from service.histories import path_of
from service.moves import Mover, chat_line
from service.ports import Transaction
from service.receipt import Receipt
from service.records import Buyer
from service.work import AskHouse, Say


class AuctionDesk:
    """Old news never overwrites newer, and a buyer who has no chat yet finds everything when they connect."""

    def __init__(self, mover: Mover) -> None:
        self._mover = mover

    async def order(self, tx: Transaction, fact_id: str, fact: BidWon | OrderChanged) -> Receipt:
        """A won or changed order."""
        buyer = await self._buyer(tx, fact.order.buyer_id)
        if not await tx.newer(fact.order.order_id, fact.order.version):
            return Receipt.SEEN
        if fact.order.payment_method == "alipay":
            await tx.save_buyer(replace(buyer, link=buyer.link.told(Alipay.LINKED, fact.at)))
        await self.take_order(tx, fact_id, fact.order)
        return Receipt.TAKEN

    async def take_order(self, tx: Transaction, fact_id: str, order: Order) -> None:
        """Move the order's journey, or the one that waits for this item, or a new one."""
        journey = await tx.journey_of_order(order.order_id) or await self._awaiting(tx, order)
        await self._try(tx, fact_id, journey, classify.amended(journey, order))

    async def cancelled(self, tx: Transaction, fact_id: str, fact: OrderCancelled) -> Receipt:
        """An order that need not be paid any more."""
        return await self._end(tx, fact_id, fact, on.OrderCancelled())

    async def paid_elsewhere(self, tx: Transaction, fact_id: str, fact: OrderPaid) -> Receipt:
        """An order that was paid at the auction house."""
        return await self._end(tx, fact_id, fact, on.PaidElsewhere())

    async def connected(self, tx: Transaction, _: str, fact: BuyerConnected) -> Receipt:
        """The buyer confirmed the connection; what waited for them is shown, and the house is asked for the rest."""
        buyer = await self._buyer(tx, fact.buyer_id)
        if buyer.connection_at is not None and fact.at <= buyer.connection_at:
            return Receipt.SEEN
        await self._disconnect(tx, buyer)
        await self._take_over(tx, fact)
        buyer = replace(
            buyer,
            telegram_user_id=fact.telegram_user_id,
            display_name=fact.display_name or buyer.display_name,
            connection_at=fact.at,
        )
        await tx.save_buyer(buyer)
        await self.greet(tx, buyer)
        return Receipt.TAKEN

    async def greet(self, tx: Transaction, buyer: Buyer) -> None:
        """Bind the buyer to their chat, where they have opened one, and ask the house what is open."""
        chat = await tx.chat_of_user(buyer.telegram_user_id) if buyer.telegram_user_id else None
        if chat is None:
            return
        await tx.save_chat(replace(chat, buyer_id=buyer.buyer_id))
        values = {"name": buyer.display_name or chat.name}
        await tx.queue(chat_line(chat.chat_id), Say(chat_id=chat.chat_id, text="connected", values=values))
        for journey in await tx.journeys(buyer.buyer_id, Kind.PAYMENT):
            if journey.state in UNPAID:
                await self._mover.redraw(tx, journey)
        ask = AskHouse(buyer_id=buyer.buyer_id, chat_id=chat.chat_id, intent=Intent.GREET, language=chat.language)
        await tx.queue(f"house:{buyer.buyer_id}", ask)

    async def disconnected(self, tx: Transaction, _: str, fact: BuyerDisconnected) -> Receipt:
        """The buyer ended the connection there."""
        buyer = await self._buyer(tx, fact.buyer_id)
        if buyer.connection_at is not None and fact.at <= buyer.connection_at:
            return Receipt.SEEN
        await self._disconnect(tx, buyer)
        await tx.save_buyer(replace(buyer, telegram_user_id=None, connection_at=fact.at))
        return Receipt.TAKEN

    async def alipay_changed(self, tx: Transaction, fact_id: str, fact: BuyerAlipayChanged) -> Receipt:
        """The link state at the auction house changed."""
        buyer = await self._buyer(tx, fact.buyer_id)
        link = buyer.link.told(fact.alipay, fact.at, fact.limit)
        if link == buyer.link:
            return Receipt.SEEN
        await tx.save_buyer(replace(buyer, link=link))
        await self.tell_journeys(tx, fact_id, fact.buyer_id, fact.alipay)
        return Receipt.TAKEN

    async def tell_journeys(self, tx: Transaction, fact_id: str, buyer_id: str, alipay: Alipay) -> None:
        """Let the buyer's journeys know what the link state is now."""
        event = _LINK_EVENTS.get(alipay)
        if event is None:
            return
        for journey in await tx.journeys(buyer_id):
            await self._try(tx, fact_id, journey, event())

    async def unknown(self, _: Transaction, __: str, ___: UnknownEvent) -> Receipt:
        """A type that we do not know is kept in the inbox and moves nothing."""
        return Receipt.DECLINED

    async def _end(self, tx: Transaction, fact_id: str, fact: OrderCancelled | OrderPaid, event: on.Event) -> Receipt:
        await self._buyer(tx, fact.buyer_id)
        if not await tx.newer(fact.order_id, fact.version):
            return Receipt.SEEN
        journey = await tx.journey_of_order(fact.order_id)
        if journey is None:
            return Receipt.DECLINED
        return await self._try(tx, fact_id, journey, event)

    async def _awaiting(self, tx: Transaction, order: Order) -> Journey:
        journeys = await tx.journeys(order.buyer_id, Kind.PAYMENT)
        for journey in reversed(journeys):
            if journey.order is None and journey.item and journey.item.auction_id == order.auction_id:
                return journey
        path = await path_of(tx, order.buyer_id)
        return await self._mover.begin(tx, order.buyer_id, Kind.PAYMENT, path)

    async def _try(self, tx: Transaction, fact_id: str, journey: Journey, event: on.Event) -> Receipt:
        try:
            await self._mover.move(tx, fact_id, journey, event)
        except NotNow:
            return Receipt.DECLINED
        return Receipt.TAKEN

    async def _buyer(self, tx: Transaction, buyer_id: str) -> Buyer:
        await tx.lock(f"buyer:{buyer_id}")
        return await tx.buyer(buyer_id) or Buyer(buyer_id=buyer_id)

    async def _take_over(self, tx: Transaction, fact: BuyerConnected) -> None:
        other = await tx.buyer_of_user(fact.telegram_user_id)
        if other is not None and other.buyer_id != fact.buyer_id:
            await self._disconnect(tx, other)
            await tx.save_buyer(replace(other, telegram_user_id=None))

    async def _disconnect(self, tx: Transaction, buyer: Buyer) -> None:
        chat = await tx.chat_of_user(buyer.telegram_user_id) if buyer.telegram_user_id else None
        if chat is not None and chat.buyer_id == buyer.buyer_id:
            await tx.save_chat(replace(chat, buyer_id=None))
            await tx.queue(chat_line(chat.chat_id), Say(chat_id=chat.chat_id, text="disconnected"))


_LINK_EVENTS: dict[Alipay, type[on.AlipayLinked] | type[on.AlipayNotOffered]] = {
    Alipay.LINKED: on.AlipayLinked,
    Alipay.NOT_OFFERED: on.AlipayNotOffered,
}

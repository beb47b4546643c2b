"""Takes what the auction house tells: orders by their version, facts about buyers by their timestamp."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from flow import classify
from flow import events as on
from flow.journey import Journey, Kind, NotNow
from flow.linked import Alipay, LinkState
from flow.order import Item, Order
from flow.states import CLOSED, UNPAID, Payment
from flow.steps import Path
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
from service.facts import Intent, OrdersListed, WalletUnlinked
from service.histories import path_after, path_of
from service.lines import chat_line, reopening_line
from service.moves import Mover
from service.ports import Transaction
from service.receipt import Receipt
from service.records import Buyer, ChargeState, Chat
from service.work import AskHouse, CatchUp, Say


class AuctionDesk:
    """Old news never overwrites newer, and a buyer who has no chat yet finds everything when they connect."""

    def __init__(self, mover: Mover) -> None:
        self._mover = mover

    async def order(self, tx: Transaction, fact_id: str, fact: BidWon | OrderChanged) -> Receipt:
        """A won or changed order; that it is to be paid with Alipay says that the account is linked."""
        buyer = await self._buyer(tx, fact.order.buyer_id)
        if not await tx.newer(fact.order.order_id, fact.order.version):
            return Receipt.SEEN
        if fact.order.payment_method == "alipay":
            buyer = replace(buyer, link=buyer.link.told(Alipay.LINKED, fact.at))
            await tx.save_buyer(buyer)
        await self._take_order(tx, fact_id, buyer, fact.order)
        return Receipt.TAKEN

    async def listed(self, tx: Transaction, fact_id: str, fact: OrdersListed) -> Receipt:
        """Where the auction house's list of unpaid orders differs from ours: an event was lost, or is late."""
        await self.take_listed(tx, fact_id, await self._buyer(tx, fact.buyer_id), fact.orders)
        gone = [await self._gone(tx, fact_id, order_id, version) for order_id, version in fact.gone]
        return Receipt.TAKEN if fact.orders or Receipt.TAKEN in gone else Receipt.DECLINED

    async def take_listed(self, tx: Transaction, fact_id: str, buyer: Buyer, orders: Iterable[Order]) -> None:
        """Those that are new, newer or back; a list does not tell since when Alipay is linked. The buyer is locked."""
        for order in orders:
            known = await tx.journey_of_order(order.order_id)
            if await tx.newer(order.order_id, order.version) or (known and classify.is_back(known, order)):
                await self._take_order(tx, fact_id, buyer, order)

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
        if chat.unreachable_at is None:
            values = {"name": buyer.display_name or chat.name}
            await tx.queue(chat_line(chat.chat_id), Say(chat_id=chat.chat_id, text="connected", values=values))
        for journey in await tx.journeys(buyer.buyer_id, Kind.PAYMENT):
            if journey.state in UNPAID:
                await self._mover.redraw(tx, journey, merges=True)
                await self._mover.remind(tx, journey)
        ask = AskHouse(buyer_id=buyer.buyer_id, chat_id=chat.chat_id, intent=Intent.GREET, language=chat.language)
        await tx.queue(f"house:{buyer.buyer_id}", ask)

    async def catch_up(self, tx: Transaction, buyer: Buyer, chat: Chat) -> None:
        """Take the reminders up again, and have what the buyer's chat missed brought behind what is said to it now."""
        for journey in await tx.journeys(buyer.buyer_id):
            await self._mover.remind(tx, journey)
        await tx.queue(reopening_line(chat.chat_id), CatchUp(chat_id=chat.chat_id))

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
        await self._relink(tx, fact_id, buyer, link)
        return Receipt.TAKEN

    async def wallet_unlinked(self, tx: Transaction, fact_id: str, fact: WalletUnlinked) -> Receipt:
        """The buyer ended the authorization in the wallet: whoever last paid from it has to verify anew."""
        found = await tx.buyers_of_wallet(fact.wallet_id)
        for known in found:
            await self.unlink(tx, fact_id, await self._buyer(tx, known.buyer_id), fact.at, "unlinked.in_wallet")
        return Receipt.TAKEN if found else Receipt.DECLINED

    async def unlink(self, tx: Transaction, fact_id: str, buyer: Buyer, at: datetime, text: str) -> None:
        """Take the unlink as a fact about the link state, and tell the buyer, where it is the newest."""
        link = buyer.link.told(Alipay.NOT_LINKED, at)
        if link.alipay is not buyer.link.alipay:
            await self._mover.tell(tx, buyer.buyer_id, text)
        await self._relink(tx, fact_id, buyer, link)

    async def _relink(self, tx: Transaction, fact_id: str, buyer: Buyer, link: LinkState) -> None:
        await tx.save_buyer(replace(buyer, link=link))
        await self.tell_journeys(tx, fact_id, buyer.buyer_id, buyer.link.alipay, link.alipay)
        if buyer.link.alipay is Alipay.LINKED and link.alipay is Alipay.NOT_LINKED:
            watching = [j for j in await tx.journeys(buyer.buyer_id, Kind.PAYMENT) if j.state is Payment.WATCHING]
            if watching:
                await self.offer_verification(tx, buyer.buyer_id, watching[-1].item)

    async def tell_journeys(self, tx: Transaction, fact_id: str, buyer_id: str, before: Alipay, alipay: Alipay) -> None:
        """Let the buyer's journeys know what the link state is now, and which path follows from it."""
        event: on.AlipayLinked | on.AlipayUnlinked | on.AlipayNotOffered
        match alipay:
            case Alipay.LINKED:
                event = on.AlipayLinked(path=await path_of(tx, buyer_id))
            case Alipay.NOT_LINKED if before is not alipay:
                event = on.AlipayUnlinked(path=await path_of(tx, buyer_id))
            case Alipay.NOT_OFFERED:
                event = on.AlipayNotOffered()
            case _:
                return
        for journey in await tx.journeys(buyer_id):
            await self._try(tx, fact_id, journey, event)

    async def offer_verification(self, tx: Transaction, buyer_id: str, item: Item | None) -> Receipt:
        """The verification journey that is open, or a new one, as a new card."""
        journeys = await tx.journeys(buyer_id, Kind.VERIFICATION)
        journey = journeys[-1] if journeys and journeys[-1].state not in CLOSED else None
        if journey is None:
            journey = await self._mover.begin(tx, buyer_id, Kind.VERIFICATION, Path.FIRST_TIME, item)
        elif item is not None:
            journey = await tx.save_journey(replace(journey, item=item))
        await self._mover.redraw(tx, journey)
        return Receipt.TAKEN

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

    async def _take_order(self, tx: Transaction, fact_id: str, buyer: Buyer, order: Order) -> None:
        """Move the order's journey, or the one that waits for this item, or a new one; the buyer is locked."""
        journey = await tx.journey_of_order(order.order_id) or await self._awaiting(tx, buyer, order)
        await self._try(tx, fact_id, journey, classify.amended(journey, order))

    async def _gone(self, tx: Transaction, fact_id: str, order_id: str, version: int) -> Receipt:
        """An order that is not open any more; while its money may be on the way, that is left to a later look."""
        journey = await tx.journey_of_order(order_id)
        if journey is None or journey.order is None or journey.order.version != version or journey.state not in UNPAID:
            return Receipt.SEEN
        if any(charge.state in (ChargeState.OPENING, ChargeState.OPEN) for charge in await tx.charges(journey.id)):
            return Receipt.DECLINED
        return await self._try(tx, fact_id, journey, on.OrderGone())

    async def _awaiting(self, tx: Transaction, buyer: Buyer, order: Order) -> Journey:
        journeys = await tx.journeys(buyer.buyer_id)
        for journey in reversed(journeys):
            is_open = journey.kind is Kind.PAYMENT and journey.order is None
            if is_open and journey.item and journey.item.auction_id == order.auction_id:
                return journey
        return await self._mover.begin(tx, buyer.buyer_id, Kind.PAYMENT, path_after(buyer, journeys))

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
            if chat.unreachable_at is None:
                await tx.queue(chat_line(chat.chat_id), Say(chat_id=chat.chat_id, text="disconnected"))

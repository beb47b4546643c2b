"""Takes product links and what the auction house answers to them: the journey that fits the buyer begins here."""

from dataclasses import replace

from flow.journey import Journey, Kind
from flow.linked import Alipay
from flow.offers import Act
from flow.order import Item
from service.auction_desk import AuctionDesk
from service.chats import Chats, ask_house, say
from service.facts import BuyerTold, HouseSilent, Intent, ItemMissing, OrderShown, ProductShown
from service.histories import followed, path_of
from service.lines import chat_line
from service.moves import Mover
from service.ports import Clock, Transaction
from service.receipt import Receipt
from service.records import Buyer, Chat
from service.work import TellPayments


class ItemDesk:
    """Verification first where the account is not linked; else choosing Alipay with the bid."""

    def __init__(self, mover: Mover, house: AuctionDesk, chats: Chats, clock: Clock) -> None:
        self._mover, self._house, self._chats, self._clock = mover, house, chats, clock

    async def product(self, tx: Transaction, _: str, fact: ProductShown) -> Receipt:
        """A product link: the auction house is asked about the item and the buyer."""
        chat = await self._chats.enter(tx, fact.person)
        if chat.buyer_id is None:
            return await say(tx, chat.chat_id, "connect")
        return await ask_house(tx, chat, chat.buyer_id, Intent.ITEM, fact.auction_id)

    async def order_shown(self, tx: Transaction, _: str, fact: OrderShown) -> Receipt:
        """The buyer came from a won item's page: its card, or the list where the item is not one of theirs."""
        chat = await self._chats.enter(tx, fact.person)
        if chat.buyer_id is None:
            return await say(tx, chat.chat_id, "connect")
        journey = await tx.journey_of_order(fact.order_id)
        if journey is None or journey.buyer_id != chat.buyer_id:
            await tx.queue(chat_line(chat.chat_id), TellPayments(chat_id=chat.chat_id))
        else:
            await self._mover.redraw(tx, journey)
        return Receipt.TAKEN

    async def missing(self, tx: Transaction, _: str, fact: ItemMissing) -> Receipt:
        """The auction house knows no such item."""
        return await say(tx, fact.chat_id, "item.missing")

    async def silent(self, tx: Transaction, _: str, fact: HouseSilent) -> Receipt:
        """The auction house does not answer: say so instead of leaving somebody waiting."""
        return await say(tx, fact.chat_id, "house.silent")

    async def told(self, tx: Transaction, fact_id: str, fact: BuyerTold) -> Receipt:
        """The auction house's answer about a buyer; what the buyer wanted goes on from here."""
        await tx.lock(f"buyer:{fact.buyer_id}")
        buyer = await tx.buyer(fact.buyer_id) or Buyer(buyer_id=fact.buyer_id)
        before, link = buyer.link, buyer.link.told(fact.alipay, fact.at, fact.limit)
        buyer = replace(buyer, link=link)
        await tx.save_buyer(buyer)
        if link != before:
            await self._house.tell_journeys(tx, fact_id, fact.buyer_id, before.alipay, link.alipay)
        await self._house.take_listed(tx, fact_id, buyer, fact.orders)
        chat = await tx.chat_of_user(buyer.telegram_user_id) if buyer.telegram_user_id else None
        if chat is not None and fact.intent is not Intent.GREET:
            await self._go_on(tx, chat, fact, link.alipay)
        return Receipt.TAKEN

    async def objection(self, tx: Transaction, chat: Chat, journey: Journey, act: Act) -> Receipt | None:
        """What stands in the way of paying with Alipay, in words of its own; None where nothing does."""
        if journey.kind is not Kind.PAYMENT or act not in (Act.CHOOSE_ALIPAY, Act.USE_ALIPAY, Act.NEW_LINK):
            return None
        buyer = await tx.buyer(journey.buyer_id) or Buyer(buyer_id=journey.buyer_id)
        limit, total = buyer.link.limit, journey.order.total if journey.order else None
        if buyer.link.alipay is Alipay.NOT_OFFERED:
            return await say(tx, chat.chat_id, "not_offered")
        if limit and total and limit.currency == total.currency and limit < total:
            return await say(tx, chat.chat_id, "limit_exceeded", limit=limit, total=total)
        if act is Act.CHOOSE_ALIPAY and buyer.link.alipay is Alipay.NOT_LINKED:
            return await self._house.offer_verification(tx, buyer.buyer_id, None)
        return None

    async def _go_on(self, tx: Transaction, chat: Chat, fact: BuyerTold, alipay: Alipay) -> Receipt:
        if fact.item is not None:
            return await self._go_on_with(tx, chat, fact.buyer_id, fact.item, alipay)
        match alipay:
            case Alipay.NOT_LINKED:
                return await self._house.offer_verification(tx, fact.buyer_id, None)
            case Alipay.NOT_OFFERED:
                return await say(tx, chat.chat_id, "not_offered")
            case Alipay.LINKED:
                return await say(tx, chat.chat_id, "verify.linked")
            case Alipay.UNKNOWN:
                return await say(tx, chat.chat_id, "verify.unknown")

    async def _go_on_with(self, tx: Transaction, chat: Chat, buyer_id: str, item: Item, alipay: Alipay) -> Receipt:
        journey = await followed(tx, buyer_id, item.auction_id)
        if journey is None and item.ends_at <= self._clock.now():
            return await say(tx, chat.chat_id, "item.ended")
        if journey is None and alipay is Alipay.NOT_OFFERED:
            return await say(tx, chat.chat_id, "not_offered")
        if journey is None:
            journey = await self._mover.begin(tx, buyer_id, Kind.PAYMENT, await path_of(tx, buyer_id), item)
        if alipay is Alipay.NOT_LINKED and journey.order is None:
            return await self._house.offer_verification(tx, buyer_id, item)
        await self._mover.redraw(tx, journey)
        return Receipt.TAKEN

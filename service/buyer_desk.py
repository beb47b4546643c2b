"""Takes what people do in the chat, and the auction house's answers to what they asked."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from flow.journey import Journey, Kind, NotNow
from flow.linked import Alipay
from flow.offers import EVENT_OF, Act
from flow.order import Item
from flow.states import CLOSED
from flow.steps import Path
from service.auction_desk import AuctionDesk
from service.facts import (
    BuyerTold,
    CodeAnswered,
    CodeBrought,
    Command,
    CommandGiven,
    ForeignLinkShown,
    HouseSilent,
    Intent,
    ItemMissing,
    OrderShown,
    Person,
    Pressed,
    ProductShown,
    WordsSaid,
)
from service.histories import path_of
from service.languages import language_of
from service.moves import Mover, chat_line
from service.ports import Clock, Transaction
from service.receipt import Receipt
from service.records import Button, Buyer, Chat
from service.work import AskHouse, OfferLanguages, RedeemCode, Say, TellPayments, TellStatus

LANGUAGE = "language"
ITEM = "item"

Action = Callable[[Transaction, str, Chat], Awaitable[Receipt]]


class BuyerDesk:
    """Commands, codes, product links and buttons of one person, under that person's lock."""

    def __init__(self, mover: Mover, house: AuctionDesk, clock: Clock, languages: tuple[str, ...]) -> None:
        self._mover, self._house, self._clock, self._languages = mover, house, clock, languages
        self._commands: dict[Command, Action] = {
            Command.START: self._start,
            Command.VERIFY: self._verify,
            Command.PAYMENTS: self._payments,
            Command.STATUS: self._status,
            Command.HELP: self._help,
            Command.LANGUAGE: self._language,
            Command.CANCEL: self._cancel,
            Command.SUPPORT: self._support,
        }

    async def command(self, tx: Transaction, fact_id: str, fact: CommandGiven) -> Receipt:
        """A command without an argument."""
        chat = await self._chat(tx, fact.person)
        return await self._commands[fact.command](tx, fact_id, chat)

    async def code(self, tx: Transaction, _: str, fact: CodeBrought) -> Receipt:
        """`/start` with a one-time code: the auction house decides, and the buyer confirms there."""
        chat = await self._chat(tx, fact.person)
        work = RedeemCode(chat_id=chat.chat_id, user_id=chat.user_id, name=chat.name, code=fact.code)
        await tx.queue(f"code:{chat.chat_id}", work)
        return Receipt.TAKEN

    async def code_answered(self, tx: Transaction, _: str, fact: CodeAnswered) -> Receipt:
        """What the auction house said to the code."""
        if fact.display_name is not None:
            return await _say(tx, fact.chat_id, "code.confirm", name=fact.display_name)
        return await _say(tx, fact.chat_id, "code.used" if fact.used else "code.unknown")

    async def product(self, tx: Transaction, _: str, fact: ProductShown) -> Receipt:
        """A product link starts the journey that fits: verification first, or choosing Alipay with the bid."""
        chat = await self._chat(tx, fact.person)
        if chat.buyer_id is None:
            return await _say(tx, chat.chat_id, "connect")
        return await _ask_house(tx, chat, chat.buyer_id, Intent.ITEM, fact.auction_id)

    async def order_shown(self, tx: Transaction, fact_id: str, fact: OrderShown) -> Receipt:
        """The buyer came from a won item's page: its card, or the list where the item is not one of theirs."""
        chat = await self._chat(tx, fact.person)
        journey = await tx.journey_of_order(fact.order_id)
        if journey is None or chat.buyer_id != journey.buyer_id:
            return await self._payments(tx, fact_id, chat)
        await self._mover.show(tx, journey, fresh=True)
        return Receipt.TAKEN

    async def foreign_link(self, tx: Transaction, _: str, fact: ForeignLinkShown) -> Receipt:
        """A link of another shop: say which links are meant."""
        chat = await self._chat(tx, fact.person)
        return await _say(tx, chat.chat_id, "foreign_link")

    async def item_missing(self, tx: Transaction, _: str, fact: ItemMissing) -> Receipt:
        """The auction house knows no such item."""
        return await _say(tx, fact.chat_id, "item.missing")

    async def house_silent(self, tx: Transaction, _: str, fact: HouseSilent) -> Receipt:
        """The auction house does not answer: say so instead of leaving somebody waiting."""
        return await _say(tx, fact.chat_id, "house.silent")

    async def words(self, tx: Transaction, _: str, fact: WordsSaid) -> Receipt:
        """Free text: say what the bot understands."""
        chat = await self._chat(tx, fact.person)
        return await _say(tx, chat.chat_id, "words")

    async def pressed(self, tx: Transaction, fact_id: str, fact: Pressed) -> Receipt:
        """A button: bound to its chat and to an expiry; what it may do is decided by the journey, not by the button."""
        chat = await self._chat(tx, fact.person)
        button = await tx.button(fact.button_id)
        if button is None or button.chat_id != chat.chat_id or button.expires_at <= self._clock.now():
            return Receipt.EXPIRED
        if button.act == LANGUAGE:
            return await self._choose_language(tx, chat, button)
        if button.act == Act.SUPPORT:
            return await self._support(tx, fact_id, chat)
        return await self._press(tx, fact_id, chat, button)

    async def told(self, tx: Transaction, fact_id: str, fact: BuyerTold) -> Receipt:
        """The auction house's answer about a buyer; what the buyer wanted goes on from here."""
        await tx.lock(f"buyer:{fact.buyer_id}")
        buyer = await tx.buyer(fact.buyer_id) or Buyer(buyer_id=fact.buyer_id)
        link = buyer.link.told(fact.alipay, fact.at, fact.limit)
        await tx.save_buyer(replace(buyer, link=link))
        if link != buyer.link:
            await self._house.tell_journeys(tx, fact_id, fact.buyer_id, link.alipay)
        for order in fact.orders:
            if await tx.newer(order.order_id, order.version):
                await self._house.take_order(tx, fact_id, order)
        chat = await tx.chat_of_user(buyer.telegram_user_id) if buyer.telegram_user_id else None
        if chat is not None and fact.intent is not Intent.GREET:
            await self._go_on(tx, chat, fact, link.alipay)
        return Receipt.TAKEN

    async def _go_on(self, tx: Transaction, chat: Chat, fact: BuyerTold, alipay: Alipay) -> None:
        if alipay is Alipay.NOT_LINKED:
            await self._offer_verification(tx, fact.buyer_id, fact.item)
        elif alipay is Alipay.NOT_OFFERED:
            await _say(tx, chat.chat_id, "not_offered")
        elif fact.item is not None:
            await self._mover.follow(tx, fact.buyer_id, fact.item, await path_of(tx, fact.buyer_id))
        elif alipay is Alipay.LINKED:
            await _say(tx, chat.chat_id, "verify.linked")
        else:
            await _say(tx, chat.chat_id, "verify.unknown")

    async def _offer_verification(self, tx: Transaction, buyer_id: str, item: Item | None) -> None:
        journeys = await tx.journeys(buyer_id, Kind.VERIFICATION)
        journey = journeys[-1] if journeys and journeys[-1].state not in CLOSED else None
        if journey is None:
            journey = await self._mover.begin(tx, buyer_id, Kind.VERIFICATION, Path.FIRST_TIME, item)
        elif item is not None:
            journey = await tx.save_journey(replace(journey, item=item))
        await self._mover.show(tx, journey, fresh=True)

    async def _press(self, tx: Transaction, fact_id: str, chat: Chat, button: Button) -> Receipt:
        journey = await tx.journey(button.subject)
        if journey is None or journey.buyer_id != chat.buyer_id:
            return Receipt.EXPIRED
        if button.act == ITEM:
            await self._mover.show(tx, journey, fresh=True)
            return Receipt.TAKEN
        if button.act == Act.CHOOSE_ALIPAY:
            return await self._choose_alipay(tx, fact_id, chat, journey)
        return await self._move(tx, fact_id, journey, Act(button.act))

    async def _choose_alipay(self, tx: Transaction, fact_id: str, chat: Chat, journey: Journey) -> Receipt:
        """Alipay for an order that was won without it: an account that is not linked is verified first."""
        buyer = await tx.buyer(journey.buyer_id) or Buyer(buyer_id=journey.buyer_id)
        match buyer.link.alipay:
            case Alipay.NOT_OFFERED:
                return await _say(tx, chat.chat_id, "not_offered")
            case Alipay.NOT_LINKED:
                await self._offer_verification(tx, buyer.buyer_id, None)
                return Receipt.TAKEN
            case _:
                return await self._move(tx, fact_id, journey, Act.CHOOSE_ALIPAY)

    async def _move(self, tx: Transaction, fact_id: str, journey: Journey, act: Act) -> Receipt:
        try:
            await self._mover.move(tx, fact_id, journey, EVENT_OF[act]())
        except NotNow:
            await self._mover.show(tx, journey, fresh=True)
            return Receipt.DECLINED
        return Receipt.TAKEN

    async def _start(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await _say(tx, chat.chat_id, "welcome.unconnected")
        await _say(tx, chat.chat_id, "welcome.connected")
        await self._redraw(tx, chat.buyer_id)
        return await _ask_house(tx, chat, chat.buyer_id, Intent.GREET)

    async def _verify(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await _say(tx, chat.chat_id, "connect")
        return await _ask_house(tx, chat, chat.buyer_id, Intent.VERIFY)

    async def _payments(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await _say(tx, chat.chat_id, "connect")
        await tx.queue(chat_line(chat.chat_id), TellPayments(chat_id=chat.chat_id))
        return Receipt.TAKEN

    async def _status(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await _say(tx, chat.chat_id, "connect")
        await tx.queue(chat_line(chat.chat_id), TellStatus(chat_id=chat.chat_id))
        return Receipt.TAKEN

    async def _help(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        return await _say(tx, chat.chat_id, "help")

    async def _language(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        await tx.queue(chat_line(chat.chat_id), OfferLanguages(chat_id=chat.chat_id))
        return Receipt.TAKEN

    async def _cancel(self, tx: Transaction, fact_id: str, chat: Chat) -> Receipt:
        for journey in reversed(await tx.journeys(chat.buyer_id)) if chat.buyer_id else ():
            try:
                await self._mover.move(tx, fact_id, journey, EVENT_OF[Act.CANCEL]())
            except NotNow:
                continue
            return await _say(tx, chat.chat_id, "cancel.done")
        await _say(tx, chat.chat_id, "cancel.nothing")
        return Receipt.DECLINED

    async def _support(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await _say(tx, chat.chat_id, "support.unconnected")
        await self._mover.call_staff(tx, chat.buyer_id, "buyer_asked")
        return await _say(tx, chat.chat_id, "support.noted")

    async def _choose_language(self, tx: Transaction, chat: Chat, button: Button) -> Receipt:
        if button.subject not in self._languages:
            return Receipt.EXPIRED
        await tx.save_chat(replace(chat, language=button.subject, chosen=True))
        await _say(tx, chat.chat_id, "language.chosen")
        if chat.buyer_id is not None:
            await self._redraw(tx, chat.buyer_id)
        return Receipt.TAKEN

    async def _redraw(self, tx: Transaction, buyer_id: str) -> None:
        for journey in await tx.journeys(buyer_id):
            if journey.state not in CLOSED:
                await self._mover.show(tx, journey, fresh=True)

    async def _chat(self, tx: Transaction, person: Person) -> Chat:
        """The person's chat under their lock; the first word of a person opens it."""
        known = await tx.buyer_of_user(person.user_id)
        await tx.lock(f"buyer:{known.buyer_id}" if known else f"user:{person.user_id}")
        chat = await tx.chat(person.chat_id)
        language = language_of(person.language, self._languages)
        if chat is None:
            chat = Chat(chat_id=person.chat_id, user_id=person.user_id, name=person.name, language=language)
        elif not chat.chosen:
            chat = replace(chat, language=language)
        chat = replace(chat, name=person.name)
        await tx.save_chat(chat)
        return await self._bind(tx, chat, known)

    async def _bind(self, tx: Transaction, chat: Chat, buyer: Buyer | None) -> Chat:
        if buyer is None or chat.buyer_id == buyer.buyer_id:
            return chat
        await self._house.greet(tx, buyer)
        return replace(chat, buyer_id=buyer.buyer_id)


async def _say(tx: Transaction, chat_id: int, text: str, **values: str) -> Receipt:
    await tx.queue(chat_line(chat_id), Say(chat_id=chat_id, text=text, values=values))
    return Receipt.TAKEN


async def _ask_house(
    tx: Transaction, chat: Chat, buyer_id: str, intent: Intent, auction_id: str | None = None
) -> Receipt:
    ask = AskHouse(buyer_id=buyer_id, chat_id=chat.chat_id, intent=intent, auction_id=auction_id)
    await tx.queue(f"house:{buyer_id}", ask)
    return Receipt.TAKEN

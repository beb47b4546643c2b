"""Takes what people do in the chat: commands, codes, buttons, words."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from flow.journey import Journey, NotNow
from flow.linked import Alipay
from flow.offers import EVENT_OF, Act
from flow.states import CLOSED, VERIFYING, Payment
from service.auction_desk import AuctionDesk
from service.chats import Chats, ask_house, say
from service.facts import CodeAnswered, CodeBrought, Command, CommandGiven, ForeignLinkShown, Intent, Pressed, WordsSaid
from service.item_desk import ItemDesk
from service.lines import chat_line
from service.moves import Mover
from service.places import place_of
from service.ports import Clock, Transaction
from service.preference_desk import TONGUE, PreferenceDesk
from service.receipt import Receipt
from service.records import Button, Chat
from service.reminder_desk import ReminderDesk
from service.staff import Call, Case, Staff
from service.work import OfferLanguages, OfferUnlink, RedeemCode, ShowSettings, TellPayments, TellStatus

LANGUAGE = "language"
ITEM = "item"
UNLINK = "unlink"
ACKNOWLEDGE = "acknowledge"
SNOOZE = "snooze"

Action = Callable[[Transaction, str, Chat], Awaitable[Receipt]]


class BuyerDesk:
    """Whatever one person does, under that person's lock."""

    def __init__(
        self,
        mover: Mover,
        items: ItemDesk,
        house: AuctionDesk,
        chats: Chats,
        staff: Staff,
        clock: Clock,
        reminders: ReminderDesk,
        preferences: PreferenceDesk,
    ) -> None:
        self._mover, self._items, self._house, self._chats = mover, items, house, chats
        self._staff, self._clock, self._reminders, self._preferences = staff, clock, reminders, preferences
        self._commands: dict[Command, Action] = {
            Command.START: self._start,
            Command.VERIFY: self._verify,
            Command.PAYMENTS: self._payments,
            Command.STATUS: self._status,
            Command.HELP: self._help,
            Command.LANGUAGE: self._language,
            Command.CANCEL: self._cancel,
            Command.UNLINK: self._offer_unlink,
            Command.SUPPORT: self._support,
            Command.SETTINGS: self._settings,
        }

    async def command(self, tx: Transaction, fact_id: str, fact: CommandGiven) -> Receipt:
        """A command without an argument."""
        chat = await self._chats.enter(tx, fact.person)
        return await self._commands[fact.command](tx, fact_id, chat)

    async def code(self, tx: Transaction, _: str, fact: CodeBrought) -> Receipt:
        """`/start` with a one-time code: the auction house decides, and the buyer confirms there."""
        chat = await self._chats.enter(tx, fact.person)
        connected = chat.buyer_id is not None
        work = RedeemCode(
            chat_id=chat.chat_id, user_id=chat.user_id, name=chat.name, code=fact.code, connected=connected
        )
        await tx.queue(f"code:{chat.chat_id}", work)
        return Receipt.TAKEN

    async def code_answered(self, tx: Transaction, _: str, fact: CodeAnswered) -> Receipt:
        """What the auction house said to the code."""
        if fact.display_name is not None:
            return await say(tx, fact.chat_id, "code.confirm", name=fact.display_name)
        chat = await tx.chat(fact.chat_id)
        if chat and chat.buyer_id and not fact.connected:
            # The first answer was lost, and the buyer has confirmed meanwhile.
            return Receipt.SEEN
        return await say(tx, fact.chat_id, "code.used" if fact.used else "code.unknown")

    async def foreign_link(self, tx: Transaction, _: str, fact: ForeignLinkShown) -> Receipt:
        """A link of another shop: say which links are meant."""
        chat = await self._chats.enter(tx, fact.person)
        return await say(tx, chat.chat_id, "foreign_link")

    async def words(self, tx: Transaction, _: str, fact: WordsSaid) -> Receipt:
        """Free text: say what the bot understands."""
        chat = await self._chats.enter(tx, fact.person)
        return await say(tx, chat.chat_id, "words")

    async def pressed(self, tx: Transaction, fact_id: str, fact: Pressed) -> Receipt:
        """A button: bound to its chat and to an expiry; what it may do is decided by the journey, not by the button."""
        chat = await self._chats.enter(tx, fact.person)
        button = await tx.button(fact.button_id)
        if button is None or button.chat_id != chat.chat_id or button.expires_at <= self._clock.now():
            return Receipt.EXPIRED
        if button.act == LANGUAGE:
            return await self._choose_language(tx, chat, button.subject)
        if button.act == UNLINK:
            return await self._unlink(tx, fact_id, chat, button)
        if button.act == Act.SUPPORT:
            return await self._support(tx, fact_id, chat)
        if button.act == TONGUE:
            await tx.queue(chat_line(chat.chat_id), ShowSettings(chat_id=chat.chat_id, message_id=fact.message_id))
            return await self._choose_language(tx, chat, button.subject)
        if button.act in self._preferences.acts:
            return await self._preferences.pressed(tx, chat, button, fact.message_id)
        return await self._press(tx, fact_id, chat, button)

    async def _press(self, tx: Transaction, fact_id: str, chat: Chat, button: Button) -> Receipt:
        journey = await tx.journey(button.subject)
        if journey is None or journey.buyer_id != chat.buyer_id:
            return Receipt.EXPIRED
        if button.act == ITEM:
            await self._mover.redraw(tx, journey)
            return Receipt.TAKEN
        if button.act == ACKNOWLEDGE:
            return await self._reminders.acknowledge(tx, journey)
        if button.act == SNOOZE:
            return await self._reminders.snooze(tx, journey)
        act = Act(button.act)
        objection = await self._items.objection(tx, chat, journey, act)
        return objection or await self._move(tx, fact_id, journey, act)

    async def _move(self, tx: Transaction, fact_id: str, journey: Journey, act: Act) -> Receipt:
        try:
            await self._mover.move(tx, fact_id, journey, EVENT_OF[act]())
        except NotNow:
            await self._mover.show(tx, journey)
            return Receipt.DECLINED
        return Receipt.TAKEN

    async def _start(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await say(tx, chat.chat_id, "welcome.unconnected")
        await say(tx, chat.chat_id, "welcome.connected")
        await self._redraw(tx, chat, chat.buyer_id)
        return await ask_house(tx, chat, chat.buyer_id, Intent.GREET)

    async def _verify(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await say(tx, chat.chat_id, "connect")
        return await ask_house(tx, chat, chat.buyer_id, Intent.VERIFY)

    async def _payments(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await say(tx, chat.chat_id, "connect")
        await tx.queue(chat_line(chat.chat_id), TellPayments(chat_id=chat.chat_id))
        return Receipt.TAKEN

    async def _status(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await say(tx, chat.chat_id, "connect")
        await tx.queue(chat_line(chat.chat_id), TellStatus(chat_id=chat.chat_id))
        return Receipt.TAKEN

    async def _help(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        return await say(tx, chat.chat_id, "help")

    async def _language(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        await tx.queue(chat_line(chat.chat_id), OfferLanguages(chat_id=chat.chat_id))
        return Receipt.TAKEN

    async def _settings(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        await tx.queue(chat_line(chat.chat_id), ShowSettings(chat_id=chat.chat_id))
        return Receipt.TAKEN

    async def _cancel(self, tx: Transaction, fact_id: str, chat: Chat) -> Receipt:
        for journey in reversed(await tx.journeys(chat.buyer_id)) if chat.buyer_id else ():
            try:
                await self._mover.move(tx, fact_id, journey, EVENT_OF[Act.CANCEL]())
            except NotNow:
                continue
            return await say(tx, chat.chat_id, "cancel.done")
        await say(tx, chat.chat_id, "cancel.nothing")
        return Receipt.DECLINED

    async def _support(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await say(tx, chat.chat_id, "support.unconnected")
        await self._staff.call(tx, Call.BUYER_ASKED, Case(buyer_id=chat.buyer_id))
        return await say(tx, chat.chat_id, "support.noted")

    async def _offer_unlink(self, tx: Transaction, _: str, chat: Chat) -> Receipt:
        if chat.buyer_id is None:
            return await say(tx, chat.chat_id, "connect")
        buyer = await tx.buyer(chat.buyer_id)
        if buyer is not None and buyer.link.alipay is Alipay.NOT_LINKED:
            return await say(tx, chat.chat_id, "unlink.not_linked")
        await tx.queue(chat_line(chat.chat_id), OfferUnlink(chat_id=chat.chat_id))
        return Receipt.TAKEN

    async def _unlink(self, tx: Transaction, fact_id: str, chat: Chat, button: Button) -> Receipt:
        """The link itself is the auction house's: here it counts as ended, and a person ends it there."""
        buyer = await tx.buyer(button.subject) if button.subject == chat.buyer_id else None
        if buyer is None:
            return Receipt.EXPIRED
        await self._house.unlink(tx, fact_id, buyer, self._clock.now(), "unlinked.here")
        await self._staff.call(tx, Call.UNLINK_ASKED, Case(buyer_id=buyer.buyer_id))
        return Receipt.TAKEN

    async def _choose_language(self, tx: Transaction, chat: Chat, language: str) -> Receipt:
        if language not in self._chats.languages:
            return Receipt.EXPIRED
        chosen = replace(chat, language=language, chosen=True)
        await tx.save_chat(chosen)
        await self._preferences.guess_anew(tx, chosen)
        await say(tx, chat.chat_id, "language.chosen")
        if chat.buyer_id is not None:
            await self._redraw(tx, chat, chat.buyer_id)
        return Receipt.TAKEN

    async def _redraw(self, tx: Transaction, chat: Chat, buyer_id: str) -> None:
        """Every open card anew; what has to wait for a verification waits for it."""
        journeys = await tx.journeys(buyer_id)
        verifying = any(journey.state in VERIFYING for journey in journeys)
        for journey in journeys:
            if journey.state not in CLOSED and not (verifying and journey.state is Payment.WATCHING):
                await self._mover.bring(tx, journey, await place_of(tx, journey, chat.chat_id))

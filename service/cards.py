"""Carries out what concerns the chat: draws the present state of things, whatever was queued."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

from flow.journey import Journey, Kind
from flow.money import Money
from flow.offers import LINKS, OFFERS, Act
from flow.reminders import granted_pause
from flow.states import CLOSED, UNPAID
from service.buttons import ButtonMaker
from service.buyer_desk import ACKNOWLEDGE, ITEM, LANGUAGE, SNOOZE, UNLINK
from service.catching_up import CatchingUp
from service.deliveries import REMINDER, RETIRED, Deliveries
from service.desk import Desk
from service.digests import Digests, Wins, deadline
from service.errors import UnknownRecord
from service.languages import DEFAULT
from service.lines import chat_line
from service.places import Place, place_of
from service.ports import Claim, Clock, Messenger, Names, Store, Transaction
from service.preference_desk import menu
from service.preferences import preference_of
from service.records import Buyer, Card, Charge, Chat, Topic
from service.reminders import deadline_of
from service.rules import Rules
from service.views import (
    Buttons,
    CardView,
    LinkButton,
    NoteView,
    PaymentsView,
    PressButton,
    Sent,
    SettingsView,
    StatusView,
    Undeliverable,
    View,
)
from service.work import (
    Done,
    OfferLanguages,
    OfferUnlink,
    Outcome,
    RetireCard,
    Say,
    ShowCard,
    ShowReminder,
    ShowSettings,
    TellPayments,
    TellStatus,
)


class Cards:
    """Builds views in a transaction, commits their buttons, and only then sends."""

    def __init__(
        self,
        store: Store,
        messenger: Messenger,
        desk: Desk,
        rules: Rules,
        clock: Clock,
        names: Names,
        languages: tuple[str, ...],
    ) -> None:
        self._store, self._messenger, self._rules, self._clock = store, messenger, rules, clock
        self._languages = languages
        self._maker = ButtonMaker(rules, clock, names)
        self._deliveries = Deliveries(store, desk, rules, clock)
        self.digests = Digests(store, messenger, self._deliveries, self._maker)
        self.catching_up = CatchingUp(store)

    async def card(self, work: ShowCard, claim: Claim) -> Outcome:
        """A journey's card as it stands now: edited in its place, or sent anew and the old one made inert."""
        async with self._store.transaction() as tx:
            journey, chat = await _whose(tx, work.journey_id)
            if chat is None or chat.unreachable_at is not None:
                return Done(idle=True)
            place = await place_of(tx, journey, chat.chat_id)
            if place.tells(work, journey):
                await self.digests.mend(tx, place, chat.chat_id)
                return Done(idle=True)
            if place.card is None and work.manner == "edit" and await _is_silent(tx, chat, journey):
                return Done(idle=True)
            wins = await self.digests.wins(tx, work, claim, chat)
            view = wins or await self._card_view(tx, chat, journey)
        if isinstance(view, Wins):
            return await self.digests.send(view, claim)
        replacing = place.card.message_id if place.card and work.manner in ("edit", "refresh") else None
        delivering = self._messenger.deliver(view, replacing=replacing)
        return await self._deliveries.settle(view, delivering, claim, then=partial(self._hang, view, place))

    async def retire(self, work: RetireCard, claim: Claim) -> Outcome:
        """An older card made inert: once the chat is open again where it is closed; where it is refused, never."""
        async with self._store.transaction() as tx:
            journey, chat = await tx.journey(work.journey_id), await tx.chat(work.chat_id)
            card = await tx.card(work.journey_id)
            if chat is not None and chat.unreachable_at is not None:
                await _remember(tx, work)
                return Done(idle=True)
            if journey is None or chat is None:
                return Done(idle=True)
            if card is not None and (card.chat_id, card.message_id) == (work.chat_id, work.message_id):
                return Done(idle=True)
            view = CardView(
                chat_id=chat.chat_id,
                language=chat.language,
                journey=journey,
                shop=self._rules.shop,
                amount=None,
                expires_at=None,
                buttons=(),
                zone=(await preference_of(tx, chat)).zone,
            )
        return await self._deliveries.settle(
            view,
            self._messenger.retire(view, work.message_id),
            claim,
            then=partial(_retired, work),
            otherwise=partial(_not_retired, work),
            name=RETIRED,
        )

    async def reminder(self, work: ShowReminder, claim: Claim) -> Outcome:
        """The card anew with what is left of the time to pay; the link on it is the one that was there before."""
        async with self._store.transaction() as tx:
            journey, chat = await _whose(tx, work.journey_id)
            if chat is None or chat.unreachable_at is not None or not await self._is_timely(tx, work, journey):
                return Done(idle=True)
            place = await place_of(tx, journey, chat.chat_id)
            left = work.pay_by - self._clock.now()
            view = replace(
                await self._card_view(tx, chat, journey),
                left=left,
                is_last=work.lead <= min(self._rules.reminder_ladder, default=work.lead),
            )
            view = replace(view, buttons=(*view.buttons, *await self._answers(tx, chat, journey, left)))
        delivering, hang = self._messenger.deliver(view), partial(self._hang, view, place)
        return await self._deliveries.settle(view, delivering, claim, then=hang, name=REMINDER)

    async def _answers(self, tx: Transaction, chat: Chat, journey: Journey, left: timedelta) -> Buttons:
        """What can be said to a reminder; how long it can be put off is part of the words."""
        acknowledge = await self._button(tx, chat, ACKNOWLEDGE, journey.id)
        pause = granted_pause(left, self._rules.snooze_time)
        if pause is None:
            return (acknowledge,)
        snooze = await self._button(tx, chat, SNOOZE, journey.id)
        return acknowledge, replace(snooze, subject=str(round(pause.total_seconds())))

    async def _is_timely(self, tx: Transaction, work: ShowReminder, journey: Journey) -> bool:
        """Whether the reminder still says what is so, and none that is nearer stands behind it."""
        reminded = await tx.reminded(journey.id)
        if reminded is None or reminded.sent != work.lead:
            return False
        return deadline_of(journey) == work.pay_by and self._clock.now() < work.pay_by

    async def settings(self, work: ShowSettings, claim: Claim) -> Outcome:
        """What the person wants to be told, in the place of the message whose button was pressed."""
        async with self._store.transaction() as tx:
            chat = await tx.chat(work.chat_id)
            if chat is None:
                raise UnknownRecord(f"chat {work.chat_id}")
            preference = await preference_of(tx, chat)
            acts = menu(work.page, self._languages)
            buttons = [await self._button(tx, chat, act, subject) for act, subject in acts]
        view = SettingsView(
            chat_id=chat.chat_id,
            language=chat.language,
            page=work.page,
            preference=preference,
            buttons=tuple(buttons),
        )
        return await self._send(view, claim, work.message_id)

    async def say(self, work: Say, claim: Claim) -> Outcome:
        """A text of the catalogue."""
        async with self._store.transaction() as tx:
            chat = await tx.chat(work.chat_id)
            moved = None if chat else await tx.moved_chat(work.chat_id)
        if chat is not None and chat.unreachable_at is not None and not self._deliveries.is_staff(claim.line):
            return Done(idle=True)
        view = NoteView(
            chat_id=moved.moved_to if moved else work.chat_id,
            language=chat.language if chat else DEFAULT,
            text=work.text,
            values=work.values,
            amounts=work.amounts,
            texts=work.texts,
            journey_id=work.journey_id,
        )
        return await self._send(view, claim)

    async def payments(self, work: TellPayments, claim: Claim) -> Outcome:
        """The unpaid won items, nearest deadline first, those without one last."""
        async with self._store.transaction() as tx:
            chat, buyer = await _chat(tx, work.chat_id)
            found = await tx.journeys(buyer.buyer_id, Kind.PAYMENT)
            journeys = sorted((j for j in found if j.state in UNPAID), key=deadline)
            buttons = [await self._button(tx, chat, ITEM, journey.id) for journey in journeys]
            zone = (await preference_of(tx, chat)).zone
        view = PaymentsView(
            chat_id=chat.chat_id, language=chat.language, journeys=tuple(journeys), buttons=tuple(buttons), zone=zone
        )
        return await self._send(view, claim)

    async def status(self, work: TellStatus, claim: Claim) -> Outcome:
        """The link state and the open journeys."""
        async with self._store.transaction() as tx:
            chat, buyer = await _chat(tx, work.chat_id)
            journeys = await tx.journeys(buyer.buyer_id)
        view = StatusView(
            chat_id=chat.chat_id,
            language=chat.language,
            name=buyer.display_name,
            alipay=buyer.link.alipay,
            journeys=tuple(journey for journey in journeys if journey.state not in CLOSED),
        )
        return await self._send(view, claim)

    async def languages(self, work: OfferLanguages, claim: Claim) -> Outcome:
        """The languages to choose from."""
        async with self._store.transaction() as tx:
            chat = await tx.chat(work.chat_id)
            if chat is None:
                raise UnknownRecord(f"chat {work.chat_id}")
            buttons = [await self._button(tx, chat, LANGUAGE, language) for language in self._languages]
        view = NoteView(chat_id=chat.chat_id, language=chat.language, text="language.choose", buttons=tuple(buttons))
        return await self._send(view, claim)

    async def unlink(self, work: OfferUnlink, claim: Claim) -> Outcome:
        """The question whether the Alipay account is really to be unlinked."""
        async with self._store.transaction() as tx:
            chat, buyer = await _chat(tx, work.chat_id)
            button = await self._button(tx, chat, UNLINK, buyer.buyer_id)
        view = NoteView(chat_id=chat.chat_id, language=chat.language, text="unlink.ask", buttons=(button,))
        return await self._send(view, claim)

    async def _send(self, view: View, claim: Claim, replacing: int | None = None) -> Outcome:
        return await self._deliveries.settle(view, self._messenger.deliver(view, replacing=replacing), claim)

    async def _hang(self, view: CardView, place: Place, tx: Transaction, sent: Sent) -> None:
        journey, old = view.journey, place.card
        is_new = old is None or old.message_id != sent.message_id
        new = Card(
            journey_id=journey.id,
            chat_id=view.chat_id,
            message_id=sent.message_id,
            version=journey.version,
            announced=journey.version if old is None or is_new else old.announced,
            older=old.older if old else (),
        )
        await tx.save_card(new)
        if old is not None and is_new:
            retire = RetireCard(journey_id=journey.id, chat_id=view.chat_id, message_id=old.message_id)
            await tx.queue(chat_line(view.chat_id), retire)
        await self.digests.mend(tx, place, view.chat_id)

    async def _card_view(self, tx: Transaction, chat: Chat, journey: Journey) -> CardView:
        charges = await tx.charges(journey.id)
        live = next((charge for charge in charges if charge.id == journey.charge_id and not charge.void), None)
        return CardView(
            chat_id=chat.chat_id,
            language=chat.language,
            journey=journey,
            shop=self._rules.shop,
            amount=journey.order.total if journey.order else self._amount(journey),
            expires_at=live.expires_at if live else None,
            buttons=await self._buttons(tx, chat, journey, live),
            zone=(await preference_of(tx, chat)).zone,
            paid=next((charge.paid for charge in reversed(charges) if charge.paid), None),
            estimate=live.estimate if live else None,
            estimated_at=live.estimated_at if live else None,
        )

    def _amount(self, journey: Journey) -> Money | None:
        return self._rules.verification_amount if journey.kind is Kind.VERIFICATION else None

    async def _buttons(self, tx: Transaction, chat: Chat, journey: Journey, charge: Charge | None) -> Buttons:
        buttons: list[PressButton | LinkButton] = []
        for act in OFFERS[journey.state]:
            if act not in LINKS:
                buttons.append(await self._button(tx, chat, act, journey.id))
            elif url := self._url(act, journey, charge):
                buttons.append(LinkButton(url=url, act=act))
        return tuple(buttons)

    def _url(self, act: Act, journey: Journey, charge: Charge | None) -> str | None:
        match act:
            case Act.OPEN_LINK:
                return self._rules.landing(charge.token) if charge else None
            case Act.OPEN_ITEM:
                return self._rules.item(journey.item.auction_id) if journey.item else None
            case _:
                return self._rules.payments_url

    async def _button(self, tx: Transaction, chat: Chat, act: str, subject: str) -> PressButton:
        return await self._maker.make(tx, chat.chat_id, act, subject)


async def _is_silent(tx: Transaction, chat: Chat, journey: Journey) -> bool:
    """Whether the buyer was never told of this item, and did not want to be; or was, so long ago that it is over."""
    if journey.state in CLOSED:
        return True
    return journey.kind is Kind.PAYMENT and Topic.WINS in (await preference_of(tx, chat)).muted


async def _remember(tx: Transaction, work: RetireCard) -> None:
    """Note that an older card is still to be made inert, with the newer one that hangs there."""
    card = await tx.card(work.journey_id)
    if card is not None and card.chat_id == work.chat_id and work.message_id not in card.older:
        await tx.save_card(replace(card, older=(*card.older, work.message_id)))


async def _retired(work: RetireCard, tx: Transaction, _: Sent) -> None:
    card = await tx.card(work.journey_id)
    if card is not None and work.message_id in card.older:
        await tx.save_card(replace(card, older=tuple(each for each in card.older if each != work.message_id)))


async def _not_retired(work: RetireCard, tx: Transaction, refusal: Undeliverable) -> bool:
    if refusal.unreachable:
        await _remember(tx, work)
    return True


async def _whose(tx: Transaction, journey_id: str) -> tuple[Journey, Chat | None]:
    journey = await tx.journey(journey_id)
    if journey is None:
        raise UnknownRecord(f"journey {journey_id}")
    return journey, await tx.chat_of_buyer(journey.buyer_id)


async def _chat(tx: Transaction, chat_id: int) -> tuple[Chat, Buyer]:
    chat = await tx.chat(chat_id)
    buyer = await tx.buyer(chat.buyer_id) if chat and chat.buyer_id else None
    if chat is None or buyer is None:
        raise UnknownRecord(f"connected chat {chat_id}")
    return chat, buyer

"""The Transaction port in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flow.journey import Journey, Kind
from service.errors import StaleJourney
from service.facts import Fact
from service.ports import Letter
from service.records import Attempt, Button, Buyer, Card, Charge, Chat, Digest, MovedChat, Preference, Refund, Reminded
from store import codec
from tests.memory import columns
from tests.memory.tables import Move, NotedAttempt, NotedFact, OrderVersion
from tests.memory.unit import statement
from tests.memory.upkeep import UpkeepUnit


class MemoryTransaction(UpkeepUnit):
    """One unit of work. See `service.ports.Transaction`."""

    @statement
    async def note(self, fact_id: str, fact: Fact, at: datetime) -> bool:
        """Write the fact down; False where it was taken before."""
        columns.check({"id": fact_id, **codec.pack_fact(fact)})
        return await self._rows.add(self._tables.facts, NotedFact(id=fact_id, fact=fact, at=at)) is not None

    @statement
    async def note_move(self, fact_id: str, before: Journey, after: Journey, event: str) -> None:
        """Write down that a fact moved a journey."""
        columns.check({"fact_id": fact_id, "journey_id": after.id, "event": event})
        move = Move(fact_id=fact_id, before=before, after=after, event=event, at=self._began)
        await self._rows.insert(self._tables.moves, move)

    @statement
    async def keep(self, letter: Letter) -> int | None:
        """Keep a letter; its number, or None where it was kept before."""
        columns.check(codec.pack_letter(letter))
        number = await self._rows.add(self._tables.inbox, letter)
        assert number is None or isinstance(number, int)
        return number

    @statement
    async def chat(self, chat_id: int) -> Chat | None:
        """The chat of this id."""
        return self._get(self._tables.chats, chat_id)

    @statement
    async def chat_of_user(self, user_id: int) -> Chat | None:
        """The private chat of a Telegram user."""
        return self._find(self._tables.chats, "chat_user_id_key", user_id)

    @statement
    async def chat_of_buyer(self, buyer_id: str) -> Chat | None:
        """The private chat of the Telegram user whom the buyer confirmed."""
        buyer = self._get(self._tables.buyers, buyer_id)
        return self._find(self._tables.chats, "chat_user_id_key", buyer.telegram_user_id) if buyer else None

    @statement
    async def save_chat(self, chat: Chat) -> None:
        """Insert or update."""
        columns.check(codec.pack(chat))
        await self._rows.upsert(self._tables.chats, chat, lambda kept, new: replace(new, user_id=kept.user_id))

    @statement
    async def buyer(self, buyer_id: str) -> Buyer | None:
        """The buyer of this id."""
        return self._get(self._tables.buyers, buyer_id)

    @statement
    async def buyer_of_user(self, user_id: int) -> Buyer | None:
        """The buyer who confirmed that this Telegram user is theirs."""
        return self._find(self._tables.buyers, "buyer_telegram_user_id_key", user_id)

    @statement
    async def buyers_of_wallet(self, wallet_id: str) -> Sequence[Buyer]:
        """The buyers who last paid from this Alipay account."""
        columns.check({"wallet_id": wallet_id})
        found = [buyer for buyer in self._rows.all(self._tables.buyers) if buyer.wallet_id == wallet_id]
        return sorted(found, key=lambda buyer: buyer.buyer_id)

    @statement
    async def save_buyer(self, buyer: Buyer) -> None:
        """Insert or update."""
        columns.check(codec.pack_buyer(buyer))
        await self._rows.upsert(self._tables.buyers, buyer, lambda kept, new: new)

    @statement
    async def journey(self, journey_id: str) -> Journey | None:
        """The journey of this id."""
        return self._get(self._tables.journeys, journey_id)

    @statement
    async def journey_of_order(self, order_id: str) -> Journey | None:
        """The payment journey of an order."""
        return self._find(self._tables.journeys, "journey_order_id_key", order_id)

    @statement
    async def journeys(self, buyer_id: str, kind: Kind | None = None) -> Sequence[Journey]:
        """The buyer's journeys, oldest first."""
        columns.check({"buyer_id": buyer_id})
        found = self._rows.among(self._tables.journeys, "buyer_id", buyer_id)
        return [journey for journey in found if kind is None or journey.kind is kind]

    @statement
    async def save_journey(self, journey: Journey) -> Journey:
        """Save over the version it was loaded as. Raises StaleJourney."""
        columns.check(codec.pack_journey(journey))
        saved = replace(journey, version=journey.version + 1)

        def over(kept: Journey) -> Journey | None:
            if kept.version != journey.version:
                return None
            return replace(saved, kind=kept.kind, buyer_id=kept.buyer_id)

        if journey.version:
            is_saved = await self._rows.update(self._tables.journeys, journey.id, over)
        else:
            is_saved = await self._rows.add(self._tables.journeys, saved) is not None
        if not is_saved:
            raise StaleJourney(journey.id)
        return saved

    @statement
    async def newer(self, order_id: str, version: int) -> bool:
        """Take `version` as the newest of this order; False where it is not."""
        columns.check({"order_id": order_id, "version": version})
        order = OrderVersion(order_id=order_id, version=version)
        return await self._rows.upsert(
            self._tables.order_versions, order, lambda kept, new: new if kept.version < new.version else None
        )

    @statement
    async def charge(self, charge_id: str) -> Charge | None:
        """The charge of this id."""
        return self._get(self._tables.charges, charge_id)

    @statement
    async def charge_of_token(self, token: str) -> Charge | None:
        """The charge behind a landing page."""
        return self._find(self._tables.charges, "charge_token_key", token)

    @statement
    async def charges(self, journey_id: str) -> Sequence[Charge]:
        """The journey's charges, oldest first."""
        columns.check({"journey_id": journey_id})
        return self._rows.among(self._tables.charges, "journey_id", journey_id)

    @statement
    async def save_charge(self, charge: Charge) -> None:
        """Insert or update; a state never shrinks."""
        columns.check(codec.pack_charge(charge))
        await self._rows.upsert(self._tables.charges, charge, _grown_charge)

    @statement
    async def refund(self, refund_id: str) -> Refund | None:
        """The refund of this id."""
        return self._get(self._tables.refunds, refund_id)

    @statement
    async def refunds(self, charge_id: str) -> Sequence[Refund]:
        """The charge's refunds, oldest first."""
        columns.check({"charge_id": charge_id})
        found = self._rows.among(self._tables.refunds, "charge_id", charge_id)
        return sorted(found, key=lambda refund: (refund.intended_at, refund.id))

    @statement
    async def save_refund(self, refund: Refund) -> None:
        """Insert or update; a state never shrinks."""
        columns.check(codec.pack_refund(refund))
        await self._rows.upsert(self._tables.refunds, refund, _grown_refund)

    @statement
    async def button(self, button_id: str) -> Button | None:
        """What a callback id stands for."""
        return self._get(self._tables.buttons, button_id)

    @statement
    async def save_button(self, button: Button) -> None:
        """Insert."""
        columns.check(codec.pack(button))
        await self._rows.insert(self._tables.buttons, button)

    @statement
    async def card(self, journey_id: str) -> Card | None:
        """Where the journey's card hangs."""
        return self._get(self._tables.cards, journey_id)

    @statement
    async def save_card(self, card: Card) -> None:
        """Insert or update."""
        columns.check(codec.pack_card(card))
        await self._rows.upsert(self._tables.cards, card, lambda kept, new: new)

    @statement
    async def digest(self, chat_id: int, message_id: int) -> Digest | None:
        """The digest that hangs there."""
        columns.check({"chat_id": chat_id, "message_id": message_id})
        return self._rows.get(self._tables.digests, (chat_id, message_id))

    @statement
    async def digests(self, journey_id: str) -> Sequence[Digest]:
        """The digests that show the journey's item."""
        columns.check({"shows": codec.showing(journey_id)})
        found = [
            digest
            for digest in self._rows.all(self._tables.digests)
            if any(line.journey_id == journey_id for line in digest.lines)
        ]
        return sorted(found, key=lambda digest: (digest.chat_id, digest.message_id))

    @statement
    async def save_digest(self, digest: Digest) -> None:
        """Insert or update."""
        columns.check(codec.pack_digest(digest))
        await self._rows.upsert(self._tables.digests, digest, lambda kept, new: new)

    @statement
    async def reminded(self, journey_id: str) -> Reminded | None:
        """How far the reminders of the journey's deadline have come."""
        return self._get(self._tables.reminders, journey_id)

    @statement
    async def save_reminded(self, reminded: Reminded) -> None:
        """Insert or update."""
        columns.check(codec.pack(reminded))
        await self._rows.upsert(self._tables.reminders, reminded, lambda kept, new: new)

    @statement
    async def preference(self, chat_id: int) -> Preference | None:
        """What the person wants to be told in this chat."""
        return self._get(self._tables.preferences, chat_id)

    @statement
    async def save_preference(self, preference: Preference) -> None:
        """Insert or update."""
        columns.check(codec.pack_preference(preference))
        await self._rows.upsert(self._tables.preferences, preference, lambda kept, new: new)

    @statement
    async def moved_chat(self, chat_id: int) -> MovedChat | None:
        """Where the group of this id is now, if it moved."""
        return self._get(self._tables.moved_chats, chat_id)

    @statement
    async def save_moved_chat(self, moved: MovedChat) -> None:
        """Insert or update."""
        columns.check(codec.pack(moved))
        await self._rows.upsert(self._tables.moved_chats, moved, lambda kept, new: new)

    @statement
    async def note_attempt(self, attempt: Attempt) -> None:
        """Write down what became of an attempt to bring something to a chat."""
        columns.check(codec.pack_attempt(attempt))
        if attempt.buyer_id is None and (chat := self._get(self._tables.chats, attempt.chat_id)):
            attempt = replace(attempt, buyer_id=chat.buyer_id)
        await self._rows.insert(self._tables.deliveries, NotedAttempt(attempt=attempt, at=self._began))


def _grown_charge(kept: Charge, new: Charge) -> Charge | None:
    """What was asked never changes, and the state only grows."""
    if new.state < kept.state:
        return None
    return replace(
        new,
        journey_id=kept.journey_id,
        token=kept.token,
        amount=kept.amount,
        issued_at=kept.issued_at,
        expires_at=kept.expires_at,
    )


def _grown_refund(kept: Refund, new: Refund) -> Refund | None:
    """Of which charge and when never changes, and the state only grows."""
    if new.state < kept.state:
        return None
    return replace(kept, state=new.state, amount=new.amount, gateway_id=new.gateway_id, reason=new.reason)

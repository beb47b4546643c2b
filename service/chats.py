"""Chats as the use cases meet them: entered under their person's lock, and spoken to through their line."""

from dataclasses import replace

from flow.money import Money
from service.auction_desk import AuctionDesk
from service.facts import Intent, Person
from service.languages import language_of
from service.lines import chat_line
from service.ports import Clock, Transaction
from service.preferences import default_of
from service.receipt import Receipt
from service.records import Buyer, Chat
from service.work import AskHouse, Say


class Chats:
    """Opens the chat of whoever speaks; `languages` are those that texts exist in."""

    def __init__(self, house: AuctionDesk, languages: tuple[str, ...], clock: Clock) -> None:
        self._house, self.languages, self._clock = house, languages, clock

    async def enter(self, tx: Transaction, person: Person) -> Chat:
        """The person's chat under their lock; the first word of a person opens it."""
        known = await tx.buyer_of_user(person.user_id)
        await tx.lock(f"buyer:{known.buyer_id}" if known else f"user:{person.user_id}")
        chat = await tx.chat(person.chat_id)
        was_closed = chat is not None and chat.unreachable_at is not None
        language = language_of(person.language, self.languages)
        if chat is None:
            chat = Chat(chat_id=person.chat_id, user_id=person.user_id, name=person.name, language=language)
            await tx.save_preference(default_of(chat, person.language))
        elif not chat.chosen:
            chat = replace(chat, language=language)
        chat = replace(chat, name=person.name, unreachable_at=None, heard_at=self._clock.now())
        await tx.save_chat(chat)
        if was_closed and known is not None:
            await self._house.catch_up(tx, known, chat)
        return await self._bind(tx, chat, known)

    async def _bind(self, tx: Transaction, chat: Chat, buyer: Buyer | None) -> Chat:
        if buyer is None or chat.buyer_id == buyer.buyer_id:
            return chat
        await self._house.greet(tx, buyer)
        return replace(chat, buyer_id=buyer.buyer_id)


async def say(tx: Transaction, chat_id: int, text: str, **values: str | Money) -> Receipt:
    """Queue a text of the catalogue for a chat, with what goes into its placeholders."""
    words = {name: value for name, value in values.items() if isinstance(value, str)}
    amounts = {name: value for name, value in values.items() if isinstance(value, Money)}
    await tx.queue(chat_line(chat_id), Say(chat_id=chat_id, text=text, values=words, amounts=amounts))
    return Receipt.TAKEN


async def ask_house(
    tx: Transaction, chat: Chat, buyer_id: str, intent: Intent, auction_id: str | None = None
) -> Receipt:
    """Queue a question to the auction house; its answer goes on with what was intended."""
    ask = AskHouse(
        buyer_id=buyer_id, chat_id=chat.chat_id, intent=intent, auction_id=auction_id, language=chat.language
    )
    await tx.queue(f"house:{buyer_id}", ask)
    return Receipt.TAKEN

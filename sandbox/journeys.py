"""Plays both journeys of the article as a person would, step by step.

Nothing here reads a word of the bot: a card is known by its place in the chat and by its buttons, so every language
plays alike. A step counts as reached once all that belongs to it was seen.
"""

import time
from collections.abc import Callable

from sandbox.person import (
    PATIENCE,
    Addresses,
    Json,
    Person,
    Walk,
    WalkFailed,
    browser,
    can_press,
    labels,
    links,
    places,
    words,
)

__all__ = ["FIRST_TIME", "RETURNING", "Addresses", "Walk", "WalkFailed", "first_time", "returning"]

RETURNING = ("choose_alipay", "open_payment", "use_alipay", "pay_in_alipay", "completed")
FIRST_TIME = ("verify_account", "log_in", *RETURNING)


async def first_time(
    addresses: Addresses, language: str, buyer_id: str, auction_id: str, *, patience: float = PATIENCE
) -> Walk:
    """The seven steps of a buyer who never used Alipay there. Raises WalkFailed."""
    async with browser() as session:
        person = Person(addresses, session, Walk(buyer_id, "first_time"), patience=patience)
        began = time.monotonic()
        await person.come("小林", language)
        await person.connect()
        await _verify(person, auction_id)
        await _buy(person, auction_id)
        person.walk.seconds = round(time.monotonic() - began, 3)
        return person.walk


async def returning(
    addresses: Addresses, language: str, buyer_id: str, auction_id: str, *, patience: float = PATIENCE
) -> Walk:
    """The five steps of a buyer who used Alipay there before. Raises WalkFailed."""
    async with browser() as session:
        person = Person(addresses, session, Walk(buyer_id, "returning"), patience=patience)
        began = time.monotonic()
        await person.come("山本", language)
        await person.connect()
        await person.write(addresses.item(auction_id))
        await person.reach("choose_alipay", _is_item(addresses.item(auction_id)), "card of the item")
        await _buy(person, auction_id)
        person.walk.seconds = round(time.monotonic() - began, 3)
        return person.walk


async def _verify(person: Person, auction_id: str) -> None:
    item = person.at.item(auction_id)
    await person.write(item)
    offer = await person.reach("verify_account", lambda card: can_press(card) and not links(card), "offer to verify")
    await person.press(offer)
    link = await person.card(lambda card: bool(links(card)), "verification link")
    cashier = await person.open_link(link)
    await person.reach("log_in", _waits(link), "card that waits for the login")
    await person.pay(cashier)
    await person.reach("choose_alipay", _newer(link), "word that the account is verified")
    await person.look(lambda seen: any(map(_is_item(item), seen)), "card of the item")
    await person.told("verification.completed")
    back = await person.told("verification.refunded")
    await person.money_back(back["data"]["payment_id"])
    await person.look(lambda seen: len(list(filter(_newer(link), seen))) >= 2, "word that the money is back")


async def _buy(person: Person, auction_id: str) -> None:
    title = await _title(person, person.at.item(auction_id))
    order_id = await person.bid_and_win(auction_id)
    won = await person.reach("open_payment", _is_won(title), "card of the won item")
    await person.press(won)
    choice = await person.reach("use_alipay", _is_choice, "choice of Alipay")
    await person.press(choice)
    link = await person.reach("pay_in_alipay", lambda card: bool(links(card)), "payment link")
    cashier = await person.open_link(link)
    await person.card(_waits(link), "card that waits for the payment")
    await person.pay(cashier)
    person.stand_at("completed")
    await person.card(_ends(link), "completed payment")
    await person.told("payment.completed", order_id=order_id)
    await person.card(_ends(link), "completed payment")
    person.reached()


def _waits(link: Json) -> Callable[[Json], bool]:
    """The link's card once it says something else, its link still there."""
    return lambda card: bool(links(card)) and words(card) != words(link)


def _newer(link: Json) -> Callable[[Json], bool]:
    return lambda card: bool(card["message_id"] > link["message_id"])


def _ends(link: Json) -> Callable[[Json], bool]:
    """A card after the link's with nothing left to do."""
    return lambda card: _newer(link)(card) and not labels(card)


def _is_item(url: str) -> Callable[[Json], bool]:
    """The card of an item that is not won yet: a way to it, and a way out."""
    return lambda card: can_press(card) and url in links(card)


async def _title(person: Person, url: str) -> str:
    """The first line of the newest card of an item."""
    await person.look(lambda seen: any(map(_is_item(url), seen)), "card of the item")
    return next(words(card) for card in reversed(await person.messages()) if _is_item(url)(card)).partition("\n")[0]


def _is_won(title: str) -> Callable[[Json], bool]:
    """The item's card, with something to do in the chat."""
    return lambda card: can_press(card) and not links(card) and words(card).startswith(title)


def _is_choice(card: Json) -> bool:
    return len(places(card, "callback_data")) == 2 and not links(card)

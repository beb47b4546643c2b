"""Buyers as the stories tell of them: what they do, and what they are shown, in the catalogues' own words."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from markupsafe import Markup

from bot.keyboards import LABELS
from bot.wording import without_tags
from flow.offers import Act as Button
from sandbox.person import WALLET, Person, labels, links, words
from service.languages import language_of
from service.texts import Texts

Json = Mapping[str, Any]

_NAMES = (
    "amount",
    "buyer",
    "case",
    "count",
    "estimate",
    "gateway_id",
    "id",
    "label",
    "limit",
    "m",
    "moment",
    "n",
    "name",
    "order",
    "paid",
    "payment",
    "reason",
    "shop",
    "step",
    "title",
    "total",
    "why",
)
_ANYTHING = {name: Markup("\0") for name in _NAMES}


@dataclass(slots=True, kw_only=True)
class Buyer:
    """One person of a story; `orders` are the ids of what they won."""

    person: Person
    texts: Texts
    name: str
    language: str = "en"
    orders: list[str] = field(default_factory=list)

    async def come(self, language: str = "en") -> None:
        """Open Telegram on a phone with this language."""
        self.language = language_of(language, self.texts.languages)
        await self.person.come(self.name, language)

    async def wins(self, auction_id: str) -> None:
        """Bid with Alipay, win, and get the card."""
        self.orders.append(await self.person.bid_and_win(auction_id))
        await self.sees("payment.won")

    async def shows(self, auction_id: str) -> None:
        """Paste an item's link."""
        await self.person.write(self.person.at.item(auction_id))

    async def presses(self, button: Button | str) -> Json:
        """Press the newest button of this kind, once there is one; what showed on top of the screen."""
        label = self.label(button)
        found = await self.person.look(lambda seen: any(label in labels(each) for each in seen), f"button {label}")
        messages = await self.person.messages()
        card = next(each for each in [found, *reversed(messages)] if label in labels(each))
        return await self.press_on(card, button)

    async def press_on(self, card: Json, button: Button | str) -> Json:
        """Press a button of this very message."""
        return await self.person.press_at(card["message_id"], labels(card).index(self.label(button)))

    async def opens_link(self) -> str:
        """Open the newest card's link on the phone; the address of Alipay's page."""
        return await self.person.open_link(await self.link())

    async def pays(self, phone: str = WALLET) -> None:
        """Open the link and pay in Alipay."""
        await self.person.pay(await self.opens_link(), phone)

    async def asks_for_a_new_link_and_pays(self) -> None:
        """Press for another link, open it and pay."""
        old = await self.has_seen("payment.lapsed")
        await self.presses(Button.NEW_LINK)
        await self.person.card(lambda card: card["message_id"] >= old["message_id"] and bool(links(card)), "new link")
        await self.pays()

    async def refuses(self) -> None:
        """Open the link, and do not pay."""
        await self.person.refuse(await self.opens_link())

    async def link(self) -> Json:
        """The newest card with a landing page, once there is one."""
        return await self.person.card(lambda card: any("/go/" in url for url in links(card)), "card with a link")

    async def landing(self) -> str:
        """The address of the newest card's landing page."""
        return links(await self.link())[0]

    async def sees(self, key: str, language: str | None = None) -> Json:
        """The newest message, once it is this text of the catalogue."""
        return await self.person.card(lambda card: self.says(card, key, language), f"text {key}")

    async def has_seen(self, key: str, language: str | None = None) -> Json:
        """Any message, once it is this text of the catalogue."""
        await self.person.look(lambda seen: any(self.says(card, key, language) for card in seen), f"text {key}")
        return next(card for card in await self.person.messages() if self.says(card, key, language))

    async def texts_seen(self, key: str) -> int:
        """How many messages of the chat are this text of the catalogue now."""
        return len([card for card in await self.person.messages() if self.says(card, key)])

    def says(self, card: Json, key: str, language: str | None = None) -> bool:
        """Whether a message is this text of the catalogue, whatever stands in its places."""
        return says(self.texts, language or self.language, card, key)

    def step(self, n: int, m: int) -> str:
        """The beginning of the line that says which step this is."""
        return str(self.texts(self.language, "card.step", n=n, m=m, step="\0")).partition("\0")[0]

    def label(self, button: Button | str) -> str:
        """What a button says to this buyer."""
        return self.texts(self.language, LABELS.get(button, f"language.{button}")).unescape()


def says(texts: Texts, language: str, card: Json, key: str) -> bool:
    """Whether a message is this text of the catalogue, whatever stands in its places."""
    return bool(wording(texts, language, key).search(words(card)))


def wording(texts: Texts, language: str, key: str) -> re.Pattern[str]:
    """A text of the catalogue as it is read, whatever stands in its places."""
    text = unescape(without_tags(str(texts(language, key, **_ANYTHING))))
    return re.compile(".*?".join(map(re.escape, text.split("\0"))), re.DOTALL)


Act = Callable[[Buyer], Awaitable[object]]
"""One thing that a buyer did, in a list of what happened before."""


def won(auction_id: str) -> Act:
    """They won this item, to be paid with Alipay."""
    return lambda buyer: buyer.wins(auction_id)


def shown(auction_id: str) -> Act:
    """They pasted this item's link."""
    return lambda buyer: buyer.shows(auction_id)


def pressed(button: Button) -> Act:
    """They pressed this button."""
    return lambda buyer: buyer.presses(button)


def saw(key: str) -> Act:
    """They were told this text of the catalogue."""
    return lambda buyer: buyer.has_seen(key)


async def opened(buyer: Buyer) -> None:
    """They opened the link, and have not paid yet."""
    await buyer.opens_link()
    await buyer.sees("payment.opened")


def linked_up(auction_id: str) -> list[Act]:
    """They won this item and asked for the payment link."""
    return [won(auction_id), pressed(Button.PAY), pressed(Button.USE_ALIPAY), Buyer.link]


def opened_up(auction_id: str) -> list[Act]:
    """They won this item and opened the payment link."""
    return [*linked_up(auction_id), opened]


def paid_for(auction_id: str) -> list[Act]:
    """They won this item and paid for it."""
    return [*linked_up(auction_id), Buyer.pays, saw("payment.paid")]


def verifying(auction_id: str) -> list[Act]:
    """They are not linked yet, pasted this item's link, and asked for the verification link."""
    return [shown(auction_id), pressed(Button.VERIFY), Buyer.link]

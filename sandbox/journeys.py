"""Plays both journeys of the article as a person would: over the same HTTP surfaces, with a phone's browser."""

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari"
WALLET = "13800000001"
PATIENCE = 30.0

RETURNING = ("choose_alipay", "open_payment", "use_alipay", "pay_in_alipay", "completed")
FIRST_TIME = ("verify_account", "log_in", *RETURNING)

Json = Mapping[str, Any]


class WalkFailed(Exception):
    """The person waited in vain; the detail says for what, and what the chat showed last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the three simulators are; no slash at the end."""

    telegram: str
    auction: str
    alipay: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it was seen, and at which of the article's steps; an edited message is seen again."""

    step: str
    message_id: int
    text: str
    buttons: tuple[str, ...]


@dataclass(slots=True)
class Walk:
    """One buyer's journey: who, which path, what was seen, and how long it took."""

    buyer: str
    kind: str
    seen: list[Seen] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    seconds: float = 0.0


class Person:
    """A buyer with a phone: a chat, a browser at the auction house, and a wallet."""

    def __init__(self, addresses: Addresses, session: aiohttp.ClientSession, walk: Walk) -> None:
        self._at, self._session, self.walk = addresses, session, walk
        self._id = 0
        self._step = ""

    async def come(self, name: str, language: str) -> None:
        """Open the chat application."""
        person = await self._post_json(f"{self._at.telegram}/people", {"first_name": name, "language_code": language})
        self._id = int(person["id"])

    async def connect(self, buyer_id: str) -> None:
        """Connect the chat with the auction house's account, and confirm it there."""
        await self._page(f"{self._at.auction}/")
        await self._form(f"{self._at.auction}/switch", {"buyer_id": buyer_id})
        page = await self._form(f"{self._at.auction}/account/connect", {})
        await self._chat("start", {"code": _start_code(page)})
        house = f"{self._at.auction}/backoffice.json"
        asked = await self._until(house, lambda state: _buyer(state, buyer_id)["pending_link"], "the link request")
        await self._form(f"{self._at.auction}/account/confirm", {"telegram_user_id": str(asked["telegram_user_id"])})
        await self.look(lambda seen: len(seen) >= 2, "the welcome")

    async def paste(self, text: str) -> None:
        """Write or paste something into the chat."""
        await self._chat("messages", {"text": text})

    def stand_at(self, step: str) -> None:
        """From here on, what is seen belongs to this step of the article."""
        self._step = step
        self.walk.steps.append(step)

    async def card(self, reached: Callable[[Json], bool], what: str) -> Json:
        """The newest message with buttons or without, once it is as expected."""
        return await self.look(lambda seen: bool(seen) and reached(seen[-1]), what)

    async def press(self, card: Json, index: int = 0) -> None:
        """Press one of a card's buttons that come back to the bot."""
        row, column = _places(card, "callback_data")[index]
        body = {"message_id": card["message_id"], "row": row, "column": column}
        await self._chat("press", body)

    async def pay(self, card: Json) -> None:
        """Open a card's link on the phone, log in to the wallet and pay."""
        page = await self._page(_link(card))
        cashier = _href(page, self._at.alipay)
        await self._page(cashier)
        await self._form(f"{cashier}/login", {"phone": WALLET, "code": "123456"})
        await self._form(f"{cashier}/pay", {})

    async def bid_and_win(self, auction_id: str) -> None:
        """Bid with Alipay as payment method, and let the auction end."""
        page = await self._page(f"{self._at.auction}/item/jdirectitems/auction/{auction_id}")
        price = re.search(r'name="amount"[^>]*value="(\d+)"', page)
        if price is None:
            raise WalkFailed("no bid form on the item's page")
        await self._form(f"{self._at.auction}/bid/{auction_id}", {"amount": price[1], "payment_method": "alipay"})
        await self._form(f"{self._at.auction}/end/{auction_id}", {})

    async def look(self, enough: Callable[[list[Json]], bool], what: str) -> Json:
        """Look at the chat until there is enough; what is new or changed is noted. The newest message of the bot."""
        until = time.monotonic() + PATIENCE
        while True:
            messages = await self._messages()
            self._note(messages)
            if enough(messages):
                return messages[-1]
            if time.monotonic() > until:
                raise WalkFailed(f"waited for {what}; the chat ends with {messages[-1:]}")
            await asyncio.sleep(0.05)

    async def _messages(self) -> list[Json]:
        async with self._session.get(f"{self._at.telegram}/people/{self._id}/messages") as answer:
            found = (await answer.json())["messages"]
        return [message for message in found if message["from"]["is_bot"]]

    def _note(self, messages: list[Json]) -> None:
        known = {(seen.message_id, seen.text, seen.buttons) for seen in self.walk.seen}
        for message in messages:
            text, buttons = message.get("text") or message.get("caption", ""), tuple(_labels(message))
            if (message["message_id"], text, buttons) not in known:
                self.walk.seen.append(Seen(self._step, message["message_id"], text, buttons))

    async def _chat(self, act: str, body: Json) -> Json:
        return await self._post_json(f"{self._at.telegram}/people/{self._id}/{act}", body)

    async def _post_json(self, url: str, body: Json) -> Json:
        async with self._session.post(url, json=body) as answer:
            answer.raise_for_status()
            found: Json = await answer.json()
            return found

    async def _page(self, url: str) -> str:
        async with self._session.get(url, headers={"User-Agent": PHONE}) as answer:
            answer.raise_for_status()
            return await answer.text()

    async def _form(self, url: str, fields: Mapping[str, str]) -> str:
        async with self._session.post(url, data=fields, headers={"User-Agent": PHONE}) as answer:
            answer.raise_for_status()
            return await answer.text()

    async def _until(self, url: str, reached: Callable[[Json], Json | None], what: str) -> Json:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            async with self._session.get(url) as answer:
                state = await answer.json()
            if found := reached(state):
                return found
            await asyncio.sleep(0.05)
        raise WalkFailed(f"waited for {what}")


async def first_time(addresses: Addresses, language: str, buyer_id: str, auction_id: str) -> Walk:
    """The seven steps of a buyer who never used Alipay there."""
    async with _browser() as session:
        person = Person(addresses, session, Walk(buyer_id, "first_time"))
        began = time.monotonic()
        await person.come("小林", language)
        await person.connect(buyer_id)
        person.stand_at("verify_account")
        await person.paste(f"{addresses.auction}/item/jdirectitems/auction/{auction_id}")
        offer = await person.card(_can_press, "the offer to verify")
        await person.press(offer)
        link = await person.card(_has_link, "the verification link")
        person.stand_at("log_in")
        await person.pay(link)
        person.stand_at("choose_alipay")
        await person.look(lambda seen: _settled(seen, link), "the refund, confirmed")
        await _buy(person, auction_id)
        person.walk.seconds = round(time.monotonic() - began, 3)
        return person.walk


async def returning(addresses: Addresses, language: str, buyer_id: str, auction_id: str) -> Walk:
    """The five steps of a buyer who used Alipay there before."""
    async with _browser() as session:
        person = Person(addresses, session, Walk(buyer_id, "returning"))
        began = time.monotonic()
        await person.come("山本", language)
        await person.connect(buyer_id)
        person.stand_at("choose_alipay")
        await person.paste(f"{addresses.auction}/item/jdirectitems/auction/{auction_id}")
        await person.card(_has_link, "the item's card")
        await _buy(person, auction_id)
        person.walk.seconds = round(time.monotonic() - began, 3)
        return person.walk


async def _buy(person: Person, auction_id: str) -> None:
    await person.bid_and_win(auction_id)
    person.stand_at("open_payment")
    won = await person.card(lambda card: _can_press(card) and not _has_link(card), "the won item's card")
    await person.press(won)
    person.stand_at("use_alipay")
    chosen = await person.card(lambda card: len(_places(card, "callback_data")) == 2, "the choice of Alipay")
    await person.press(chosen)
    person.stand_at("pay_in_alipay")
    link = await person.card(_has_link, "the payment link")
    await person.pay(link)
    person.stand_at("completed")
    await person.card(lambda card: not _labels(card), "the completed payment")


def _settled(seen: list[Json], link: Json) -> bool:
    """The verified card, the refunded card and the item's card came after the link's card."""
    return len([message for message in seen if message["message_id"] > link["message_id"]]) >= 3


def _browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


def _keyboard(message: Json) -> list[list[Json]]:
    rows: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return rows


def _labels(message: Json) -> list[str]:
    return [button["text"] for row in _keyboard(message) for button in row]


def _places(message: Json, kind: str) -> list[tuple[int, int]]:
    return [(r, c) for r, row in enumerate(_keyboard(message)) for c, button in enumerate(row) if kind in button]


def _can_press(message: Json) -> bool:
    return bool(_places(message, "callback_data"))


def _has_link(message: Json) -> bool:
    return bool(_places(message, "url"))


def _link(message: Json) -> str:
    row, column = _places(message, "url")[0]
    url: str = _keyboard(message)[row][column]["url"]
    return url


def _href(page: str, root: str) -> str:
    found = re.search(rf'href="({re.escape(root)}/[^"]+)"', page)
    if found is None:
        raise WalkFailed("no way to Alipay on the landing page")
    return unescape(found[1])


def _start_code(page: str) -> str:
    found = re.search(r'href="([^"]*[?&](?:amp;)?start=[^"]+)"', page)
    if found is None:
        raise WalkFailed("no start link on the account page")
    return parse_qs(urlsplit(unescape(found[1])).query)["start"][0]


def _buyer(state: Json, buyer_id: str) -> Json:
    found: Json = next(buyer for buyer in state["buyers"] if buyer["buyer_id"] == buyer_id)
    return found

"""What a person does and sees: a chat, a phone's browser, a wallet, all over the simulators' own HTTP surfaces."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import aiohttp

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile/15E148 Safari"
WALLET = "13800000001"
PATIENCE = 30.0
PAUSE = 0.05
PRESS_SECONDS = 5.0
"""How long a person looks at a pressed button before they look at the chat instead."""

Json = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the three simulators are; no slash at the end."""

    telegram: str
    auction: str
    alipay: str

    def item(self, auction_id: str) -> str:
        """An item's page."""
        return f"{self.auction}/item/jdirectitems/auction/{auction_id}"


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it was seen, and at which of the article's steps; one that was edited is seen again."""

    step: str
    message_id: int
    text: str
    buttons: tuple[str, ...]


@dataclass(slots=True)
class Walk:
    """One buyer's journey: who, which path, what was seen, the steps that were reached, and how long it took."""

    buyer: str
    kind: str
    seen: list[Seen] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    seconds: float = 0.0


class WalkFailed(Exception):
    """The person waited in vain; the message says at which step, for what, and what was seen last."""

    def __init__(self, walk: Walk, what: str, last: object) -> None:
        self.walk = walk
        after = walk.steps[-1] if walk.steps else "the beginning"
        super().__init__(f"{walk.kind}, buyer {walk.buyer}, after {after}: no {what}; last seen: {last}")


class Person:
    """A buyer with a phone: a chat, a browser at the auction house, and a wallet."""

    def __init__(
        self,
        addresses: Addresses,
        session: aiohttp.ClientSession,
        walk: Walk,
        *,
        patience: float = PATIENCE,
        pause: float = PAUSE,
    ) -> None:
        self.at, self.walk = addresses, walk
        self.id = 0
        self._session, self._patience, self._pause = session, patience, pause
        self._headers = {"User-Agent": PHONE}
        self._step = ""

    async def come(self, name: str, language: str) -> None:
        """Open the chat application; `language` is the phone's."""
        person = await self._post(f"{self.at.telegram}/people", {"first_name": name, "language_code": language})
        self.id = int(person["id"])
        self._headers["Accept-Language"] = language

    async def bring_code(self) -> None:
        """Sign in to the auction house's account, and open the bot by the link found there."""
        await self.browse(f"{self.at.auction}/")
        await self.submit(f"{self.at.auction}/switch", {"buyer_id": self.walk.buyer})
        page = await self.submit(f"{self.at.auction}/account/connect", {})
        found = re.search(r'href="([^"]*[?&](?:amp;)?start=[^"]+)"', page)
        if found is None:
            raise WalkFailed(self.walk, "start link on the account page", page)
        await self.start(parse_qs(urlsplit(unescape(found[1])).query)["start"][0])

    async def connect(self) -> None:
        """Connect the chat with the auction house's account, and confirm it there."""
        await self.bring_code()
        await self.look(bool, "word of the bot that this is to be confirmed")
        asked = await self.house(lambda house: _of(house["buyers"], self.walk.buyer)["pending_link"], "link request")
        fields = {"telegram_user_id": str(asked["telegram_user_id"])}
        told = len(await self.messages())
        await self.submit(f"{self.at.auction}/account/confirm", fields)
        await self.look(lambda seen: len(seen) > told, "welcome")

    async def start(self, code: str | None = None) -> None:
        """Press START, or open the bot with a code."""
        await self._post(f"{self.at.telegram}/people/{self.id}/start", {"code": code} if code else {})

    async def write(self, text: str) -> None:
        """Write or paste something into the chat."""
        await self._post(f"{self.at.telegram}/people/{self.id}/messages", {"text": text})

    async def press(self, card: Json, index: int = 0) -> Json:
        """Press one of a card's buttons that come back to the bot; what Telegram showed on top of the screen."""
        row, column = places(card, "callback_data")[index]
        return await self.press_at(int(card["message_id"]), row, column)

    async def press_at(self, message_id: int, row: int, column: int = 0) -> Json:
        """Press a message's button by its place."""
        where = {"message_id": message_id, "row": row, "column": column, "wait": PRESS_SECONDS}
        return await self._post(f"{self.at.telegram}/people/{self.id}/press", where)

    async def messages(self) -> list[Json]:
        """What the bot wrote so far, oldest first."""
        found = await self._get(f"{self.at.telegram}/people/{self.id}/messages")
        messages: list[Json] = [message for message in found["messages"] if message["from"]["is_bot"]]
        self._note(messages)
        return messages

    async def look(self, enough: Callable[[list[Json]], bool], what: str) -> Json:
        """Look at the chat until there is enough; the newest message of the bot. Raises WalkFailed."""

        async def newest() -> tuple[Json | None, object]:
            messages = await self.messages()
            return (messages[-1] if enough(messages) else None), [_digest(message) for message in messages[-2:]]

        return await self._until(newest, what)

    async def card(self, reached: Callable[[Json], bool], what: str) -> Json:
        """The newest message, once it is as expected. Raises WalkFailed."""
        return await self.look(lambda seen: bool(seen) and reached(seen[-1]), what)

    def stand_at(self, step: str) -> None:
        """From here on, what is seen belongs to this step of the article."""
        self._step = step

    def reached(self) -> None:
        """All that belongs to the step was seen."""
        self.walk.steps.append(self._step)

    async def reach(self, step: str, is_there: Callable[[Json], bool], what: str) -> Json:
        """Stand at a step that is reached with its card; the card. Raises WalkFailed."""
        self.stand_at(step)
        card = await self.card(is_there, what)
        self.reached()
        return card

    async def house(self, found: Callable[[Json], T | None], what: str) -> T:
        """What the auction house's back office shows, once it is there. Raises WalkFailed."""

        async def see() -> tuple[T | None, object]:
            state = await self._get(f"{self.at.auction}/backoffice.json")
            told = [event for event in state["events_received"] if event["data"].get("buyer_id") == self.walk.buyer]
            return found(state), told

        return await self._until(see, what)

    async def told(self, kind: str, **about: str) -> Json:
        """The outcome event that the auction house took without a problem. Raises WalkFailed."""
        wanted = {"buyer_id": self.walk.buyer, **about}.items()

        def taken(house: Json) -> Json | None:
            events = [event for event in house["events_received"] if event["type"] == kind]
            agreed = [event for event in events if event["problem"] is None and wanted <= event["data"].items()]
            return agreed[0] if agreed else None

        return await self.house(taken, f"{kind} at the auction house")

    async def money_back(self, payment_id: str) -> None:
        """Look at the wallet's ledger until a charge has come back in full. Raises WalkFailed."""

        async def returned() -> tuple[bool | None, object]:
            charges = (await self._get(f"{self.at.alipay}/ledger.json"))["charges"]
            charge = next(charge for charge in charges if charge["paymentId"] == payment_id)
            return (charge["net"] == "0") or None, charge

        await self._until(returned, "refund in the wallet")

    async def open_link(self, card: Json) -> str:
        """Open a card's link on the phone; the address of Alipay's page, once the landing page leads there."""
        way = re.compile(rf'href="({re.escape(self.at.alipay)}/[^"]+)"')

        async def leads_on() -> tuple[str | None, object]:
            found = way.search(await self.browse(links(card)[0]))
            return (unescape(found[1]) if found else None), "a landing page without a way to Alipay"

        return await self._until(leads_on, "way to Alipay")

    async def pay(self, cashier: str, phone: str = WALLET) -> None:
        """Log in to the wallet with this number, and pay."""
        await self._in_wallet(cashier, phone, "pay")

    async def refuse(self, cashier: str, phone: str = WALLET) -> None:
        """Log in to the wallet, and do not pay."""
        await self._in_wallet(cashier, phone, "refuse")

    async def bid_and_win(self, auction_id: str) -> str:
        """Bid with Alipay as payment method, and let the auction end; the order's id."""
        page = await self.browse(self.at.item(auction_id))
        price = re.search(r'name="amount"[^>]*value="(\d+)"', page)
        if price is None:
            raise WalkFailed(self.walk, "bid form on the item's page", page)
        bid = {"amount": price[1], "payment_method": "alipay"}
        await self.submit(f"{self.at.auction}/bid/{auction_id}", bid)
        await self.submit(f"{self.at.auction}/end/{auction_id}", {})
        order = await self.house(lambda house: _order(house, auction_id), "order")
        return str(order["order_id"])

    async def browse(self, url: str) -> str:
        """A page as the phone shows it; a person reloads one that does not answer. Raises WalkFailed."""

        async def load() -> tuple[str | None, object]:
            try:
                async with self._session.get(url, headers=self._headers) as answer:
                    return (await answer.text() if answer.ok else None), answer.status
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
                return None, type(error).__name__

        return await self._until(load, f"page {url}")

    async def submit(self, url: str, fields: Mapping[str, str]) -> str:
        """Send a form; the page after it."""
        async with self._session.post(url, data=fields, headers=self._headers) as answer:
            return await self._good(answer).text()

    async def _in_wallet(self, cashier: str, phone: str, act: str) -> None:
        await self.browse(cashier)
        await self.submit(f"{cashier}/login", {"phone": phone, "code": "123456"})
        await self.submit(f"{cashier}/{act}", {})

    def _note(self, messages: list[Json]) -> None:
        """Keep what is new or was edited; a card that only lost its buttons says nothing new."""
        for message in messages:
            known = [seen for seen in self.walk.seen if seen.message_id == message["message_id"]]
            text, buttons = words(message), labels(message)
            if not any(seen.text == text and (seen.buttons == buttons or not buttons) for seen in known):
                self.walk.seen.append(Seen(self._step, message["message_id"], text, buttons))

    async def _get(self, url: str) -> Json:
        async with self._session.get(url) as answer:
            found: Json = await self._good(answer).json()
            return found

    async def _post(self, url: str, body: Json) -> Json:
        async with self._session.post(url, json=body) as answer:
            found: Json = await self._good(answer).json()
            return found

    def _good(self, answer: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
        if not answer.ok:
            raise WalkFailed(self.walk, f"good answer of {answer.url.path}", answer.status)
        return answer

    async def _until(self, look: Callable[[], Awaitable[tuple[T | None, object]]], what: str) -> T:
        until = time.monotonic() + self._patience
        while True:
            found, last = await look()
            if found is not None:
                return found
            if time.monotonic() > until:
                raise WalkFailed(self.walk, what, last)
            await asyncio.sleep(self._pause)


def browser() -> aiohttp.ClientSession:
    """A phone's browser, with cookies of its own."""
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


def labels(message: Json) -> tuple[str, ...]:
    """What a message's buttons say."""
    return tuple(button["text"] for row in _keyboard(message) for button in row)


def links(message: Json) -> tuple[str, ...]:
    """Where a message's buttons lead to."""
    return tuple(button["url"] for row in _keyboard(message) for button in row if "url" in button)


def can_press(message: Json) -> bool:
    """Whether a message has a button that comes back to the bot."""
    return bool(places(message, "callback_data"))


def _keyboard(message: Json) -> list[list[Json]]:
    rows: list[list[Json]] = message.get("reply_markup", {}).get("inline_keyboard", [])
    return rows


def places(message: Json, kind: str) -> list[tuple[int, int]]:
    return [(r, c) for r, row in enumerate(_keyboard(message)) for c, button in enumerate(row) if kind in button]


def words(message: Json) -> str:
    """A message's text, or what stands below its picture."""
    text: str = message.get("text") or message.get("caption", "")
    return text


def _digest(message: Json) -> str:
    return f"#{message['message_id']} {words(message)[:120]!r} {list(labels(message))}"


def _of(buyers: list[Json], buyer_id: str) -> Json:
    return next(buyer for buyer in buyers if buyer["buyer_id"] == buyer_id)


def _order(house: Json, auction_id: str) -> Json | None:
    return next((order for order in house["orders"] if order["auction_id"] == auction_id), None)

"""The stand with the real service behind its doors, and what a test does from outside: sign, post, look, count."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any
from uuid import uuid4

import aiohttp

from app.stand import CLIENT_ID, Stand
from app.wiring import Assembly
from sandbox.alipay.signing import Message, Signer
from sandbox.auction.signing import decode_secret, sign
from sandbox.person import PHONE, Person, Walk
from service.records import LedgerSummary
from store.postgres import Pool
from tests.journeys.buyers import Act, Buyer
from tests.journeys.gate import Gate
from tests.journeys.support import SupportChat

LINKED, NEW = "B10001", "B10002"
CAMERA, RADIO = "t1194609512", "t1194613083"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stand, one service, one database; `gate` stands between the service and the auction house.

    `support` is the staff's chat, where the story has one.
    """

    opened: Stand
    assembly: Assembly
    pool: Pool
    session: aiohttp.ClientSession
    gate: Gate
    signer: Signer
    support: SupportChat | None = None

    def stranger(self, buyer_id: str = "", name: str = "山本") -> Buyer:
        """A person whom the bot does not know; `buyer_id` is the account they have at the auction house."""
        browser = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.gate.closing.push_async_callback(browser.close)
        person = Person(self.opened.addresses, browser, Walk(buyer_id, "story"), patience=20)
        return Buyer(person=person, texts=self.assembly.texts, name=name)

    async def buyer(self, buyer_id: str = LINKED, past: Sequence[Act] = (), language: str = "en") -> Buyer:
        """A connected buyer, after what is told of their past."""
        buyer = self.stranger(buyer_id)
        await buyer.come(language)
        await buyer.person.connect()
        for act in past:
            await act(buyer)
        return buyer

    async def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The service's answer to bytes at one of its doors."""
        async with self.session.post(f"{self.opened.service}{path}", data=BytesIO(body), headers=headers) as answer:
            return answer.status

    async def page(self, url: str) -> int:
        """The status of a page as a phone asks for it."""
        async with self.session.get(url, headers={"User-Agent": PHONE}) as answer:
            return answer.status

    def event(self, kind: str, data: Json, message_id: str | None = None) -> tuple[bytes, dict[str, str]]:
        """An event of the auction house, well signed: its bytes and headers."""
        now = datetime.now(UTC)
        body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data}).encode()
        return body, self.signed(body, message_id)

    def signed(self, body: bytes, message_id: str | None = None) -> dict[str, str]:
        """The headers of the auction house's signature over any bytes."""
        key = decode_secret(self.opened.environment["ALIPAY_BOT_AUCTION_WEBHOOK_SECRET"])
        return sign(key, message_id or f"msg_{uuid4().hex}", datetime.now(UTC), body)

    async def tells(self, kind: str, data: Json) -> None:
        """The auction house sends an event, and it is read."""
        body, headers = self.event(kind, data)
        assert await self.post("/auction/events", body, headers) == 202
        await self.quiet()

    def notice_headers(self, body: bytes) -> dict[str, str]:
        """The headers of the gateway's signature over any bytes."""
        time = datetime.now(UTC).isoformat(timespec="seconds")
        message = Message("/antom/notify", CLIENT_ID, time, body)
        return {"client-id": CLIENT_ID, "request-time": time, "signature": self.signer.header(message)}

    def telegram_headers(self) -> dict[str, str]:
        """The header by which the webhook knows Telegram."""
        return {"X-Telegram-Bot-Api-Secret-Token": self.opened.environment["ALIPAY_BOT_TELEGRAM_SECRET"]}

    async def backoffice(self, path: str, fields: Mapping[str, str]) -> None:
        """The auction house's staff send one of their forms."""
        house = self.opened.addresses.auction
        async with self.session.get(f"{house}/") as page, self.session.post(f"{house}{path}", data=fields) as answer:
            assert page.ok
            assert answer.ok

    async def house_loses(self, kind: str) -> None:
        """The auction house's next event of this type never arrives."""
        await self.backoffice("/backoffice/lose", {"type": kind})

    async def second_look(self) -> None:
        """The time passes after which the auction house is asked a second time about what it did not list."""
        await until(self._waits_for_a_second_look)
        await self.pool.execute("update work set run_at = now() where kind = 'AskOrders'")
        await self.pool.execute("update line set due = now() where key like 'orders:%' and not busy")
        await self.quiet()

    async def _waits_for_a_second_look(self) -> bool:
        count = "select count(*) from work where kind = 'AskOrders' and run_at > now()"
        return bool(await self.pool.fetchval(count))

    async def alipay_fails(self, fault: str, **how: object) -> None:
        """Arm a fault of the gateway; see `sandbox/alipay/faults.py`."""
        await self._say(f"{self.opened.addresses.alipay}/faults", {"fault": fault, **how})

    async def alipay_is_well(self) -> None:
        """Whatever was armed at the gateway, or plays there, is over."""
        for what in ("scenarios", "faults"):
            async with self.session.delete(f"{self.opened.addresses.alipay}/{what}") as answer:
                assert answer.ok

    async def plays(self, scenario: str) -> None:
        """The gateway begins a scenario; see `sandbox/alipay/scenarios.json`."""
        await self._say(f"{self.opened.addresses.alipay}/scenarios/{scenario}", {})

    async def played(self) -> None:
        """Wait until every scenario came to its end."""
        await until(self._is_played)

    async def _is_played(self) -> bool:
        runs = (await self._get(f"{self.opened.addresses.alipay}/scenarios"))["runs"]
        return all(run["state"] == "done" for run in runs)

    async def portal(self, act: str, *, charge: int = -1, **how: object) -> None:
        """The gateway's own staff act on a charge, the newest unless another is meant, and what that tells is taken;
        see `sandbox/alipay/portal.py`."""
        request_id = (await self.charges())[charge]["paymentRequestId"]
        await self._say(f"{self.opened.addresses.alipay}/portal/{request_id}", {"act": act, **how})
        await self.heard()

    async def heard(self) -> None:
        """Wait until every notice of the gateway was sent, and what it tells is taken."""
        await until(self._is_told)
        await self.quiet()

    async def _is_told(self) -> bool:
        notices = (await self._get(f"{self.opened.addresses.alipay}/ledger.json"))["notices"]
        return all(notice["tries"] for notice in notices)

    async def telegram_fails(self, kind: str, **how: object) -> None:
        """Arm a fault of Telegram; see `sandbox/telegram/faults.py`."""
        await self._say(f"{self.opened.addresses.telegram}/faults", {"kind": kind, **how})

    async def blocks(self, buyer: Buyer) -> None:
        """The buyer blocks the bot, and the service learns of it."""
        await self._say(f"{self.opened.addresses.telegram}/people/{buyer.person.id}/block", {})
        await until(self._knows_of_a_closed_chat)
        await self.quiet()

    async def _knows_of_a_closed_chat(self) -> bool:
        return bool(await self.pool.fetchval("select count(*) from chat where unreachable_at is not null"))

    async def _say(self, url: str, what: Json) -> None:
        async with self.session.post(url, json=what) as answer:
            assert answer.ok, await answer.text()

    async def house(self) -> Json:
        """The auction house's back office."""
        return await self._get(f"{self.opened.addresses.auction}/backoffice.json")

    async def outcomes(self, kind: str) -> list[Json]:
        """The outcome events of one type that the auction house took."""
        await self.quiet()
        return [event for event in (await self.house())["events_received"] if event["type"] == kind]

    async def outcome(self, kind: str) -> Json:
        """The data of the one outcome event of this type."""
        (event,) = await self.outcomes(kind)
        found: Json = event["data"]
        return found

    async def calls(self) -> list[str]:
        """Why the support chat was called so far, oldest first."""
        await self.quiet()
        assert self.support
        return [call for call, _ in await self.support.cases()]

    async def case(self, call: str) -> str:
        """The message of the only such call in the support chat."""
        await self.quiet()
        assert self.support
        (text,) = [text for found, text in await self.support.cases() if found == call]
        return text

    async def dead(self) -> list[tuple[str, str]]:
        """The work that was given up: its kind, and why."""
        await self.quiet()
        rows = await self.pool.fetch("select kind, reason from work where dead_at is not null order by id")
        return [(row["kind"], row["reason"]) for row in rows]

    async def charges(self) -> list[Json]:
        """The charges in the gateway's book."""
        found: list[Json] = (await self._get(f"{self.opened.addresses.alipay}/ledger.json"))["charges"]
        return found

    async def charge(self, number: int = -1) -> Json:
        """One charge of the gateway's book, the newest unless another is meant."""
        return (await self.charges())[number]

    async def ledger(self) -> LedgerSummary:
        """Our own count of the money."""
        async with self.assembly.store.transaction() as tx:
            return await tx.summary()

    async def rows(self) -> tuple[int, ...]:
        """How much is kept, but for work that comes again for ever; equal before and after where nothing changed."""
        tables = (
            "inbox",
            "fact",
            "move",
            "journey",
            "charge",
            "refund",
            "entry",
            "work where kind not in ('Sweep', 'CheckOrders', 'AskOrders', 'Tidy')",
        )
        return tuple([await self.pool.fetchval(f"select count(*) from {table}") for table in tables])  # noqa: S608

    async def quiet(self) -> None:
        """Wait until no work is due or under way."""
        await until(self._is_quiet)

    async def _is_quiet(self) -> bool:
        return not await self.pool.fetchval("select count(*) from line where busy or due <= now()")

    async def _get(self, url: str) -> Json:
        async with self.session.get(url) as answer:
            found: Json = await answer.json()
            return found


async def until(is_so: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait until it is so. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await is_so():
            await asyncio.sleep(0.03)

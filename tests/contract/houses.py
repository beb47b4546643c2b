"""Every auction house, with what its port does not tell: what its buyers and its staff do there."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import unescape
from typing import Any, Protocol

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

import gateway.auction.client as auction
from flow.linked import Alipay
from flow.money import Money
from flow.order import Order
from gateway.auction.signing import Webhooks, parse_secret
from gateway.exchange import exchange
from sandbox.auction import Server
from service.auction_house import BuyerState
from service.ports import AuctionHouse
from tests.contract.moved import MovedClock

house: type[AuctionHouse] = auction.AuctionHouse


@dataclass(frozen=True, kw_only=True)
class Received:
    """An outcome as the auction house keeps it."""

    type: str
    data: Mapping[str, Any]
    times: int


class Premises(Protocol):
    """An auction house with a linked buyer, a new one, and something to bid on."""

    house: AuctionHouse
    clock: MovedClock
    linked: str
    new: str
    auction_id: str

    async def code(self, buyer_id: str) -> str:
        """A fresh one-time code of the buyer."""
        ...

    async def confirm(self, buyer_id: str, user_id: int) -> None:
        """The buyer confirms the Telegram account that came with the code."""
        ...

    async def win(self, buyer_id: str) -> Order:
        """The buyer wins something with Alipay; what is told of the order."""
        ...

    async def set_alipay(self, buyer_id: str, alipay: Alipay) -> None:
        """The auction house decides otherwise about the buyer."""
        ...

    async def known(self, buyer_id: str) -> BuyerState:
        """The buyer as the auction house has them."""
        ...

    async def received(self) -> Mapping[str, Received]:
        """The outcomes that it took, by their ids."""
        ...

    def at(self, url: str) -> AbstractAsyncContextManager[AuctionHouse]:
        """The same auction house, sent to another address and impatient."""
        ...

    def stranger(self) -> AuctionHouse:
        """The same auction house, called with a wrong key and a wrong secret."""
        ...


NOWHERE = "http://127.0.0.1:9/auction/events"
KEY, SECRET, OTHER_SECRET = "contract-key", "whsec_" + "QUFB" * 8, "whsec_" + "QkJC" * 8


class Simulated:
    """Our client before the auction simulator, whose people use its forms."""

    linked, new, auction_id = "B10001", "B10002", "t1194609512"

    def __init__(self, url: str, session: aiohttp.ClientSession, clock: MovedClock) -> None:
        self._url, self._session, self.clock = url, session, clock
        self.house: AuctionHouse = self._client(url)

    def _client(self, url: str, key: str = KEY, secret: str = SECRET) -> auction.AuctionHouse:
        webhooks = Webhooks([parse_secret(secret)])
        return auction.AuctionHouse(
            partial(exchange, self._session), url=url, api_key=key, webhooks=webhooks, clock=self.clock
        )

    async def code(self, buyer_id: str) -> str:
        page = await self._submit(buyer_id, "/account/connect")
        found = re.search(r"start=([A-Za-z0-9_-]+)", unescape(page))
        assert found
        return found[1]

    async def confirm(self, buyer_id: str, user_id: int) -> None:
        await self._submit(buyer_id, "/account/confirm", telegram_user_id=str(user_id))

    async def win(self, buyer_id: str) -> Order:
        item = await self._state("items", "auction_id", self.auction_id)
        await self._submit(buyer_id, f"/bid/{self.auction_id}", amount=item["price"]["value"], payment_method="alipay")
        await self._submit(buyer_id, f"/end/{self.auction_id}")
        told = await self._state("orders", "auction_id", self.auction_id)
        return Order(
            order_id=told["order_id"],
            buyer_id=told["buyer_id"],
            auction_id=told["auction_id"],
            title=told["title"],
            total=money(told["total"]),
            version=told["version"],
            payment_method=told["payment_method"],
            pay_by=datetime.fromisoformat(told["pay_by"]),
        )

    async def set_alipay(self, buyer_id: str, alipay: Alipay) -> None:
        await self._submit(buyer_id, f"/backoffice/buyers/{buyer_id}/alipay", alipay=alipay.value)

    async def known(self, buyer_id: str) -> BuyerState:
        told = await self._state("buyers", "buyer_id", buyer_id)
        return BuyerState(
            buyer_id=buyer_id,
            display_name=told["display_name"],
            alipay=Alipay(told["alipay"]),
            limit=money(told["limit"]) if "limit" in told else None,
        )

    async def received(self) -> Mapping[str, Received]:
        events = (await self._backoffice())["events_received"]
        return {e["id"]: Received(type=e["type"], data=e["data"], times=e["times"]) for e in events}

    @asynccontextmanager
    async def at(self, url: str) -> AsyncIterator[AuctionHouse]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(auction, "SECONDS", 0.1)
            patch.setattr(auction, "REPORT_SECONDS", 0.1)
            yield self._client(url)

    def stranger(self) -> AuctionHouse:
        return self._client(self._url, "another-key", OTHER_SECRET)

    async def _submit(self, buyer_id: str, path: str, **fields: str) -> str:
        """Sign in as the buyer and send a form; the page that comes."""
        async with self._session.get(f"{self._url}/"):
            pass
        async with self._session.post(f"{self._url}/switch", data={"buyer_id": buyer_id}) as page:
            assert page.ok
        async with self._session.post(f"{self._url}{path}", data=fields) as page:
            assert page.ok, await page.text()
            return await page.text()

    async def _state(self, kind: str, key: str, value: str) -> dict[str, Any]:
        return next(one for one in (await self._backoffice())[kind] if one[key] == value)

    async def _backoffice(self) -> Any:
        async with self._session.get(f"{self._url}/backoffice.json") as answer:
            return await answer.json()


def money(amount: Mapping[str, str]) -> Money:
    return Money(amount["currency"], int(amount["value"]))


@asynccontextmanager
async def on_simulator() -> AsyncIterator[Premises]:
    """The contract's auction house, in its simulator."""
    clock = MovedClock()
    server = Server(api_key=KEY, webhook_secret=SECRET, events_url=NOWHERE, clock=clock.now, retry_delays=[3600])
    server.addresses.bot_link = "http://127.0.0.1:9/?start={code}"
    jar = aiohttp.CookieJar(unsafe=True)
    async with TestServer(server.application()) as running, aiohttp.ClientSession(cookie_jar=jar) as session:
        server.addresses.public_url = str(running.make_url("")).rstrip("/")
        yield Simulated(server.addresses.public_url, session, clock)


HOUSES = [pytest.param(on_simulator, id="simulator")]
MakePremises = Callable[[], AbstractAsyncContextManager[Premises]]

"""Every auction house, with what its port does not tell: what its buyers and its staff do there."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any, Protocol

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

import gateway.auction.client as auction
from flow.linked import Alipay
from flow.order import Order
from gateway.auction.signing import Webhooks, parse_secret
from sandbox.auction import Server
from service.auction_house import BuyerState
from service.ports import AuctionHouse
from tests.contract.gateways import MovedClock

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


KEY, SECRET, OTHER_SECRET = "contract-key", "whsec_" + "QUFB" * 8, "whsec_" + "QkJC" * 8


class Simulated:
    """Our client before the auction simulator, whose people use its forms."""

    linked, new, auction_id = "B10001", "B10002", "t1194609512"

    def __init__(self, url: str, session: aiohttp.ClientSession, clock: MovedClock) -> None:
        self._url, self._session, self.clock = url, session, clock
        self.house: AuctionHouse = self._client(url)

    def _client(self, url: str, key: str = KEY, secret: str = SECRET) -> auction.AuctionHouse:
        webhooks = Webhooks([parse_secret(secret)])
        return auction.AuctionHouse(self._session, url=url, api_key=key, webhooks=webhooks, clock=self.clock)

    async def code(self, buyer_id: str) -> str:
        page = await self._submit(buyer_id, "/account/connect")
        found = re.search(r"start=([A-Za-z0-9_-]+)", unescape(page))
        assert found
        return found[1]

    async def confirm(self, buyer_id: str, user_id: int) -> None:
        await self._submit(buyer_id, "/account/confirm", telegram_user_id=str(user_id))

    async def win(self, buyer_id: str) -> Order:
        price = str((await self._state("items", "auction_id", self.auction_id))["price"]["value"])
        await self._submit(buyer_id, f"/bid/{self.auction_id}", amount=price, payment_method="alipay")
        await self._submit(buyer_id, f"/end/{self.auction_id}")
        told = await self._state("orders", "buyer_id", buyer_id)
        [order] = [order for order in await self._orders(buyer_id) if order.order_id == told["order_id"]]
        assert str(order.total.value) == told["total"]["value"]
        return order

    async def _orders(self, buyer_id: str) -> tuple[Order, ...]:
        answer = await self.house.unpaid_orders(buyer_id)
        assert isinstance(answer, tuple)
        return answer

    async def set_alipay(self, buyer_id: str, alipay: Alipay) -> None:
        await self._submit(buyer_id, f"/backoffice/buyers/{buyer_id}/alipay", alipay=alipay.value)

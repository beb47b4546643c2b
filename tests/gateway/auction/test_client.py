"""Calls to the auction house, played against one on this machine that follows a script."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from flow.linked import Alipay
from flow.money import Money
from flow.order import Item
from gateway.auction.client import AuctionHouse
from gateway.auction.signing import Webhooks
from gateway.exchange import exchange
from service import ports
from service.auction_house import (
    BuyerState,
    CodeUnknown,
    CodeUsed,
    LinkRequested,
    NotFound,
    NotTaken,
    Taken,
    Unavailable,
)
from tests.gateway.auction.test_events import FULL, FULL_ORDER
from tests.gateway.conftest import NOW, StoppedClock

WEBHOOKS = Webhooks([bytes(32), bytes(range(32))])
BUYER = {"buyer_id": "by-1", "display_name": "小雨", "alipay": "linked"}
ITEM = {
    "auction_id": "x1234567890",
    "title": "初音ミク",
    "price": {"currency": "JPY", "value": "9800"},
    "ends_at": "2026-11-24T21:00:00+09:00",
    "url": "https://auction.example/item/x1234567890",
}


@dataclass
class Script:
    """What the stub answers, and what it was asked."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, Mapping[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.raw_path, request.headers, await request.read()))
        return web.Response(status=self.status, body=self.body, headers=self.headers)


@pytest.fixture
def script() -> Script:
    return Script()


@pytest_asyncio.fixture
async def house(script: Script, clock: StoppedClock) -> AsyncIterator[AuctionHouse]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", script.answer)
    server = TestServer(app)
    async with server, aiohttp.ClientSession() as session:
        url = str(server.make_url("/api/"))
        yield AuctionHouse(partial(exchange, session), url=url, api_key="key-1", webhooks=WEBHOOKS, clock=clock)


Call = Callable[[AuctionHouse], Awaitable[object]]


def redeem(house: AuctionHouse) -> Awaitable[object]:
    return house.redeem_code("code-1", 7_000_000_000, "小雨")


def buyer(house: AuctionHouse) -> Awaitable[object]:
    return house.buyer("by-1")


def orders(house: AuctionHouse) -> Awaitable[object]:
    return house.unpaid_orders("by-1")


def item(house: AuctionHouse) -> Awaitable[object]:
    return house.item("x1234567890", "zh_Hans")


def report(house: AuctionHouse) -> Awaitable[object]:
    return house.report("paid-1", b'{"type": "payment.completed"}')


ILL_FORMED = Unavailable(reason="the answer is not well formed")
OTHER = Unavailable(reason="the answer is about another id")

SCENARIOS: list[tuple[Call, int, object, object]] = [
    (redeem, 202, {"display_name": "小雨"}, LinkRequested(display_name="小雨")),
    (redeem, 202, {}, LinkRequested(display_name=None)),
    (redeem, 404, {}, CodeUnknown()),
    (redeem, 409, {}, CodeUsed()),
    (redeem, 200, {"display_name": "小雨"}, Unavailable(reason="HTTP 200")),
    (redeem, 401, {}, Unavailable(reason="HTTP 401")),
    (redeem, 202, [], ILL_FORMED),
    (buyer, 200, BUYER, BuyerState(buyer_id="by-1", display_name="小雨", alipay=Alipay.LINKED)),
    (
        buyer,
        200,
        BUYER | {"alipay": "not_offered", "limit": {"currency": "JPY", "value": "50000"}},
        BuyerState(buyer_id="by-1", display_name="小雨", alipay=Alipay.NOT_OFFERED, limit=Money("JPY", 50000)),
    ),
    (
        buyer,
        200,
        BUYER | {"alipay": "unknown"},
        BuyerState(buyer_id="by-1", display_name="小雨", alipay=Alipay.UNKNOWN),
    ),
    (buyer, 404, {}, NotFound()),
    (buyer, 200, BUYER | {"buyer_id": "by-2"}, OTHER),
    (buyer, 200, BUYER | {"alipay": "maybe"}, ILL_FORMED),
    (buyer, 302, BUYER, Unavailable(reason="HTTP 302")),
    (orders, 200, [], ()),
    (orders, 200, [FULL], (FULL_ORDER,)),
    (orders, 200, [FULL, FULL | {"buyer_id": "by-2"}], OTHER),
    (orders, 200, [FULL, {}], ILL_FORMED),
    (orders, 404, [], NotFound()),
    (
        item,
        200,
        ITEM,
        Item(
            auction_id="x1234567890",
            title="初音ミク",
            url="https://auction.example/item/x1234567890",
            price=Money("JPY", 9800),
            ends_at=datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
        ),
    ),
    (item, 404, {}, NotFound()),
    (item, 200, ITEM | {"auction_id": "x2"}, OTHER),
    (item, 200, ITEM | {"url": "javascript:alert(1)"}, ILL_FORMED),
    (report, 200, {}, Taken()),
    (report, 202, {}, Taken()),
    (report, 204, None, Taken()),
    (report, 302, {}, NotTaken(reason="HTTP 302")),
    (report, 401, {}, NotTaken(reason="HTTP 401")),
    (report, 410, {}, NotTaken(reason="HTTP 410", gone=True)),
]


@pytest.mark.parametrize(("call", "status", "answer", "expected"), SCENARIOS)
async def test_what_an_answer_means(
    house: AuctionHouse, script: Script, call: Call, status: int, answer: object, expected: object
) -> None:
    script.status, script.body = status, b"" if answer is None else json.dumps(answer).encode()

    assert await call(house) == expected


@pytest.mark.parametrize("body", [b"", b"\xff", b"[" * 100_000, b"NaN", b'{"buyer_id":"\\ud800"}'])
async def test_garbage_is_unavailable(house: AuctionHouse, script: Script, body: bytes) -> None:
    script.body = body

    assert await house.buyer("by-1") == ILL_FORMED


async def test_too_large_an_answer_is_unavailable(house: AuctionHouse, script: Script) -> None:
    script.body = b" " * (2**20 + 1)

    assert await house.buyer("by-1") == Unavailable(reason="answer too large")


@pytest.mark.parametrize(
    ("told", "wait"),
    [("7", 7.0), ("0", 0.0), ("99999999", 3600.0), ("-1", None), ("soon", None), ("٣", None)],
)
async def test_waiting_time_is_passed_on(house: AuctionHouse, script: Script, told: str, wait: float | None) -> None:
    script.status, script.headers = 503, {"Retry-After": told}

    assert await house.buyer("by-1") == Unavailable(reason="HTTP 503", retry_after=wait)
    assert await report(house) == NotTaken(reason="HTTP 503", retry_after=wait)


async def test_auction_house_that_is_away(clock: StoppedClock, unused_tcp_port: int) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}"
    async with aiohttp.ClientSession() as session:
        house = AuctionHouse(partial(exchange, session), url=url, api_key="key-1", webhooks=WEBHOOKS, clock=clock)
        answer, sent = await house.buyer("by-1"), await house.report("paid-1", b"{}")

    assert isinstance(answer, Unavailable)
    assert isinstance(sent, NotTaken)
    assert not sent.gone
    for reason in (answer.reason, sent.reason):
        assert "key-1" not in reason
        assert str(unused_tcp_port) not in reason


@pytest.mark.parametrize(
    ("call", "method", "path"),
    [
        (redeem, "POST", "/api/telegram-links"),
        (buyer, "GET", "/api/buyers/by-1"),
        (orders, "GET", "/api/buyers/by-1/orders?state=unpaid"),
        (item, "GET", "/api/items/x1234567890"),
        (report, "POST", "/api/events"),
    ],
)
async def test_calls_carry_the_key(house: AuctionHouse, script: Script, call: Call, method: str, path: str) -> None:
    await call(house)

    asked_method, asked_path, headers, _ = script.asked[0]
    assert (asked_method, asked_path) == (method, path)
    assert headers["Authorization"] == "Bearer key-1"


async def test_odd_id_stays_one_segment(house: AuctionHouse, script: Script) -> None:
    await house.item("a/../b?c#d", "en")

    assert script.asked[0][1] == "/api/items/a%2F..%2Fb%3Fc%23d"


async def test_code_goes_out_with_the_telegram_account(house: AuctionHouse, script: Script) -> None:
    await redeem(house)

    sent = json.loads(script.asked[0][3])
    assert sent == {"code": "code-1", "telegram_user_id": 7_000_000_000, "telegram_name": "小雨"}


async def test_report_sends_the_stored_bytes_signed_with_the_first_secret(house: AuctionHouse, script: Script) -> None:
    stored = b'{ "type":"payment.completed",\t"odd spacing": 1 }'

    await house.report("paid-1", stored)

    _, _, headers, body = script.asked[0]
    assert body == stored
    assert Webhooks([bytes(32)]).verify(headers, body, NOW) == "paid-1"


def test_it_is_the_port_that_the_service_asks_for() -> None:
    port: type[ports.AuctionHouse] = AuctionHouse
    assert port is AuctionHouse

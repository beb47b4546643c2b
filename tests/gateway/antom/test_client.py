"""Every call, played against a gateway on this machine that follows a script."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from flow.money import Money
from gateway.antom.client import AntomGateway, Merchant
from gateway.antom.signing import Message, Signer, Verifier
from gateway.exchange import exchange
from service.ports import PaymentGateway
from service.verdicts import ChargeRequest, Opened, RefundRequest, Refused, Settled, Unknown
from tests.gateway.conftest import NOW, StoppedClock

CHARGE = ChargeRequest(
    id="ch-1",
    reference="order-1",
    description="初音ミク",
    amount=Money("JPY", 12300),
    device="ios",
    client_ip="203.0.113.9",
    return_url="https://bot.example/back/t",
    expires_at=datetime(2026, 11, 23, 5, 46, tzinfo=UTC),
)
REFUND = RefundRequest(id="rf-1", charge_gateway_id="pay-1", amount=Money("JPY", 5), reason="verification")
AMOUNT: dict[str, Any] = {"currency": "JPY", "value": "5"}
TIME = "2026-11-23T14:30:00+09:00"
AT = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)
LINK = "https://qr.alipay.com/abc"
PAID: dict[str, Any] = {"paymentRequestId": "ch-1", "paymentId": "pay-1", "paymentAmount": AMOUNT, "paymentTime": TIME}
BACK: dict[str, Any] = {"refundRequestId": "rf-1", "refundId": "back-1", "refundAmount": AMOUNT, "refundTime": TIME}
SETTLED = Settled(gateway_id="pay-1", amount=Money("JPY", 5), at=AT)
SENT_BACK = Settled(gateway_id="back-1", amount=Money("JPY", 5), at=AT)
UNSURE = Unknown(reason="settled without a known amount or id")
OTHER = Unknown(reason="the answer is about another id")
UNSIGNED = Unknown(reason="the answer is not well signed")
ILL_FORMED = Unknown(reason="the answer is not well formed")

Call = Callable[[AntomGateway], Awaitable[object]]


@dataclass
class Script:
    """What the stub answers, and what it was asked."""

    key: RSAPrivateKey
    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] | None = None
    asked: list[tuple[str, dict[str, object], Mapping[str, str], bytes]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        raw = await request.read()
        self.asked.append((request.path, json.loads(raw), request.headers, raw))
        headers = self.sign(request.path) if self.headers is None else self.headers
        return web.Response(status=self.status, body=self.body, headers=headers)

    def sign(self, path: str) -> dict[str, str]:
        message = Message(method="POST", path=path, client_id="SANDBOX_1", time=TIME, body=self.body)
        signature = Signer(self.key).sign(message)
        return {"client-id": "SANDBOX_1", "response-time": TIME, "signature": signature}


@pytest.fixture
def script(their_key: RSAPrivateKey) -> Script:
    return Script(their_key)


@pytest_asyncio.fixture
async def server(script: Script) -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_post("/{path:.*}", script.answer)
    server = TestServer(app)
    async with server:
        yield server


def merchant(url: str, client_id: str = "SANDBOX_1", settlement_currency: str | None = None) -> Merchant:
    return Merchant(
        url=url,
        client_id=client_id,
        notify_url="https://bot.example/antom/notify",
        pay_hosts=frozenset({"qr.alipay.com"}),
        settlement_currency=settlement_currency,
    )


Make = Callable[[Merchant], AntomGateway]


@pytest_asyncio.fixture
async def make(our_key: RSAPrivateKey, their_key: RSAPrivateKey, clock: StoppedClock) -> AsyncIterator[Make]:
    async with aiohttp.ClientSession() as session:
        verifier = Verifier([their_key.public_key()])
        yield lambda merchant: AntomGateway(partial(exchange, session), merchant, Signer(our_key), verifier, clock)


@pytest_asyncio.fixture
async def gateway(make: Make, server: TestServer) -> AntomGateway:
    return make(merchant(str(server.make_url("/"))))


def says(status: str, code: str, /, **more: object) -> bytes:
    result = {"resultStatus": status, "resultCode": code, "resultMessage": "words"}
    return json.dumps({"result": result, "somethingNew": "1", **more}).encode()


def open_charge(gateway: AntomGateway) -> Awaitable[object]:
    return gateway.open(CHARGE)


def look_up(gateway: AntomGateway) -> Awaitable[object]:
    return gateway.look_up("ch-1")


def cancel(gateway: AntomGateway) -> Awaitable[object]:
    return gateway.cancel("ch-1")


def refund(gateway: AntomGateway) -> Awaitable[object]:
    return gateway.refund(REFUND)


def look_up_refund(gateway: AntomGateway) -> Awaitable[object]:
    return gateway.look_up_refund("rf-1")


IN_PROCESS: dict[str, Any] = {"paymentRequestId": "ch-1", "paymentId": "pay-1", "normalUrl": LINK}
SUCCESS = ("S", "SUCCESS")

SCENARIOS: list[tuple[Call, bytes, object]] = [
    # The usual first answer is no error: the buyer has yet to pay.
    (open_charge, says("U", "PAYMENT_IN_PROCESS", **IN_PROCESS), Opened(gateway_id="pay-1", url=LINK)),
    (open_charge, says("U", "PAYMENT_IN_PROCESS", normalUrl=LINK), Opened(gateway_id=None, url=LINK)),
    (open_charge, says("U", "PAYMENT_IN_PROCESS"), Unknown(reason="PAYMENT_IN_PROCESS")),
    (
        open_charge,
        says("U", "PAYMENT_IN_PROCESS", normalUrl="https://evil.example/"),
        Unknown(reason="link refused"),
    ),
    (open_charge, says("U", "PAYMENT_IN_PROCESS", **IN_PROCESS | {"paymentRequestId": "ch-2"}), OTHER),
    (open_charge, says(*SUCCESS, **PAID), SETTLED),
    (open_charge, says(*SUCCESS, **PAID | {"paymentRequestId": "ch-2"}), OTHER),
    (open_charge, says(*SUCCESS, paymentId="pay-1"), UNSURE),
    (open_charge, says("S", "ACCEPTED", **PAID), Unknown(reason="ACCEPTED")),
    (open_charge, says("F", "ORDER_IS_CLOSED"), Refused(code="ORDER_IS_CLOSED")),
    (open_charge, says("F", "A_NEW_CODE"), Refused(code="A_NEW_CODE")),
    (open_charge, says("F", "UNKNOWN_EXCEPTION"), Unknown(reason="UNKNOWN_EXCEPTION")),
    (open_charge, says("F", "INVALID_SIGNATURE"), Unknown(reason="INVALID_SIGNATURE")),
    (open_charge, says("F", "REPEAT_REQ_INCONSISTENT"), Unknown(reason="REPEAT_REQ_INCONSISTENT")),
    (open_charge, says("U", "REQUEST_TRAFFIC_EXCEED_LIMIT"), Unknown(reason="REQUEST_TRAFFIC_EXCEED_LIMIT")),
    (open_charge, says("X", "SUCCESS", **PAID), Unknown(reason="SUCCESS")),
    (look_up, says(*SUCCESS, paymentStatus="SUCCESS", **PAID), SETTLED),
    (look_up, says(*SUCCESS, paymentStatus="SUCCESS", **PAID | {"paymentRequestId": "ch-2"}), OTHER),
    (look_up, says(*SUCCESS, paymentStatus="SUCCESS", **PAID | {"paymentId": ""}), UNSURE),
    (look_up, says(*SUCCESS, paymentStatus="SUCCESS", **PAID | {"paymentAmount": None}), UNSURE),
    (look_up, says(*SUCCESS, **PAID), Unknown(reason="no status")),
    (look_up, says(*SUCCESS, paymentStatus="PROCESSING", **PAID), Unknown(reason="PROCESSING")),
    (look_up, says(*SUCCESS, paymentStatus="PENDING", **PAID), Unknown(reason="PENDING")),
    (look_up, says(*SUCCESS, paymentStatus="A_NEW_ONE", **PAID), Unknown(reason="A_NEW_ONE")),
    (look_up, says(*SUCCESS, paymentStatus="FAIL"), Refused(code="FAIL")),
    (
        look_up,
        says(*SUCCESS, paymentStatus="FAIL", paymentResultCode="RISK_REJECT"),
        Refused(code="RISK_REJECT"),
    ),
    (
        look_up,
        says(*SUCCESS, paymentStatus="CANCELLED", paymentResultCode="ORDER_IS_CLOSED"),
        Refused(code="CANCELLED"),
    ),
    # A failed inquiry says nothing about the charge.
    (look_up, says("F", "PROCESS_FAIL", paymentStatus="FAIL"), Unknown(reason="PROCESS_FAIL")),
    (look_up, says("U", "SUCCESS", paymentStatus="SUCCESS", **PAID), Unknown(reason="SUCCESS")),
    (look_up, says("F", "ORDER_NOT_EXIST"), Unknown(reason="ORDER_NOT_EXIST", absent=True)),
    (cancel, says(*SUCCESS, paymentRequestId="ch-1"), Refused(code="CANCELLED")),
    (cancel, says(*SUCCESS, paymentRequestId="ch-2"), OTHER),
    (cancel, says("F", "CANCEL_WINDOW_EXCEED"), Unknown(reason="CANCEL_WINDOW_EXCEED")),
    (cancel, says("F", "ORDER_NOT_EXIST"), Unknown(reason="ORDER_NOT_EXIST", absent=True)),
    (cancel, says("U", "UNKNOWN_EXCEPTION"), Unknown(reason="UNKNOWN_EXCEPTION")),
    (refund, says(*SUCCESS, **BACK), SENT_BACK),
    (refund, says(*SUCCESS, **BACK | {"refundRequestId": "rf-2"}), OTHER),
    (refund, says(*SUCCESS, **BACK | {"refundAmount": None}), UNSURE),
    (refund, says("U", "REFUND_IN_PROCESS"), Unknown(reason="REFUND_IN_PROCESS")),
    (refund, says("F", "REFUND_AMOUNT_EXCEED"), Refused(code="REFUND_AMOUNT_EXCEED")),
    (refund, says("F", "ORDER_NOT_EXIST"), Refused(code="ORDER_NOT_EXIST")),
    (refund, says("F", "ORDER_STATUS_INVALID"), Unknown(reason="ORDER_STATUS_INVALID")),
    (refund, says("F", "REPEAT_REQ_INCONSISTENT"), Unknown(reason="REPEAT_REQ_INCONSISTENT")),
    (look_up_refund, says(*SUCCESS, refundStatus="SUCCESS", **BACK), SENT_BACK),
    (look_up_refund, says(*SUCCESS, refundStatus="PROCESSING", **BACK), Unknown(reason="PROCESSING")),
    (look_up_refund, says(*SUCCESS, refundStatus="FAIL", **BACK), Refused(code="FAIL")),
    (look_up_refund, says(*SUCCESS), Unknown(reason="no status")),
    (look_up_refund, says("F", "REFUND_NOT_EXIST"), Unknown(reason="REFUND_NOT_EXIST", absent=True)),
    (look_up_refund, says("F", "PROCESS_FAIL"), Unknown(reason="PROCESS_FAIL")),
    # Well signed, but not what was agreed.
    (look_up, b"", ILL_FORMED),
    (look_up, b"[" * 100_000, ILL_FORMED),
    (look_up, b"\xff{}", ILL_FORMED),
    (look_up, b"{}", ILL_FORMED),
    (look_up, says(*SUCCESS, paymentStatus="SUCCESS", **PAID | {"paymentId": "a\0"}), ILL_FORMED),
    (look_up, says(*SUCCESS, paymentStatus="SUCCESS", **PAID | {"paymentId": "\ud800"}), ILL_FORMED),
    (look_up, says(*SUCCESS, **PAID | {"paymentAmount": {"currency": "JPY", "value": "-5"}}), ILL_FORMED),
    (look_up, b"{" + b" " * 2**20 + b"}", Unknown(reason="answer too large")),
]


@pytest.mark.parametrize(("call", "body", "verdict"), SCENARIOS)
async def test_what_an_answer_means(
    gateway: AntomGateway, script: Script, call: Call, body: bytes, verdict: object
) -> None:
    script.body = body

    assert await call(gateway) == verdict


@pytest.mark.parametrize("call", [open_charge, look_up, cancel, refund, look_up_refund])
async def test_unproven_answer_is_unknown(gateway: AntomGateway, script: Script, call: Call) -> None:
    script.body = says(*SUCCESS, paymentStatus="SUCCESS", refundStatus="SUCCESS", **PAID, **BACK)
    signed = script.sign("/ams/sandbox/api/v1/payments/elsewhere")

    for headers in ({}, signed, signed | {"signature": "é"}, {"signature": signed["signature"]}):
        script.headers = headers
        assert await call(gateway) == UNSIGNED


@pytest.mark.parametrize("status", [302, 400, 404, 500, 503])
async def test_other_status_is_unknown_whatever_it_says(gateway: AntomGateway, script: Script, status: int) -> None:
    script.status, script.body = status, says("F", "PROCESS_FAIL")

    assert await gateway.open(CHARGE) == Unknown(reason=f"HTTP {status}")


async def test_no_gateway_is_unknown_and_names_no_address(make: Make, unused_tcp_port: int) -> None:
    verdict = await make(merchant(f"http://127.0.0.1:{unused_tcp_port}")).refund(REFUND)

    assert isinstance(verdict, Unknown)
    assert not verdict.absent
    assert str(unused_tcp_port) not in verdict.reason


@pytest.mark.parametrize("raw", [b"", b"rubbish\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"])
async def test_broken_exchange_is_unknown(make: Make, raw: bytes) -> None:
    async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(break_off, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        verdict = await make(merchant(f"http://127.0.0.1:{port}")).look_up("ch-1")

    assert isinstance(verdict, Unknown)
    assert verdict.reason.startswith("no exchange")


async def test_pay_request_is_as_documented_and_signed(
    gateway: AntomGateway, script: Script, our_key: RSAPrivateKey
) -> None:
    await gateway.open(CHARGE)

    path, sent, headers, raw = script.asked[0]
    assert path == "/ams/sandbox/api/v1/payments/pay"
    assert sent == {
        "productCode": "CASHIER_PAYMENT",
        "paymentRequestId": "ch-1",
        "order": {
            "referenceOrderId": "order-1",
            "orderDescription": "初音ミク",
            "orderAmount": {"currency": "JPY", "value": "12300"},
        },
        "paymentAmount": {"currency": "JPY", "value": "12300"},
        "paymentMethod": {"paymentMethodType": "ALIPAY_CN"},
        "paymentRedirectUrl": "https://bot.example/back/t",
        "paymentNotifyUrl": "https://bot.example/antom/notify",
        "paymentExpiryTime": "2026-11-23T05:46:00+00:00",
        "env": {"terminalType": "WAP", "osType": "IOS", "clientIp": "203.0.113.9"},
    }
    time = headers["request-time"]
    assert datetime.fromisoformat(time) == NOW
    message = Message(method="POST", path=path, client_id=headers["client-id"], time=time, body=raw)
    Verifier([our_key.public_key()]).verify(message, headers["signature"])


async def test_live_client_and_settlement_currency(make: Make, server: TestServer, script: Script) -> None:
    gateway = make(merchant(str(server.make_url("/")), client_id="5J0000", settlement_currency="JPY"))

    await gateway.open(CHARGE)

    path, sent, _, _ = script.asked[0]
    assert path == "/ams/api/v1/payments/pay"
    assert sent["settlementStrategy"] == {"settlementCurrency": "JPY"}


async def test_refund_request_is_as_documented(gateway: AntomGateway, script: Script) -> None:
    await gateway.refund(REFUND)

    path, sent, _, _ = script.asked[0]
    assert path == "/ams/sandbox/api/v1/payments/refund"
    assert sent == {
        "refundRequestId": "rf-1",
        "paymentId": "pay-1",
        "refundAmount": {"currency": "JPY", "value": "5"},
        "refundReason": "verification",
        "refundNotifyUrl": "https://bot.example/antom/notify",
    }


async def test_link_of_a_gateway_on_this_machine(gateway: AntomGateway, server: TestServer, script: Script) -> None:
    own = str(server.make_url("/cashier/abc"))
    script.body = says("U", "PAYMENT_IN_PROCESS", normalUrl=own)

    assert await gateway.open(CHARGE) == Opened(gateway_id=None, url=own)


def test_it_is_the_port_that_the_service_asks_for() -> None:
    port: type[PaymentGateway] = AntomGateway
    assert port is AntomGateway

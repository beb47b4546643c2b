"""A merchant with the official SDK's signature tool, and the simulator that it talks to."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from com.alipay.ams.api.tools import signature_tool, webhook_tool
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from yarl import URL

from sandbox.alipay import Server

CLIENT_ID = "SANDBOX_5YBX9N"
TIME = "2026-11-23T05:32:00+00:00"
SUCCESS = {"result": {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}}

Client = TestClient[web.Request, web.Application]


@dataclass(frozen=True)
class Keys:
    private_pem: str
    public_pem: str

    @classmethod
    def make(cls) -> "Keys":
        key = rsa.generate_private_key(65537, 2048)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return cls(private.decode(), public.decode())


@dataclass
class Clock:
    now: datetime = datetime(2026, 11, 23, 5, 32, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass
class Mailbox:
    """The merchant's notify endpoint: answers with the scripted bodies, then with success."""

    script: list[tuple[int, object]] = field(default_factory=list)
    received: list[tuple[web.Request, bytes]] = field(default_factory=list)
    url: str = ""

    async def receive(self, request: web.Request) -> web.Response:
        self.received.append((request, await request.read()))
        status, body = self.script.pop(0) if self.script else (200, SUCCESS)
        return web.json_response(body, status=status, headers={"Location": self.url})

    @property
    def documents(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.received]


@dataclass(frozen=True)
class Merchant:
    """Signs with the SDK, and refuses answers that the SDK cannot verify."""

    client: Client
    keys: Keys
    alipay_public_pem: str
    mailbox: Mailbox

    async def post(self, call: str, document: dict[str, Any], prefix: str = "/ams/api/v1/payments/") -> dict[str, Any]:
        path, body = prefix + call, json.dumps(document)
        async with self.client.post(path, data=body, headers=self.headers(path, body)) as response:
            assert response.status == 200
            return self.verified(path, response, await response.text())

    def headers(self, path: str, body: str, client_id: str = CLIENT_ID, method: str = "POST") -> dict[str, str]:
        signature = signature_tool.sign(method, path, client_id, TIME, body, self.keys.private_pem)
        return {
            "client-id": client_id,
            "Request-Time": TIME,
            "Signature": f"algorithm=RSA256,keyVersion=1,signature={signature}",
        }

    def verified(self, path: str, response: aiohttp.ClientResponse, body: str, method: str = "POST") -> dict[str, Any]:
        headers = response.headers
        assert headers["client-id"] == CLIENT_ID
        assert webhook_tool.check_signature(
            method, path, CLIENT_ID, headers["response-time"], body, headers["signature"], self.alipay_public_pem
        )
        answer: dict[str, Any] = json.loads(body)
        return answer

    def order(self, request_id: str = "pay-1", **changes: object) -> dict[str, Any]:
        amount = {"currency": "JPY", "value": "5"}
        order = {"referenceOrderId": "o-1", "orderDescription": "Buyee verification", "orderAmount": amount}
        return {
            "productCode": "CASHIER_PAYMENT",
            "paymentRequestId": request_id,
            "order": order,
            "paymentAmount": amount,
            "paymentMethod": {"paymentMethodType": "ALIPAY_CN"},
            "paymentRedirectUrl": "https://shop.example/back/1",
            "paymentNotifyUrl": self.mailbox.url,
            "env": {"terminalType": "WAP", "osType": "IOS"},
            **changes,
        }

    def refund_of(self, payment_id: str, request_id: str = "refund-1", value: str = "5") -> dict[str, Any]:
        return {
            "paymentId": payment_id,
            "refundRequestId": request_id,
            "refundAmount": {"currency": "JPY", "value": value},
            "refundNotifyUrl": self.mailbox.url,
        }

    async def pay(self, request_id: str = "pay-1", **changes: object) -> dict[str, Any]:
        return await self.post("pay", self.order(request_id, **changes))

    async def status(self, request_id: str = "pay-1") -> tuple[str, str]:
        answer = await self.post("inquiryPayment", {"paymentRequestId": request_id})
        return answer["paymentStatus"], answer["paymentResultCode"]

    async def paid(self, request_id: str = "pay-1", **changes: object) -> str:
        """A payment that the buyer has paid; gives its id."""
        opened = await self.pay(request_id, **changes)
        await buy(self.client, opened["normalUrl"])
        payment_id: str = opened["paymentId"]
        return payment_id


def result_of(answer: dict[str, Any]) -> tuple[str, str]:
    return answer["result"]["resultStatus"], answer["result"]["resultCode"]


async def buy(client: Client, url: str, phone: str = "13800000001", press: str = "pay") -> str:
    """The buyer logs in, presses a button, and reads the page that comes."""
    path = URL(url).path
    await client.post(f"{path}/login", data={"phone": phone, "code": "123456"})
    async with client.post(f"{path}/{press}") as page:
        return await page.text()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="session")
def merchant_keys() -> Keys:
    return Keys.make()


@pytest.fixture(scope="session")
def alipay_keys() -> Keys:
    return Keys.make()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock, merchant_keys: Keys, alipay_keys: Keys) -> Server:
    return Server(
        client_id=CLIENT_ID,
        merchant_public_key=merchant_keys.public_pem,
        private_key=alipay_keys.private_pem,
        clock=clock,
        notice_delays=[0, 0.01, 0.01, 0.01],
        merchant_name="Buyee",
    )


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[web.Application], Awaitable[Client]]]:
    clients: list[Client] = []

    async def start(application: web.Application) -> Client:
        client: Client = TestClient(TestServer(application), cookie_jar=aiohttp.CookieJar(unsafe=True))
        await client.start_server()
        clients.append(client)
        return client

    yield start
    for client in reversed(clients):
        await client.close()


@pytest.fixture
async def mailbox(serve: Callable[[web.Application], Awaitable[Client]]) -> Mailbox:
    mailbox = Mailbox()
    application = web.Application()
    application.router.add_post("/antom/notify", mailbox.receive)
    client = await serve(application)
    mailbox.url = str(client.make_url("/antom/notify?shop=1"))
    return mailbox


@pytest.fixture
async def merchant(
    simulator: Server,
    mailbox: Mailbox,
    merchant_keys: Keys,
    serve: Callable[[web.Application], Awaitable[Client]],
) -> Merchant:
    client = await serve(simulator.application())
    return Merchant(client, merchant_keys, simulator.public_key_pem, mailbox)

"""The web edge as it runs, with the gateway's own readers, over a store and pages that only take notes."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import cast

import pytest
from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, Request
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from prometheus_client import CollectorRegistry

from gateway.antom.notices import NoticeReader
from gateway.antom.signing import Verifier
from gateway.auction import events
from gateway.auction.signing import Webhooks
from service.ports import Letterbox
from service.statements import Figures
from tests.web.kept import Kept, Noon, Shown
from web.doors import Doors
from web.pages import texts
from web.server import application, connection_options

Client = TestClient[Request, Application]
Connect = Callable[[Doors], Awaitable[Client]]

TELEGRAM_SECRETS = (b"new-secret", b"old-secret")
CLIENT_ID = "SANDBOX_5YEU172A2QWN04015"
WEBHOOKS = Webhooks([b"k" * 32])


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture(scope="session")
def gateway_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def doors(kept: Kept, shown: Shown, gateway_key: RSAPrivateKey) -> Doors:
    async def ready() -> None:
        async with kept.transaction():
            pass

    async def figures() -> Figures:
        await ready()
        return Figures(open_items={}, oldest={}, balances=(), dead_work={})

    return Doors(
        letterbox=cast("Letterbox", kept),
        landings=shown,
        verify_event=WEBHOOKS.verify,
        parse_event=events.parse,
        read_notice=NoticeReader(CLIENT_ID, Verifier([gateway_key.public_key()])).read,
        telegram_secrets=TELEGRAM_SECRETS,
        texts=texts(),
        clock=Noon(),
        ready=ready,
        figures=figures,
        registry=CollectorRegistry(),
        public_url="https://pay.auction.example",
        bot_link="https://t.me/auction_pay_bot",
    )


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    clients: list[Client] = []

    async def start(doors: Doors) -> Client:
        server = TestServer(application(doors))
        await server.start_server(**connection_options())
        client = TestClient(server)
        clients.append(client)
        return client

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def client(connect: Connect, doors: Doors) -> Client:
    return await connect(doors)


@pytest.fixture
async def stand(connect: Connect, doors: Doors) -> Client:
    """The demo stand: everything on this machine."""
    return await connect(replace(doors, public_url="http://127.0.0.1:8080", registry=CollectorRegistry()))

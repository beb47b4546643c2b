"""A house on a loopback port, a stub of the bot's webhook, and a person's browser."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse, CookieJar, web
from aiohttp.test_utils import TestClient, TestServer
from standardwebhooks import Webhook

from sandbox.auction import Server

SECRET = "whsec_" + "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"
API_KEY = "key-of-the-bot"
BEARER = {"Authorization": f"Bearer {API_KEY}"}
Client = TestClient[web.Request, web.Application]


@dataclass
class Clock:
    """Real time (the oracles read it too), moved on by hand."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class StubBot:
    """Takes events, checks them with the reference library, and answers what `answers` says, then 202."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    arrival: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        Webhook(SECRET).verify(body, dict(request.headers))
        status = self.answers.pop(0) if self.answers else 202
        async with self.arrival:
            self.requests.append((request.headers["webhook-id"], body))
            if status == 202:
                self.events.append(json.loads(body))
            self.arrival.notify_all()
        return web.Response(status=status, headers={"Location": "/elsewhere"} if status == 302 else None)

    async def elsewhere(self, _request: web.Request) -> web.Response:
        """Where a redirect leads: an answer that must not be taken for a delivery."""
        return web.Response(status=200)

    async def next_event(self) -> dict[str, Any]:
        """The oldest accepted event that was not taken yet."""
        async with self.arrival:
            await asyncio.wait_for(self.arrival.wait_for(lambda: self.events), 10)
            return self.events.pop(0)


@dataclass
class Person:
    """Opens pages and sends forms, with a cookie jar of their own."""

    client: Client

    async def open(self, path: str) -> str:
        async with self.client.get(path) as response:
            assert response.status == 200, path
            return await response.text()

    async def send(self, path: str, **fields: str) -> ClientResponse:
        return await self.client.post(path, data=fields, allow_redirects=False)

    async def act(self, path: str, **fields: str) -> None:
        response = await self.send(path, **fields)
        assert response.status == 303, await response.text()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def bot() -> AsyncIterator[StubBot]:
    stub = StubBot()
    app = web.Application()
    app.router.add_post("/auction/events", stub.take)
    app.router.add_get("/elsewhere", stub.elsewhere)
    server = TestServer(app)
    async with server:
        stub.url = str(server.make_url("/auction/events"))
        yield stub


@pytest.fixture
async def house(bot: StubBot, clock: Clock) -> AsyncIterator[TestServer]:
    server = Server(api_key=API_KEY, webhook_secret=SECRET, clock=clock, retry_delays=[0.01])
    running = TestServer(server.application())
    async with running:
        server.addresses.public_url = str(running.make_url("")).rstrip("/")
        server.addresses.bot_link = "http://127.0.0.1:1/?start={code}"
        server.addresses.events_url = bot.url
        yield running


@pytest.fixture
async def client(house: TestServer) -> AsyncIterator[Client]:
    """The bot's own client: no cookies."""
    async with TestClient(house) as client:
        yield client


@pytest.fixture
async def person(house: TestServer) -> AsyncIterator[Person]:
    """Signed in as the first buyer, whose Alipay account is linked."""
    async with TestClient(house, cookie_jar=CookieJar(unsafe=True)) as client:
        person = Person(client)
        await person.open("/?lang=en")
        yield person


async def state_of(client: Client) -> dict[str, Any]:
    async with client.get("/backoffice.json") as response:
        state: dict[str, Any] = await response.json()
        return state


def signed(event_type: str, message_id: str = "evt_1", **data: Any) -> dict[str, Any]:
    """Arguments of a POST to `/events`, signed by the reference library."""
    now = datetime.now(UTC)
    body = json.dumps({"type": event_type, "timestamp": now.isoformat(), "data": data})
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(message_id, now, body),
    }
    return {"data": body.encode(), "headers": headers}

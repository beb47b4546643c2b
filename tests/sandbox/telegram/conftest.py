from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from telegram import Bot
from telegram.request import HTTPXRequest

from sandbox.telegram import Server
from tests.sandbox.telegram.stand import TOKEN, USERNAME, ManualTime, Receiver, Stand


@pytest.fixture(autouse=True)
def _times_as_timedelta(monkeypatch: pytest.MonkeyPatch) -> None:
    """PTB warns about its plain seconds otherwise."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    time = ManualTime()
    server = Server(token=TOKEN, username=USERNAME, name="Auction", clock=time.clock, sleep=time.sleep)
    async with TestClient(TestServer(server.application())) as client:
        root = str(client.make_url("")).rstrip("/")
        request = HTTPXRequest(httpx_kwargs={"trust_env": False})
        polling = HTTPXRequest(httpx_kwargs={"trust_env": False})
        bot = Bot(TOKEN, f"{root}/bot", f"{root}/file/bot", request=request, get_updates_request=polling)
        async with bot:
            yield Stand(client, bot, time)


@pytest.fixture
async def receiver() -> AsyncIterator[tuple[Receiver, str]]:
    """The receiver and its address."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/telegram", receiver.handle)
    async with TestServer(app) as server:
        yield receiver, str(server.make_url("/telegram"))
        receiver.gate.set()

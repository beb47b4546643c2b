"""A running emulator for tests: PTB's own client on one side, people on the other, time in the test's hand."""

from __future__ import annotations

import asyncio
import itertools
import struct
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient
from telegram import Bot, Update

TOKEN = "4242:test-token"
USERNAME = "auction_test_bot"


class ManualTime:
    """A clock that moves when told to, and the sleeps that wait for it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        self._waiting: list[tuple[datetime, asyncio.Future[None]]] = []
        self._asked: asyncio.Queue[float] = asyncio.Queue()

    def clock(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self.now + timedelta(seconds=seconds), woken))
        self._asked.put_nowait(seconds)
        await woken

    async def next_sleep(self) -> float:
        """The length of the next sleep that anybody asks for."""
        return await self._asked.get()

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for due, woken in self._waiting:
            if due <= self.now and not woken.done():
                woken.set_result(None)


class Person:
    """Somebody in the emulated Telegram, through the people's routes."""

    def __init__(self, client: TestClient[web.Request, web.Application], card: dict[str, Any]) -> None:
        self.client = client
        self.id: int = card["id"]

    async def post(self, act: str, **body: Any) -> dict[str, Any]:
        async with self.client.post(f"/people/{self.id}/{act}", json=body) as response:
            assert response.status < 300, await response.text()
            return dict(await response.json())

    async def start(self, code: str | None = None) -> dict[str, Any]:
        return await self.post("start", **({"code": code} if code else {}))

    async def says(self, text: str, **where: Any) -> dict[str, Any]:
        return await self.post("messages", text=text, **where)

    async def presses(self, message_id: int, text: str, **where: Any) -> dict[str, Any]:
        return await self.post("press", message_id=message_id, text=text, **where)

    async def sees(self, **where: Any) -> list[dict[str, Any]]:
        async with self.client.get(f"/people/{self.id}/messages", params=where) as response:
            return list((await response.json())["messages"])


class Stand:
    def __init__(self, client: TestClient[web.Request, web.Application], bot: Bot, time: ManualTime) -> None:
        self.client = client
        self.bot = bot
        self.time = time

    async def person(self, first_name: str = "Lin", language_code: str = "zh-hans", **more: Any) -> Person:
        body = {"first_name": first_name, "language_code": language_code, **more}
        async with self.client.post("/people", json=body) as response:
            return Person(self.client, await response.json())

    async def buyer(self) -> Person:
        """Somebody who has started the bot; their first update is already taken."""
        person = await self.person()
        await person.start()
        await self.updates()
        return person

    async def forum(self, *members: Person, **more: Any) -> int:
        body = {"title": "Agents", "members": [person.id for person in members], **more}
        async with self.client.post("/groups", json=body) as response:
            group_id = (await response.json())["id"]
        await self.updates()
        return int(group_id)

    async def updates(self) -> list[Update]:
        """Take and acknowledge what waits."""
        updates = list(await self.bot.get_updates(timeout=0))
        if updates:
            await self.bot.get_updates(offset=updates[-1].update_id + 1, timeout=0)
        return updates

    async def one_update(self) -> Update:
        """The next update, waiting for it."""
        updates = await self.bot.get_updates(timeout=50, limit=1)
        assert updates
        await self.bot.get_updates(offset=updates[0].update_id + 1, timeout=0)
        return updates[0]

    async def fault(self, kind: str, **more: Any) -> None:
        async with self.client.post("/faults", json={"kind": kind, **more}) as response:
            assert response.status == 200, await response.text()

    def url(self, path: str) -> str:
        return str(self.client.make_url(path))


class Receiver:
    """The bot's own web server: keeps what it gets and answers as told."""

    def __init__(self) -> None:
        self.got: asyncio.Queue[tuple[dict[str, Any], str | None]] = asyncio.Queue()
        self.answers: list[web.Response] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def handle(self, request: web.Request) -> web.Response:
        secret = request.headers.get("X-Telegram-Bot-Api-Secret-Token")
        self.got.put_nowait((await request.json(), secret))
        await self.gate.wait()
        return self.answers.pop(0) if self.answers else web.Response()

    async def next(self) -> dict[str, Any]:
        update, _ = await self.got.get()
        return update

    async def next_text(self) -> str:
        return str((await self.next())["message"]["text"])


def png(width: int = 40, height: int = 40) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(itertools.repeat(b"\0" + b"\x80" * width, height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

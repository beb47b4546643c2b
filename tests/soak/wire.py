"""The way between the service and Telegram: writes every call down, and can be bad for a while."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal
from urllib.parse import parse_qsl

import aiohttp
from aiohttp import web

HOST = "127.0.0.1"
SHOWN = ("sendMessage", "editMessageText")
LOST_OF_TEN = 3
"""Of ten messages that are taken while answers get lost, how many lose theirs."""

OutageKind = Literal["away", "dropped", "lost", "throttled"]
OUTAGES: tuple[OutageKind, ...] = ("lost", "away", "throttled", "dropped")
"""5xx; hung up before anything was done; done, and then hung up; 429 with a time to wait."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A message that Telegram sent or edited, or a call that it refused as too much (429); in their order there.

    `is_lost` where nobody was there to hear the answer. `at` is by the monotonic clock.
    """

    at: float
    method: str
    chat_id: int
    text: str
    status: int = 200
    is_lost: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it made a new message."""
        return self.method == "sendMessage" and self.status == 200


@dataclass(slots=True)
class Wire:
    """Passes calls on to the simulator at `behind`."""

    behind: str
    dice: Random
    session: aiohttp.ClientSession
    calls: list[Call] = field(default_factory=list)
    outage: OutageKind | None = None
    refused: int = 0

    async def be_bad(self, kind: OutageKind, seconds: float) -> None:
        """An outage of this kind, for so long."""
        self.outage = kind
        try:
            await asyncio.sleep(seconds)
        finally:
            self.outage = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """One call."""
        body, outage = await request.read(), self.outage
        if outage == "away":
            return self._refuse(502, "Bad Gateway")
        if outage == "throttled":
            wait = self.dice.randint(1, 4)
            return self._refuse(429, f"Too Many Requests: retry after {wait}", retry_after=wait)
        if outage == "dropped":
            self.refused += 1
            return _hang_up(request)
        loses = outage == "lost" and self.dice.randrange(10) < LOST_OF_TEN
        return await self._pass_on(request, body, loses=loses)

    async def _pass_on(self, request: web.Request, body: bytes, *, loses: bool) -> web.StreamResponse:
        headers = {"Content-Type": request.headers.get("Content-Type", "application/json")}
        url = f"{self.behind}{request.raw_path}"
        async with self.session.request(request.method, url, data=body, headers=headers) as answer:
            said = await answer.read()
        is_lost = loses or request.transport is None or request.transport.is_closing()
        self._note(request.path.rpartition("/")[2], body, answer.status, is_lost=is_lost)
        if loses:
            return _hang_up(request)
        return web.Response(status=answer.status, body=said, content_type=answer.content_type)

    def _note(self, method: str, body: bytes, status: int, *, is_lost: bool) -> None:
        if method not in SHOWN or status not in (200, 429):
            return
        values, at = dict(parse_qsl(body.decode())), time.monotonic()
        chat_id, text = int(values["chat_id"]), values["text"]
        self.calls.append(
            Call(
                at=at,
                method=method,
                chat_id=chat_id,
                text=text,
                status=status,
                is_lost=is_lost,
            )
        )

    def _refuse(self, status: int, description: str, **parameters: int) -> web.Response:
        self.refused += 1
        body: Json = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
        return web.json_response(body, status=status)


@asynccontextmanager
async def wire(behind: str, dice: Random) -> AsyncIterator[tuple[str, Wire]]:
    """A running wire, and its address."""
    async with aiohttp.ClientSession() as session:
        made, application = Wire(behind, dice, session), web.Application()
        application.router.add_route("*", "/{path:.*}", made.serve)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, 0).start()
            host, port = runner.addresses[0]
            yield f"http://{host}:{port}", made
        finally:
            await runner.cleanup()


def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport:
        request.transport.abort()
    return web.Response()

"""Telegram's wire without a network: the bot's calls go straight to the strict emulator, in virtual time."""

import json
from asyncio import sleep
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from telegram.error import NetworkError
from telegram.request import BaseRequest, RequestData

from sandbox.telegram.backend import Backend
from sandbox.telegram.bot_api import execute, perform
from sandbox.telegram.errors import Refused, forbidden
from sandbox.telegram.pace import Pace, Rate
from sandbox.telegram.world import User
from service.ports import Clock
from tests.simulation.loop import SimLoop

TOKEN = "1:x"
LATENCY = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """Probabilities of what goes wrong with one call, and the seconds in which Telegram answers nothing but 502."""

    lost: float = 0
    answer_lost: float = 0
    refused: float = 0
    outage: tuple[float, float] = (0, 0)


@dataclass(frozen=True, slots=True)
class Shown:
    """A message as it appeared in its chat."""

    at: datetime
    chat_id: int
    text: str


@dataclass(slots=True)
class Wire:
    """What Telegram does with the bot's calls, strict about its limits; `answers` counts what it said."""

    loop: SimLoop
    clock: Clock
    weather: Weather = Weather()
    blocked: set[int] = field(default_factory=set)
    shown: list[Shown] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    too_soon: int = 0
    """How many calls came to a chat before the time that Telegram asked to wait there was over."""
    backend: Backend = field(init=False)
    _fate: Random = field(init=False)
    _wait_until: dict[int, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        bot = User(1, "Bot", "bot", is_bot=True)
        self.backend = Backend(TOKEN, bot, clock=self.clock.now, sleep=_never, execute=execute)
        self.backend.pace.enabled = True
        self._fate = self.loop.random("telegram")

    def limit(self, per_second: float) -> None:
        """Let Telegram bear less than it says."""
        self.backend.pace = Pace(self.clock.now, enabled=True, all_chats=Rate(per_second=per_second, burst=1))

    def open_chat(self, chat_id: int) -> None:
        """A person who has started the bot."""
        self.backend.world.add_person("林", "en", person_id=chat_id)
        self.backend.world.chat(chat_id).opened = True

    def open_group(self) -> int:
        """A group that the bot is in, and that can become a supergroup."""
        members = {self.backend.bot.id: "member"}
        return self.backend.world.add_group("Staff", is_forum=False, members=members, is_basic=True).id

    def upgrade(self, group_id: int) -> int:
        """Make it a supergroup, with another id."""
        return self.backend.world.upgrade(self.backend.world.chat(group_id)).id

    async def call(self, name: str, arguments: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Telegram's status and body. Raises NetworkError where the way there or back fails."""
        try:
            self._strike(arguments)
            self.too_soon += self.clock.now() < self._wait_until.get(int(arguments["chat_id"]), self.clock.now())
            result = await perform(self.backend, name, arguments, {})
        except Refused as refused:
            self.answers[str(refused.code)] += 1
            if "retry_after" in refused.parameters:
                wait = timedelta(seconds=refused.parameters["retry_after"])
                self._wait_until[int(arguments["chat_id"])] = self.clock.now() + wait
            return refused.code, _refusal(refused)
        self.answers["ok"] += 1
        self._note(arguments)
        if self._fate.random() < self.weather.answer_lost:
            raise NetworkError("the answer is lost")
        return 200, {"ok": True, "result": result}

    def _strike(self, arguments: dict[str, Any]) -> None:
        """Raise what is to go wrong before anything is done."""
        begin, end = self.weather.outage
        chat_id = int(arguments.get("chat_id", 0))
        if begin <= self.loop.time() < end:
            raise Refused(502, "Bad Gateway")
        if self._fate.random() < self.weather.lost:
            raise NetworkError("the call is lost")
        if self._fate.random() < self.weather.refused:
            raise Refused(500, "Internal Server Error")
        if chat_id in self.blocked:
            raise forbidden("bot was blocked by the user")

    def _note(self, arguments: dict[str, Any]) -> None:
        self.shown.append(Shown(self.clock.now(), int(arguments["chat_id"]), str(arguments["text"])))

    def most_within(self, window: timedelta, chat_id: int | None = None) -> int:
        """The most messages, to all chats or to one, in any stretch of time so long."""
        times = [each.at for each in self.shown if chat_id in (None, each.chat_id)]
        most = first = 0
        for last, time in enumerate(times):
            while time - times[first] >= window:
                first += 1
            most = max(most, last - first + 1)
        return most


class WiredRequest(BaseRequest):
    """python-telegram-bot's HTTP layer on that wire; every call takes `LATENCY` seconds."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    @property
    def read_timeout(self) -> float | None:
        return None

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        await sleep(LATENCY / 2)
        arguments = dict(request_data.parameters) if request_data else {}
        status, body = await self._wire.call(url.rpartition("/")[2], arguments)
        await sleep(LATENCY / 2)
        return status, json.dumps(body, default=str).encode()


def _refusal(refused: Refused) -> dict[str, Any]:
    body = {"ok": False, "error_code": refused.code, "description": refused.description}
    return body | {"parameters": refused.parameters}


async def _never(_: float) -> None:
    raise AssertionError("nothing here waits for the emulator")

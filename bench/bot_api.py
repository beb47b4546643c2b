"""A stub of Telegram's Bot API server: `python -m bench.bot_api`. Writes calls down, and answers them at once.

It can take a while to answer, and it can be strict, as Telegram is: 30 messages a second, and 1 a second in a chat.
"""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from bench.child import answer, run
from sandbox.telegram.errors import Refused
from sandbox.telegram.pace import Pace

BOT = {"id": 1000001, "is_bot": True, "first_name": "Bench", "username": "bench_bot"}
SHOWN = ("sendMessage", "editMessageText")


class BotApi:
    """The server, and what it has seen since it was last reset."""

    def __init__(self) -> None:
        self._latency, self._pace = 0.0, _pace(strict=False)
        self._calls: Counter[str] = Counter()
        self._shown: list[tuple[float, int, str]] = []
        self._buttons: list[tuple[int, int, str]] = []
        self._messages: set[tuple[int, str]] = set()
        self._refused, self._last_id = 0, 0
        self._called = asyncio.Event()

    async def start(self) -> str:
        """Listen; the address."""
        app = web.Application()
        app.router.add_post("/{bot}/{method}", self._serve)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0]
        return f"http://{host}:{port}"

    async def reset(self, latency: float = 0.0, *, strict: bool = False) -> None:
        """Forget what was seen; from now on answer after `latency` seconds."""
        self._latency, self._pace = latency, _pace(strict=strict)
        self._calls.clear()
        self._shown.clear()
        self._buttons.clear()
        self._messages.clear()
        self._refused = 0

    async def wait(self, method: str, count: int, seconds: float) -> bool:
        """Wait until a method was called so often; whether it was, within so many seconds."""
        return await self._until(lambda: self._calls[method] >= count, seconds)

    async def wait_for_messages(self, count: int, seconds: float) -> bool:
        """Wait for so many messages, each counted once; whether they came within so many seconds."""
        return await self._until(lambda: len(self._messages) >= count, seconds)

    async def told(self) -> dict[str, Any]:
        """The calls by method, how many were refused, and what was shown: when, in which chat, which text."""
        return {"calls": self._calls, "refused": self._refused, "shown": self._shown}

    async def buttons(self) -> list[tuple[int, int, str]]:
        """The first button under each message that has one: chat, message, callback data."""
        return self._buttons

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    self._called.clear()
                    await self._called.wait()
        except TimeoutError:
            return False
        return True

    async def _serve(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        values = dict(parse_qsl((await request.read()).decode()))
        if self._latency:
            await asyncio.sleep(self._latency)
        try:
            result = self._show(method, values) if method in SHOWN else BOT if method == "getMe" else True
        except Refused as error:
            self._refused += 1
            return _refusal(error)
        self._calls[method] += 1
        self._called.set()
        return web.json_response({"ok": True, "result": result})

    def _show(self, method: str, values: dict[str, str]) -> dict[str, Any]:
        chat_id, text = int(values["chat_id"]), values["text"]
        if method == "sendMessage":
            self._pace.spend(chat_id)
            self._messages.add((chat_id, text))
        self._last_id += 1
        message_id = int(values.get("message_id", self._last_id))
        self._shown.append((time.monotonic(), chat_id, text))
        keyboard = json.loads(values.get("reply_markup", "{}")).get("inline_keyboard", [])
        pressed = [button["callback_data"] for row in keyboard for button in row if "callback_data" in button]
        self._buttons.extend((chat_id, message_id, data) for data in pressed[:1])
        return {"message_id": message_id, "date": 1, "chat": {"id": chat_id, "type": "private"}, "text": text}


def _pace(*, strict: bool) -> Pace:
    return Pace(lambda: datetime.now(UTC), enabled=strict)


def _refusal(error: Refused) -> web.Response:
    body = {"ok": False, "error_code": error.code, "description": str(error), "parameters": error.parameters}
    return web.json_response(body, status=error.code)


async def main() -> None:
    """Serve until there are no more commands."""
    api = BotApi()
    commands = (api.start, api.reset, api.wait, api.wait_for_messages, api.told, api.buttons)
    await answer({command.__name__: command for command in commands})


if __name__ == "__main__":
    run(main())

"""Telegram's server as the bot sees it at the wire: writes every call down, and answers by a script."""

import json
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

TOKEN = "123456:AAsecretOfTheBot"


@dataclass(frozen=True)
class Call:
    method: str
    parameters: dict[str, str]

    def json(self, name: str) -> Any:
        return json.loads(self.parameters[name])


@dataclass(frozen=True)
class Refusal:
    status: int
    description: str
    parameters: dict[str, Any] = field(default_factory=dict)


DROPPED = "dropped"
"""The connection ends after the call arrived, and nobody knows whether it was carried out."""

Answer = Refusal | str


class TelegramStub:
    """Answers every call with success, unless the script has something else for it."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._script: defaultdict[str, deque[Answer]] = defaultdict(deque)
        self._message_id = 100
        app = web.Application()
        app.router.add_route("*", f"/bot{TOKEN}/{{method}}", self._serve)
        self.server = TestServer(app)

    @property
    def url(self) -> str:
        return str(self.server.make_url("/"))

    def will_answer(self, method: str, *answers: Answer) -> None:
        self._script[method].extend(answers)

    def calls_of(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    @property
    def said(self) -> list[Call]:
        """All but the questions who the bot is."""
        return [call for call in self.calls if call.method != "getMe"]

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        call = Call(request.match_info["method"], {name: str(value) for name, value in (await request.post()).items()})
        self.calls.append(call)
        answer = self._script[call.method].popleft() if self._script[call.method] else None
        if isinstance(answer, Refusal):
            said = {"ok": False, "error_code": answer.status, "description": answer.description}
            return web.json_response({**said, "parameters": answer.parameters}, status=answer.status)
        if answer == DROPPED:
            assert request.transport is not None
            request.transport.close()
        return web.json_response({"ok": True, "result": self._result(call)})

    def _result(self, call: Call) -> Any:
        if call.method == "getMe":
            return {"id": 123456, "is_bot": True, "first_name": "Bot", "username": "pay_bot"}
        if call.method not in ("sendMessage", "editMessageText"):
            return True
        if call.method == "sendMessage":
            self._message_id += 1
        chat = {"id": int(call.parameters["chat_id"]), "type": "private"}
        message_id = int(call.parameters.get("message_id", self._message_id))
        return {"message_id": message_id, "date": 1, "chat": chat, "text": call.parameters["text"]}

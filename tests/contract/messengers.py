"""Every messenger, with what its port does not tell: the people, what they see, the faults."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from telegram.ext import ExtBot

from bot import catalogue
from bot.messenger import TelegramMessenger
from bot.request import AiohttpRequest
from sandbox.telegram import Server
from service.ports import Messenger
from service.texts import Texts

messenger: type[Messenger] = TelegramMessenger

SHOP = "Buyee"
TOKEN = "4242:contract"

Way = Literal["send", "edit", "retire"]
Fault = Literal["server_error", "bad_gateway", "timeout", "lost_answer", "too_many_requests"]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A message as a person sees it; a button's target is its link, or the id that comes back to us."""

    id: int
    text: str
    targets: tuple[str, ...]


class Phones(Protocol):
    """A messenger and the people at the other end."""

    messenger: Messenger
    languages: tuple[str, ...]

    async def person(self, *, started: bool = True, person_id: int | None = None) -> int:
        """Somebody new, with this id where one is named; the id of their chat with the bot."""
        ...

    async def group(self) -> int:
        """A group that the bot is in."""
        ...

    async def upgrade(self, group_id: int) -> int:
        """Make a group another, which has all its people; the id of the new one."""
        ...

    async def seen(self, chat_id: int, after: int = 0) -> list[Seen]:
        """What the bot wrote into the chat and still hangs there, oldest first."""
        ...

    async def delete(self, chat_id: int, message_id: int) -> None:
        """Take a message away."""
        ...

    async def leave(self, chat_id: int, how: Literal["block", "deactivate"]) -> None:
        """The person wants no more, or is no more."""
        ...

    async def fail(self, way: Way, fault: Fault, seconds: int = 0) -> None:
        """Let the next call of this kind go wrong."""
        ...

    def at(self, url: str) -> AbstractAsyncContextManager[Messenger]:
        """The same messenger, sent to another address and impatient."""
        ...


METHODS: dict[Way, str] = {
    "send": "sendMessage",
    "edit": "editMessageText",
    "retire": "editMessageText",
}


class TelegramPhones:
    """python-telegram-bot before the Bot API simulator."""

    def __init__(self, url: str, session: aiohttp.ClientSession, texts: Texts, messenger: Messenger) -> None:
        self._url, self._session, self._texts, self.messenger = url, session, texts, messenger
        self.languages = texts.languages
        self._members: dict[int, int] = {}

    async def person(self, *, started: bool = True, person_id: int | None = None) -> int:
        who = {"first_name": "林小雨", "language_code": "zh-hans"} | ({"id": person_id} if person_id else {})
        person_id = int((await self._post("/people", **who))["id"])
        if started:
            await self._post(f"/people/{person_id}/start")
        return person_id

    async def group(self) -> int:
        member = await self.person()
        group_id = int((await self._post("/groups", title="Agents", is_basic=True, members=[member]))["id"])
        self._members[group_id] = member
        return group_id

    async def upgrade(self, group_id: int) -> int:
        new_id = int((await self._post(f"/groups/{group_id}/upgrade"))["id"])
        self._members[new_id] = self._members[group_id]
        return new_id

    async def seen(self, chat_id: int, after: int = 0) -> list[Seen]:
        path = f"/people/{self._members.get(chat_id, chat_id)}/messages?chat_id={chat_id}&after={after}"
        async with self._session.get(f"{self._url}{path}") as answer:
            messages = (await answer.json())["messages"]
        return [_seen(message) for message in messages if message["from"]["is_bot"]]

    async def delete(self, chat_id: int, message_id: int) -> None:
        await self._post(f"/bot{TOKEN}/deleteMessage", chat_id=chat_id, message_id=message_id)

    async def leave(self, chat_id: int, how: Literal["block", "deactivate"]) -> None:
        await self._post(f"/people/{chat_id}/{how}")

    async def fail(self, way: Way, fault: Fault, seconds: int = 0) -> None:
        await self._post("/faults", kind=fault, method=METHODS[way], seconds=seconds)

    @asynccontextmanager
    async def at(self, url: str) -> AsyncIterator[Messenger]:
        async with _messenger(url, self._texts, AiohttpRequest(read_timeout=0.1)) as messenger:
            yield messenger

    async def _post(self, path: str, **body: object) -> Any:
        async with self._session.post(f"{self._url}{path}", json=body) as answer:
            assert answer.ok, await answer.text()
            return await answer.json()


def _seen(message: dict[str, Any]) -> Seen:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    targets = tuple(button.get("url") or button["callback_data"] for row in rows for button in row)
    return Seen(id=message["message_id"], text=message["text"], targets=targets)


@asynccontextmanager
async def _messenger(url: str, texts: Texts, request: AiohttpRequest) -> AsyncIterator[Messenger]:
    """Not initialized as a bot, since that asks the server who it is."""
    async with request:
        yield TelegramMessenger(ExtBot(TOKEN, f"{url}/bot", request=request, get_updates_request=request), texts, SHOP)


@asynccontextmanager
async def on_telegram() -> AsyncIterator[Phones]:
    """Telegram's Bot API, in its simulator."""
    server, texts = Server(token=TOKEN, username="contract_bot"), catalogue.texts()
    async with TestServer(server.application()) as running, aiohttp.ClientSession() as session:
        url = str(running.make_url("")).rstrip("/")
        async with _messenger(url, texts, AiohttpRequest()) as messenger:
            yield TelegramPhones(url, session, texts, messenger)


MESSENGERS = [pytest.param(on_telegram, id="telegram")]
MakePhones = Callable[[], AbstractAsyncContextManager[Phones]]

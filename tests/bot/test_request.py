"""The real `telegram.Bot` over our request, against a stub of Telegram's server on loopback."""

import asyncio
import json
import logging
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram import InputMediaPhoto
from telegram.error import (
    BadRequest,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)
from telegram.error import ChatMigrated as TelegramChatMigrated
from telegram.ext import ExtBot

from bot.errors import (
    BadMarkup,
    ChatMigrated,
    MessageGone,
    NotModified,
    Outcome,
    QueryExpired,
    Rejected,
    RetryLater,
    TokenRefused,
    TopicGone,
    Unclear,
    Unreachable,
    outcome_of,
)
from bot.request import AiohttpRequest

TOKEN = "123456:AAsecretOfTheBot"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
MESSAGE = {"message_id": 7, "date": 1, "chat": {"id": 5, "type": "private"}, "text": "hi"}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Part:
    filename: str | None
    content_type: str | None
    content: bytes


@dataclass
class Call:
    method: str
    content_type: str
    parts: dict[str, Part]

    def text(self, name: str) -> str:
        return self.parts[name].content.decode()


@dataclass
class Stub:
    """Telegram's side: notes each call, then gives `answer`."""

    calls: list[Call] = field(default_factory=list)
    answer: Answer | None = None
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def says(self, status: int, body: object) -> None:
        async def answer(_: web.Request) -> web.StreamResponse:
            if isinstance(body, bytes):
                return web.Response(status=status, body=body)
            return web.json_response(body, status=status)

        self.answer = answer

    def refuses(self, status: int, description: str, **parameters: int) -> None:
        body = {"ok": False, "error_code": status, "description": description}
        self.says(status, body | ({"parameters": parameters} if parameters else {}))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.calls.append(Call(request.match_info["method"], request.content_type, await parts_of(request)))
        self.called.set()
        assert self.answer is not None
        return await self.answer(request)


async def parts_of(request: web.Request) -> dict[str, Part]:
    if request.content_type != "multipart/form-data":
        form = await request.post()
        return {name: Part(None, None, str(value).encode()) for name, value in form.items()}
    parts = {}
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        content_type = part.headers.get("Content-Type")
        parts[part.name or ""] = Part(part.filename, content_type, bytes(await part.read()))
    return parts


@pytest.fixture
def stub() -> Stub:
    return Stub()


@pytest.fixture
async def server(stub: Stub) -> AsyncIterator[TestServer]:
    app = web.Application(client_max_size=16 * 1024**2)
    app.router.add_route("*", f"/bot{TOKEN}/{{method}}", stub.handle)
    app.router.add_route("*", f"/file/bot{TOKEN}/{{method}}", stub.handle)
    server = TestServer(app)
    await server.start_server(access_log=None)
    yield server
    await server.close()


def bot_at(server: TestServer, request: AiohttpRequest) -> ExtBot[None]:
    root = str(server.make_url("")).rstrip("/")
    return ExtBot(TOKEN, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot", request=request)


@pytest.fixture
async def bot(server: TestServer) -> AsyncIterator[ExtBot[None]]:
    async with AiohttpRequest() as request:
        yield bot_at(server, request)


async def failure_of(call: Awaitable[object]) -> TelegramError:
    with pytest.raises(TelegramError) as caught:
        await call
    return caught.value


def everything_told_by(error: BaseException) -> str:
    return "".join(traceback.format_exception(error)) + str(error) + repr(error) + repr(error.args)


async def test_text_arrives_as_written(bot: ExtBot[None], stub: Stub) -> None:
    stub.says(200, {"ok": True, "result": MESSAGE})
    message = await bot.send_message(5, "付款成功 & <b>ok</b> =+%", parse_mode="HTML")
    assert message.message_id == 7
    (call,) = stub.calls
    assert (call.method, call.content_type) == ("sendMessage", "application/x-www-form-urlencoded")
    assert call.text("text") == "付款成功 & <b>ok</b> =+%"
    assert (call.text("chat_id"), call.text("parse_mode")) == ("5", "HTML")


@pytest.mark.parametrize("upload", [None, PNG])
async def test_text_that_has_no_utf8_is_sent_with_a_question_mark(
    bot: ExtBot[None], stub: Stub, upload: bytes | None
) -> None:
    stub.says(200, {"ok": True, "result": MESSAGE})
    await (bot.send_photo(5, upload, caption="a\ud800b") if upload else bot.send_message(5, "a\ud800b"))
    assert stub.calls[0].text("caption" if upload else "text") == "a?b"


async def test_a_call_without_parameters(bot: ExtBot[None], stub: Stub) -> None:
    stub.says(200, {"ok": True, "result": {"id": 1, "is_bot": True, "first_name": "b", "username": "b"}})
    assert (await bot.get_me()).username == "b"
    assert stub.calls[0].parts == {}


async def test_a_photo_arrives_as_multipart_with_its_bytes(bot: ExtBot[None], stub: Stub) -> None:
    stub.says(200, {"ok": True, "result": MESSAGE})
    await bot.send_photo(5, PNG, filename='付款 "1".png', caption="扫码")
    (call,) = stub.calls
    assert call.content_type == "multipart/form-data"
    assert call.parts["photo"] == Part('付款 "1".png', "image/png", PNG)
    assert call.text("caption") == "扫码"


async def test_a_large_photo_arrives_whole(bot: ExtBot[None], stub: Stub) -> None:
    stub.says(200, {"ok": True, "result": MESSAGE})
    large = PNG * 12_000
    await bot.send_photo(5, large)
    assert stub.calls[0].parts["photo"].content == large


async def test_a_media_group_attaches_each_file_by_name(bot: ExtBot[None], stub: Stub) -> None:
    stub.says(200, {"ok": True, "result": [MESSAGE, MESSAGE]})
    album = [InputMediaPhoto(PNG + b"1"), InputMediaPhoto(PNG + b"2")]
    assert len(await bot.send_media_group(5, album)) == 2
    (call,) = stub.calls
    attached = [name for name in call.parts if f"attach://{name}" in call.text("media")]
    assert [call.parts[name].content for name in attached] == [PNG + b"1", PNG + b"2"]


async def test_a_file_is_downloaded_as_it_is(bot: ExtBot[None], stub: Stub) -> None:
    stub.says(200, {"ok": True, "result": {"file_id": "f", "file_unique_id": "u", "file_path": "photo.png"}})
    file = await bot.get_file("f")
    stub.says(200, PNG)
    assert bytes(await file.download_as_bytearray()) == PNG


REFUSALS: list[tuple[int, str, dict[str, int], type[TelegramError], Outcome]] = [
    (429, "Too Many Requests: retry after 17", {"retry_after": 17}, RetryAfter, RetryLater(17.0)),
    (429, "Too Many Requests: retry after 0", {"retry_after": 0}, RetryAfter, RetryLater(0.0)),
    (
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": -100123},
        TelegramChatMigrated,
        ChatMigrated(-100123),
    ),
    (403, "Forbidden: bot was blocked by the user", {}, Forbidden, Unreachable("blocked")),
    (403, "Forbidden: user is deactivated", {}, Forbidden, Unreachable("deactivated")),
    (
        403,
        "Forbidden: bot can't initiate conversation with a user",
        {},
        Forbidden,
        Unreachable("not_started"),
    ),
    (403, "Forbidden: bot was kicked from the supergroup chat", {}, Forbidden, Unreachable("removed")),
    (403, "Forbidden: words of tomorrow", {}, Forbidden, Unreachable("forbidden")),
    (400, "Bad Request: chat not found", {}, BadRequest, Unreachable("not_found")),
    (400, "Bad Request: CHAT_WRITE_FORBIDDEN", {}, BadRequest, Unreachable("no_rights")),
    (
        400,
        "Bad Request: message is not modified: specified new message content is exactly the same",
        {},
        BadRequest,
        NotModified(),
    ),
    (400, "Bad Request: message to edit not found", {}, BadRequest, MessageGone()),
    (400, "Bad Request: message can't be edited", {}, BadRequest, MessageGone()),
    (400, "Bad Request: message thread not found", {}, BadRequest, TopicGone()),
    (400, 'Bad Request: can\'t parse entities: Unsupported start tag "x"', {}, BadRequest, BadMarkup()),
    (400, "Bad Request: query is too old and response timeout expired", {}, BadRequest, QueryExpired()),
    (400, "Bad Request: message is too long", {}, BadRequest, Rejected("Message is too long")),
    (401, "Unauthorized", {}, InvalidToken, TokenRefused()),
    (500, "Internal Server Error", {}, NetworkError, Unclear("Internal Server Error")),
    (502, "Bad Gateway", {}, NetworkError, Unclear("Bad Gateway")),
]


@pytest.mark.parametrize(
    ("status", "description", "parameters", "kind", "outcome"), REFUSALS, ids=[row[1] for row in REFUSALS]
)
async def test_each_refusal_has_an_outcome(
    bot: ExtBot[None],
    stub: Stub,
    status: int,
    description: str,
    parameters: dict[str, int],
    kind: type[TelegramError],
    outcome: Outcome,
) -> None:
    stub.refuses(status, description, **parameters)
    error = await failure_of(bot.send_message(5, "hi"))
    assert isinstance(error, kind)
    assert outcome_of(error) == outcome


def test_an_unknown_method_is_rejected() -> None:
    assert isinstance(outcome_of(EndPointNotFound("Endpoint 'x' not found in Bot API")), Rejected)


@pytest.mark.parametrize("opt_in", ["true", "false"])
async def test_the_wait_is_the_same_whatever_the_environment_says(
    bot: ExtBot[None], stub: Stub, monkeypatch: pytest.MonkeyPatch, opt_in: str
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", opt_in)
    stub.refuses(429, "Too Many Requests: retry after 3", retry_after=3)
    assert outcome_of(await failure_of(bot.send_message(5, "hi"))) == RetryLater(3.0)


@pytest.mark.parametrize(
    "description",
    [
        "Bad Request: inline keyboard button URL 'https://pay.example/secret' is invalid: Wrong HTTP URL",
        "Bad Request: can't parse button https://pay.example/secret",
        'Bad Request: strange text "it\'s a secret" at byte 4',
    ],
)
async def test_what_telegram_quotes_does_not_reach_the_reason(bot: ExtBot[None], stub: Stub, description: str) -> None:
    stub.refuses(400, description)
    outcome = outcome_of(await failure_of(bot.send_message(5, "hi")))
    assert isinstance(outcome, Rejected)
    assert "secret" not in outcome.reason
    assert "..." in outcome.reason


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, b"\xff\xfe"),
        (200, b"[" * 100_000),
        (200, b"[]"),
        (200, b"{}"),
        (403, f"<p>no way to /bot{TOKEN}/sendMessage</p>".encode()),
        (502, f"<p>no way to /bot{TOKEN}/sendMessage</p>".encode()),
        (500, b'["list"]'),
        (302, b""),
    ],
)
async def test_a_garbage_answer_leaves_it_unclear(
    bot: ExtBot[None], stub: Stub, caplog: pytest.LogCaptureFixture, status: int, body: bytes
) -> None:
    stub.says(status, body)
    with caplog.at_level(logging.INFO):
        error = await failure_of(bot.send_message(5, "hi"))
    assert isinstance(outcome_of(error), Unclear)
    assert TOKEN not in everything_told_by(error) + caplog.text


async def never(_: web.Request) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def hang_up_halfway(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"ok": true')
    return await hang_up(request)


@pytest.mark.parametrize(
    ("answer", "kind"), [(never, TimedOut), (hang_up, NetworkError), (hang_up_halfway, NetworkError)]
)
async def test_a_lost_answer_leaves_it_unclear_and_keeps_the_token(
    server: TestServer,
    stub: Stub,
    caplog: pytest.LogCaptureFixture,
    answer: Answer,
    kind: type[TelegramError],
) -> None:
    stub.answer = answer
    async with AiohttpRequest(read_timeout=0.1) as request:
        bot = bot_at(server, request)
        with caplog.at_level(logging.DEBUG, logger="bot"), caplog.at_level(logging.DEBUG, logger="aiohttp"):
            error = await failure_of(bot.send_message(5, "hi"))
    assert type(error) is kind
    assert isinstance(outcome_of(error), Unclear)
    assert len(stub.calls) == 1
    assert TOKEN not in everything_told_by(error) + caplog.text
    assert str(server.make_url("")) not in everything_told_by(error)


async def test_nobody_listens(server: TestServer) -> None:
    async with AiohttpRequest() as request:
        bot = bot_at(server, request)
        await server.close()
        error = await failure_of(bot.send_message(5, "hi"))
    assert "ECONNREFUSED" in str(error)
    assert TOKEN not in everything_told_by(error)


async def test_an_address_that_is_none_does_not_show_the_token() -> None:
    async with AiohttpRequest() as request:
        bot = ExtBot(TOKEN, base_url="http://[bad/bot", request=request)
        error = await failure_of(bot.send_message(5, "hi"))
    assert TOKEN not in everything_told_by(error)


async def test_a_full_pool_says_that_nothing_was_sent(server: TestServer, stub: Stub) -> None:
    stub.answer = never
    async with AiohttpRequest(1, connect_timeout=0.05, pool_timeout=0.05) as request:
        bot = bot_at(server, request)
        first = asyncio.create_task(bot.send_message(5, "one"))
        await stub.called.wait()
        error = await failure_of(bot.send_message(5, "two"))
        first.cancel()
        await asyncio.wait([first])
    assert isinstance(error, TimedOut)
    assert "not sent" in str(error)
    assert [call.text("text") for call in stub.calls] == ["one"]


async def test_the_timeout_of_one_call_goes_before_the_default(server: TestServer, stub: Stub) -> None:
    async def late(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.2)
        return web.json_response({"ok": True, "result": MESSAGE})

    stub.answer = late
    async with AiohttpRequest(read_timeout=0.05) as request:
        bot = bot_at(server, request)
        await bot.send_message(5, "hi", read_timeout=None)
        assert isinstance(await failure_of(bot.send_message(5, "hi")), TimedOut)


async def test_a_whole_call_is_limited_and_an_upload_may_take_longer(server: TestServer, stub: Stub) -> None:
    async def trickle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(12):
            await asyncio.sleep(0.1)
            await response.write(b" ")
        await response.write(json.dumps({"ok": True, "result": MESSAGE}).encode())
        return response

    stub.answer = trickle
    async with AiohttpRequest(
        connect_timeout=0.25, read_timeout=0.25, write_timeout=0.05, pool_timeout=0.05, media_write_timeout=5
    ) as request:
        bot = bot_at(server, request)
        error, _ = await asyncio.gather(failure_of(bot.send_message(5, "hi")), bot.send_photo(5, PNG))
    assert isinstance(error, TimedOut)


async def test_a_redirect_is_not_followed(bot: ExtBot[None], stub: Stub) -> None:
    async def redirect(_: web.Request) -> web.StreamResponse:
        return web.Response(status=307, headers={"Location": f"/bot{TOKEN}/elsewhere"})

    stub.answer = redirect
    assert "307" in str(await failure_of(bot.send_message(5, "hi")))
    assert [call.method for call in stub.calls] == ["sendMessage"]


async def test_it_works_again_after_a_shutdown(server: TestServer, stub: Stub) -> None:
    stub.says(200, {"ok": True, "result": MESSAGE})
    request = AiohttpRequest()
    bot = bot_at(server, request)
    for _ in range(2):
        async with request:
            await bot.send_message(5, "hi")
    await request.shutdown()
    assert "initialize()" in str(await failure_of(bot.send_message(5, "hi")))
    assert len(stub.calls) == 2

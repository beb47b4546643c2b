"""Polling against a stub with Telegram's rule: an offset forgets every update below it, and nothing else does."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from telegram import Update
from telegram.error import Conflict, InvalidToken, NetworkError

from bot.polling import LongPoll, Pace, RawUpdate, UnreadableUpdates, poll
from bot.request import AiohttpRequest, FloodWait

TOKEN = "123456:AAsecretOfTheBot"
SOON = Pace(first=0.001, longest=0.01, conflict=0.01)


@dataclass
class Telegram:
    """Holds updates until an offset acknowledges them; each of `faults` answers one call instead."""

    pending: list[dict[str, object]] = field(default_factory=list)
    faults: list[tuple[int, object]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    idle: asyncio.Event = field(default_factory=asyncio.Event)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, *updates: dict[str, object]) -> None:
        self.pending += updates
        self.news.set()

    def says(self, *ids: int) -> None:
        self.send(*({"update_id": id_, "message": {"text": f"private {id_}"}} for id_ in ids))

    def refuses(self, status: int, description: str, **parameters: int) -> None:
        body = {"ok": False, "error_code": status, "description": description, "parameters": parameters}
        self.faults.append((status, body))

    @property
    def offsets(self) -> list[int]:
        return [int(parameters["offset"]) for method, parameters in self.calls if method == "getUpdates"]

    @property
    def waiting(self) -> list[object]:
        return [update.get("update_id") for update in self.pending]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append((method, dict(request.query)))
        if self.faults:
            status, body = self.faults.pop(0)
            return web.Response(status=status, body=json.dumps(body))
        result = await self.updates(int(request.query["offset"])) if method == "getUpdates" else True
        return web.Response(body=json.dumps({"ok": True, "result": result}))

    async def updates(self, offset: int) -> list[dict[str, object]]:
        self.pending = [
            update for update in self.pending if not 0 <= int(str(update.get("update_id", offset))) < offset
        ]
        if not self.pending:
            self.news.clear()
            self.idle.set()
            await self.news.wait()
            self.idle.clear()
        return list(self.pending)


@dataclass
class Store:
    """Keeps updates for good, unless it is told to fail or to take its time."""

    kept: list[RawUpdate] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    open: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.open.set()

    async def keep(self, updates: Sequence[RawUpdate]) -> None:
        self.asked.set()
        await self.open.wait()
        if self.failures:
            raise self.failures.pop(0)
        self.kept += updates

    @property
    def ids(self) -> list[int]:
        return [update.update_id for update in self.kept]


@pytest.fixture
def telegram() -> Telegram:
    return Telegram()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
async def base_url(telegram: Telegram) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", f"/bot{TOKEN}/{{method}}", telegram.handle)
    server = TestServer(app)
    await server.start_server(access_log=None)
    yield str(server.make_url(f"/bot{TOKEN}"))
    telegram.news.set()
    await server.close()


@pytest.fixture
async def long_poll(base_url: str) -> AsyncIterator[LongPoll]:
    async with AiohttpRequest() as request:
        yield LongPoll(request, base_url, allowed_updates=["message"])


@asynccontextmanager
async def polling(long_poll: LongPoll, store: Store) -> AsyncIterator[asyncio.Task[None]]:
    task: asyncio.Task[None] = asyncio.create_task(poll(long_poll, store.keep, SOON))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_updates_are_kept_and_then_acknowledged(telegram: Telegram, long_poll: LongPoll, store: Store) -> None:
    telegram.says(11, 12)
    async with polling(long_poll, store):
        await telegram.idle.wait()
    assert store.ids == [11, 12]
    assert telegram.offsets == [0, 13]
    assert telegram.waiting == []


async def test_the_webhook_goes_first_and_takes_no_update_with_it(
    telegram: Telegram, long_poll: LongPoll, store: Store
) -> None:
    telegram.refuses(502, "Bad Gateway")
    async with polling(long_poll, store):
        await telegram.idle.wait()
    assert [method for method, _ in telegram.calls] == ["deleteWebhook", "deleteWebhook", "getUpdates"]
    assert telegram.calls[0][1] == {"drop_pending_updates": "false"}
    assert json.loads(telegram.calls[2][1]["allowed_updates"]) == ["message"]
    assert telegram.calls[2][1]["timeout"] == "30"


async def test_the_offset_waits_for_the_store(telegram: Telegram, long_poll: LongPoll, store: Store) -> None:
    telegram.says(11)
    store.open.clear()
    async with polling(long_poll, store):
        await store.asked.wait()
        assert telegram.offsets == [0]
        store.open.set()
        await telegram.idle.wait()
    assert telegram.offsets == [0, 12]


async def test_what_the_store_refused_comes_again(
    telegram: Telegram, long_poll: LongPoll, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.says(11, 12)
    store.failures = [OSError("cannot write 'private 11'"), OSError("cannot write 'private 11'")]
    with caplog.at_level(logging.DEBUG, logger="bot"):
        async with polling(long_poll, store):
            await telegram.idle.wait()
    assert telegram.offsets == [0, 0, 0, 13]
    assert store.ids == [11, 12]
    assert [record.getMessage() for record in caplog.records] == [
        "Polling fails and goes on trying: OSError",
        "Polling works again after 2 failures",
    ]


async def test_a_crash_between_fetching_and_keeping_loses_nothing(
    telegram: Telegram, long_poll: LongPoll, store: Store
) -> None:
    telegram.says(11, 12)
    store.open.clear()
    async with polling(long_poll, store):
        await store.asked.wait()
    assert (store.ids, telegram.waiting) == ([], [11, 12])
    store.open.set()
    async with polling(long_poll, store):
        await telegram.idle.wait()
    assert store.ids == [11, 12]


async def test_a_crash_between_keeping_and_acknowledging_repeats_and_loses_nothing(
    telegram: Telegram, long_poll: LongPoll, store: Store
) -> None:
    telegram.says(11)

    async def keep_and_stop(updates: Sequence[RawUpdate]) -> None:
        await store.keep(updates)
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await poll(long_poll, keep_and_stop, SOON)
    assert telegram.waiting == [11]
    async with polling(long_poll, store):
        await telegram.idle.wait()
    assert store.ids == [11, 11]


async def test_a_cancelled_poll_acknowledges_nothing(telegram: Telegram, long_poll: LongPoll, store: Store) -> None:
    async with polling(long_poll, store):
        await telegram.idle.wait()
    telegram.says(11)
    assert (store.ids, telegram.waiting) == ([], [11])


async def test_faults_of_every_kind_are_survived(telegram: Telegram, long_poll: LongPoll, store: Store) -> None:
    telegram.says(11)
    telegram.refuses(500, "Internal Server Error")
    telegram.refuses(429, "Too Many Requests: retry after 0", retry_after=0)
    telegram.faults += [(200, "garbage"), (200, {"ok": True, "result": True}), (502, "<html>")]
    async with polling(long_poll, store):
        await telegram.idle.wait()
    assert store.ids == [11]


async def test_a_conflict_is_told_once(
    telegram: Telegram, long_poll: LongPoll, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    async with polling(long_poll, store):
        await telegram.idle.wait()
        with caplog.at_level(logging.DEBUG, logger="bot"):
            for _ in range(3):
                telegram.refuses(409, "Conflict: terminated by other getUpdates request")
            telegram.idle.clear()
            telegram.says(11)
            await telegram.idle.wait()
            telegram.idle.clear()
            telegram.says(12)
            await telegram.idle.wait()
    assert store.ids == [11, 12]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert "Conflict: terminated by other getUpdates request" in caplog.text


async def test_a_refused_token_ends_polling_and_is_not_shown(
    telegram: Telegram, long_poll: LongPoll, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.refuses(401, "Unauthorized")
    with caplog.at_level(logging.DEBUG, logger="bot"), pytest.raises(InvalidToken) as caught:
        await poll(long_poll, store.keep, SOON)
    assert TOKEN not in str(caught.value) + repr(caught.value) + caplog.text


async def test_no_log_shows_token_or_text(
    telegram: Telegram, long_poll: LongPoll, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.says(11)
    telegram.faults += [(502, f"no way to /bot{TOKEN}/getUpdates"), (200, "private")]
    store.failures = [ValueError("private 11")]
    with caplog.at_level(logging.DEBUG, logger="bot"), caplog.at_level(logging.DEBUG, logger="aiohttp"):
        async with polling(long_poll, store):
            await telegram.idle.wait()
    assert "HTTP 502" in caplog.text
    assert TOKEN not in caplog.text
    assert "private" not in caplog.text


async def test_a_long_wait_is_no_timeout(telegram: Telegram, base_url: str) -> None:
    async with AiohttpRequest(read_timeout=0.05, write_timeout=0, pool_timeout=0.05) as request:
        waiting = asyncio.create_task(LongPoll(request, base_url, allowed_updates=[], wait_seconds=30).updates_from(0))
        await asyncio.wait([waiting], timeout=0.2)
        telegram.says(11)
        assert [update.update_id for update in await waiting] == [11]


async def test_updates_without_an_id_hold_up_no_other(
    telegram: Telegram, long_poll: LongPoll, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    telegram.says(11)
    telegram.send({"message": {"text": "private"}}, {"update_id": "12"}, {"update_id": 13})
    assert [update.update_id for update in await long_poll.updates_from(0)] == [11, 13]
    assert "Skipped 2 updates without an id" in caplog.text
    assert "private" not in caplog.text


async def test_only_updates_without_an_id_are_a_failure_to_back_off_from(
    telegram: Telegram, long_poll: LongPoll
) -> None:
    telegram.send({"message": {"text": "private"}})
    with pytest.raises(UnreadableUpdates, match="without an id"):
        await long_poll.updates_from(0)


async def test_ids_may_start_anew_after_a_quiet_time(telegram: Telegram, long_poll: LongPoll, store: Store) -> None:
    telegram.says(900)
    async with polling(long_poll, store):
        await telegram.idle.wait()
        telegram.idle.clear()
        telegram.news.set()
        await telegram.idle.wait()
        telegram.idle.clear()
        telegram.says(5)
        await telegram.idle.wait()
    assert store.ids == [900, 5]
    assert telegram.offsets == [0, 901, 0, 6]


@pytest.mark.parametrize("text", ["付款成功", "😀", "\ud800 alone", 'a "quote" \\ud800', "\u2028\x00"])
async def test_a_body_is_compact_utf8_json_of_the_same_update(
    telegram: Telegram, long_poll: LongPoll, text: str
) -> None:
    sent: dict[str, object] = {"update_id": 1, "unknown": [1.5, None, 2**60], "message": {"text": text}}
    telegram.send(sent)
    (update,) = await long_poll.updates_from(0)
    assert json.loads(update.body.decode("utf-8")) == sent
    assert b'"update_id":1,"unknown":[1.5,null,' in update.body
    parsed = Update.de_json({"update_id": json.loads(update.body)["update_id"]}, None)
    assert parsed.update_id == update.update_id


@pytest.mark.parametrize(
    ("error", "failures", "least", "most"),
    [
        (NetworkError("x"), 1, 0.5, 1),
        (NetworkError("x"), 4, 4, 8),
        (NetworkError("x"), 10_000, 15, 30),
        (Conflict("x"), 1, 20, 40),
        (FloodWait(100), 1, 100.5, 101),
    ],
)
def test_pauses_grow_and_vary(error: Exception, failures: int, least: float, most: float) -> None:
    pace = Pace(first=1, longest=30, conflict=40)
    pauses = {pace.pause(error, failures) for _ in range(20)}
    assert least <= min(pauses) <= max(pauses) <= most
    assert len(pauses) > 1

"""One exchange ends in time and in size, whatever the other side does."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.exchange import Call, NoReply, Reply, exchange


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest_asyncio.fixture
async def server() -> AsyncIterator[TestServer]:
    async def hang(request: web.Request) -> web.Response:
        await asyncio.sleep(3600)
        return web.Response()

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65536)

    async def redirect(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async def echo(request: web.Request) -> web.Response:
        return web.Response(status=418, body=request.raw_path.encode() + await request.read())

    app = web.Application()
    app.router.add_get("/hang", hang)
    app.router.add_get("/stream", stream)
    app.router.add_get("/redirect", redirect)
    app.router.add_route("*", "/{path:.*}", echo)
    server = TestServer(app)
    async with server:
        yield server


async def test_path_and_body_go_out_as_they_are(session: aiohttp.ClientSession, server: TestServer) -> None:
    call = Call(method="POST", url=f"{server.make_url('/')}a%2Fb?c=%20d", body=b'{"e": 1}')

    reply = await exchange(session, call, seconds=5)

    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (418, b'/a%2Fb?c=%20d{"e": 1}')


async def test_redirect_is_not_followed(session: aiohttp.ClientSession, server: TestServer) -> None:
    reply = await exchange(session, Call(method="GET", url=f"{server.make_url('/')}redirect"), seconds=5)

    assert isinstance(reply, Reply)
    assert reply.status == 302


@pytest.mark.parametrize(("path", "reason"), [("hang", "timeout"), ("stream", "answer too large")])
async def test_endless_answer_is_given_up(
    session: aiohttp.ClientSession, server: TestServer, path: str, reason: str
) -> None:
    call = Call(method="GET", url=f"{server.make_url('/')}{path}")

    assert await exchange(session, call, seconds=1) == NoReply(reason)


@pytest.mark.parametrize("url", ["http://", "ftp://127.0.0.1/", "http://[::1/", "http://127.0.0.1:1/"])
async def test_impossible_address_is_no_exception(session: aiohttp.ClientSession, url: str) -> None:
    reply = await exchange(session, Call(method="GET", url=url), seconds=5)

    assert isinstance(reply, NoReply)
    assert "127" not in reply.reason

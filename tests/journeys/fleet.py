"""Several processes of the service on one database, behind a balancer that gives each request to another one."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
from aiohttp import web

from app.stand import free_port
from tests.journeys.killed import Service

HOST = "127.0.0.1"
ENDS_HERE = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})
"""Headers that are about one connection only."""


class Balancer:
    """Hands each request to the next of the addresses behind it; one that cannot be reached is passed over."""

    def __init__(self, behind: Sequence[str], session: aiohttp.ClientSession) -> None:
        self._behind, self._session = [*behind], session
        self.answered: dict[str, int] = dict.fromkeys(behind, 0)

    async def pass_on(self, request: web.Request) -> web.Response:
        """The answer of the next one."""
        body = await request.read()
        for _ in range(len(self._behind)):
            self._behind.append(turn := self._behind.pop(0))
            try:
                return await self._ask(turn, request, body)
            except aiohttp.ClientConnectorError:
                continue
            except aiohttp.ClientError:  # it ended while it was at work, so nobody knows how far it came
                return web.Response(status=502)
        return web.Response(status=503)

    async def _ask(self, turn: str, request: web.Request, body: bytes) -> web.Response:
        url, headers = f"{turn}{request.raw_path}", _passed(request.headers)
        async with self._session.request(
            request.method, url, data=body, headers=headers, allow_redirects=False
        ) as answer:
            self.answered[turn] += 1
            return web.Response(status=answer.status, body=await answer.read(), headers=_passed(answer.headers))


def _passed(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in ENDS_HERE}


@asynccontextmanager
async def balancer(port: int, behind: Sequence[str]) -> AsyncIterator[Balancer]:
    """A balancer that listens at `port`."""
    async with aiohttp.ClientSession(auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()) as session:
        made, application = Balancer(behind, session), web.Application()
        application.router.add_route("*", "/{path:.*}", made.pass_on)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
        try:
            yield made
        finally:
            await runner.cleanup()


@asynccontextmanager
async def fleet(
    variables: Mapping[str, str], folder: Path, roles: Sequence[str], session: aiohttp.ClientSession
) -> AsyncIterator[dict[str, Service]]:
    """One process for each role, all up; by their addresses."""
    async with AsyncExitStack() as stack:
        services: dict[str, Service] = {}
        for role in roles:
            port = free_port()
            listen = {"ALIPAY_BOT_LISTEN": f"{HOST}:{port}"}
            service = services[f"http://{HOST}:{port}"] = Service(
                {**variables, **listen}, folder, f"http://{HOST}:{port}", role
            )
            stack.push_async_callback(service.kill)
            await service.start(session)
        yield services

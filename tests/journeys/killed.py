"""The service as a process of its own that can be killed, and a front door that keeps knocking while it is down."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp

RETRY = 0.05


class Service:
    """`alipay-bot run`, started and killed as often as wanted; `url` is where it listens itself."""

    def __init__(self, variables: Mapping[str, str], folder: Path, url: str) -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ALIPAY_BOT_")}
        self._environment = {**ours, **variables}
        self._folder, self._url = folder, url
        self._process: Process | None = None

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start it, and wait until it answers."""
        with (self._folder / "service.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).with_name("alipay-bot")),
                "run",
                cwd=self._folder,
                env=self._environment,
                stderr=log,
            )
        async with asyncio.timeout(30):
            while not await self._answers(session):
                assert self._process.returncode is None, (self._folder / "service.log").read_text()[-2000:]
                await asyncio.sleep(RETRY)

    async def kill(self) -> None:
        """SIGKILL: no farewell, no clean-up."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self._url}/livez") as answer:
                return answer.ok
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def front_door(port: int, behind: int) -> AsyncIterator[None]:
    """Leads from `port` to the one `behind`, and holds callers while nobody answers there, as a load balancer does."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(30):
                inner_reader, inner_writer = await _knock(behind)
            try:
                await asyncio.gather(_pass(reader, inner_writer), _pass(inner_reader, writer))
            finally:
                inner_writer.close()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    try:
        yield
    finally:
        server.close()


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def _knock(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    while True:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(RETRY)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()

"""The service as a process of its own that can be killed, and a front door that keeps knocking while it is down."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

RETRY = 0.05
LONGEST_FAREWELL = 20.0
"""Seconds until a process that was asked to end is taken for stuck: twice its own limit."""


class Service:
    """`alipay-bot run`, or one role of it, started and ended as often as wanted; `url` is where it listens itself."""

    def __init__(self, variables: Mapping[str, str], folder: Path, url: str, role: str = "run") -> None:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ALIPAY_BOT_")}
        self._environment = {**ours, **variables}
        self._folder, self._url, self._role = folder, url, role
        self._log = folder / f"{role}-{urlsplit(url).port}.log"
        self._process: Process | None = None

    async def start(self, session: aiohttp.ClientSession) -> None:
        """Start it, and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).with_name("alipay-bot")),
                self._role,
                cwd=self._folder,
                env=self._environment,
                stderr=log,
            )
        async with asyncio.timeout(30):
            while not await self._answers(session):
                assert self._process.returncode is None, self._log.read_text()[-2000:]
                await asyncio.sleep(RETRY)

    async def kill(self) -> None:
        """SIGKILL: no farewell, no clean-up."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def stop(self) -> int:
        """SIGTERM; the exit code, once it has ended by itself. Raises TimeoutError where it does not."""
        assert self._process is not None
        self._process.terminate()
        async with asyncio.timeout(LONGEST_FAREWELL):
            return await self._process.wait()

    async def _answers(self, session: aiohttp.ClientSession) -> bool:
        if self._role == "worker":
            return " ready" in self._log.read_text()
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

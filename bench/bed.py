"""What the benchmarks run on: a PostgreSQL server, a database each, the service's own processes, programs beside them.

The server is the one that `DATABASE_URL` names, else an embedded one of the run's own.
"""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import asyncpg

from app.settings import Settings
from app.stand import Ports, free_port, stand
from app.wiring import CONNECTIONS
from bench.child import Child, child
from store.embedded import EmbeddedServer
from store.migrate import migrate
from store.postgres import Pool

FAST = "1000"
"""Messages a second with paid broadcasts; what is measured is how fast they are sent, not how well they are held."""
START_SECONDS = 30.0
STOP_SECONDS = 15.0


class DidNotStart(Exception):
    """A process of the service did not start; its log is the detail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The service's running processes on one database; `pool` is the benchmark's own way into it."""

    pool: Pool
    url: str
    pids: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bed:
    """One run's server, folder, settings and the programs beside; `variables` are the service's environment."""

    server: str
    template: str
    folder: Path
    variables: Mapping[str, str]
    load: Child
    bot_api: Child

    @asynccontextmanager
    async def database(self) -> AsyncIterator[str]:
        """The address of a fresh database with the newest schema."""
        name = f"bench_{uuid4().hex[:12]}"
        await run(self.server, f"create database {name} template {self.template}")
        try:
            yield address(self.server, name)
        finally:
            await run(self.server, f"drop database {name} with (force)")

    @asynccontextmanager
    async def service(self, dsn: str, *roles: str, **settings: str) -> AsyncIterator[Service]:
        """A process for each role, `web` (one at most) or `worker`; `settings` by their names without the prefix."""
        listen = f"127.0.0.1:{free_port()}"
        own = {"listen": listen, "public_url": f"http://{listen}", "log_level": "INFO", "send_rate": FAST} | settings
        variables = {**self.variables, "DATABASE_URL": dsn, **_known(own)}
        async with connections(dsn) as pool, AsyncExitStack() as stack:
            running = (_running(role, variables, self.folder / f"{role}-{uuid4().hex}.log") for role in roles)
            pids = await asyncio.gather(*(stack.enter_async_context(process) for process in running))
            yield Service(pool=pool, url=f"http://{listen}", pids=pids)


@asynccontextmanager
async def make_bed() -> AsyncIterator[Bed]:
    """Start everything that all benchmarks share."""
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="alipay-bot-bench-", dir="/tmp"))
        stack.callback(shutil.rmtree, folder)
        folder.chmod(0o711)
        server = os.environ.get("DATABASE_URL", "") or await stack.enter_async_context(EmbeddedServer(folder))
        template = await stack.enter_async_context(_template(server))
        opened = await stack.enter_async_context(stand(folder / "keys", Ports(), webhook=True))
        load, bot_api = [await stack.enter_async_context(child(f"bench.{name}")) for name in ("load", "bot_api")]
        telegram = {"ALIPAY_BOT_TELEGRAM_API_URL": await bot_api.ask("start")}
        variables = {**_without_settings(), **opened.environment, **telegram}
        yield Bed(server=server, template=template, folder=folder, variables=variables, load=load, bot_api=bot_api)


@asynccontextmanager
async def _template(server: str) -> AsyncIterator[str]:
    """The name of a database with the newest schema, and nothing in it."""
    name = f"bench_{uuid4().hex[:12]}"
    await run(server, f"create database {name}")
    try:
        await migrate(address(server, name))
        yield name
    finally:
        await run(server, f"drop database {name} with (force)")


@asynccontextmanager
async def connections(dsn: str) -> AsyncIterator[Pool]:
    """As many connections as a process of the service has."""
    async with asyncpg.create_pool(dsn, min_size=2, max_size=CONNECTIONS) as pool:
        yield pool


def address(dsn: str, name: str) -> str:
    """The address of another database of the same server."""
    head, question, query = dsn.partition("?")
    return f"{head.rpartition('/')[0]}/{name}{question}{query}"


async def run(dsn: str, *statements: str) -> None:
    """Carry out statements, one after the other."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _known(settings: Mapping[str, str]) -> dict[str, str]:
    """The settings that this release has; it refuses names that it does not know."""
    return {f"ALIPAY_BOT_{name.upper()}": value for name, value in settings.items() if name in Settings.model_fields}


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("ALIPAY_BOT_")}


@asynccontextmanager
async def _running(role: str, variables: Mapping[str, str], log: Path) -> AsyncIterator[int]:
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            *(str(Path(sys.executable).with_name("alipay-bot")), role),
            cwd=log.parent,
            env=variables,
            stderr=written,
        )
    try:
        await _is_ready(process, log)
        yield process.pid
    finally:
        await _stop(process)


async def _is_ready(process: asyncio.subprocess.Process, log: Path) -> None:
    async with asyncio.timeout(START_SECONDS):
        while b"ready" not in log.read_bytes():
            if process.returncode is not None:
                raise DidNotStart(log.read_text()[-2000:])
            await asyncio.sleep(0.05)


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()

"""Databases in which PostgreSQL's clock is the virtual time that a session was told."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from bench.bed import address
from store.embedded.membership import join
from store.migrate import migrate

_SETTINGS = {
    "search_path": "public,%20pg_catalog",  # so that our clocks go before PostgreSQL's own
    "simulation.now": "2026-11-23",
    "synchronous_commit": "off",
    "plan_cache_mode": "force_generic_plan",
    "jit": "off",
    "track_counts": "off",
}
_CLOCKS = [
    f"create function {name}() returns timestamptz stable language sql"
    " return current_setting('simulation.now')::timestamptz"
    for name in ("now", "clock_timestamp")
]


@contextmanager
def server() -> Iterator[str]:
    """The address of a PostgreSQL server: the one that `DATABASE_URL` names, else an embedded one of our own."""
    if external := os.environ.get("DATABASE_URL"):
        yield external
        return
    with tempfile.TemporaryDirectory(prefix="alipay-bot-simulation-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        embedded = join(folder, None)
        try:
            yield embedded.dsn
        finally:
            embedded.leave()


@dataclass(frozen=True, slots=True)
class Template:
    """A database on a server, to be copied: the newest schema, and nothing in it."""

    server: str
    name: str

    @contextmanager
    def copy(self) -> Iterator[str]:
        """The address of a fresh copy, one at a time for each process that plays."""
        name = f"{self.name}_{os.getpid()}"
        _execute(self.server, f"create database {name} template {self.name}")
        try:
            yield _simulated(self.server, name)
        finally:
            _execute(self.server, f"drop database {name} with (force)")


@contextmanager
def template(server: str) -> Iterator[Template]:
    """Make a template on the server of this address."""
    name = f"alipay_bot_simulation_{os.getpid()}"
    _execute(server, f"create database {name}")
    try:
        address = _simulated(server, name)
        _execute(address, *_CLOCKS)
        asyncio.run(migrate(address))
        yield Template(server, name)
    finally:
        _execute(server, f"drop database {name} with (force)")


def _simulated(server: str, name: str) -> str:
    here = address(server, name)
    settings = "&".join(f"{setting}={value}" for setting, value in _SETTINGS.items())
    return f"{here}{'&' if '?' in here else '?'}{settings}"


def _execute(address: str, *statements: str) -> None:
    async def execute() -> None:
        connection = await asyncpg.connect(address)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(execute())

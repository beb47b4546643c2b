"""Every implementation of the store's ports, each held to the same tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import asyncpg
import pytest

from service.pace import UNPACED, Pace
from service.ports import Letterbox, Lines, Store, Transaction
from store.lines import PostgresLines, listen
from store.postgres import PostgresStore, PostgresTransaction
from tests.memory.lines import MemoryLines
from tests.memory.process import Database, Process
from tests.memory.store import MemoryStore
from tests.memory.transaction import MemoryTransaction

stores: list[type[Store]] = [PostgresStore, MemoryStore]
transactions: list[type[Transaction]] = [PostgresTransaction, MemoryTransaction]
all_lines: list[type[Lines]] = [PostgresLines, MemoryLines]


@dataclass(frozen=True, kw_only=True)
class Backend:
    """One implementation: a store, two workers' view of its lines, and what the ports do not tell."""

    store: Store
    letterbox: Letterbox
    lines: Lines
    other_lines: Lines
    pass_time: Callable[[timedelta], Awaitable[None]]
    """Let everything that is due after this long be due now."""
    dead: Callable[[], Awaitable[Sequence[tuple[str, str]]]]
    """The line and the reason of all work that was given up, oldest first."""


@asynccontextmanager
async def on_postgres(dsn: str, pace: Pace = UNPACED) -> AsyncIterator[Backend]:
    """The store that runs in production."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=8, command_timeout=10) as pool:

        async def pass_time(time: timedelta) -> None:
            await pool.execute("update work set run_at = run_at - $1::interval", time)
            await pool.execute("update line set due = due - $1::interval, held_until = held_until - $1::interval", time)
            await pool.execute(
                "update line set free_at = free_at - $1::interval, urgent_at = urgent_at - $1::interval", time
            )
            await pool.execute(
                "update pace set next_at = next_at - $1::interval, refused_until = refused_until - $1::interval", time
            )

        async def dead() -> Sequence[tuple[str, str]]:
            rows = await pool.fetch("select line, reason from work where dead_at is not null order by id")
            return [(row["line"], row["reason"]) for row in rows]

        wake, other_wake = asyncio.Event(), asyncio.Event()
        listening = asyncio.create_task(listen(dsn, wake))
        store = PostgresStore(pool)
        yield Backend(
            store=store,
            letterbox=store,
            lines=PostgresLines(pool, wake, pace),
            other_lines=PostgresLines(pool, other_wake, pace),
            pass_time=pass_time,
            dead=dead,
        )
        listening.cancel()
        await asyncio.wait([listening])


class PresentTime:
    """A clock that runs."""

    def now(self) -> datetime:
        return datetime.now(UTC)


@asynccontextmanager
async def in_memory(_: str, pace: Pace = UNPACED) -> AsyncIterator[Backend]:
    """The store of the simulations; a process of its own for each worker."""
    database = Database(PresentTime())
    here, there = Process(database), Process(database)

    async def pass_time(time: timedelta) -> None:
        database.queues.pass_time(time)

    async def dead() -> Sequence[tuple[str, str]]:
        return [(work.line, work.reason or "") for work in database.queues.dead]

    store = MemoryStore(here)
    yield Backend(
        store=store,
        letterbox=store,
        lines=MemoryLines(here, pace),
        other_lines=MemoryLines(there, pace),
        pass_time=pass_time,
        dead=dead,
    )


BACKENDS = [pytest.param(on_postgres, id="postgres"), pytest.param(in_memory, id="memory")]


class MakeBackend(Protocol):
    """Makes an implementation, empty, on the database at `dsn` where it needs one."""

    def __call__(self, dsn: str, pace: Pace = UNPACED) -> AbstractAsyncContextManager[Backend]: ...


@pytest.fixture(params=BACKENDS)
def make_backend(request: pytest.FixtureRequest) -> MakeBackend:
    """One of the implementations."""
    made: MakeBackend = request.param
    return made


@pytest.fixture
def dsn(make_backend: MakeBackend, request: pytest.FixtureRequest) -> str:
    """The address of a fresh database, for the implementation that needs one."""
    address: str = request.getfixturevalue("dsn") if make_backend is on_postgres else ""
    return address


@pytest.fixture
async def backend(make_backend: MakeBackend, dsn: str) -> AsyncIterator[Backend]:
    """One of the implementations, empty."""
    async with make_backend(dsn) as backend:
        yield backend


@pytest.fixture
def store(backend: Backend) -> Store:
    """The store of the implementation."""
    return backend.store


@pytest.fixture
def letterbox(backend: Backend) -> Letterbox:
    """Where its letters come in."""
    return backend.letterbox


@pytest.fixture
def lines(backend: Backend) -> Lines:
    """A worker's view of the lines."""
    return backend.lines

"""Every implementation of the store's ports, each held to the same tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import asyncpg
import pytest

from service.ports import Lines, Store, Transaction
from store.lines import PostgresLines, listen
from store.postgres import PostgresStore, PostgresTransaction

postgres_store: type[Store] = PostgresStore
postgres_transaction: type[Transaction] = PostgresTransaction
postgres_lines: type[Lines] = PostgresLines


@dataclass(frozen=True, kw_only=True)
class Backend:
    """One implementation: a store, two workers' view of its lines, and what the ports do not tell."""

    store: Store
    lines: Lines
    other_lines: Lines
    pass_time: Callable[[timedelta], Awaitable[None]]
    """Let everything that is due after this long be due now."""
    dead: Callable[[], Awaitable[Sequence[tuple[str, str]]]]
    """The line and the reason of all work that was given up, oldest first."""


@asynccontextmanager
async def on_postgres(dsn: str) -> AsyncIterator[Backend]:
    """The store that runs in production."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=8, command_timeout=10) as pool:

        async def pass_time(time: timedelta) -> None:
            await pool.execute("update work set run_at = run_at - $1::interval", time)
            await pool.execute("update line set due = due - $1::interval, held_until = held_until - $1::interval", time)

        async def dead() -> Sequence[tuple[str, str]]:
            rows = await pool.fetch("select line, reason from work where dead_at is not null order by id")
            return [(row["line"], row["reason"]) for row in rows]

        wake, other_wake = asyncio.Event(), asyncio.Event()
        listening = asyncio.create_task(listen(dsn, wake))
        yield Backend(
            store=PostgresStore(pool),
            lines=PostgresLines(pool, wake),
            other_lines=PostgresLines(pool, other_wake),
            pass_time=pass_time,
            dead=dead,
        )
        listening.cancel()
        await asyncio.wait([listening])


BACKENDS = [pytest.param(on_postgres, id="postgres")]
MakeBackend = Callable[[str], AbstractAsyncContextManager[Backend]]


@pytest.fixture(params=BACKENDS)
def make_backend(request: pytest.FixtureRequest) -> MakeBackend:
    """One of the implementations."""
    made: MakeBackend = request.param
    return made


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
def lines(backend: Backend) -> Lines:
    """A worker's view of the lines."""
    return backend.lines

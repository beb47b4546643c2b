"""The store in memory answers, waits and refuses as the one on PostgreSQL does."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import asyncpg
import pytest

from service.errors import AssistantError
from service.ports import Store, Transaction
from store.postgres import Pool, PostgresStore
from tests.contract.conftest import PresentTime
from tests.memory.columns import Refusal
from tests.memory.process import Database, Process
from tests.memory.scripts import Script, Statement, everything
from tests.memory.store import MemoryStore
from tests.memory.table import Table
from tests.memory.tables import Tables

TRANSACTIONS = 150


class Undone(Exception):
    """Ends a transaction without a trace."""


async def outcome(store: Store, statements: Sequence[Statement], *, is_undone: bool) -> list[Any]:
    """What a transaction answers, and how it ends."""
    told: list[Any] = []
    try:
        async with store.transaction() as tx:
            for statement in statements:
                told += [await statement(tx)]
            if is_undone:
                told.append(await everything(tx))
                raise Undone
    except (AssistantError, Undone) as error:
        told.append((type(error), getattr(error, "detail", "")))
    async with store.transaction() as tx:
        return [*told, await everything(tx)]


async def test_the_rules_are_those_of_the_schema(pool: Pool) -> None:
    tables = [table for table in vars(Tables()).values() if isinstance(table, Table)]
    ours = {name for table in tables for name in [*table.unique, *table.checks, *table.references]}
    names = """
        select conname from pg_constraint where conrelid::regclass::text = any($1) and contype in ('c', 'f')
        union select indexrelid::regclass::text from pg_index
        where indrelid::regclass::text = any($1) and indisunique and not indisprimary
    """
    rows = await pool.fetch(names, [table.name for table in tables])
    assert {row[0] for row in rows} == ours


@pytest.mark.parametrize("seed", range(6))
async def test_one_after_the_other(seed: int, store: PostgresStore) -> None:
    script, memory = Script(seed), MemoryStore(Process(Database(PresentTime())))
    for _ in range(TRANSACTIONS):
        statements = [script.statement() for _ in range(script.one([1, 2, 3, 5]))]
        is_undone = script.chance(0.2)
        real = await outcome(store, statements, is_undone=is_undone)
        assert await outcome(memory, statements, is_undone=is_undone) == real


class Client:
    """One of several that work on a store at the same time."""

    def __init__(self, store: Store) -> None:
        self._block = store.transaction()
        self._tx: Transaction | None = None
        self._task: asyncio.Task[Any] | None = None
        self._is_over = False

    @property
    def is_busy(self) -> bool:
        """Whether a statement has no answer yet."""
        return self._task is not None and not self._task.done()

    def do(self, statement: Statement | None) -> None:
        """Begin a statement, or the commit; who waits for an earlier one does nothing else."""
        if self._task is None and not self._is_over:
            self._task = asyncio.create_task(self._do(statement))

    def told(self) -> Any:
        """The answer, or that there is none yet."""
        if self._task is None:
            return "over"
        if not self._task.done():
            return "waits"
        answer, self._task = self._task.result(), None
        return answer

    async def _do(self, statement: Statement | None) -> Any:
        if self._tx is None:
            self._tx = await self._block.__aenter__()
        if statement is None:
            return await self._end(None)
        try:
            return await statement(self._tx)
        except (AssistantError, Refusal, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            return await self._end(error)

    async def _end(self, error: Exception | None) -> Any:
        self._is_over = True
        try:
            await self._block.__aexit__(type(error) if error else None, error, None)
        except AssistantError as told:
            return (type(told), told.detail)
        return (type(error), getattr(error, "detail", "")) if error else "committed"


Settle = Callable[[Sequence[Client]], Awaitable[None]]
"""Return when every client has its answer, or waits for a lock."""


async def settle_in_memory(clients: Sequence[Client]) -> None:
    for _ in range(30):
        await asyncio.sleep(0)


def settle_on(pool: Pool) -> Settle:
    async def settle(clients: Sequence[Client]) -> None:
        waiting = "select count(distinct pid) from pg_locks join pg_stat_activity using (pid) where not granted"
        while (busy := sum(client.is_busy for client in clients)) and busy != await pool.fetchval(
            f"{waiting} and datname = current_database()"
        ):
            await asyncio.sleep(0.002)

    return settle


async def together(store: Store, settle: Settle, steps: Sequence[tuple[int, Statement | None]]) -> list[Any]:
    """What two clients are told, step by step, and what is left in the end."""
    clients, told = [Client(store), Client(store)], []
    for number, statement in [*steps, *((number, None) for number in (0, 1) * 3)]:
        clients[number].do(statement)
        await settle(clients)
        told.append((number, clients[number].told()))
    async with store.transaction() as tx:
        return [*told, await everything(tx, keys=2)]


@pytest.mark.parametrize("seed", range(6))
async def test_two_at_the_same_time(seed: int, store: PostgresStore, pool: Pool) -> None:
    script, memory = Script(100 + seed, keys=2, faults=0.02), MemoryStore(Process(Database(PresentTime())))
    for one in (store, memory):
        async with one.transaction() as tx:
            await script.begin(tx)
    for _ in range(30):
        steps = [(script.one([0, 1]), script.clash() if script.chance(0.85) else None) for _ in range(10)]
        expected = await together(memory, settle_in_memory, steps)
        if "DeadlockDetectedError" in str(expected):
            return  # PostgreSQL may choose the other one, and what follows differs
        assert await together(store, settle_on(pool), steps) == expected

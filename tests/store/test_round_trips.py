"""What is said to PostgreSQL, and how often: a unit of work has no more round trips than it needs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace

import asyncpg
import pytest

from service.errors import Unavailable
from service.ports import Letter
from service.records import Attempt, Result
from service.urgency import Urgency
from service.work import ReadUpdate, TellStatus
from store import queries
from store.calls import Calls
from store.postgres import CALL, Pool, PostgresStore
from tests.service.examples import NOW

LETTER = Letter(source="telegram", source_id="1", body=b"{}", headers={}, received_at=NOW)


@pytest.fixture
def said() -> list[str]:
    """The first words of everything that was said, but for calls."""
    return []


@pytest.fixture
async def store(dsn: str, said: list[str]) -> AsyncIterator[PostgresStore]:
    """A store that is listened to."""

    def note(logged: asyncpg.connection.LoggedQuery) -> None:
        if logged.query != CALL:  # which comes whenever it comes
            said.append(logged.query.split()[0].rstrip(";"))

    async def listen(connection: object) -> None:
        assert isinstance(connection, asyncpg.Connection | asyncpg.pool.PoolConnectionProxy)
        connection.add_query_logger(note)

    async def leave(_: object) -> None:
        return None

    async with asyncpg.create_pool(dsn, min_size=1, max_size=1, init=listen, reset=leave) as pool:
        store = PostgresStore(pool)
        async with store.transaction() as tx:
            await tx.queue("chat:1", TellStatus(chat_id=1))  # what is said first has types to be learnt
        await store.take_in(replace(LETTER, source_id="0"), "telegram:1", ReadUpdate, Urgency.ANSWER)
        said.clear()
        yield store


async def test_what_only_reads_begins_no_transaction(store: PostgresStore, said: list[str]) -> None:
    async with store.transaction() as tx:
        await tx.chat(1)
        await tx.journeys("b1")
    assert said == ["select", "select"]


async def test_the_first_lock_begins_the_transaction_and_what_is_read_then_is_in_it(
    store: PostgresStore, said: list[str]
) -> None:
    async with store.transaction() as tx:
        await tx.chat(1)
        await tx.lock("buyer:b1")
        await tx.buyer("b1")
    assert said == ["select", "BEGIN", "select", "select", "COMMIT"]


async def test_what_only_notes_an_attempt_or_only_queues_is_one_statement(
    store: PostgresStore, said: list[str], pool: Pool
) -> None:
    async with store.transaction() as tx:
        await tx.note_attempt(Attempt(view="NoteView", says="help", chat_id=1, result=Result.SENT))
    assert said == ["insert"]
    said.clear()
    async with store.transaction() as tx:
        await tx.queue("chat:1", TellStatus(chat_id=1))
    assert said == ["with"]
    assert await pool.fetchval("select count(*) from delivery") == 1
    assert await pool.fetchval("select count(*) from work where line = 'chat:1'") == 2


async def test_what_is_written_together_is_one_transaction(store: PostgresStore, said: list[str]) -> None:
    async with store.transaction() as tx:
        await tx.note_attempt(Attempt(view="NoteView", says="help", chat_id=1, result=Result.SENT))
        await tx.queue("chat:1", TellStatus(chat_id=1))
    assert said == ["BEGIN", "insert", "with", "COMMIT"]


async def test_what_fails_is_undone(store: PostgresStore, said: list[str]) -> None:
    with suppress(asyncio.CancelledError):
        async with store.transaction() as tx:
            await tx.newer("o1", 1)
            raise asyncio.CancelledError
    assert said == ["BEGIN", "insert", "ROLLBACK"]


async def test_a_letter_is_taken_in_with_one_statement_and_read_with_one(store: PostgresStore, said: list[str]) -> None:
    assert await store.take_in(LETTER, "telegram:1", ReadUpdate, Urgency.ANSWER)
    assert await store.letter(2) == LETTER
    assert said == ["with", "select"]


async def test_letters_that_come_at_once_share_statements(store: PostgresStore, said: list[str]) -> None:
    letters = [replace(LETTER, source_id=str(number)) for number in range(100)]
    await asyncio.gather(*(store.take_in(each, "telegram:1", ReadUpdate, Urgency.ANSWER) for each in letters))
    assert said == ["with", "with"]


@pytest.mark.parametrize("name", ["records", "ledger", "upkeep", "lines", "case"])
def test_no_query_that_locks_looks_like_one_that_reads(name: str) -> None:
    loaded = queries.load(name)
    locks = {query for query in loaded.available_queries if _locks(getattr(loaded, query))}
    assert locks <= {"lock_lines", "lock_lines_cursor"}, "of these two only PostgresLines knows, which begins at once"


def _locks(query: object) -> bool:
    """Whether a query would lock without a transaction, if a unit of work began with it."""
    words, operation = str(getattr(query, "sql", "")).lower(), getattr(query, "operation", None)
    locks = "advisory" in words or " for update" in words or " for no key update" in words
    return words.startswith("select") and locks and "INSERT_UPDATE_DELETE" not in str(operation)


# Calls.


async def test_one_call_stands_for_all_that_was_committed_since_the_last() -> None:
    rung, go, count = asyncio.Event(), asyncio.Event(), 0

    async def ring() -> None:
        nonlocal count
        count += 1
        rung.set()
        await go.wait()

    calls = Calls(ring)
    for _ in range(3):
        calls.call()
    await rung.wait()
    rung.clear()
    for _ in range(3):
        calls.call()
    assert count == 1
    go.set()
    await rung.wait()
    assert count == 2


async def test_a_call_that_fails_is_dropped_and_the_next_is_made() -> None:
    tried: asyncio.Queue[int] = asyncio.Queue()

    async def ring() -> None:
        tried.put_nowait(1)
        raise Unavailable("store")

    calls = Calls(ring)
    for _ in range(2):
        calls.call()
        await tried.get()
        await asyncio.sleep(0)

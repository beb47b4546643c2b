"""What is particular to PostgreSQL: how its absence and its refusals look, and what they do not tell."""

import asyncio
import os
import signal
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from flow.journey import Journey, Kind
from flow.money import Money
from flow.states import Payment
from flow.steps import Path as JourneyPath
from service.errors import BrokenRule, Malformed, Unavailable
from service.facts import TimeUp
from service.pace import UNPACED
from service.records import Attempt, Charge, Chat, Result
from service.work import TellStatus
from store.lines import PostgresLines
from store.postgres import Pool, PostgresStore, PostgresTransaction

NOW = datetime(2026, 5, 4, tzinfo=UTC)
JOURNEY = Journey(id="p1", kind=Kind.PAYMENT, buyer_id="b1", path=JourneyPath.RETURNING, state=Payment.WON)
CHARGE = Charge(
    id="c1", journey_id="p1", token="Secret", amount=Money("JPY", 5), issued_at=NOW, expires_at=NOW + timedelta(hours=1)
)


async def works(store: PostgresStore) -> bool:
    async with store.transaction() as tx:
        return await tx.newer("o1", 1)


async def backend(tx: PostgresTransaction | Pool) -> int:
    connection = tx if isinstance(tx, asyncpg.Pool) else tx._connection
    pid: int = await connection.fetchval("select pg_backend_pid()")
    return pid


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Let a backend hang."""
    try:
        is_ours = "postgres" in Path(f"/proc/{pid}/cmdline").read_text()
        os.kill(pid, signal.SIGSTOP if is_ours else 0)
    except (FileNotFoundError, PermissionError):
        is_ours = False
    if not is_ours:
        pytest.skip("the server's processes are not ours to stop")
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def packet(kind: bytes, content: bytes) -> bytes:
    """A message of the server's (postgresql.org/docs/current/protocol-message-formats.html)."""
    return kind + struct.pack("!i", len(content) + 4) + content


GREETING = packet(b"R", struct.pack("!i", 0)) + packet(b"S", b"server_version\0" + b"16.0\0") + packet(b"Z", b"I")
FAREWELL = packet(b"E", b"SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0")


async def test_where_the_work_cannot_be_queued_nothing_is_kept(store: PostgresStore) -> None:
    async def queue_in_no_line() -> None:
        async with store.transaction() as tx:
            assert await tx.newer("o1", 1)
            await tx.queue("a line\0", TellStatus(chat_id=1))

    with pytest.raises(Malformed):
        await queue_in_no_line()
    async with store.transaction() as tx:
        assert await tx.newer("o1", 1)


@asynccontextmanager
async def hasty_store(dsn: str) -> AsyncIterator[tuple[Pool, PostgresStore]]:
    """A store of one connection, whose patience ends soon."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1, command_timeout=0.3) as pool:
        yield pool, PostgresStore(pool)


async def test_a_database_that_hangs_is_unavailable(dsn: str) -> None:
    async with hasty_store(dsn) as (pool, store):
        with stopped(await backend(pool)), pytest.raises(Unavailable):
            await works(store)
        assert await works(store)


async def test_a_database_that_hangs_inside_a_transaction_is_unavailable(dsn: str) -> None:
    async def hang(store: PostgresStore, until_the_end: ExitStack) -> None:
        async with store.transaction() as tx:
            until_the_end.enter_context(stopped(await backend(tx)))
            await tx.newer("o1", 1)

    async with hasty_store(dsn) as (_, store):
        with ExitStack() as until_the_end, pytest.raises(Unavailable):
            await hang(store, until_the_end)
        assert await works(store)


async def test_a_server_that_answers_no_connection_is_unavailable() -> None:
    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(hold, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncpg.create_pool(f"postgresql://x:x@127.0.0.1:{port}/x?sslmode=disable", min_size=0) as pool:
            with pytest.raises(Unavailable):
                await works(PostgresStore(pool))


async def test_a_server_that_has_said_farewell_and_not_hung_up_yet_is_unavailable() -> None:
    leaving, left = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(GREETING)
        await leaving.wait()
        writer.write(FAREWELL)
        await writer.drain()
        left.set()
        await reader.read()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        pool = await asyncpg.create_pool(f"postgresql://x:x@127.0.0.1:{port}/x?sslmode=disable", min_size=1, max_size=1)
        leaving.set()
        await left.wait()
        await asyncio.sleep(0.1)  # until it was read: nothing of asyncpg's tells
        with pytest.raises(Unavailable, match="InternalClientError"):
            await works(PostgresStore(pool))
        pool.terminate()


async def test_a_server_that_is_not_there_is_unavailable(unused_port: int) -> None:
    async with asyncpg.create_pool(f"postgresql://x:x@127.0.0.1:{unused_port}/x", min_size=0) as pool:
        with pytest.raises(Unavailable):
            await works(PostgresStore(pool))
        with pytest.raises(Unavailable):
            await PostgresLines(pool, asyncio.Event(), UNPACED).claim(1, timedelta(seconds=1))
        with pytest.raises(Unavailable):
            await PostgresLines(pool, asyncio.Event(), UNPACED).wait(timedelta(seconds=1))


async def test_a_pool_without_a_free_connection_is_unavailable(dsn: str) -> None:
    async with hasty_store(dsn) as (pool, store):
        async with pool.acquire():
            with pytest.raises(Unavailable):
                await works(store)
        assert await works(store)


async def test_a_connection_that_is_cut_is_unavailable_and_the_next_one_works(store: PostgresStore, pool: Pool) -> None:
    async def be_cut() -> None:
        async with store.transaction() as tx:
            await pool.execute("select pg_terminate_backend($1)", await backend(tx))
            await tx.newer("o1", 1)

    with pytest.raises(Unavailable):
        await be_cut()
    assert await works(store)


async def test_a_connection_that_is_cut_at_the_commit_is_unavailable_and_the_fact_can_come_again(
    store: PostgresStore, pool: Pool
) -> None:
    await pool.execute("""
        create function cut() returns trigger language plpgsql as
            $$ begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
        create constraint trigger cut after insert on fact deferrable initially deferred
            for each row when (new.id = 'cut') execute function cut();
    """)
    with pytest.raises(Unavailable):
        async with store.transaction() as tx:
            assert await tx.note("cut", TimeUp(charge_id="c1"), NOW)
    await pool.execute("drop trigger cut on fact")
    async with store.transaction() as tx:
        assert await tx.note("cut", TimeUp(charge_id="c1"), NOW)


async def test_of_two_that_wait_for_each_other_one_is_told_to_try_again(store: PostgresStore) -> None:
    both = asyncio.Barrier(2)

    async def take(first: str, second: str) -> str:
        async with store.transaction() as tx:
            await tx.lock(first)
            await both.wait()
            await tx.lock(second)
            return second

    answers = await asyncio.gather(take("a", "b"), take("b", "a"), return_exceptions=True)
    assert [type(answer) for answer in answers if not isinstance(answer, str)] == [Unavailable]


async def test_a_broken_rule_is_named_and_its_values_are_not(store: PostgresStore) -> None:
    async with store.transaction() as tx:
        await tx.save_journey(JOURNEY)
        await tx.save_charge(CHARGE)
    with pytest.raises(BrokenRule) as broken:
        async with store.transaction() as tx:
            await tx.save_charge(replace(CHARGE, id="c2"))
    assert "charge_token_key" in str(broken.value)
    assert "Secret" not in everything_told(broken.value)


@pytest.mark.parametrize("chat_id", [2**63, 2**63 - 1])
async def test_a_value_that_no_column_holds_is_not_quoted(store: PostgresStore, chat_id: int) -> None:
    chat = Chat(chat_id=chat_id, user_id=1, name="Secret\0", language="en")
    with pytest.raises(Malformed) as refused:
        async with store.transaction() as tx:
            await tx.save_chat(chat)
    assert str(chat_id) not in everything_told(refused.value)
    assert "Secret" not in everything_told(refused.value)


UNTIL = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SENT = Attempt(
    view="CardView",
    chat_id=1,
    result=Result.SENT,
    buyer_id="b1",
    journey_id="p1",
    step="open_payment",
    message_id=2,
)
WAITING = Attempt(view="NoteView", says="help", chat_id=1, result=Result.WAITING, reason="too many calls", until=UNTIL)


async def test_moves_and_deliveries_can_be_read_again(store: PostgresStore, pool: Pool) -> None:
    async with store.transaction() as tx:
        journey = await tx.save_journey(JOURNEY)
        await tx.note_move("f1", journey, replace(journey, state=Payment.SELECTING), "PayPressed")
        await tx.save_chat(Chat(chat_id=1, user_id=1, name="A", language="en", buyer_id="b7"))
        await tx.note_attempt(SENT)
        await tx.note_attempt(WAITING)
    moved = await pool.fetchrow("select fact_id, journey_id, event, from_state, to_state, step from move")
    assert moved is not None
    assert tuple(moved) == ("f1", "p1", "PayPressed", "won", "selecting", "use_alipay")
    noted = await pool.fetch(
        "select view, says, chat_id, result, buyer_id, journey_id, step, message_id, reason, until from delivery"
        " order by id"
    )
    assert [tuple(row) for row in noted] == [
        ("CardView", None, 1, "sent", "b1", "p1", "open_payment", 2, None, None),
        ("NoteView", "help", 1, "waiting", "b7", None, None, None, "too many calls", UNTIL),
    ]


def everything_told(error: BaseException) -> str:
    """What a log could show of an error: its words, and those of the errors that it came from."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return str(error) + (everything_told(cause) if cause else "")


@pytest.fixture
def unused_port() -> Iterator[int]:
    """A port that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]

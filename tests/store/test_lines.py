"""What is particular to the lines on PostgreSQL: work that cannot be read, races, and the bell."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import asyncpg
import pytest

from service.pace import UNPACED
from service.ports import Claim
from service.work import Done, Failed, Later, TellStatus
from store.lines import PostgresLines, listen
from store.postgres import Pool, PostgresStore

FAR_OFF = "insert into line (key, due) select 'remind:' || n, now() + '1 day' from generate_series(1, 5000) n"
LEASE = timedelta(minutes=5)
NEVER = timedelta(hours=1)
AT_ONCE = timedelta(0)


@pytest.fixture
def lines(pool: Pool) -> PostgresLines:
    """A worker's view."""
    return PostgresLines(pool, asyncio.Event(), UNPACED)


async def queue(store: PostgresStore, line: str, number: int) -> None:
    async with store.transaction() as tx:
        await tx.queue(line, TellStatus(chat_id=number))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("FromTheFuture", '{"chat_id": 1}'),
        ("TellStatus", '{"name": "Secret"}'),
        ("TellStatus", '{"chat_id": "Secret"}'),
        ("TellStatus", "[]"),
    ],
)
async def test_work_that_cannot_be_read_is_buried_and_the_others_go_on(
    kind: str, body: str, lines: PostgresLines, store: PostgresStore, pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    await queue(store, "chat:1", 1)
    await pool.execute("update work set kind = $1, body = $2", kind, body)
    await queue(store, "chat:1", 2)
    await queue(store, "chat:2", 3)

    [other] = await lines.claim(10, LEASE)
    assert other.work == TellStatus(chat_id=3)
    [behind] = await lines.claim(10, LEASE)
    assert behind.work == TellStatus(chat_id=2)

    reason = await pool.fetchval("select reason from work where dead_at is not null")
    assert "revive" in reason
    assert "Secret" not in reason + caplog.text
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


async def test_a_line_of_nothing_but_unreadable_work_leaves_no_line(
    lines: PostgresLines, store: PostgresStore, pool: Pool
) -> None:
    await queue(store, "chat:1", 1)
    await pool.execute("update work set kind = 'FromTheFuture'")
    assert await lines.claim(10, LEASE) == []
    assert await pool.fetchval("select count(*) from line") == 0


class SlowPool:
    """A pool whose second connection comes only when `meanwhile` has happened."""

    def __init__(self, pool: Pool, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._pool, self._meanwhile, self._taken = pool, meanwhile, 0

    @asynccontextmanager
    async def acquire(self, *, timeout: float) -> AsyncIterator[Any]:  # noqa: ASYNC109 - asyncpg's own
        self._taken += 1
        if self._taken == 2:
            await self._meanwhile()
        async with self._pool.acquire(timeout=timeout) as connection:
            yield connection


async def test_a_line_that_went_to_another_worker_before_it_was_given_back_stays_theirs(
    pool: Pool, store: PostgresStore, lines: PostgresLines
) -> None:
    await queue(store, "chat:1", 1)
    kind = await pool.fetchval("update work set kind = 'FromTheFuture' returning (select kind from work)")
    theirs: list[Claim] = []

    async def newer_worker_claims() -> None:
        await pool.execute("update work set kind = $1", kind)
        theirs.extend(await lines.claim(1, LEASE))

    slow = cast("Pool", SlowPool(pool, newer_worker_claims))
    assert await PostgresLines(slow, asyncio.Event(), UNPACED).claim(1, AT_ONCE) == []

    assert [claim.work for claim in theirs] == [TellStatus(chat_id=1)]
    assert await pool.fetchval("select dead_at from work") is None
    assert await lines.claim(1, LEASE) == []


async def test_a_reason_to_wait_can_be_looked_up(lines: PostgresLines, store: PostgresStore, pool: Pool) -> None:
    await queue(store, "chat:1", 1)
    [claim] = await lines.claim(1, LEASE)
    await lines.finish([(claim, Later(NEVER, "gateway asleep"))])
    assert await pool.fetchval("select reason from work") == "gateway asleep"


async def test_work_that_ran_and_waits_is_forgiven_its_failures(lines: PostgresLines, store: PostgresStore) -> None:
    await queue(store, "chat:1", 1)
    for outcome, failures in ((Failed(AT_ONCE, "x"), 0), (Failed(AT_ONCE, "x"), 1), (Later(AT_ONCE, "busy"), 2)):
        [claim] = await lines.claim(1, LEASE)
        assert claim.failures == failures
        await lines.finish([(claim, outcome)])
    [claim] = await lines.claim(1, LEASE)
    assert (claim.failures, claim.attempts) == (0, 4)


async def test_work_that_a_late_worker_puts_off_while_another_claims_is_not_claimed_early(
    pool: Pool, store: PostgresStore, lines: PostgresLines
) -> None:
    """The claim has begun to read, and comes to the line only when its work has been put off; or it was quicker."""
    await queue(store, "chat:1", 1)
    await queue(store, "chat:1", 2)
    [late] = await lines.claim(1, timedelta(0))
    await pool.execute(
        "insert into line (key, due) select n, now() - interval '1 hour' from generate_series(1, 20000) n"
    )
    claiming = asyncio.create_task(PostgresLines(pool, asyncio.Event(), UNPACED).claim(10**6, LEASE))
    await lines.finish([(late, Later(NEVER, "busy"))])
    [claim] = [*await claiming, *await lines.claim(1, LEASE)]
    assert await pool.fetchval("select run_at <= now() from work where id = $1", claim.work_id)


async def test_what_is_due_is_found_without_reading_what_is_not(dsn: str) -> None:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as alone:
        await alone.execute(FAR_OFF)
        await alone.execute("analyze line")
        lines, before = PostgresLines(alone, asyncio.Event(), UNPACED), await rows_read_through(alone)
        for number in range(8):  # the server plans the first five anew, and then for any values
            await queue(PostgresStore(alone), "chat:1", number)
            await lines.finish([(claim, Done()) for claim in await lines.claim(10, LEASE)])
            await lines.wait(AT_ONCE)
        assert await rows_read_through(alone) == before


async def rows_read_through(pool: Pool) -> int:
    """How many rows of lines were read from the first to the last."""
    await pool.execute("select pg_stat_force_next_flush()")
    rows: int = await pool.fetchval("select seq_tup_read from pg_stat_user_tables where relname = 'line'")
    return rows


async def test_a_line_that_empties_leaves_no_row(lines: PostgresLines, store: PostgresStore, pool: Pool) -> None:
    await queue(store, "chat:1", 1)
    [claim] = await lines.claim(1, LEASE)
    await lines.finish([(claim, Done())])
    assert await pool.fetchval("select count(*) from line") == 0
    assert await pool.fetchval("select count(*) from work") == 0


async def test_the_bell_rings_when_work_is_committed_anywhere(dsn: str, store: PostgresStore) -> None:
    bell = asyncio.Event()
    listening = asyncio.create_task(listen(dsn, bell))
    await bell.wait()  # rings once when it begins: something may have been missed
    bell.clear()
    await queue(store, "chat:1", 1)
    await bell.wait()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_the_bell_is_heard_again_after_its_connection_broke(dsn: str, pool: Pool, store: PostgresStore) -> None:
    bell = asyncio.Event()
    listening = asyncio.create_task(listen(dsn, bell))
    await bell.wait()
    bell.clear()
    await pool.fetch("select pg_terminate_backend(pid) from pg_stat_activity where query like 'LISTEN%'")
    await bell.wait()
    bell.clear()
    await queue(store, "chat:1", 1)
    await bell.wait()
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening

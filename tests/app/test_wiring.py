"""The composition: every kind of work has who carries it, every fact who takes it."""

from contextlib import suppress
from typing import get_args

import aiohttp
import asyncpg
import pytest

from app.settings import given
from app.stand import Ports, Stand, stand
from app.wiring import build, connections
from service import facts
from service.work import Work
from store.postgres import Pool, PostgresStore


@pytest.fixture
async def opened(tmp_path_factory: pytest.TempPathFactory) -> Stand:
    async with stand(tmp_path_factory.mktemp("stand"), Ports()) as opened:
        return opened


async def test_everything_has_somebody(opened: Stand, pool: Pool) -> None:
    async with aiohttp.ClientSession() as session:
        assembly = build(given(opened.environment), "postgresql://", pool, session)

    assert assembly.courier.kinds == frozenset(get_args(Work))
    assert assembly.desk.kinds == frozenset(get_args(facts.Fact))


async def test_building_connects_to_nothing(opened: Stand) -> None:
    pool = asyncpg.create_pool("postgresql://127.0.0.1:9/none", min_size=0)
    async with aiohttp.ClientSession() as session:
        assert build(given(opened.environment), "postgresql://", pool, session).settings.port > 0


LAST_SAID = "select query from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


@pytest.mark.parametrize("ends", ["COMMIT;", "ROLLBACK;"])
async def test_the_end_of_a_transaction_is_the_last_that_is_said_and_leaves_no_lock(
    dsn: str, pool: Pool, ends: str
) -> None:
    async with connections(dsn) as ours:
        with suppress(LookupError):
            async with PostgresStore(ours).transaction() as tx:
                await tx.lock("buyer:b1")
                if ends == "ROLLBACK;":
                    raise LookupError
        said = {row["query"] for row in await pool.fetch(LAST_SAID)}
        assert ends in said
        assert not any("pg_advisory_unlock_all" in query for query in said)
        assert await pool.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0


async def test_what_was_left_open_is_rolled_back_when_its_connection_goes_back(dsn: str, pool: Pool) -> None:
    async with connections(dsn) as ours:
        connection = await ours.acquire()
        await connection.execute("begin; insert into order_version (order_id, version) values ('o1', 1)")
        await ours.release(connection)
        assert await pool.fetchval("select count(*) from order_version") == 0
        async with ours.acquire() as again:
            assert not again.is_in_transaction()

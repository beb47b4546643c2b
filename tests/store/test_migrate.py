"""From nothing to the newest schema, once, whoever else does it at the same time."""

import asyncio
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from service.errors import Unavailable
from store.migrate import SchemaMismatch, check, migrate, newest, revision, run_file
from store.postgres import Pool

PROJECT = Path(__file__).parents[2]
TABLES = "select tablename from pg_tables where schemaname = 'public' order by 1"


async def ask(dsn: str, question: str) -> list[object]:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(question)
    await connection.close()
    return [row[0] for row in rows]


async def test_an_empty_database_gets_the_newest_schema(empty_dsn: str) -> None:
    assert await revision(empty_dsn) is None
    with pytest.raises(SchemaMismatch, match="found none"):
        await check(empty_dsn)
    await migrate(empty_dsn)
    assert await revision(empty_dsn) == newest()
    await check(empty_dsn)
    assert {"charge", "fact", "line", "work"} <= set(await ask(empty_dsn, TABLES))


async def test_migrating_again_changes_nothing(empty_dsn: str) -> None:
    await migrate(empty_dsn)
    await ask(empty_dsn, "insert into order_version values ('o1', 1) returning 1")
    tables = await ask(empty_dsn, TABLES)
    await migrate(empty_dsn)
    assert await ask(empty_dsn, TABLES) == tables
    assert await ask(empty_dsn, "select version from order_version") == [1]


async def test_two_processes_may_migrate_at_once(empty_dsn: str) -> None:
    program = "import asyncio, sys; from store.migrate import migrate; asyncio.run(migrate(sys.argv[1]))"
    command = [sys.executable, "-c", program, empty_dsn]
    both = [subprocess.Popen(command, cwd=PROJECT) for _ in range(2)]  # noqa: ASYNC220 - our own program
    await asyncio.gather(migrate(empty_dsn), *(asyncio.to_thread(process.wait) for process in both))
    assert [process.returncode for process in both] == [0, 0]
    await check(empty_dsn)
    assert await ask(empty_dsn, "select version_num from alembic_version") == [newest()]


@pytest.mark.parametrize("found", ["0000", "9999"])
async def test_a_schema_of_another_release_is_refused(found: str, dsn: str, pool: Pool) -> None:
    await pool.execute("update alembic_version set version_num = $1", found)
    for refuse in (check, migrate):
        with pytest.raises(SchemaMismatch, match=f"found {found}, want {newest()}"):
            await refuse(dsn)


async def test_a_database_that_is_away_is_unavailable() -> None:
    for ask_it in (check, migrate):
        with pytest.raises(Unavailable):
            await ask_it("postgresql://x:x@127.0.0.1:1/x")


async def test_a_file_may_hold_whatever_postgresql_can_read(empty_dsn: str, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text("""
        -- A comment; with semicolons;
        /* and; another; */
        create table sample (words text default 'a;
b;', "odd;name" text);
        create function answer() returns int language plpgsql as $$
        begin
            perform 1; -- :name %s %(x)s
            return 42;
        end;
        $$;
        insert into sample values (default, 'c;');
        """)
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(empty_dsn))
    async with engine.begin() as connection:
        await connection.exec_driver_sql("select 1")
        await connection.run_sync(run_file, script)
    await engine.dispose()
    assert await ask(empty_dsn, 'select words || "odd;name" || answer() from sample') == ["a;\nb;c;42"]


async def test_outcome_events_that_wait_or_were_given_up_are_kept_by_the_upgrade(empty_dsn: str) -> None:
    await upgrade(empty_dsn, "0005")
    body = r'{"type": "payment.completed", "timestamp": "2026-05-04T03:02:01+00:00", "data": %s}'
    order, buyer = r'{"order_id": "o1", "buyer_id": "b1", "pay_by": "\\u00e9"}', r'{"buyer_id": "b2"}'
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute("insert into buyer (buyer_id, telegram_user_id, alipay) values ('b1', 7, 'linked')")
    for name, data, reason in (("paid-1", order, None), ("handoff-1", buyer, "HTTP 410")):
        await connection.execute(
            "insert into work (line, kind, body, run_at, attempts, dead_at, reason)"
            " values ('report:1', 'Report', jsonb_build_object('webhook_id', $1::text, 'body', $2::text), now(), 3,"
            " case when $3::text is not null then now() end, $3)",
            name,
            body % data,
            reason,
        )
    await migrate(empty_dsn)

    rows = await connection.fetch("select * from report order by webhook_id")
    await connection.close()
    assert [row["webhook_id"] for row in rows] == ["handoff-1", "paid-1"]
    assert [(row["type"], row["order_id"], row["buyer_id"]) for row in rows] == [
        ("payment.completed", None, "b2"),
        ("payment.completed", "o1", "b1"),
    ]
    assert [(row["body"], row["reason"]) for row in rows] == [(body % buyer, "HTTP 410"), (body % order, None)]
    assert [row["dead_at"] is None for row in rows] == [False, True]
    assert await ask(empty_dsn, "select telegram_user_id from buyer where orders_seen_at is null") == [7]


async def upgrade(dsn: str, to: str) -> None:
    """Bring an empty database to an older schema."""

    def run(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(PROJECT / "store" / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, to)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn))
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


async def test_a_file_that_fails_leaves_nothing(empty_dsn: str, tmp_path: Path) -> None:
    script = tmp_path / "script.sql"
    script.write_text("create table sample (); select 1 / 0;")
    engine = create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(empty_dsn))
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with engine.begin() as connection:
            await connection.run_sync(run_file, script)
    await engine.dispose()
    assert await ask(empty_dsn, TABLES) == []


async def test_what_was_delivered_before_there_was_a_log_stays_in_it(empty_dsn: str) -> None:
    versions = PROJECT / "store" / "migrations" / "versions"
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute((versions / "0001_initial.sql").read_text())
    await connection.execute("""
        create table alembic_version (version_num text primary key);
        insert into alembic_version values ('0001');
        insert into journey (id, kind, buyer_id, path, state, version)
        values ('v1', 'verification', 'b1', 'first_time', 'offered', 1);
        insert into delivery (view, journey_id, step, chat_id, message_id)
        values ('CardView', 'v1', 'verify_account', 7, 1), ('NoteView', null, null, 7, 2);
    """)
    await connection.close()
    await migrate(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    rows = await connection.fetch("select view, buyer_id, journey_id, message_id, result from delivery order by id")
    await connection.execute("insert into delivery (view, chat_id, message_id) values ('CardView', 7, 3)")
    await connection.close()
    assert [tuple(row) for row in rows] == [("CardView", "b1", "v1", 1, "sent"), ("NoteView", None, None, 2, "sent")]

"""Whoever is killed, the next start works and what was committed is there."""

import asyncio
import os
import signal
from pathlib import Path

import asyncpg

from store.embedded import EmbeddedServer
from tests.store.embedded.conftest import StartNeighbour, postmaster, server_lives
from tests.store.embedded.test_sharing import ask


async def test_a_server_whose_only_user_was_killed_is_taken_over_and_stopped_by_the_next(
    used_dir: Path, start_neighbour: StartNeighbour
) -> None:
    killed = start_neighbour(used_dir)
    await ask(killed.dsn(), "create table taken_over as select 'won' as state")
    started = postmaster(used_dir)
    killed.kill()
    assert server_lives(used_dir)

    async with EmbeddedServer(used_dir) as dsn:
        assert postmaster(used_dir) == started
        assert await ask(dsn, "select state from taken_over") == "won"
    assert not server_lives(used_dir)


async def test_a_server_that_was_killed_is_started_anew_with_what_was_committed(used_dir: Path) -> None:
    server = EmbeddedServer(used_dir)
    await ask(await server.start(), "create table started_anew as select 'won' as state")
    killed = postmaster(used_dir)
    os.kill(killed, signal.SIGKILL)

    dsn = await server.start()
    assert postmaster(used_dir) != killed
    assert await ask(dsn, "select state from started_anew") == "won"
    await server.stop()


async def test_starting_again_leaves_a_server_that_lives_alone(used_dir: Path) -> None:
    server = EmbeddedServer(used_dir)
    connection = await asyncpg.connect(await server.start())
    await server.start()
    assert await connection.fetchval("select 1") == 1
    await connection.close()
    await server.stop()
    assert not server_lives(used_dir)


async def test_a_restart_waits_for_the_orphans_of_a_killed_server(used_dir: Path) -> None:
    first = EmbeddedServer(used_dir)
    connection = await asyncpg.connect(await first.start())
    orphan = await connection.fetchval("select pg_backend_pid()")
    os.kill(orphan, signal.SIGSTOP)
    os.kill(postmaster(used_dir), signal.SIGKILL)

    restart = asyncio.create_task(first.start())
    await asyncio.wait([restart], timeout=0.5)
    assert not restart.done()
    assert server_lives(used_dir)

    os.kill(orphan, signal.SIGKILL)
    assert await ask(await restart, "select 1") == 1
    connection.terminate()
    await first.stop()


async def test_a_cluster_that_was_not_finished_is_made_again(data_dir: Path) -> None:
    unfinished = data_dir / "postgres" / "server" / "data.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("15\n")

    async with EmbeddedServer(data_dir) as dsn:
        assert await ask(dsn, "select 1") == 1
    assert not unfinished.exists()

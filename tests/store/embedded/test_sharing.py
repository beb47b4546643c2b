"""The server starts with the first user of a data folder and stops with the last."""
# ruff: noqa: ASYNC240  nothing else runs in a test's loop, so it may wait for the disk

import asyncio
import re
import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from store.embedded import EmbeddedServer
from store.embedded.places import Places
from tests.store.embedded.conftest import StartNeighbour, postmaster, server_lives


async def ask(dsn: str, question: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_the_first_start_makes_a_durable_database_that_only_a_socket_leads_to(data_dir: Path) -> None:
    async with EmbeddedServer(data_dir) as dsn:
        names = ("fsync", "synchronous_commit", "full_page_writes", "server_encoding", "listen_addresses")
        settings = [await ask(dsn, f"show {name}") for name in names]
        database = await ask(dsn, "select current_database()")

    assert settings == ["on", "on", "on", "UTF8", ""]
    assert database == "alipay_bot"
    assert not server_lives(data_dir)


async def test_a_later_start_finds_the_data(used_dir: Path) -> None:
    async with EmbeddedServer(used_dir) as dsn:
        await ask(dsn, "create table found_later as select 'won' as state")
    async with EmbeddedServer(used_dir) as dsn:
        state = await ask(dsn, "select state from found_later")

    assert state == "won"


async def test_sqlalchemy_takes_the_same_address_whatever_the_environment_says(
    used_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    async with EmbeddedServer(used_dir) as dsn:
        database = await ask(dsn, "select current_database()")
        engine = create_async_engine(make_url(dsn).set(drivername="postgresql+asyncpg"))
        async with engine.connect() as connection:
            same = (await connection.execute(text("select current_database()"))).scalar_one()
        await engine.dispose()

    assert database == same == "alipay_bot"


async def test_two_processes_share_one_server_until_both_have_left(
    used_dir: Path, start_neighbour: StartNeighbour
) -> None:
    async with EmbeddedServer(used_dir) as dsn:
        started = postmaster(used_dir)
        neighbour = start_neighbour(used_dir)
        assert neighbour.dsn() == dsn

    assert postmaster(used_dir) == started
    assert await ask(dsn, "select 1") == 1
    assert neighbour.leave() == 0
    assert not server_lives(used_dir)


async def test_processes_that_start_at_once_on_an_empty_folder_share_one_server(
    data_dir: Path, start_neighbour: StartNeighbour
) -> None:
    neighbours = [start_neighbour(data_dir) for _ in range(3)]
    addresses = {neighbour.dsn() for neighbour in neighbours}
    servers = (data_dir / "postgres" / "server" / "log").read_text().count("starting PostgreSQL")

    assert [neighbour.leave() for neighbour in neighbours] == [0, 0, 0]
    assert len(addresses) == 1
    assert servers == 1
    assert not server_lives(data_dir)


async def test_whoever_joins_while_the_last_one_leaves_gets_a_server_that_stays(used_dir: Path) -> None:
    async def come_and_go() -> list[object]:
        answers = []
        for _ in range(8):
            async with EmbeddedServer(used_dir) as dsn:
                answers.append(await ask(dsn, "select 1"))
        return answers

    assert await asyncio.gather(*(come_and_go() for _ in range(3))) == [[1] * 8] * 3
    assert not server_lives(used_dir)


async def test_a_start_that_is_cancelled_leaves_nothing_behind(data_dir: Path) -> None:
    starting = asyncio.create_task(EmbeddedServer(data_dir).start())
    await asyncio.wait([starting], timeout=0.1)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert not server_lives(data_dir)


async def test_a_folder_whose_path_is_no_socket_address_gets_a_short_one(data_dir: Path) -> None:
    async with EmbeddedServer(data_dir / ("拍卖, " * 20)) as dsn:
        sockets = Path(parse_qs(urlsplit(dsn).query)["host"][0])
        mode = stat.filemode(sockets.stat().st_mode)
        answer = await ask(dsn, "select 1")

    assert answer == 1
    assert mode == "drwx------"
    assert not sockets.exists()


@pytest.mark.parametrize("folder", ["/" + "x" * 90, "/a,b", "/a:b", "/a b", "/拍卖"])
def test_what_clients_would_split_or_cut_is_no_socket_address(folder: str) -> None:
    assert Places(Path("/srv/data")).socket_folder == Path("/srv/data/server")
    assert re.fullmatch(r"alipay-bot-[0-9a-f]{16}", Places(Path(folder)).socket_folder.name)

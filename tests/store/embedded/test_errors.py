"""Where the server cannot start, the error says what to do."""
# ruff: noqa: ASYNC240  nothing else runs in a test's loop, so it may wait for the disk

from pathlib import Path

import pytest

from store.embedded import (
    DataFolderUnusable,
    EmbeddedServer,
    InitdbFailed,
    NoBinaries,
    OtherMajorVersion,
    ServerDidNotStart,
    UnsafeSocketFolder,
)
from store.embedded.places import Places
from tests.store.embedded.conftest import server_lives


def cluster(data_dir: Path) -> Path:
    return data_dir / "postgres" / "server" / "data"


def write_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(mode=0o755, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


async def test_a_folder_without_the_programs(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(NoBinaries, match=f"{tmp_path}.*set DATABASE_URL"):
        await EmbeddedServer(data_dir, bin_dir=tmp_path).start()


async def test_programs_that_do_not_run_here(data_dir: Path) -> None:
    programs = data_dir.parent / "bin"
    for name in ("initdb", "pg_ctl", "postgres"):
        write_program(programs, name, "exit 127")
    with pytest.raises(NoBinaries, match=str(programs)):
        await EmbeddedServer(data_dir, bin_dir=programs).start()


async def test_a_version_that_is_too_old(data_dir: Path) -> None:
    programs = data_dir.parent / "bin"
    for name in ("initdb", "pg_ctl", "postgres"):
        write_program(programs, name, "echo 'postgres (PostgreSQL) 13.23'")
    with pytest.raises(NoBinaries, match="14 or newer"):
        await EmbeddedServer(data_dir, bin_dir=programs).start()


async def test_initdb_fails_and_says_why(data_dir: Path) -> None:
    programs = data_dir.parent / "bin"
    write_program(programs, "initdb", "echo 'No space left on device' >&2; exit 1")
    write_program(programs, "pg_ctl", "exit 1")
    write_program(programs, "postgres", "echo 'postgres (PostgreSQL) 16.1'")
    with pytest.raises(InitdbFailed, match=r"Free disk space.*No space left on device"):
        await EmbeddedServer(data_dir, bin_dir=programs).start()
    assert not cluster(data_dir).exists()


async def test_data_of_another_major_version_is_left_alone(data_dir: Path) -> None:
    cluster(data_dir).mkdir(parents=True)
    (cluster(data_dir) / "PG_VERSION").write_text("9\n")
    with pytest.raises(OtherMajorVersion, match="made by PostgreSQL 9, but only version"):
        await EmbeddedServer(data_dir).start()
    assert (cluster(data_dir) / "PG_VERSION").read_text() == "9\n"


async def test_a_broken_cluster_shows_the_end_of_the_log(data_dir: Path) -> None:
    async with EmbeddedServer(data_dir):
        pass
    (cluster(data_dir) / "global" / "pg_control").unlink()
    with pytest.raises(ServerDidNotStart, match=r"could not find the database system(.|\n)*pg_control"):
        await EmbeddedServer(data_dir).start()
    assert not server_lives(data_dir)


async def test_a_folder_that_is_no_cluster(data_dir: Path) -> None:
    cluster(data_dir).mkdir(parents=True)
    with pytest.raises(ServerDidNotStart, match="is not a database cluster directory"):
        await EmbeddedServer(data_dir).start()


async def test_a_data_folder_that_is_a_file(data_dir: Path) -> None:
    data_dir.touch()
    with pytest.raises(DataFolderUnusable, match=f"{data_dir} cannot be used.*set DATABASE_URL"):
        await EmbeddedServer(data_dir).start()


async def test_a_socket_folder_that_others_may_enter_is_refused(data_dir: Path) -> None:
    deep = data_dir / ("x" * 120)
    sockets = Places(deep / "postgres").socket_folder
    sockets.mkdir()
    sockets.chmod(0o755)
    try:
        with pytest.raises(UnsafeSocketFolder, match=str(sockets)):
            await EmbeddedServer(deep).start()
    finally:
        sockets.rmdir()

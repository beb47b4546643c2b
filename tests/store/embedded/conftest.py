"""Data folders that the server's user can reach, and other processes that use them."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from store.embedded import EmbeddedServer
from store.embedded.membership import join

PROJECT = Path(__file__).parents[3]


def server_lives(data_dir: Path) -> bool:
    """Whether any process of the data folder's server is left."""
    with contextlib.suppress(FileNotFoundError), (data_dir / "postgres" / "fence").open() as fence:
        try:
            fcntl.flock(fence, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def postmaster(data_dir: Path) -> int:
    """The process id of the running server."""
    return int((data_dir / "postgres" / "server" / "data" / "postmaster.pid").read_text().split()[0])


@dataclass
class Neighbour:
    """Another process that uses the data folder."""

    process: subprocess.Popen[str]

    def dsn(self) -> str:
        """Wait until it uses the server."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def leave(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


StartNeighbour = Callable[..., Neighbour]


@pytest.fixture
def start_neighbour() -> Iterator[StartNeighbour]:
    """Start other processes, as another user where `uid` says so."""
    with contextlib.ExitStack() as neighbours:

        def start(data_dir: Path, python: str = sys.executable, uid: int | None = None) -> Neighbour:
            process = subprocess.Popen(
                [python, "-m", "tests.store.embedded.neighbour", str(data_dir)],
                cwd=PROJECT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                user=uid,
                group=uid,
                extra_groups=None if uid is None else [],
            )
            neighbours.enter_context(process)
            neighbours.callback(process.kill)
            return Neighbour(process)

        yield start


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that every user may pass through: pytest's own are closed to the server's user."""
    folder = Path(tempfile.mkdtemp(prefix="embedded-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


async def stop_left_over(above: Path) -> list[Path]:
    """Stop the servers below a folder, and tell where there were any."""
    fences = await asyncio.to_thread(lambda: list(above.rglob("fence")))
    data_dirs = [fence.parents[1] for fence in fences if server_lives(fence.parents[1])]
    for data_dir in data_dirs:
        async with EmbeddedServer(data_dir):
            pass
    return data_dirs


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    with open_folder() as above:
        join(above / "data", None).leave()
        yield above / "data"


@pytest.fixture
async def used_dir(start_neighbour: StartNeighbour, made_once: Path) -> AsyncIterator[Path]:
    """A data folder that earlier tests used and left whole; no server may be left."""
    yield made_once
    assert not await stop_left_over(made_once)


@pytest.fixture
async def data_dir(start_neighbour: StartNeighbour) -> AsyncIterator[Path]:
    """A data folder that does not exist yet; no server may be left in it or beside it."""
    with open_folder() as above:
        yield above / "data"
        left_over = await stop_left_over(above)
    assert not left_over


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="switching users needs root")

"""The service with no database named: it brings its own, and outlives it."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import pytest

from app.stand import Ports, Stand, stand
from tests.app.test_command_line import COMMAND


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder with a short path that the server's own user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="alipay-bot-embedded-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Stand]:
    async with stand(tmp_path, Ports()) as opened:
        yield opened


async def test_it_brings_its_own_database_and_starts_it_again_when_it_is_killed(opened: Stand, data_dir: Path) -> None:
    async with running(opened, data_dir), aiohttp.ClientSession() as session:
        await until_ready(session, opened)
        killed = postmaster(data_dir)
        assert killed

        os.kill(killed, signal.SIGKILL)

        while postmaster(data_dir) == killed:
            await asyncio.sleep(0.05)
        await until_ready(session, opened)


@asynccontextmanager
async def running(opened: Stand, data_dir: Path) -> AsyncIterator[None]:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment = kept | opened.environment | {"ALIPAY_BOT_DATA_DIR": str(data_dir)}
    process = await asyncio.create_subprocess_exec(
        str(COMMAND), "run", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        assert await process.wait() == 0


async def until_ready(session: aiohttp.ClientSession, opened: Stand) -> None:
    while True:
        try:
            async with session.get(f"{opened.service}/readyz") as answer:
                if answer.status == 200:
                    return
        except aiohttp.ClientConnectionError:
            pass
        await asyncio.sleep(0.05)


def postmaster(data_dir: Path) -> int | None:
    """The number of the server's first process."""
    for file in data_dir.rglob("postmaster.pid"):
        with suppress(FileNotFoundError):
            first = file.read_text().partition("\n")[0]
            return int(first) if first else None
    return None

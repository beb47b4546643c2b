"""One real PostgreSQL for the whole run, one database a test, made from a migrated template."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from bench.bed import address, run
from store.embedded import EmbeddedServer
from store.migrate import migrate
from store.postgres import Pool, PostgresStore

TEMPLATE = f"alipay_bot_template_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
"""One for each process that runs tests."""


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    """The address of a PostgreSQL server: the one that `DATABASE_URL` names, else an embedded one of our own."""
    external = os.environ.get("DATABASE_URL")
    if external:
        yield external
        return
    folder = Path(tempfile.mkdtemp(prefix="alipay-bot-tests-", dir="/tmp"))
    folder.chmod(0o711)
    server = EmbeddedServer(folder)
    try:
        yield asyncio.run(server.start())
    finally:
        asyncio.run(server.stop())
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def template(server_dsn: str) -> Iterator[str]:
    """The name of a database with the newest schema and nothing in it."""

    async def make() -> None:
        await run(server_dsn, f"drop database if exists {TEMPLATE}", f"create database {TEMPLATE}")
        await migrate(address(server_dsn, TEMPLATE))

    asyncio.run(make())
    yield TEMPLATE
    asyncio.run(run(server_dsn, f"drop database {TEMPLATE} with (force)"))


@pytest.fixture
async def dsn(server_dsn: str, template: str) -> AsyncIterator[str]:
    """The address of a fresh database with the newest schema."""
    name = f"t_{uuid4().hex}"
    await run(server_dsn, f"create database {name} template {template}")
    yield address(server_dsn, name)
    await run(server_dsn, f"drop database {name} with (force)")


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """Connections to the fresh database."""
    async with asyncpg.create_pool(dsn, min_size=1, max_size=8) as pool:
        yield pool


@pytest.fixture
async def store(pool: Pool) -> PostgresStore:
    """The store over the fresh database."""
    return PostgresStore(pool)

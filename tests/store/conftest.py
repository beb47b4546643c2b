"""Databases that are not of the newest schema yet."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from bench.bed import address, run


@pytest.fixture
async def empty_dsn(server_dsn: str) -> AsyncIterator[str]:
    """The address of a database without a schema."""
    name = f"t_{uuid4().hex}"
    await run(server_dsn, f"create database {name} template template0")
    yield address(server_dsn, name)
    await run(server_dsn, f"drop database {name} with (force)")

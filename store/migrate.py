"""Brings the schema to the version that this code was written for."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from service.errors import AssistantError

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x414C4950


class SchemaMismatch(AssistantError):
    """The database's schema is not the one this code was written for; run `alipay-bot migrate`, or a matching release."""


def newest() -> str:
    """The revision that this code was written for."""
    return ScriptDirectory(str(_FOLDER)).get_current_head() or ""


async def migrate(dsn: str) -> None:
    """Upgrade to the newest revision; at most one process at a time, and nothing to do costs one query."""
    if await revision(dsn) == newest():
        return
    engine = create_async_engine(sqlalchemy_url(dsn))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def check(dsn: str) -> None:
    """Raise SchemaMismatch unless the schema is the newest."""
    found = await revision(dsn)
    if found != newest():
        raise SchemaMismatch(f"found {found or 'none'}, want {newest()}")


async def revision(dsn: str) -> str | None:
    """The revision of the database; None where it has no schema yet."""
    connection = await asyncpg.connect(dsn)
    try:
        if await connection.fetchval("select to_regclass('alembic_version')") is None:
            return None
        found: str | None = await connection.fetchval("select version_num from alembic_version")
        return found
    finally:
        await connection.close()


def sqlalchemy_url(dsn: str) -> str:
    """The same address in SQLAlchemy's words."""
    _, rest = dsn.split("://", 1)
    return f"postgresql+asyncpg://{rest}"


def _upgrade(connection: Connection) -> None:
    connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

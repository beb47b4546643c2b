"""Brings the schema to the version that this code was written for."""

from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import AdaptedConnection, Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from service.errors import AssistantError
from store.postgres import translated

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 0x414C4950
_CONNECT_SECONDS = 5


class SchemaMismatch(AssistantError):
    """The database's schema is not what this code was written for; run `alipay-bot migrate`, or a matching release."""


def newest() -> str:
    """The revision that this code was written for."""
    return _scripts().get_current_head() or ""


async def migrate(dsn: str) -> None:
    """Upgrade to the newest revision; processes that migrate at once take turns.

    Raises SchemaMismatch where a newer release was here, and Unavailable.
    """
    found = await revision(dsn)
    if found == newest():
        return
    if found not in {None, *(script.revision for script in _scripts().walk_revisions())}:
        raise SchemaMismatch(f"found {found}, want {newest()}")
    # asyncpg reads the address itself: SQLAlchemy knows fewer of its options.
    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=lambda: asyncpg.connect(dsn, timeout=_CONNECT_SECONDS),
        poolclass=NullPool,
    )
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)


async def check(dsn: str) -> None:
    """Raise SchemaMismatch unless the schema is the newest. Raises Unavailable."""
    found = await revision(dsn)
    if found != newest():
        raise SchemaMismatch(f"found {found or 'none'}, want {newest()}")


async def revision(dsn: str) -> str | None:
    """The revision of the database; None where it has no schema yet. Raises Unavailable."""
    with translated():
        connection = await asyncpg.connect(dsn, timeout=_CONNECT_SECONDS)
        try:
            if await connection.fetchval("select to_regclass('alembic_version')") is None:
                return None
            found: str | None = await connection.fetchval("select version_num from alembic_version")
            return found
        finally:
            await connection.close(timeout=_CONNECT_SECONDS)


def run_file(connection: Connection, path: Path) -> None:
    """Run a file of SQL inside a migration; PostgreSQL itself takes the statements apart."""
    script = path.read_text(encoding="utf-8")
    adapted = connection.connection.dbapi_connection
    assert isinstance(adapted, AdaptedConnection)  # noqa: S101 - what every asyncio engine has
    adapted.run_async(lambda driver: driver.execute(script))


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(_FOLDER))


def _upgrade(connection: Connection) -> None:
    connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")

"""The backend on PostgreSQL."""

import asyncio
from typing import Any, cast

from service.pace import Pace
from service.work import Work
from store import codec
from store.lines import PostgresLines
from store.postgres import Pool, PostgresStore
from tests.simulation.backends import Seen, Step
from tests.simulation.pg_loop import PgLoop
from tests.simulation.pg_pool import ProcessPool, Sessions
from tests.simulation.service import Handles

_DELETES = """
select format('delete from %I', tablename) from pg_tables
where schemaname = 'public' and tablename <> 'alembic_version'
"""
_STEPS = "select journey_id, event, from_state as before, to_state as after from move order by id"
_NOTED = "select distinct chat_id, message_id from delivery where message_id is not null"
_OTHERS = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


class Postgres:
    """One database, at `dsn`, with the processes that come to it."""

    def __init__(self, loop: PgLoop, dsn: str) -> None:
        self._sessions = Sessions(loop, dsn)
        self._pool = ProcessPool(self._sessions)
        self.store = PostgresStore(cast("Pool", self._pool))
        loop.at_close(self._pool.kill)
        loop.at_close(self._sessions.close)

    def connect(self) -> Handles:
        """The handles of a new process."""
        pool, bell = ProcessPool(self._sessions), asyncio.Event()
        self._sessions.bells[bell] = None

        def kill() -> None:
            del self._sessions.bells[bell]
            pool.kill()

        asked = cast("Pool", pool)  # for nothing but `acquire`
        store = PostgresStore(asked)
        return Handles(store=store, letterbox=store, lines=PostgresLines(asked, bell, Pace()), kill=kill)

    async def empty(self) -> None:
        """Put everybody else out, and forget everything: faster than a fresh database."""
        async with self._pool.acquire() as session:
            while await session.fetchval(f"select count(pg_terminate_backend(pid)) {_OTHERS}"):
                pass
            deletes = [delete for (delete,) in await session.fetch(_DELETES)]
            # A replica's session fires no triggers, so even the books can be emptied.
            pace = "insert into pace default values"
            alone = ("set session_replication_role = replica", *deletes, pace, "reset session_replication_role")
            await session.execute("; ".join(alone))

    async def seen(self) -> Seen:
        """What is committed."""
        async with self._pool.acquire() as session:
            facts = await session.fetch("select id, kind from fact order by at, id")
            work = await session.fetch("select kind, body, dead_at, reason from work order by id")
            return Seen(
                journeys=[
                    codec.journey(dict(row)) for row in await session.fetch("select * from journey order by number")
                ],
                steps=[Step(**row) for row in await session.fetch(_STEPS)],
                fact_ids=frozenset(row["id"] for row in facts),
                fact_kinds=[row["kind"] for row in facts],
                letters=[
                    (row["id"], row["source"], row["source_id"])
                    for row in await session.fetch("select id, source, source_id from inbox")
                ],
                noted=frozenset((row["chat_id"], row["message_id"]) for row in await session.fetch(_NOTED)),
                waiting=[_work(row) for row in work if row["dead_at"] is None],
                dead=[(_work(row), row["reason"] or "") for row in work if row["dead_at"] is not None],
            )


def _work(row: Any) -> Work:
    return codec.unpack_work(row["kind"], row["body"])

"""The Lines port over PostgreSQL: claims, leases, fences."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import asyncpg

from service.errors import Unavailable
from service.ports import Claim
from service.work import Dead, Done, Hold, Later, Outcome
from store import codec, queries
from store.postgres import AWAY, Pool


class PostgresLines:
    """Ordered work on a pool of connections; `wake` rings when another process has queued something."""

    def __init__(self, pool: Pool, wake: asyncio.Event) -> None:
        self._pool, self._wake = pool, wake
        self._queries = queries.load("lines")

    async def claim(self, limit: int, lease: timedelta) -> Sequence[Claim]:
        """Take the heads of up to `limit` due lines that nobody holds."""
        async with self._connection() as connection:
            rows = [row async for row in self._queries.claim(connection, count=limit, lease=lease)]
            empty = [row for row in rows if row["id"] is None]
            await self._give_back(connection, [row["line"] for row in empty], [row["fence"] for row in empty])
        return [_claim(row) for row in rows if row["id"] is not None]

    async def renew(self, claims: Sequence[Claim], lease: timedelta) -> None:
        """Hold on to the lines for another `lease`."""
        async with self._connection() as connection:
            await self._queries.renew(connection, lease=lease, **_keys(claims))

    async def finish(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        """Write the outcomes down; one whose lease was lost meanwhile changes nothing."""
        claims = [claim for claim, _ in outcomes]
        async with self._connection() as connection:
            ours = await self._lock(connection, **_keys(claims))
            kept = [(claim, outcome) for claim, outcome in outcomes if (claim.line, claim.fence) in ours]
            await self._write(connection, kept)
            await self._release(connection, [claim.line for claim, _ in kept])

    async def wait(self, at_most: timedelta) -> None:
        """Return when work may be due, at the latest after `at_most`."""
        if self._wake.is_set():
            self._wake.clear()
            return
        async with self._connection() as connection:
            due = await self._queries.seconds_to_next(connection)
        seconds = at_most.total_seconds() if due is None else min(max(due, 0.0), at_most.total_seconds())
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except TimeoutError:
            return
        self._wake.clear()

    async def _write(self, connection: Any, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        done = [claim.work_id for claim, outcome in outcomes if isinstance(outcome, Done)]
        later = [(claim.work_id, o.delay, o.reason) for claim, o in outcomes if isinstance(o, Later)]
        hold = [(claim.line, o.delay) for claim, o in outcomes if isinstance(o, Hold)]
        dead = [(claim.work_id, o.reason) for claim, o in outcomes if isinstance(o, Dead)]
        if done:
            await self._queries.delete_done(connection, ids=done)
        if later:
            ids, delays, reasons = (list(column) for column in zip(*later, strict=True))
            await self._queries.put_off(connection, ids=ids, delays=delays, reasons=reasons)
        if hold:
            lines, delays = (list(column) for column in zip(*hold, strict=True))
            await self._queries.hold(connection, lines=lines, delays=delays)
        if dead:
            ids, reasons = (list(column) for column in zip(*dead, strict=True))
            await self._queries.bury(connection, ids=ids, reasons=reasons)

    async def _give_back(self, connection: Any, lines: list[str], fences: list[int]) -> None:
        if lines:
            ours = await self._lock(connection, lines=lines, fences=fences)
            await self._release(connection, [line for line, _ in ours])

    async def _lock(self, connection: Any, lines: list[str], fences: list[int]) -> set[tuple[str, int]]:
        rows = self._queries.lock_lines(connection, lines=lines, fences=fences)
        return {(row["key"], row["fence"]) async for row in rows}

    async def _release(self, connection: Any, lines: list[str]) -> None:
        await self._queries.drop_empty(connection, lines=lines)
        await self._queries.give_back(connection, lines=lines)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Any]:
        try:
            async with self._pool.acquire(timeout=5) as connection, connection.transaction():
                yield connection
        except AWAY as error:
            raise Unavailable(type(error).__name__) from error


async def listen(dsn: str, wake: asyncio.Event) -> None:
    """Ring `wake` whenever work is queued, on a connection of its own, for ever; reconnects when it breaks."""
    while True:
        try:
            await _listen_once(dsn, wake)
        except AWAY:
            wake.set()
            await asyncio.sleep(1)


async def _listen_once(dsn: str, wake: asyncio.Event) -> None:
    connection = await asyncpg.connect(dsn)
    closed = asyncio.Event()
    connection.add_termination_listener(lambda _: closed.set())
    try:
        await connection.add_listener("work", lambda *_: wake.set())
        wake.set()
        await closed.wait()
    finally:
        if not connection.is_closed():
            await connection.close(timeout=5)
    raise ConnectionResetError


def _claim(row: Any) -> Claim:
    return Claim(
        line=row["line"],
        fence=row["fence"],
        work_id=row["id"],
        work=codec.unpack_work(row),
        attempts=row["attempts"],
    )


def _keys(claims: Sequence[Claim]) -> dict[str, Any]:
    return {"lines": [claim.line for claim in claims], "fences": [claim.fence for claim in claims]}

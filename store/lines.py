"""The Lines port over PostgreSQL: claims, leases, fences."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg

from service.errors import Unavailable
from service.lines import is_paced
from service.pace import Pace
from service.ports import Claim
from service.work import Dead, Done, Failed, Hold, Later, Outcome
from store import codec, queries
from store.postgres import ACQUIRE_SECONDS, Pool, alone, translated, unit

logger = logging.getLogger(__name__)

_SHORTEST = 0.02
"""Seconds to wait even where work is due: it was not to be had a moment ago, so another worker is taking it."""
_LONGEST = timedelta(days=30)
_REASON_LENGTH = 500


class PostgresLines:
    """Ordered work on a pool of connections; `wake` rings when another process has queued something."""

    def __init__(self, pool: Pool, wake: asyncio.Event, pace: Pace) -> None:
        self._pool, self._wake, self._pace = pool, wake, pace
        self._queries = queries.load("lines")

    async def claim(self, limit: int, lease: timedelta, messages: int | None = None) -> Sequence[Claim]:
        """Take the heads of up to `limit` due lines that nobody holds; work that cannot be read is buried."""
        most = limit if messages is None else messages
        pace = {"spacing": self._pace.spacing, "ahead": self._pace.ahead}
        async with alone(self._pool) as connection:
            found = self._queries.claim(connection, count=limit, messages=most, lease=lease, **pace)
            rows = [row async for row in found]
        claims, unreadable = _sorted_out([row for row in rows if row["id"] is not None])
        ours = {claim.line for claim in claims}
        if idle := [row for row in rows if row["line"] not in ours]:
            with suppress(Unavailable):  # what was claimed is done all the same, and their lease ends by itself
                await self._give_back(idle, unreadable)
        return claims

    async def _give_back(self, idle: Sequence[Any], unreadable: Sequence[tuple[int, str]]) -> None:
        """Lines without a head, or with one that cannot be read, unless somebody else has them by now."""
        async with unit(self._pool) as connection:
            ours = await self._lock(connection, [(row["line"], row["fence"]) for row in idle])
            heads = {row["id"] for row in idle if (row["line"], row["fence"]) in ours}
            await self._bury(connection, [(work_id, reason) for work_id, reason in unreadable if work_id in heads])
            await self._release(connection, [line for line, _ in ours])

    async def renew(self, claims: Sequence[Claim], lease: timedelta) -> None:
        """Hold on to the lines for another `lease`."""
        async with unit(self._pool) as connection:
            ours = await self._lock(connection, [(claim.line, claim.fence) for claim in claims])
            await self._queries.renew(connection, lease=lease, lines=[line for line, _ in ours])

    async def finish(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        """Write the outcomes down; one whose lease was lost meanwhile changes nothing."""
        async with unit(self._pool) as connection:
            ours = await self._lock(connection, [(claim.line, claim.fence) for claim, _ in outcomes])
            kept = [(claim, outcome) for claim, outcome in outcomes if (claim.line, claim.fence) in ours]
            await self._write(connection, kept)
            await self._keep_pace(connection, kept)
            await self._release(connection, [claim.line for claim, _ in kept])
        if any(is_paced(claim.line) or isinstance(outcome, Later | Hold | Failed) for claim, outcome in kept):
            self._wake.set()  # whoever waits reckons anew when the next work is due

    async def wait(self, at_most: timedelta) -> None:
        """Return when work may be due, at the latest after `at_most`."""
        if not self._wake.is_set():
            seconds = await self._seconds_to_next(at_most.total_seconds())
            try:
                await asyncio.wait_for(self._wake.wait(), seconds)
            except TimeoutError:
                return
        self._wake.clear()

    async def _seconds_to_next(self, at_most: float) -> float:
        with translated():
            async with self._pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
                due = await self._queries.seconds_to_next(connection, ahead=self._pace.ahead)
        return at_most if due is None else min(max(due, _SHORTEST), at_most)

    async def _write(self, connection: Any, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        done = [claim.work_id for claim, outcome in outcomes if isinstance(outcome, Done)]
        later = [(c.work_id, _delay(o), _reason(o)) for c, o in outcomes if isinstance(o, Later)]
        hold = [
            (c.work_id, c.line, _delay(o), _reason(o), int(isinstance(o, Failed)))
            for c, o in outcomes
            if isinstance(o, Hold | Failed)
        ]
        if done:
            await self._queries.delete_done(connection, ids=done)
        if later:
            ids, delays, reasons = (list(column) for column in zip(*later, strict=True))
            await self._queries.put_off(connection, ids=ids, delays=delays, reasons=reasons)
        if hold:
            names = ("ids", "lines", "delays", "reasons", "failures")
            columns = (list(column) for column in zip(*hold, strict=True))
            await self._queries.hold(connection, **dict(zip(names, columns, strict=True)))
        await self._bury(connection, [(c.work_id, _reason(o)) for c, o in outcomes if isinstance(o, Dead)])

    async def _keep_pace(self, connection: Any, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        sent = [claim.line for claim, outcome in outcomes if is_paced(claim.line) and outcome != Done(idle=True)]
        if sent:
            gaps, leads = [self._pace.gap_of(line) for line in sent], [self._pace.lead_of(line) for line in sent]
            await self._queries.keep_pace(connection, lines=sent, gaps=gaps, leads=leads)
        throttled = [(c.line, _delay(o)) for c, o in outcomes if isinstance(o, Hold) and o.throttled]
        if throttled:
            lines, delays = zip(*throttled, strict=True)
            await self._queries.throttle(connection, lines=list(lines), delay=max(delays))

    async def _bury(self, connection: Any, dead: Sequence[tuple[int, str]]) -> None:
        if dead:
            ids, reasons = (list(column) for column in zip(*dead, strict=True))
            await self._queries.bury(connection, ids=ids, reasons=reasons)

    async def _lock(self, connection: Any, held: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
        """Those lines, by their fences, that are still ours."""
        lines, fences = [line for line, _ in held], [fence for _, fence in held]
        rows = self._queries.lock_lines(connection, lines=lines, fences=fences)
        return {(row["key"], row["fence"]) async for row in rows}

    async def _release(self, connection: Any, lines: list[str]) -> None:
        if lines:
            await self._queries.drop_empty(connection, lines=lines)
            await self._queries.give_back(connection, lines=lines)
            if any(map(is_paced, lines)):
                await self._queries.drop_parked(connection)


async def listen(dsn: str, wake: asyncio.Event) -> None:
    """Ring `wake` whenever work is queued, on a connection of its own, for ever; reconnects when it breaks."""
    while True:
        try:
            with translated():
                await _listen_once(dsn, wake)
        except Unavailable as error:
            logger.warning("not listening for work", extra={"reason": str(error)})
            await asyncio.sleep(1)


async def _listen_once(dsn: str, wake: asyncio.Event) -> None:
    connection = await asyncpg.connect(dsn, timeout=5)
    closed = asyncio.Event()
    connection.add_termination_listener(lambda _: closed.set())
    try:
        await connection.add_listener("work", lambda *_: wake.set())
        wake.set()
        await closed.wait()
    finally:
        connection.terminate()
    raise ConnectionResetError


def _sorted_out(rows: Sequence[Any]) -> tuple[list[Claim], list[tuple[int, str]]]:
    """The claims, and the numbers of the work that cannot be read, with the reasons."""
    claims, unreadable = [], []
    for row in rows:
        try:
            claims.append(_claim(row))
        except codec.UnreadableWork as error:
            logger.error("work cannot be read", extra={"work_id": row["id"], "kind": row["kind"]})
            unreadable.append((row["id"], str(error)))
    return claims, unreadable


def _claim(row: Any) -> Claim:
    return Claim(
        line=row["line"],
        fence=row["fence"],
        work_id=row["id"],
        work=codec.unpack_work(row["kind"], row["body"]),
        attempts=row["attempts"],
        failures=row["failures"],
        wait=row["wait"] or timedelta(0),
    )


def _delay(outcome: Later | Hold | Failed) -> timedelta:
    return min(max(outcome.delay, timedelta(0)), _LONGEST)


def _reason(outcome: Later | Hold | Failed | Dead) -> str:
    """The reason as the database can hold it: others' words may be in it, and no outcome may be lost for its words."""
    return outcome.reason.replace("\0", "").encode(errors="replace").decode()[:_REASON_LENGTH]

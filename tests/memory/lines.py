"""The Lines port in memory."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from service.lines import is_paced
from service.pace import UNPACED, Pace
from service.ports import Claim
from service.work import Failed, Hold, Later, Outcome
from tests.memory.process import Process

_SHORTEST = 0.02
"""Seconds to wait even where work is due, as PostgreSQL's lines do."""


class MemoryLines:
    """A process's view of the ordered work. A pause after each call's effect is where its answer can be lost."""

    def __init__(self, process: Process, pace: Pace = UNPACED) -> None:
        self._process, self._database, self._pace = process, process.database, pace
        self._bell = process.bell()

    async def claim(self, limit: int, lease: timedelta, messages: int | None = None) -> Sequence[Claim]:
        """Take the heads of up to `limit` due lines that nobody holds."""
        await self._process.step()
        most = limit if messages is None else messages
        claims = self._database.queues.claim(limit, most, lease, self._pace, self._database.clock.now())
        await self._process.step()
        return claims

    async def renew(self, claims: Sequence[Claim], lease: timedelta) -> None:
        """Hold on to the lines for another `lease`."""
        await self._process.step()
        self._database.queues.renew(claims, lease, self._database.clock.now())
        await self._process.step()

    async def finish(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        """Write the outcomes down; one whose lease was lost meanwhile changes nothing."""
        await self._process.step()
        kept = self._database.queues.finish(outcomes, self._pace, self._database.clock.now())
        await self._process.step()
        if any(is_paced(claim.line) or isinstance(outcome, Later | Hold | Failed) for claim, outcome in kept):
            self._bell.set()

    async def wait(self, at_most: timedelta) -> None:
        """Return when work may be due, at the latest after `at_most` by the running loop's time."""
        await self._process.step()
        if not self._bell.is_set():
            await self._listen(self._seconds_to_next(at_most.total_seconds()))
        self._process.check()
        self._bell.clear()

    async def _listen(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return

    def _seconds_to_next(self, at_most: float) -> float:
        due = self._database.queues.next_due(self._pace)
        if due is None:
            return at_most
        return min(max((due - self._database.clock.now()).total_seconds(), _SHORTEST), at_most)

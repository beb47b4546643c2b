"""Carries queued work out: claims due lines, does the work with no transaction open, writes the outcome down."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from service.errors import Unavailable
from service.ports import Claim, Lines
from service.work import Dead, Hold, Outcome

logger = logging.getLogger(__name__)

Carrier = Callable[[Any, Claim], Awaitable[Outcome]]
"""Does one kind of work, which it is handed with its claim; safe to repeat."""

_PAUSE = timedelta(seconds=1)


def backoff(attempts: int, *, first: float = 1.0, longest: float = 300.0) -> timedelta:
    """How long to wait after so many attempts: doubling from `first` to `longest` seconds."""
    return timedelta(seconds=min(longest, first * 2.0 ** min(attempts - 1, 32)))


class Courier:
    """One worker. Many of them, in any number of processes, share the lines; a killed one's lines run on elsewhere.

    `width` is how much is under way at once; `lease` how long a killed worker's lines rest; work that failed
    `patience` times for a reason of ours is dead and keeps its reason.
    """

    def __init__(
        self,
        lines: Lines,
        carriers: Mapping[type, Carrier],
        *,
        width: int = 32,
        lease: timedelta = timedelta(seconds=5),
        patience: int = 10,
    ) -> None:
        self._lines, self._carriers = lines, carriers
        self._width, self._lease, self._patience = width, lease, patience
        self._running: dict[asyncio.Task[Outcome], Claim] = {}

    async def run(self, stop: asyncio.Event, drain: timedelta = timedelta(seconds=10)) -> None:
        """Work until `stop` is set, then finish what is under way, at most for `drain`."""
        async with asyncio.TaskGroup() as group:
            renewing = group.create_task(self._renew())
            while not stop.is_set():
                await self._safely(self._turn(stop))
            await self._drain(drain)
            renewing.cancel()

    async def _turn(self, stop: asyncio.Event) -> None:
        await self._collect()
        free = self._width - len(self._running)
        claims = await self._lines.claim(free, self._lease) if free else ()
        for claim in claims:
            self._running[asyncio.create_task(self._carry(claim))] = claim
        if not claims:
            await self._rest(stop)

    async def _rest(self, stop: asyncio.Event) -> None:
        """Sleep until something is finished, due or stopped."""
        waiting = asyncio.create_task(self._lines.wait(_PAUSE))
        stopped = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({waiting, stopped, *self._running}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (waiting, stopped):
                task.cancel()
            await asyncio.gather(waiting, stopped, return_exceptions=True)

    async def _collect(self) -> None:
        done = [task for task in self._running if task.done()]
        if done:
            await self._finish([(self._running[task], task.result()) for task in done])
            for task in done:
                del self._running[task]

    async def _finish(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        await self._lines.finish(outcomes)

    async def _carry(self, claim: Claim) -> Outcome:
        kind = type(claim.work).__name__
        try:
            return await self._carriers[type(claim.work)](claim.work, claim)
        except Unavailable as error:
            return Hold(backoff(claim.attempts, longest=10), str(error))
        except Exception as error:
            logger.exception("work failed", extra={"kind": kind, "work_id": claim.work_id})
            reason = type(error).__name__
            return Dead(reason) if claim.attempts >= self._patience else Hold(backoff(claim.attempts), reason)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._lease.total_seconds() / 3)
            if self._running:
                await self._safely(self._lines.renew(list(self._running.values()), self._lease))

    async def _drain(self, at_most: timedelta) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=at_most.total_seconds())
        for task in self._running:
            if not task.done():
                task.cancel()
        finished = [task for task in self._running if task.done() and not task.cancelled()]
        if finished:
            await self._safely(self._finish([(self._running[task], task.result()) for task in finished]))

    async def _safely(self, step: Awaitable[None]) -> None:
        try:
            await step
        except Unavailable as error:
            logger.warning("the store is away", extra={"reason": str(error)})
            await asyncio.sleep(_PAUSE.total_seconds())

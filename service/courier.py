"""Carries queued work out: claims due lines, does the work with no transaction open, writes the outcome down."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from traceback import extract_tb
from typing import Any

from service.errors import OurFault, Refused, Unavailable
from service.lines import is_paced
from service.ports import Claim, Lines
from service.work import Dead, Failed, Hold, Outcome

logger = logging.getLogger(__name__)

Carrier = Callable[[Any, Claim], Awaitable[Outcome]]
"""Does one kind of work, which it is handed with its claim; safe to repeat."""

_PAUSE = timedelta(seconds=1)


class NoCarrier(OurFault):
    """Nobody is wired to carry this kind of work; add its carrier where the courier is made."""


def backoff(attempts: int, *, first: float = 1.0, longest: float = 300.0) -> timedelta:
    """How long to wait after so many attempts: doubling from `first` to `longest` seconds."""
    return timedelta(seconds=min(longest, first * 2.0 ** min(attempts - 1, 32)))


class Courier:
    """One worker. Many of them, in any number of processes, share the lines; a killed one's lines run on elsewhere.

    `width` is how much is under way at once, `messages` how much of it may be messages to chats, so that a messenger
    that is slow holds nothing else up; `lease` how long a killed worker's lines rest; `rest` how long an idle one
    sleeps at most, should it miss a call; work that failed `patience` times for a reason of ours is dead and keeps its
    reason.
    """

    def __init__(
        self,
        lines: Lines,
        carriers: Mapping[type, Carrier],
        *,
        width: int = 64,
        messages: int = 48,
        lease: timedelta = timedelta(seconds=5),
        rest: timedelta = _PAUSE,
        patience: int = 10,
    ) -> None:
        self._lines, self._carriers = lines, carriers
        self._width, self._messages, self._lease, self._rest_at_most = width, messages, lease, rest
        self._patience = patience
        self._busy = asyncio.Event()
        self._running: dict[asyncio.Task[Outcome], Claim] = {}
        self._waiting: asyncio.Task[None] | None = None

    @property
    def kinds(self) -> frozenset[type]:
        """The kinds of work that somebody carries."""
        return frozenset(self._carriers)

    async def run(self, stop: asyncio.Event, drain: timedelta = timedelta(seconds=10)) -> None:
        """Work until `stop` is set, then finish what is under way, at most for `drain`; the lease ends the rest."""
        async with asyncio.TaskGroup() as group:
            renewing, stopped = group.create_task(self._renew()), group.create_task(stop.wait())
            try:
                while not stop.is_set():
                    await self._safely(self._turn(stopped))
                await self._drain(drain)
            finally:
                await _end([renewing, stopped, *self._running, *self._wake_up_calls()])

    async def _turn(self, stopped: asyncio.Task[Any]) -> None:
        """What is due is taken up before what is done is written down, since somebody may wait for it."""
        free = self._width - len(self._running)
        messages = self._messages - sum(is_paced(claim.line) for claim in self._running.values())
        claims = await self._lines.claim(free, self._lease, max(messages, 0)) if free else ()
        for claim in claims:
            self._running[asyncio.create_task(self._carry(claim))] = claim
            self._busy.set()
        has_finished = await self._finish()
        if not has_finished and (len(claims) < free or not free):
            await self._rest(stopped, may_claim=free > len(claims))

    async def _rest(self, stopped: asyncio.Task[Any], *, may_claim: bool) -> None:
        """Sleep until something is finished or stopped, or is due while there is room for it."""
        if may_claim and self._waiting is None:
            self._waiting = asyncio.create_task(self._lines.wait(self._rest_at_most))
        calls = self._wake_up_calls() if may_claim else []
        await asyncio.wait([stopped, *self._running, *calls], return_when=asyncio.FIRST_COMPLETED)
        if self._waiting is not None and self._waiting.done():
            rung, self._waiting = self._waiting, None
            rung.result()

    def _wake_up_calls(self) -> list[asyncio.Task[None]]:
        return [] if self._waiting is None else [self._waiting]

    async def _finish(self) -> bool:
        """Write down what is done, and say whether anything was; it stays with us, and its lease is kept, until that
        succeeds."""
        done = {task: claim for task, claim in self._running.items() if task.done()}
        if done:
            await self._lines.finish([(claim, task.result()) for task, claim in done.items()])
            for task in done:
                del self._running[task]
            if not self._running:
                self._busy.clear()
        return bool(done)

    async def _carry(self, claim: Claim) -> Outcome:
        try:
            await asyncio.sleep(claim.wait.total_seconds())
            return await self._carrier(claim)(claim.work, claim)
        except Unavailable as error:
            return Hold(backoff(claim.attempts, longest=10), str(error))
        except (Exception, asyncio.CancelledError) as error:
            if _is_ending():
                raise
            return self._failed(claim, error)

    def _carrier(self, claim: Claim) -> Carrier:
        kind = type(claim.work)
        if kind not in self._carriers:
            raise NoCarrier(kind.__name__)
        return self._carriers[kind]

    def _failed(self, claim: Claim, error: BaseException) -> Outcome:
        """Try again, unless that cannot help. What the error says is kept nowhere: it may quote a buyer."""
        reason = type(error).__name__
        details = {"error_id": f"{claim.work_id}-{claim.attempts}", "kind": type(claim.work).__name__, "error": reason}
        where = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)]
        logger.error("work failed", extra={**details, "where": where})
        failures = claim.failures + 1
        if isinstance(error, Refused) or failures >= self._patience:
            return Dead(reason)
        return Failed(backoff(failures), reason)

    async def _renew(self) -> None:
        while True:
            await self._busy.wait()
            await asyncio.sleep(self._lease.total_seconds() / 3)
            if self._running:
                await self._safely(self._lines.renew(list(self._running.values()), self._lease), pause=timedelta(0))

    async def _drain(self, at_most: timedelta) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most.total_seconds()):
                while self._running:
                    await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                    await self._safely(self._finish())

    async def _safely(self, step: Awaitable[object], pause: timedelta = _PAUSE) -> None:
        try:
            await step
        except Unavailable as error:
            logger.warning("the store is away", extra={"reason": str(error)})
            await asyncio.sleep(pause.total_seconds())


def _is_ending() -> bool:
    """Whether the present task was told to end, as against work inside it that was cancelled."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel what still runs, and give it a moment to clean up."""
    for task in (tasks := list(tasks)):
        task.cancel()
    done, _ = await asyncio.wait(tasks, timeout=_PAUSE.total_seconds())
    for task in done:
        if not task.cancelled():
            task.exception()

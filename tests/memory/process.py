"""What all processes share, and one of the processes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from service.errors import Unavailable
from service.ports import Clock
from tests.memory.locks import Locks
from tests.memory.queues import Queues
from tests.memory.tables import Tables

Pause = Callable[[], Awaitable[None]]


async def yield_once() -> None:
    """Let everything else that can run go on."""
    await asyncio.sleep(0)


class Database:
    """What is committed (`tables`, `queues`: to be read by anybody at any time), and who holds what."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.tables, self.queues, self.locks = Tables(), Queues(), Locks()
        self.bells: list[asyncio.Event] = []
        """Rung whenever queued work is committed."""

    def ring(self) -> None:
        """Wake everybody who waits for work."""
        for bell in self.bells:
            bell.set()


class Unit(Protocol):
    """A transaction that a process has begun."""

    def roll_back(self) -> None:
        """End it without a trace."""
        ...


class Process:
    """A process on the database, until it is killed. `pause` is awaited wherever PostgreSQL would be."""

    def __init__(self, database: Database, *, pause: Pause = yield_once) -> None:
        self.database = database
        self._pause, self._alive = pause, True
        self._units: dict[Unit, None] = {}
        self._bells: list[asyncio.Event] = []

    def kill(self) -> None:
        """End at once: open transactions leave nothing, locks are let go of, leases are left to run out.

        Whatever the process's coroutines do afterwards with its store and lines raises Unavailable.
        """
        self._alive = False
        for unit in [*self._units]:
            unit.roll_back()
        for bell in self._bells:
            self.database.bells.remove(bell)
            bell.set()
        self._bells = []

    def check(self) -> None:
        """Raise Unavailable where the process was killed."""
        if not self._alive:
            raise Unavailable("ConnectionDoesNotExistError")

    async def step(self) -> None:
        """Let others go on; a process that was killed meanwhile does not. Raises Unavailable."""
        self.check()
        await self._pause()
        self.check()

    def begin(self, unit: Unit) -> None:
        """Roll `unit` back if the process is killed before its end."""
        self._units[unit] = None

    def end(self, unit: Unit) -> None:
        """The unit is over."""
        self._units.pop(unit, None)

    def bell(self) -> asyncio.Event:
        """A bell of the process's own, which rings whenever queued work is committed."""
        bell = asyncio.Event()
        self._bells.append(bell)
        self.database.bells.append(bell)
        return bell

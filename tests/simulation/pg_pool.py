"""The sessions of simulated processes on PostgreSQL: they tell it the virtual time, and are cut by a crash."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any

import asyncpg

from store.postgres import CALL
from tests.simulation.loop import START
from tests.simulation.pg_loop import PgLoop

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:
    Connection = asyncpg.Connection

_SHORTLY = 1e-7
"""Seconds; at the next microsecond. The loop's end waits longer."""

CONNECTIONS = 4
"""What a process may hold at a time."""


class Session(Connection):
    """A connection that tells the server the time, and rings when it notified."""

    ring: Callable[[], object]
    _told = -1

    async def tell_time(self, microseconds: int) -> None:
        """Set the server's clock, as this session sees it."""
        if self._told != microseconds:
            now = START + timedelta(microseconds=microseconds)
            await self.execute(f"set simulation.now = '{now.isoformat()}'")
            self._told = microseconds

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> str:  # noqa: ASYNC109 - asyncpg's
        """Execute a statement. What is notified rings at once: time would jump before the server's own word came."""
        status = await super().execute(query, *args, timeout=timeout)
        if query == CALL:
            self.ring()
        return status


class Sessions:
    """All sessions on the database at `dsn`. An idle one holds nothing, so any process may go on with it."""

    def __init__(self, loop: PgLoop, dsn: str) -> None:
        self.loop, self._dsn = loop, dsn
        self.bells: dict[asyncio.Event, None] = {}
        """Rung when work was queued."""
        self._idle: list[Session] = []
        self._is_closed = False

    async def take(self) -> Session:
        """An idle session, or a new one."""
        while not self._idle:
            await self.loop.outside(self._open())
        return self._idle.pop()

    def give_back(self, session: Session) -> None:
        """Take the session back, or cut it where it is not idle."""
        if self._is_closed or session.is_closed() or session.is_in_transaction():
            session.terminate()
        else:
            self._idle.append(session)

    def ring(self) -> None:
        """Wake whoever waits for work."""
        for bell in self.bells:
            bell.set()

    def close(self) -> None:
        """Cut the idle sessions; whatever is given back later is cut, too."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().terminate()

    async def bury(self, pids: list[int]) -> None:
        """Wait until the server has noticed that these sessions were cut. What they did before may be heard of now."""
        with self.loop.still():
            session = await self.take()
            while await session.fetchval("select exists (select from pg_stat_activity where pid = any($1))", pids):
                pass
            self.give_back(session)
        self.ring()

    async def _open(self) -> None:
        """Run in the world's name, so that no crash stops the callbacks of the connection."""
        with self.loop.still():
            session: Session = await asyncpg.connect(
                self._dsn, loop=self.loop, connection_class=Session, max_cached_statement_lifetime=0
            )
        session.ring = self.ring
        self._idle.append(session)
        if self._is_closed:  # whoever asked for it may be gone
            self.loop.call_later(_SHORTLY, self.close)


class ProcessPool:
    """The sessions of one process, as the store wants them of a pool.

    Virtual time stands still from the moment a session is asked for until it is given back. So a unit of work that
    waits for virtual time while it is open, or for a second session where none is left, ends in NoAnswer.
    """

    def __init__(self, sessions: Sessions) -> None:
        self.sessions = sessions
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._units: dict[Unit, None] = {}
        self._is_alive = True

    def acquire(self, *, timeout: float | None = None) -> "Unit":
        """A session for a block. The block raises InterfaceError when the process was killed."""
        return Unit(self)

    def kill(self) -> None:
        """Cut the sessions in use. Time stands still until the server has rolled back, or done, what they were at."""
        self._is_alive = False
        cut = [unit.session for unit in self._units if unit.session is not None]
        pids = [session.get_server_pid() for session in cut if not session.is_closed()]
        for session in cut:
            session.terminate()
        if pids:
            self.sessions.loop.outside(self.sessions.bury(pids))
        self.sessions.loop.under_way -= self._units.keys()

    async def begin(self, unit: "Unit") -> Session:
        """Stop the time and take a session."""
        if not self._is_alive:
            raise asyncpg.InterfaceError("the process was killed")
        self._units[unit] = None
        self.sessions.loop.under_way.add(unit)
        await self._places.acquire()
        session = await self.sessions.take()
        if not self._is_alive:
            self.sessions.give_back(session)
            raise asyncpg.InterfaceError("the process was killed")
        unit.session = session
        await session.tell_time(self.sessions.loop.microseconds)
        return session

    def end(self, unit: "Unit") -> None:
        """Give the session back and let time go on."""
        if self._is_alive:
            del self._units[unit]
            self.sessions.loop.under_way.discard(unit)
            if unit.session is not None:
                self.sessions.give_back(unit.session)
            self._places.release()


class Unit:
    """A block with a session; no generator, since one that is abandoned is finished whenever it is collected."""

    def __init__(self, pool: ProcessPool) -> None:
        self._pool = pool
        self.session: Session | None = None

    async def __aenter__(self) -> Session:
        return await self._pool.begin(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        was_left_in_the_middle = error is not None and not isinstance(error, Exception)
        if self.session is not None and was_left_in_the_middle:
            self.session.terminate()
        self._pool.end(self)

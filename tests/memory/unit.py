"""A transaction's life: its statements, its locks, its end."""

from collections.abc import Callable, Coroutine, Hashable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from service.errors import AssistantError, Unavailable
from service.ports import Waiting
from service.urgency import Urgency
from service.work import Work
from store import codec
from tests.memory import columns
from tests.memory.columns import Refusal
from tests.memory.overlay import Overlay
from tests.memory.process import Process
from tests.memory.queues import Queued
from tests.memory.rules import check_books
from tests.memory.table import Table

Args = ParamSpec("Args")
Answer = TypeVar("Answer")
Record = TypeVar("Record")
Unit = TypeVar("Unit", bound="MemoryUnit")


class AbortedTransaction(Exception):
    """A statement of this transaction failed before; end its block, all it wrote is undone."""


def statement(
    method: Callable[Concatenate[Unit, Args], Coroutine[Any, Any, Answer]],
) -> Callable[Concatenate[Unit, Args], Coroutine[Any, Any, Answer]]:
    """Suspends before the method runs, and lets none run beside another or after one that failed."""

    @wraps(method)
    async def run(unit: Unit, /, *args: Args.args, **values: Args.kwargs) -> Answer:
        await unit.enter()
        try:
            return await method(unit, *args, **values)
        except AssistantError:
            raise
        except BaseException:
            unit.is_aborted = True
            raise
        finally:
            unit.is_busy = False

    return run


class MemoryUnit:
    """One unit of work: what is common to all its statements. `began` is what PostgreSQL's now() would be."""

    def __init__(self, process: Process, urgency: Urgency = Urgency.REST) -> None:
        self._urgency = urgency
        self.is_aborted = self.is_busy = self._is_over = False
        self._process, self._database, self._tables = process, process.database, process.database.tables
        self._rows = Overlay(self._database.locks)
        self._queued: list[Queued] = []
        self._taken_back: set[str] = set()
        self._withdrawn: list[tuple[str, Sequence[int]]] = []
        self._revived: list[int] = []
        self._dropped: list[int] = []
        self._began = self._database.clock.now()
        process.begin(self)

    async def enter(self) -> None:
        """Begin a statement. Raises Unavailable, AbortedTransaction."""
        self._check()
        if self.is_aborted:
            raise AbortedTransaction
        self.is_busy = True
        try:
            await self._process.step()
        except BaseException:
            self.roll_back()
            raise

    async def commit(self) -> None:
        """Let everybody see all of it; an aborted transaction leaves nothing, and tells nobody, as in PostgreSQL."""
        try:
            self._check()
            await self._process.step()
            if not self.is_aborted:
                self._apply()
        except Refusal as refusal:
            raise refusal.told from None
        finally:
            self.roll_back()
        await self._process.step()

    def roll_back(self) -> None:
        """Leave nothing of what is not committed."""
        self._is_over = True
        self._rows.roll_back()
        self._process.end(self)

    @statement
    async def lock(self, name: str) -> None:
        """Wait for the lock of this name."""
        await self._lock(name)

    @statement
    async def queue(self, line: str, work: Work, *, at: datetime | None = None, urgency: Urgency | None = None) -> None:
        """Put work at the end of a line."""
        self._queue(line, work, at or self._began, self._urgency if urgency is None else urgency)

    @statement
    async def take_back(self, line: str) -> None:
        """Take the work of a line back that is not under way."""
        self._taken_back.add(line)

    @statement
    async def queue_once(self, line: str, work: Work) -> bool:
        """Put work into a line that has none, and say whether it had none."""
        await self._lock(f"line:{line}")
        if self._database.queues.has_work(line) or any(line == queued[0] for queued in self._queued):
            return False
        self._queue(line, work, self._began, self._urgency)
        return True

    @statement
    async def waiting(self, line: str) -> Sequence[Waiting]:
        """The work of a line that may run now, in its order."""
        columns.check({"line": line})
        found = self._database.queues.waiting(line, self._began)
        return [Waiting(work_id=queued.id, work=queued.work) for queued in found]

    @statement
    async def withdraw(self, line: str, work_ids: Sequence[int]) -> None:
        """Take work out of a line, as if it was done."""
        self._withdrawn.append((line, work_ids))

    async def _lock(self, name: str) -> None:
        columns.check({"name": name})
        await self._rows.lock(("lock", name))

    def _queue(self, line: str, work: Work, at: datetime, urgency: Urgency) -> None:
        codec.pack_work(work)
        self._queued.append((line, work, at, urgency))

    def _check(self) -> None:
        self._process.check()
        if self._is_over or self.is_busy:
            raise Unavailable("InterfaceError")

    def _apply(self) -> None:
        for line, work, *_ in self._queued:
            kind, body = codec.pack_work(work)
            columns.check({"line": line, "kind": kind, "body": body})
        check_books(self._rows, self._tables)
        self._rows.commit()
        self._database.queues.take_back(self._taken_back)
        for line, ids in self._withdrawn:
            self._database.queues.withdraw(line, ids)
        self._database.queues.drop(self._dropped)
        for work_id in self._revived:
            self._database.queues.revive(work_id, self._began)
        if self._revived:
            self._database.ring()
        if self._queued:
            self._database.queues.put(self._queued)
            self._database.ring()

    def _get(self, table: Table[Record], key: Hashable) -> Record | None:
        columns.check({"key": key})
        return self._rows.get(table, key)

    def _find(self, table: Table[Record], constraint: str, value: Hashable) -> Record | None:
        columns.check({"value": value})
        return self._rows.find(table, constraint, value)

"""What one transaction wrote, over what is committed: read committed, as PostgreSQL has it."""

from collections.abc import Callable, Hashable, Sequence
from typing import Any, TypeVar

from service.errors import BrokenRule
from tests.memory.columns import Refusal
from tests.memory.locks import Locks
from tests.memory.table import Stored, Table

Record = TypeVar("Record")
Change = tuple[Table[Any], Any, Any]
"""The table, the record before (None: there was none) and the record after."""


class Overlay:
    """One transaction's view of the tables. Who writes a row or a unique value holds its lock until the end."""

    def __init__(self, locks: Locks) -> None:
        self._locks = locks
        self._written: dict[Table[Any], dict[Hashable, Stored[Any]]] = {}
        self.changes: list[Change] = []
        """Every write, in order; rules that are looked at when the transaction commits are looked at for each."""
        self._forgotten: list[tuple[Table[Any], Hashable]] = []

    async def lock(self, name: Hashable) -> bool:
        """Hold the lock of this name until the end; False where it was held already."""
        return await self._locks.acquire(self, name)

    def get(self, table: Table[Record], key: Hashable) -> Record | None:
        """The record of this key."""
        stored = self._stored(table, key)
        return stored.record if stored else None

    def find(self, table: Table[Record], constraint: str, value: Hashable) -> Record | None:
        """The record with this value in a unique column."""
        column, written = table.unique[constraint], self._of(table)
        for stored in written.values():
            if column(stored.record) == value:
                return stored.record
        key = table.key_of(constraint, value)
        return None if key is None or key in written else table.get(key)

    def among(self, table: Table[Record], column: str, value: Hashable) -> Sequence[Record]:
        """The records with this value in a column of the table's groups, in the order that they were inserted."""
        written, read = self._of(table), table.groups[column]
        kept = [table.rows[key] for key in table.members(column, value) if key not in written]
        ours = [stored for stored in written.values() if read(stored.record) == value]
        return [stored.record for stored in sorted([*kept, *ours], key=lambda stored: stored.number)]

    def all(self, table: Table[Record]) -> Sequence[Record]:
        """Every record, in the order that they were inserted."""
        rows = {**table.rows, **self._of(table)}.values()
        return [stored.record for stored in sorted(rows, key=lambda stored: stored.number)]

    async def add(self, table: Table[Record], record: Record) -> Hashable | None:
        """Insert, and return the key; None where a unique value is taken. (`on conflict do nothing`)"""
        number, key = table.place(record)
        table.check(record)
        if await self._conflict(table, key, record):
            return None
        await self._refer(table, record)
        return self._write(table, key, Stored(number, record))

    async def insert(self, table: Table[Record], record: Record) -> Hashable:
        """Insert, and return the key. Raises Refusal where a unique value is taken."""
        number, key = table.place(record)
        table.check(record)
        return await self._insert(table, key, Stored(number, record))

    async def upsert(
        self, table: Table[Record], record: Record, merge: Callable[[Record, Record], Record | None]
    ) -> bool:
        """Insert, or put what `merge` makes of the kept and the new record, if anything. (`on conflict do update`)"""
        number, key = table.place(record)
        table.check(record)
        await self.lock((table.primary, key))
        kept = self._stored(table, key)
        if kept is None:
            await self._insert(table, key, Stored(number, record))
            return True
        merged = merge(kept.record, record)
        return merged is not None and await self._change(table, key, merged)

    async def update(self, table: Table[Record], key: Hashable, change: Callable[[Record], Record | None]) -> bool:
        """Put what `change` makes of the kept record; False where there is none, or nothing is made of it.

        A record that does not suit as it is seen is not waited for; one that was waited for is looked at again.
        """
        if (kept := self.get(table, key)) is None or (changed := change(kept)) is None:
            return False
        table.check(changed)
        await self.lock((table.primary, key))
        if (kept := self.get(table, key)) is None or (changed := change(kept)) is None:
            return False
        return await self._change(table, key, changed)

    def forget(self, table: Table[Any], key: Hashable) -> None:
        """Delete a row that nobody writes any more, once this commits."""
        self._forgotten.append((table, key))

    def commit(self) -> None:
        """Let everybody see what was written, and let go of the locks."""
        for table, key in self._forgotten:
            if key in table.rows:
                table.forget(key)
        for table, rows in self._written.items():
            table.commit(rows)
        self.roll_back()

    def roll_back(self) -> None:
        """Forget what was written, and let go of the locks."""
        for table, rows in self._written.items():
            for key in rows:
                del table.writers[key]
        self._written, self.changes, self._forgotten = {}, [], []
        self._locks.release_all(self)

    async def _insert(self, table: Table[Record], key: Hashable, stored: Stored[Record]) -> Hashable:
        if constraint := await self._conflict(table, key, stored.record):
            raise Refusal(BrokenRule(constraint))
        await self._refer(table, stored.record)
        return self._write(table, key, stored)

    async def _change(self, table: Table[Record], key: Hashable, record: Record) -> bool:
        table.check(record)
        kept = self._stored(table, key)
        assert kept is not None, "only a row that is locked is changed"
        for constraint, column in table.unique.items():
            before, after = column(kept.record), column(record)
            if before != after:
                await self._move(table, key, constraint, before, after)
        self._write(table, key, Stored(kept.number, record))
        return True

    async def _move(self, table: Table[Any], key: Hashable, constraint: str, before: Hashable, after: Hashable) -> None:
        """Let go of one unique value for another; who refers to the row is waited for, since this could be its key."""
        await self.lock((table.name, "key", key))
        for value in (before, after):
            if value is not None:
                await self.lock((constraint, value))
        if after is not None and self.find(table, constraint, after) is not None:
            await self._wait_for_writer(table, table.key_of(constraint, after))
            raise Refusal(BrokenRule(constraint))

    async def _refer(self, table: Table[Record], record: Record) -> None:
        for constraint, (parent, column) in table.references.items():
            if self.get(parent, column(record)) is None:
                raise Refusal(BrokenRule(constraint))
            await self._locks.acquire(self, (parent.name, "key", column(record)), is_shared=True)

    async def _conflict(self, table: Table[Record], key: Hashable, record: Record) -> str | None:
        """The constraint that forbids a new row; where none does, its key and unique values are locked for it."""
        values = [(table.primary, key), *((name, column(record)) for name, column in table.unique.items())]
        taken = []
        for constraint, value in values:
            if value is None:
                continue
            if await self.lock((constraint, value)):
                taken.append((constraint, value))
            if self._exists(table, constraint, value):
                for name in taken:
                    self._locks.release(self, name)
                await self._wait_for_writer(
                    table, value if constraint == table.primary else table.key_of(constraint, value)
                )
                return constraint
        return None

    def _exists(self, table: Table[Any], constraint: str, value: Hashable) -> bool:
        if constraint == table.primary:
            return self._stored(table, value) is not None
        return self.find(table, constraint, value) is not None

    async def _wait_for_writer(self, table: Table[Any], key: Hashable) -> None:
        """Wait for whoever is changing the row, even where that cannot help."""
        row = (table.primary, key)
        if table.writers.get(key, self) is not self and await self.lock(row):
            self._locks.release(self, row)

    def _write(self, table: Table[Record], key: Hashable, stored: Stored[Record]) -> Hashable:
        self.changes.append((table, self.get(table, key), stored.record))
        self._written.setdefault(table, {})[key] = stored
        table.writers[key] = self
        return key

    def _of(self, table: Table[Record]) -> dict[Hashable, Stored[Record]]:
        return self._written.get(table, {})

    def _stored(self, table: Table[Record], key: Hashable) -> Stored[Record] | None:
        return self._of(table).get(key) or table.rows.get(key)

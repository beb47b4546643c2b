"""Committed rows, and what every row of a table must keep."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import count
from typing import Any, Generic, NamedTuple, TypeVar

from service.errors import BrokenRule
from tests.memory.columns import Refusal

Record = TypeVar("Record")
Column = Callable[[Record], Hashable]


class Stored(NamedTuple, Generic[Record]):
    """A record, and the number that its row drew when it was inserted."""

    number: int
    record: Record


class Reference(NamedTuple, Generic[Record]):
    """A column that names a row of another table."""

    table: "Table[Any]"
    column: Column[Record]


class Table(Generic[Record]):
    """The committed rows of a table: iterates over the records, in the order of their commit.

    `key` is the primary key, else the row's number; `unique`, `checks` and `references` are by the name of their
    constraint, in the order that PostgreSQL looks at them; `groups` are the columns that rows are listed by.
    """

    def __init__(
        self,
        name: str,
        key: Column[Record] | None = None,
        *,
        unique: Mapping[str, Column[Record]] | None = None,
        checks: Mapping[str, Callable[[Record], bool]] | None = None,
        references: Mapping[str, Reference[Record]] | None = None,
        groups: Mapping[str, Column[Record]] | None = None,
    ) -> None:
        self.name, self.primary = name, f"{name}_pkey"
        self.unique, self.checks, self.references = unique or {}, checks or {}, references or {}
        self.groups = groups or {}
        self.rows: dict[Hashable, Stored[Record]] = {}
        self.writers: dict[Hashable, object] = {}
        """Which transaction has written a row that is not committed."""
        self._key, self._numbers = key, count(1)
        self._keys: dict[str, dict[Hashable, Hashable]] = {constraint: {} for constraint in self.unique}
        self._members: dict[str, dict[Hashable, list[Hashable]]] = {column: {} for column in self.groups}

    def __iter__(self) -> Iterator[Record]:
        return (stored.record for stored in self.rows.values())

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, key: Hashable) -> Record | None:
        """The committed record of this key."""
        stored = self.rows.get(key)
        return stored.record if stored else None

    def place(self, record: Record) -> tuple[int, Hashable]:
        """A new row's number, drawn for good as from a sequence, and its key."""
        number = next(self._numbers)
        return number, self._key(record) if self._key else number

    def check(self, record: Record) -> None:
        """Raise Refusal where the record breaks a check."""
        for constraint, holds in self.checks.items():
            if not holds(record):
                raise Refusal(BrokenRule(constraint))

    def key_of(self, constraint: str, value: Hashable) -> Hashable | None:
        """The key of the row that has this unique value."""
        return self._keys[constraint].get(value)

    def members(self, column: str, value: Hashable) -> list[Hashable]:
        """The keys of the rows that have this value in a column of `groups`."""
        return self._members[column].get(value, [])

    def commit(self, rows: Mapping[Hashable, Stored[Record]]) -> None:
        """Take over what a transaction wrote."""
        for constraint, column in self.unique.items():
            self._index(self._keys[constraint], column, rows)
        for name, column in self.groups.items():
            for key in [key for key in rows if key not in self.rows]:
                self._members[name].setdefault(column(rows[key].record), []).append(key)
        self.rows.update(rows)

    def forget(self, key: Hashable) -> None:
        """Delete a committed row."""
        record = self.rows.pop(key).record
        for constraint, column in self.unique.items():
            self._keys[constraint].pop(column(record), None)
        for name, column in self.groups.items():
            self._members[name][column(record)].remove(key)

    def _index(
        self, keys: dict[Hashable, Hashable], column: Column[Record], rows: Mapping[Hashable, Stored[Record]]
    ) -> None:
        for key in rows:
            if key in self.rows:
                keys.pop(column(self.rows[key].record), None)
        values = ((column(stored.record), key) for key, stored in rows.items())
        keys.update({value: key for value, key in values if value is not None})

"""What is said to the database: recorded, counted by transaction, and said again for others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

BEGIN, ENDS = "BEGIN", ("COMMIT", "ROLLBACK")


@dataclass(frozen=True, slots=True)
class Statement:
    """One round trip."""

    query: str
    values: tuple[Any, ...]

    @property
    def is_frame(self) -> bool:
        """Whether it begins or ends a transaction, and does nothing by itself."""
        return self.query.startswith((BEGIN, *ENDS))

    def renamed(self, name: str, other: str) -> "Statement":
        """The same with another name wherever this one stands, as a word or within one."""
        return Statement(self.query, tuple(_renamed(value, name, other) for value in self.values))


class Recorder:
    """Hears what is said on all connections of a pool that was made with `init=recorder.listen`."""

    def __init__(self) -> None:
        self._heard: list[tuple[object, Statement]] = []

    async def listen(self, connection: Any) -> None:
        """Hear this connection."""
        connection.add_query_logger(lambda logged: self._hear(connection, logged))

    def forget(self) -> None:
        """Begin anew."""
        self._heard.clear()

    def transactions(self) -> Sequence[Sequence[Statement]]:
        """What was heard, by transaction, in the order of their ends; a statement by itself is one, too."""
        under_way: dict[object, list[Statement]] = {}
        done: list[list[Statement]] = []
        for connection, statement in self._heard:
            if statement.query.startswith(BEGIN):
                under_way[connection] = []
            if connection not in under_way:
                done.append([statement])
                continue
            under_way[connection].append(statement)
            if statement.query.startswith(ENDS):
                done.append(under_way.pop(connection))
        return done

    def _hear(self, connection: object, logged: asyncpg.connection.LoggedQuery) -> None:
        self._heard.append((id(connection), Statement(logged.query, tuple(logged.args or ()))))


def _renamed(value: Any, name: str, other: str) -> Any:
    match value:
        case str():
            return value.replace(name, other)
        case list():
            return [_renamed(each, name, other) for each in value]
        case int() if str(value) == name:
            return int(other)
        case _:
            return value

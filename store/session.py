"""A connection in a unit of work, as the queries see it."""

from contextlib import AsyncExitStack
from typing import Any


class Session:
    """Begins its transaction with the first statement that does more than read, and leaves the end to `stack`.

    Units of work are read committed: each read sees what is committed when it begins, within a transaction or before
    one. So a unit that only reads needs none, and saves the round trips of its begin and its end.
    """

    def __init__(self, connection: Any, stack: AsyncExitStack) -> None:
        self._connection, self._stack = connection, stack
        self._has_begun = False

    @property
    def alone(self) -> Any:
        """The connection for the last statement: where no transaction has begun, it is one by itself."""
        return self._connection

    async def fetch(self, query: str, *values: Any) -> Any:
        """All rows."""
        await self._begin(query)
        return await self._connection.fetch(query, *values)

    async def fetchrow(self, query: str, *values: Any) -> Any:
        """The first row, or None."""
        await self._begin(query)
        return await self._connection.fetchrow(query, *values)

    async def fetchval(self, query: str, *values: Any) -> Any:
        """The first value, or None."""
        await self._begin(query)
        return await self._connection.fetchval(query, *values)

    async def execute(self, query: str, *values: Any) -> Any:
        """Nothing but what it does, be it a lock."""
        await self._begin()
        return await self._connection.execute(query, *values)

    async def _begin(self, query: str = "") -> None:
        if not self._has_begun and not query.startswith("select"):
            self._has_begun = True
            await self._stack.enter_async_context(self._connection.transaction(isolation="read_committed"))

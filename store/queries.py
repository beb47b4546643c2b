"""The named queries of the `.sql` files."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiosql
from aiosql.adapters.asyncpg import AsyncPGAdapter

_FOLDER = Path(__file__).parent / "sql"


class _Adapter(AsyncPGAdapter):
    """Asks the connection it is handed. The library's own first looks through all names of it, in case it is a pool,
    which takes longer than all else that Python does for a query."""

    async def select(self, conn: Any, query_name: str, sql: str, parameters: Any, _: Any = None) -> AsyncIterator[Any]:
        for row in await conn.fetch(sql, *self._in_order(query_name, parameters)):
            yield row

    async def select_one(self, conn: Any, query_name: str, sql: str, parameters: Any, _: Any = None) -> Any:
        return await conn.fetchrow(sql, *self._in_order(query_name, parameters))

    async def select_value(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Any:
        return await conn.fetchval(sql, *self._in_order(query_name, parameters))

    async def insert_update_delete(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Any:
        return await conn.execute(sql, *self._in_order(query_name, parameters))

    def _in_order(self, query_name: str, parameters: Mapping[str, Any]) -> list[Any]:
        return [parameters[name] for name in self.var_sorted[query_name]]


def load(name: str) -> Any:
    """The queries of `sql/<name>.sql`, one method each; typed nowhere, so only this package calls them."""
    adapter: Any = _Adapter  # the library's protocol for adapters does not fit its own one for asyncpg
    return aiosql.from_path(_FOLDER / f"{name}.sql", adapter, kwargs_only=True, mandatory_parameters=False)

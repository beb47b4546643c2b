"""The named queries of the `.sql` files."""

from pathlib import Path
from typing import Any

import aiosql

_FOLDER = Path(__file__).parent / "sql"


def load(name: str) -> Any:
    """The queries of `sql/<name>.sql`, one method each; typed nowhere, so only this package calls them."""
    return aiosql.from_path(_FOLDER / f"{name}.sql", "asyncpg", kwargs_only=True, mandatory_parameters=False)

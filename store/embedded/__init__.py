"""A PostgreSQL server of our own, for installations that set no DATABASE_URL.

Every process that uses a data folder holds a shared lock for as long as it does; whoever leaves last stops the
server. A killed process loses its lock with its life. Where it was the last one, the server lives on without
users: the next process to start takes it over, and stops it when it leaves as the last.
"""

import asyncio
import contextlib
import os
import platform
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from store.embedded.errors import (
    ClosedFolder,
    DataFolderUnusable,
    EmbeddedServerError,
    ForeignDataFolder,
    InitdbFailed,
    NoBinaries,
    NoServerAccount,
    OtherMajorVersion,
    PlatformNotSupported,
    ServerDidNotStart,
    ServerDidNotStop,
    UnsafeSocketFolder,
)

if TYPE_CHECKING:
    from store.embedded.membership import Membership

__all__ = [
    "ClosedFolder",
    "DataFolderUnusable",
    "EmbeddedServer",
    "EmbeddedServerError",
    "ForeignDataFolder",
    "InitdbFailed",
    "NoBinaries",
    "NoServerAccount",
    "OtherMajorVersion",
    "PlatformNotSupported",
    "ServerDidNotStart",
    "ServerDidNotStop",
    "UnsafeSocketFolder",
]


class EmbeddedServer:
    """One process's use of the PostgreSQL server in `data_dir`, shared with all others that use the folder.

    `async with EmbeddedServer(data_dir) as dsn:` gives a DSN for asyncpg, to a database that exists. `bin_dir`
    names the folder of `initdb`, `pg_ctl` and `postgres`; without it a system installation is taken, else the
    wheel's programs.
    """

    def __init__(self, data_dir: Path, *, bin_dir: Path | None = None) -> None:
        self._data_dir = data_dir
        self._bin_dir = bin_dir
        self._membership: Membership | None = None

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> str:
        """Start the server, or join the one that runs, and return its DSN. Raises EmbeddedServerError.

        Called again, it starts a server that died meanwhile, and leaves one that lives alone.
        """
        previous, self._membership = self._membership, await self._join()
        if previous is not None:
            await asyncio.to_thread(previous.leave)
        return self._membership.dsn

    async def stop(self) -> None:
        """Leave the server; the last to leave stops it. Raises ServerDidNotStop."""
        membership, self._membership = self._membership, None
        if membership is not None:
            await asyncio.to_thread(membership.leave)

    async def _join(self) -> "Membership":
        if os.name != "posix":
            raise PlatformNotSupported(platform=platform.system())
        from store.embedded.membership import join  # needs fcntl and pwd, which Windows lacks

        joining = asyncio.ensure_future(asyncio.to_thread(join, self._data_dir, self._bin_dir))
        try:
            return await asyncio.shield(joining)
        except asyncio.CancelledError:
            with contextlib.suppress(EmbeddedServerError):  # a thread cannot be interrupted: undo what it did
                await asyncio.to_thread((await joining).leave)
            raise

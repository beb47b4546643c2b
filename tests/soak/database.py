"""A PostgreSQL server that can be stopped under its users, and started again at the same address."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from store.embedded.membership import Membership, join
from store.embedded.probe import postmaster_pid

Mode = Literal["fast", "immediate"]

SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}
"""What `pg_ctl stop -m` sends (postgresql.org/docs/current/server-shutdown.html)."""


class Database:
    """The server in `folder`; `dsn` stays the same for its whole life."""

    def __init__(self, folder: Path, membership: Membership) -> None:
        self._folder, self._membership = folder, membership
        self._restarting = asyncio.Lock()
        self.dsn = membership.dsn

    async def restart(self, mode: Mode, pause: float) -> None:
        """Stop the server as `pg_ctl stop -m` does, and start it again after `pause` seconds; one at a time."""
        async with self._restarting:
            await self._stop(mode)
            await asyncio.sleep(pause)
            previous, self._membership = self._membership, await asyncio.to_thread(join, self._folder, None)
            await asyncio.to_thread(previous.leave)

    async def _stop(self, mode: Mode) -> None:
        socket = self._membership.places.socket
        pid = await asyncio.to_thread(postmaster_pid, socket)
        if pid is not None:
            os.kill(pid, SIGNALS[mode])

    def end(self) -> None:
        """Stop the server for good."""
        self._membership.leave()


@asynccontextmanager
async def database() -> AsyncIterator[Database]:
    """A new server with its own data, which goes with it."""
    folder = Path(tempfile.mkdtemp(prefix="alipay-bot-soak-", dir="/tmp"))
    try:
        made = await asyncio.to_thread(_begin, folder)
        try:
            yield made
        finally:
            made.end()
    finally:
        shutil.rmtree(folder)


def _begin(folder: Path) -> Database:
    folder.chmod(0o711)
    return Database(folder, join(folder, None))

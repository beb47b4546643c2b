"""Calls whoever waits for work, once new work is committed."""

import asyncio
from collections.abc import Awaitable, Callable

from service.errors import Unavailable

SPACING = 0.005
"""Seconds from one call to the next at least; what is committed meanwhile is told with the next one."""


class Calls:
    """One call for all that was committed since the last one; `ring` makes it.

    A transaction that itself notifies holds a lock of the whole server's until its commit is on disk, so only one at a
    time could commit. A call that is lost with its process is not missed for long: workers also look by themselves.
    """

    def __init__(self, ring: Callable[[], Awaitable[None]]) -> None:
        self._ring = ring
        self._is_wanted = False
        self._calling: asyncio.Task[None] | None = None

    def call(self) -> None:
        """Call soon; returns at once."""
        self._is_wanted = True
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._call())

    async def _call(self) -> None:
        while self._is_wanted:
            self._is_wanted = False
            try:
                await self._ring()
            except Unavailable:
                return
            await asyncio.sleep(SPACING)

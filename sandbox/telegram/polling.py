"""getUpdates: long polling for one caller at a time."""

from __future__ import annotations

import asyncio

from sandbox.telegram.errors import Refused, conflict
from sandbox.telegram.timing import Sleep, wait
from sandbox.telegram.updates import Update, Updates

OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
OTHER_WEBHOOK = "terminated by setWebhook request"


class Polling:
    def __init__(self, updates: Updates, sleep: Sleep) -> None:
        self._updates = updates
        self._sleep = sleep
        self._news: asyncio.Future[None] | None = None
        updates.listen(lambda _update: self.wake())

    async def take(self, offset: int, limit: int, timeout_seconds: int) -> list[Update]:
        """Updates from the offset on, waiting for the first one. The newest caller wins; the former gets 409."""
        self.interrupt(conflict(OTHER_POLL))
        found = self._updates.take(offset, limit)
        if found or not timeout_seconds:
            return found
        return await self._later(offset, limit, timeout_seconds)

    def interrupt(self, reason: Refused) -> None:
        """End a waiting call with a refusal."""
        if self._news and not self._news.done():
            self._news.set_exception(reason)

    def wake(self) -> None:
        """Let a waiting call answer with what there is."""
        if self._news and not self._news.done():
            self._news.set_result(None)

    async def _later(self, offset: int, limit: int, timeout_seconds: int) -> list[Update]:
        news = self._news = asyncio.get_running_loop().create_future()
        if not await wait(news, timeout_seconds, self._sleep):
            news.cancel()
            return []
        news.result()
        return self._updates.take(offset, limit)

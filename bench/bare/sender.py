"""A bare sending loop: claim with SKIP LOCKED, send, mark. `python -m bench.bare.sender`.

It holds its transaction while it sends, and keeps no order within a chat. Of the rates it keeps only the bot's own.
"""

import asyncio
import time
from typing import Any

import aiohttp
import asyncpg

from bench.bare.tables import CLAIM, MARK, TABLES
from bench.child import answer, run

WIDTH = 32
"""Messages under way at once, as many as a worker of the service has."""


class Sender:
    """The loop, on a connection of its own."""

    async def start(self, dsn: str, api: str) -> None:
        """Connect."""
        self._url = f"{api}/bot1000001:bare/sendMessage"
        self._connection = await asyncpg.connect(dsn)
        await self._connection.execute(TABLES)
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=WIDTH))
        self._called = asyncio.Event()
        await self._connection.add_listener("bare_job", lambda *_: self._called.set())

    async def drain(self, rate: float) -> int:
        """Send until nothing is left, at most so many a second; how many were sent."""
        sent, start = 0, time.monotonic()
        while count := await self._turn():
            sent += count
            await asyncio.sleep(start + sent / rate - time.monotonic())
        return sent

    async def serve(self, count: int) -> int:
        """Send until so many were sent, and sleep while there is nothing to send."""
        sent = 0
        while sent < count:
            self._called.clear()
            sent += (found := await self._turn())
            if not found:
                await self._called.wait()
        return sent

    async def _turn(self) -> int:
        async with self._connection.transaction():
            rows = await self._connection.fetch(CLAIM, WIDTH)
            await asyncio.gather(*(self._send(row) for row in rows))
            await self._connection.execute(MARK, [row["id"] for row in rows])
        return len(rows)

    async def _send(self, row: Any) -> None:
        async with self._session.post(self._url, data={"chat_id": row["chat_id"], "text": row["text"]}) as response:
            await response.json()


async def main() -> None:
    """Serve until there are no more commands."""
    sender = Sender()
    await answer({"start": sender.start, "drain": sender.drain, "serve": sender.serve})


if __name__ == "__main__":
    run(main())

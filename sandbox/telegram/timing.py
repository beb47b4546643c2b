"""Time comes from outside: tests pass their own clock and sleep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


def utc_now() -> datetime:
    return datetime.now(UTC)


async def wait(future: asyncio.Future[Any], seconds: float, sleep: Sleep) -> bool:
    """Wait for the future, at most so long; whether it is done. The future itself is not cancelled."""
    timer = asyncio.ensure_future(sleep(seconds))
    try:
        await asyncio.wait({future, timer}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        timer.cancel()
    return future.done()

"""Takes in what comes from outside: letters that come while others are being written go together into the next
statement, so that one commit keeps them all, in the order in which they came. Nobody is told that a letter is kept
before it is."""

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from service.errors import BrokenRule, Malformed
from service.ports import Letter
from service.urgency import Urgency

MOST = 64
"""Letters in a statement."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A letter, and the work of reading it: its line, kind and urgency."""

    letter: Letter
    line: str
    kind: str
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class _Waiting:
    arrival: Arrival
    is_new: "asyncio.Future[bool]"


def columns(arrivals: Sequence[Arrival]) -> dict[str, object]:
    """Letters and the work of reading them, by column."""
    letters = [arrival.letter for arrival in arrivals]
    return {
        "sources": [letter.source for letter in letters],
        "source_ids": [letter.source_id for letter in letters],
        "bodies": [letter.body for letter in letters],
        "headers": [json.dumps(dict(letter.headers)) for letter in letters],
        "times": [letter.received_at for letter in letters],
        "lines": [arrival.line for arrival in arrivals],
        "kinds": [arrival.kind for arrival in arrivals],
        "urgencies": [arrival.urgency for arrival in arrivals],
    }


class Arrivals:
    """The letters that wait for their statement; `write` writes some, and says of each whether it is new."""

    def __init__(self, write: Callable[[Sequence[Arrival]], Awaitable[Sequence[bool]]]) -> None:
        self._write = write
        self._waiting: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def take_in(self, arrival: Arrival) -> bool:
        """Return once the letter is committed: whether it is new. Raises what `write` raises of this letter."""
        waiting = _Waiting(arrival, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        return await waiting.is_new

    async def _write_all(self) -> None:
        while self._waiting:
            count = min(MOST, len(self._waiting))
            taken = [self._waiting.popleft() for _ in range(count)]
            if awaited := [waiting for waiting in taken if not waiting.is_new.done()]:
                await self._settle(awaited)

    async def _settle(self, taken: Sequence[_Waiting]) -> None:
        try:
            found = await self._write([waiting.arrival for waiting in taken])
        except (Malformed, BrokenRule) as error:
            if len(taken) == 1:
                return _refuse(taken, error)
            for waiting in taken:  # one of them cannot be kept, which is no other one's fault
                await self._settle([waiting])
        except Exception as error:  # noqa: BLE001 - whoever waits raises it
            _refuse(taken, error)
        else:
            for waiting, is_new in zip(taken, found, strict=True):
                with suppress(asyncio.InvalidStateError):  # who waited has left
                    waiting.is_new.set_result(is_new)


def _refuse(taken: Sequence[_Waiting], error: Exception) -> None:
    for waiting in taken:
        with suppress(asyncio.InvalidStateError):
            waiting.is_new.set_exception(error)

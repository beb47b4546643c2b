"""The simulated loop with sockets: virtual time stands still while something real is under way."""

import asyncio
from asyncio import Handle
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from selectors import BaseSelector, SelectorKey

from tests.simulation.loop import SimLoop, SimulationError

PATIENCE = 30.0
"""Real seconds in which a database answers."""

_MOMENT = 1e-5
"""Seconds; some steps of the loop's clock longer than anything that ends with it."""


class NoAnswer(SimulationError):
    """The database says nothing: look for a unit of work that waits for something else while it is open."""


class PgLoop(SimLoop, asyncio.SelectorEventLoop):
    """A simulated loop on which connections to a database work.

    Virtual time jumps only when nothing is `under_way`; until then the loop waits for the sockets, which belong to
    the world: a crash ends no connection by itself. When an answer comes is the database's own choice, so that a seed
    decides a history here only in part.
    """

    _selector: BaseSelector
    _process_events: Callable[[list[tuple[SelectorKey, int]]], None]

    def __init__(self, seed: int) -> None:
        self.under_way: set[object] = set()
        self._at_close: list[Callable[[], object]] = []
        super().__init__(seed)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Let virtual time stand still for the block."""
        token = object()
        self.under_way.add(token)
        try:
            yield
        finally:
            self.under_way.discard(token)

    def at_close(self, callback: Callable[[], object]) -> None:
        """Call `callback` when all processes have ended; what it begins is waited for."""
        self._at_close.append(callback)

    def _jump(self) -> None:
        if self.under_way:
            self._wait()
        else:
            super()._jump()

    def _wait(self) -> None:
        happened = self._selector.select(PATIENCE)
        if not happened:
            raise NoAnswer(self._waiting())
        self._process_events(happened)

    def _add_callback(self, handle: Handle) -> None:
        """Take a socket's callback in, which BaseSelectorEventLoop found to be due."""
        self._ready.append((next(self._numbers), self.world, handle))

    def close(self) -> None:
        """End whatever still runs, without a sound, and close its connections."""
        if not self.is_closed():
            for process in [process for process in self._processes if process is not self.world]:
                self.crash(process)
            for callback in self._at_close:
                callback()
            with suppress(SimulationError):
                self.run_until_complete(asyncio.sleep(_MOMENT))  # until nothing is under way and every socket closed
        super().close()

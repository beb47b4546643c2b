"""What can crash by itself: a process, its tasks, and their silent burial."""

import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from tests.simulation.tasks import SimTask

PROCESS: ContextVar["Process"] = ContextVar("process")
"""The process that the running code belongs to; whatever it starts inherits it."""

_FEW = 64


class Process:
    """Tasks that live and crash together. A process lives once: what is started again is a new one.

    `crash_rate` is the probability of a crash at each step, and may be changed at any time.
    """

    def __init__(self, name: str, *, crash_rate: float = 0.0) -> None:
        self.name, self.crash_rate = name, crash_rate
        self.alive = True
        self.paused_until = 0
        self._tasks: dict[SimTask[Any], None] = {}
        self._enough = _FEW
        self._at_crash: list[Callable[[], object]] = []

    def __repr__(self) -> str:
        return f"<Process {self.name}{'' if self.alive else ' (crashed)'}>"

    def at_crash(self, callback: Callable[[], object]) -> None:
        """Call `callback` when the process crashed, before its tasks are closed.

        Whatever the tasks could still reach is to be broken there; a restart may be scheduled there, too.
        """
        self._at_crash.append(callback)

    def adopt(self, task: SimTask[Any]) -> None:
        """Take a task in: it is held until it is done, as the garbage collector follows no seed."""
        if len(self._tasks) >= self._enough:
            self._tasks = {task: None for task in self._tasks if not task.is_over()}
            self._enough = 2 * len(self._tasks) + _FEW
        self._tasks[task] = None

    def waiting(self) -> list[str]:
        """Each task that is not done, with the line where it waits."""
        return [f"{self.name}: {task.get_name()} at {task.where()}" for task in self._tasks if not task.done()]

    def bury(self) -> None:
        """Break what the tasks hold, then close them, and whatever they start while they are closed."""
        for callback in self._at_crash:
            callback()
        with _silence():
            while self._tasks:
                task = next(iter(self._tasks))
                del self._tasks[task]
                task.bury()


@contextmanager
def _silence() -> Iterator[None]:
    """A crashed process says nothing any more: no log, no warning."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(disabled)

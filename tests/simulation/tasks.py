"""Tasks and futures for the simulated loop: their place in a set is the same in every run."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")

_ENOUGH = 64


class SimFuture(asyncio.Future[Any]):
    """A future whose hash does not depend on where in memory it lies."""

    def __init__(self, number: int, *, loop: asyncio.AbstractEventLoop) -> None:
        self._number = number
        super().__init__(loop=loop)

    def __hash__(self) -> int:
        return self._number


class SimTask(asyncio.Task[T]):
    """A task whose hash does not depend on where in memory it lies, and that can be ended without a sound."""

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, T],
        number: int,
        *,
        loop: asyncio.AbstractEventLoop,
        name: str,
        context: Context,
    ) -> None:
        self._number, self._coroutine, self._context = number, coroutine, context
        super().__init__(coroutine, loop=loop, name=name, context=context)

    def __hash__(self) -> int:
        return self._number

    def is_over(self) -> bool:
        """Whether nobody can miss the task: it is done, and its error, if any, was seen."""
        return self.done() and not getattr(self, "_log_traceback", False)

    def where(self) -> str:
        """The line at which the task waits."""
        frames = self.get_stack()
        return f"{frames[-1].f_code.co_filename}:{frames[-1].f_lineno}" if frames else "its end"

    def bury(self) -> None:
        """Close the coroutine where it waits, and wherever its cleanup goes on to wait."""
        if self.done():
            self._log_traceback = False
            return
        self._log_destroy_pending = False
        for _ in range(_ENOUGH):
            if self._is_closed():
                return

    def _is_closed(self) -> bool:
        try:
            self._context.run(self._coroutine.close)
        except RuntimeError:  # "coroutine ignored GeneratorExit", for one
            return False
        except (Exception, asyncio.CancelledError, GeneratorExit):  # noqa: BLE001 - whatever the cleanup met, it is over
            return True
        return True

"""A deterministic event loop: virtual time, and a seed that decides which of the ready callbacks runs next."""

import asyncio
import heapq
import math
import sys
from asyncio import Handle, TimerHandle
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any, NoReturn, TypeVar, TypeVarTuple, Unpack

from tests.simulation.crash import PROCESS, Process
from tests.simulation.tasks import SimFuture, SimTask

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

START = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
"""The moment at which every simulation begins."""

_SECOND = 1_000_000


class SimulationError(Exception):
    """The simulation cannot go on; its seed, which is given, plays it again exactly."""


class Deadlock(SimulationError):
    """Nothing is ready and no timer runs, yet the end is not reached: the tasks listed wait for ever."""


class TooLong(SimulationError):
    """The simulation took more steps or virtual time than allowed: look for a loop that never ends, or allow more."""


class NoThreads(RuntimeError):
    """A simulation has no threads and no network: put a double before what wants them."""


class SimLoop(asyncio.BaseEventLoop):
    """One run of the simulated world, decided by `seed`; at most `max_steps` and `max_seconds` of virtual time.

    Everything that code of a process starts belongs to that process, everything else to the world.
    """

    _running = _stopped = False

    def __init__(self, seed: int, *, max_steps: int = 10_000_000, max_seconds: float = 400 * 86400.0) -> None:
        super().__init__()
        self.seed = seed
        self.world = Process("world")
        self.steps = 0
        self.trace = 0
        self._limits = max_steps, round(max_seconds * _SECOND)
        self._pick, self._fate = self.random("scheduler").random, self.random("crashes").random
        self._numbers = count(1)
        self._now = 0
        self._ready: list[tuple[int, Process, Handle]] = []
        self._timers: list[tuple[int, int, Process, Handle]] = []
        self._processes: dict[Process, None] = {self.world: None}
        self._crashed: list[Process] = []
        self._failure: BaseException | None = None
        self._in_step = False

    def random(self, name: str) -> Random:
        """A source of randomness for one part of the world, that no other part's use of its own disturbs."""
        return Random(f"{self.seed}/{name}")  # noqa: S311 - to be repeated, not to be secret

    @property
    def microseconds(self) -> int:
        """The virtual time."""
        return self._now

    def time(self) -> float:
        """The virtual time in seconds; the simulation begins at 0."""
        return self._now / _SECOND

    def spawn(
        self, process: Process, coroutine: Coroutine[Any, Any, T], *, name: str | None = None
    ) -> "asyncio.Task[T]":
        """Start a task in `process`, whoever asks. If it raises, so does the simulation.

        Do not await it from another process: where its process crashes it is never done.
        """
        if not process.alive:
            raise SimulationError(f"{process} is dead; start a new one (seed {self.seed})")
        self._processes[process] = None
        context = copy_context()
        context.run(PROCESS.set, process)
        task = self.create_task(coroutine, name=name, context=context)
        task.add_done_callback(self._look_after, context=Context())
        return task

    def outside(self, coroutine: Coroutine[Any, Any, T], *, name: str | None = None) -> "asyncio.Task[T]":
        """Start a task of the world, whoever asks: what another computer does, for example."""
        return self.spawn(self.world, coroutine, name=name)

    def crash(self, process: Process) -> None:
        """End `process` at the awaits where its tasks are: none of their code runs on.

        During a step it takes effect when that step ends; code that crashes its own process runs to its next await.
        """
        if process.alive:
            process.alive = False
            self._processes.pop(process, None)
            self._crashed.append(process)
        if not self._in_step:
            self._bury()

    def pause(self, process: Process, seconds: float) -> None:
        """Let `process` stand still (SIGSTOP, a long collection of garbage) while the world goes on."""
        process.paused_until = max(process.paused_until, self._now + round(seconds * _SECOND))

    def _bury(self) -> None:
        while self._crashed:
            self._crashed.pop(0).bury()

    def _look_after(self, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    def create_task(  # type: ignore[override]  # `eager_start` came later
        self, coro: Coroutine[Any, Any, T], *, name: str | None = None, context: Context | None = None
    ) -> "asyncio.Task[T]":
        """Start a task, in the process of the context."""
        context = copy_context() if context is None else context
        number = next(self._numbers)
        name = name or f"{getattr(coro, '__qualname__', 'task')}-{number}"
        task = SimTask(coro, number, loop=self, name=name, context=context)
        self._process(context).adopt(task)
        return task

    def create_future(self) -> "asyncio.Future[Any]":
        """A future of this loop."""
        return SimFuture(next(self._numbers), loop=self)

    def call_soon(self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None) -> Handle:
        """Make `callback` ready, in the process of the context."""
        context = copy_context() if context is None else context
        handle = Handle(callback, args, self, context)
        self._ready.append((next(self._numbers), self._process(context), handle))
        return handle

    call_soon_threadsafe = call_soon

    def call_at(
        self, when: float, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> TimerHandle:
        """Make `callback` ready at a virtual time, in the process of the context."""
        context = copy_context() if context is None else context
        handle = TimerHandle(when, callback, args, self, context)
        number, process = next(self._numbers), self._process(context)
        moment = math.ceil(when * _SECOND - 0.01)  # a hair above a whole microsecond is an error of the float
        if moment <= self._now:
            self._ready.append((number, process, handle))
        else:
            heapq.heappush(self._timers, (moment, number, process, handle))
        return handle

    def run_in_executor(self, *_: object) -> NoReturn:
        """Raise NoThreads."""
        raise NoThreads

    def _process(self, context: Context) -> Process:
        return context.get(PROCESS, self.world)

    def is_running(self) -> bool:
        """Whether the loop runs."""
        return self._running

    def stop(self) -> None:
        """Stop after the present step."""
        self._stopped = True

    def run_forever(self) -> None:
        """Run until stopped. Raises Deadlock, TooLong, and what code raised that nobody looks after."""
        if self.is_closed() or asyncio._get_running_loop() is not None:
            raise RuntimeError("the loop is closed, or another one runs")
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(finalizer=self._finish)
        asyncio._set_running_loop(self)
        self._running, self._stopped = True, False
        try:
            while not self._stopped:
                self._step()
        finally:
            self._running = False
            asyncio._set_running_loop(None)
            sys.set_asyncgen_hooks(*hooks)
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _step(self) -> None:
        number, process, handle = self._choose()
        self.steps += 1
        self.trace = hash((self.trace, number, self._now))
        if self.steps > self._limits[0] or self._now > self._limits[1]:
            raise TooLong(f"seed {self.seed}: step {self.steps}, {timedelta(microseconds=self._now)}")
        if process.crash_rate and self._fate() < process.crash_rate:
            self.crash(process)
            return
        self._in_step = True
        try:
            handle._run()
        finally:
            self._in_step = False
        if self._crashed:
            self._bury()

    def _choose(self) -> tuple[int, Process, Handle]:
        ready = self._ready
        while True:
            if not ready:
                self._jump()
                continue
            index = int(self._pick() * len(ready))
            chosen = ready[index]
            ready[index] = ready[-1]
            ready.pop()
            number, process, handle = chosen
            if handle.cancelled() or not process.alive:
                continue
            if process.paused_until > self._now:
                heapq.heappush(self._timers, (process.paused_until, number, process, handle))
                continue
            return chosen

    def _jump(self) -> None:
        """On to the next moment at which something is due; all that is due then becomes ready."""
        timers, now = self._timers, -1
        while timers and (now < 0 or timers[0][0] == now):
            moment, number, process, handle = heapq.heappop(timers)
            if process.alive and not handle.cancelled():
                now = self._now = moment
                self._ready.append((number, process, handle))
        if now < 0:
            raise Deadlock(self._waiting())

    def _waiting(self) -> str:
        """The seed, and where each task waits."""
        waiting = [line for process in self._processes for line in process.waiting()]
        return "\n".join([f"seed {self.seed}", *waiting])

    def _finish(self, generator: Any) -> None:
        """Close a generator that was left in the middle, unless it fell with its process."""
        if PROCESS.get(self.world).alive and not self.is_closed():
            self.create_task(generator.aclose())

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """Let the simulation raise what a callback raised; the rest is logged, as ever."""
        if "handle" in context:
            self._fail(context["exception"])
        else:
            super().call_exception_handler(context)

    def _fail(self, error: BaseException) -> None:
        error.add_note(f"seed {self.seed}, step {self.steps}, {timedelta(microseconds=self._now)}")
        self._failure = self._failure or error
        self.stop()

    def close(self) -> None:
        """End whatever still runs, without a sound."""
        if not self.is_closed():
            for process in list(self._processes):
                self.crash(process)
            super().close()


class SimClock:
    """The Clock port on a loop's virtual time."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        """START and the virtual time since, aware UTC."""
        return START + timedelta(microseconds=self._loop.microseconds)

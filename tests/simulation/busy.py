"""A program that uses all that asyncio offers our code, and writes down what it does; run, it prints its history."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.simulation.crash import Process
from tests.simulation.loop import SimClock, SimLoop


class Busy:
    """Workers that share a lock, an event and a queue, while another process crashes and is started again."""

    def __init__(self, seed: int) -> None:
        self.loop = SimLoop(seed)
        self.history: list[str] = []
        self._clock, self._dice = SimClock(self.loop), self.loop.random("dice")

    def play(self) -> list[str]:
        """What happened, and the scheduler's trace of it."""
        self._start_flaky()
        self.loop.run_until_complete(self._main())
        self.loop.close()
        return [*self.history, f"{self.loop.steps} steps, trace {self.loop.trace}"]

    def _say(self, words: str) -> None:
        self.history.append(f"{self._clock.now():%H:%M:%S.%f} {words}")

    def _start_flaky(self) -> None:
        process = Process("flaky", crash_rate=0.02)
        process.at_crash(lambda: self._say("crash"))
        process.at_crash(lambda: self.loop.call_later(1, self._start_flaky))
        self.loop.spawn(process, self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._dice.random())
            self._say("tick")

    async def _main(self) -> None:
        lock, go, queue = asyncio.Lock(), asyncio.Event(), asyncio.Queue[int]()
        async with asyncio.TaskGroup() as group:
            for number in range(8):
                group.create_task(self._worker(number, lock, go, queue))
            group.create_task(self._reader(queue))
            await asyncio.sleep(1)
            go.set()
        await self._groups()

    async def _worker(self, number: int, lock: asyncio.Lock, go: asyncio.Event, queue: asyncio.Queue[int]) -> None:
        await go.wait()
        for _ in range(5):
            async with self._told(f"worker {number}"), lock:
                await asyncio.sleep(self._dice.choice([0, 0.5]))
            await queue.put(number)

    @asynccontextmanager
    async def _told(self, name: str) -> AsyncIterator[None]:
        self._say(f"{name} waits")
        yield
        self._say(f"{name} is through")

    async def _reader(self, queue: asyncio.Queue[int]) -> None:
        for _ in range(40):
            self._say(f"read {await asyncio.wait_for(queue.get(), 60)}")

    async def _groups(self) -> None:
        """Sets of tasks, whose order is that of their hashes."""
        tasks = {asyncio.create_task(asyncio.sleep(1 + n % 3, n), name=f"t{n}") for n in range(30)}
        done, pending = await asyncio.wait(tasks, timeout=2)
        self._say(" ".join(task.get_name() for task in [*done, *pending]))
        for task in pending:
            task.cancel()
        self._say(str(await asyncio.gather(*pending, return_exceptions=True)))
        try:
            async with asyncio.timeout(self._dice.random()):
                await asyncio.get_running_loop().create_future()
        except TimeoutError:
            self._say("timeout")
        await self._fail_together()

    async def _fail_together(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(20):
                    group.create_task(self._sleeper(number))
                group.create_task(self._fail())
        except* ValueError:
            self._say("the group failed")

    async def _sleeper(self, number: int) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            self._say(f"sleeper {number} is woken")

    async def _fail(self) -> None:
        await asyncio.sleep(1)
        raise ValueError


async def for_ever(seconds: float) -> None:
    """Sleep again and again."""
    while True:
        await asyncio.sleep(seconds)


if __name__ == "__main__":
    print(*Busy(int(sys.argv[1])).play(), sep="\n")

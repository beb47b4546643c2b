"""Processes that crash, pause and start again, and the silence about it."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest

from tests.simulation.busy import for_ever
from tests.simulation.crash import Process
from tests.simulation.loop import SimLoop, SimulationError

pytestmark = pytest.mark.usefixtures("no_noise")


class Handle:
    """Stands for what a process holds of the outside, a connection for example."""

    def __init__(self) -> None:
        self.broken = False
        self.written: list[str] = []

    def write(self, words: str) -> None:
        if self.broken:
            raise ConnectionError
        self.written.append(words)

    def breaks(self) -> None:
        self.broken = True


def test_a_crashed_process_does_nothing_more(loop: SimLoop) -> None:
    process, handle = Process("p"), Handle()
    process.at_crash(handle.breaks)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(work("child"))
            await work("parent")

    async def work(name: str) -> None:
        handle.write(f"{name} begins")
        try:
            await asyncio.sleep(10)
            handle.write(f"{name} goes on")
        finally:
            handle.write(f"{name} cleans up")

    loop.spawn(process, main())
    loop.call_later(5, loop.crash, process)
    loop.run_until_complete(asyncio.sleep(60))
    assert sorted(handle.written) == ["child begins", "parent begins"]
    assert not process.alive


def test_the_cleanup_of_a_crashed_process_leaves_no_trace(loop: SimLoop, capfd: pytest.CaptureFixture[str]) -> None:
    process, reached, answer = Process("p"), list[str](), loop.create_future()

    @asynccontextmanager
    async def unit() -> AsyncIterator[None]:
        try:
            yield
        finally:
            logging.getLogger("p").error("noise")
            asyncio.get_running_loop().call_soon(reached.append, "a callback of the cleanup")
            await asyncio.create_task(note("a task of the cleanup"))

    async def note(words: str) -> None:
        reached.append(words)

    async def numbers() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            await note("a generator")

    async def main() -> None:
        async with unit(), unit(), asyncio.timeout(30):
            failing = asyncio.create_task(fail())
            answer.add_done_callback(lambda _: failing)
            async for _ in numbers():
                await answer

    async def between() -> None:
        not_yet_awaited = note("later")
        await asyncio.sleep(20)
        await not_yet_awaited

    async def fail() -> None:
        raise ValueError

    loop.spawn(process, main())
    loop.spawn(process, between())
    loop.call_later(5, loop.crash, process)
    loop.call_later(6, answer.set_result, "too late")
    loop.run_until_complete(asyncio.sleep(100))
    answer = loop.create_future()
    gc.collect()
    assert reached == []
    assert capfd.readouterr() == ("", "")


def test_what_a_process_started_is_its_own_and_what_it_asked_of_the_world_is_not(loop: SimLoop) -> None:
    process, heard = Process("p"), list[str]()

    async def say(words: str) -> None:
        await asyncio.sleep(2)
        heard.append(words)

    async def main() -> None:
        loop.call_later(2, heard.append, "my timer")
        loop.outside(say("the world's"))
        await asyncio.create_task(say("mine"))

    loop.spawn(process, main())
    loop.call_later(1, loop.crash, process)
    loop.run_until_complete(asyncio.sleep(10))
    assert heard == ["the world's"]


def test_a_process_that_crashes_itself_runs_to_its_next_await(loop: SimLoop) -> None:
    process, heard = Process("p"), list[str]()

    async def main() -> None:
        loop.crash(process)
        heard.append("before")
        await asyncio.sleep(0)
        heard.append("after")

    loop.spawn(process, main())
    loop.run_until_complete(asyncio.sleep(1))
    assert heard == ["before"]


def awaits_reached(seed: int) -> int:
    """How many of its five awaits a process got over before it crashed."""
    reached: list[int] = []

    async def main() -> None:
        for number in range(5):
            await asyncio.sleep(1)
            reached.append(number)

    with closing(SimLoop(seed)) as loop:
        loop.spawn(Process("p", crash_rate=0.1), main())
        loop.run_until_complete(asyncio.sleep(20))
    return len(reached)


def test_a_crash_may_strike_at_every_await() -> None:
    assert {awaits_reached(seed) for seed in range(100)} == {0, 1, 2, 3, 4, 5}


def test_a_process_can_be_started_again(loop: SimLoop) -> None:
    lives: list[Process] = []

    def start() -> None:
        lives.append(Process(f"p{len(lives)}", crash_rate=0.2))
        lives[-1].at_crash(lambda: loop.call_later(3, start))
        loop.spawn(lives[-1], live())

    async def live() -> None:
        while True:
            await asyncio.sleep(1)

    start()
    loop.run_until_complete(asyncio.sleep(600))
    assert len(lives) > 10
    assert [life.alive for life in lives[:-1]] == [False] * (len(lives) - 1)


def test_the_dead_stay_dead(loop: SimLoop) -> None:
    process = Process("p")
    loop.crash(process)
    nothing = asyncio.sleep(0)
    with pytest.raises(SimulationError, match="seed 7"):
        loop.spawn(process, nothing)
    nothing.close()


def test_a_paused_process_stands_still(loop: SimLoop) -> None:
    process, ticks = Process("p"), list[float]()

    async def tick() -> None:
        while True:
            await asyncio.sleep(10)
            ticks.append(loop.time())

    loop.spawn(process, tick())
    loop.call_later(15, loop.pause, process, 60)
    loop.run_until_complete(asyncio.sleep(100))
    assert ticks == [10, 75, 85, 95]


def test_the_end_of_the_world_is_silent(capfd: pytest.CaptureFixture[str]) -> None:
    with closing(SimLoop(7)) as loop:
        loop.spawn(Process("p"), for_ever(1))
        loop.outside(for_ever(1))
        loop.run_until_complete(asyncio.sleep(10))
    gc.collect()
    assert capfd.readouterr() == ("", "")

"""The simulated loop: time that jumps, a seed that decides, processes that crash, and no noise."""

import asyncio
import os
import subprocess
import sys
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.simulation.busy import Busy, for_ever
from tests.simulation.crash import Process
from tests.simulation.loop import START, Deadlock, NoThreads, SimClock, SimLoop, TooLong

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.usefixtures("no_noise")


def test_time_jumps_to_what_is_due_next(loop: SimLoop) -> None:
    clock = SimClock(loop)

    async def nap() -> None:
        await asyncio.sleep(3 * 3600 + 0.25)

    loop.run_until_complete(nap())
    assert clock.now() - START == timedelta(hours=3, milliseconds=250)
    assert loop.time() == 3 * 3600 + 0.25


def test_nobody_waits_for_a_timer_that_was_cancelled_or_whose_process_crashed(loop: SimLoop) -> None:
    process = Process("p")
    loop.spawn(process, for_ever(60))
    loop.run_until_complete(asyncio.sleep(5))
    loop.call_later(30, int).cancel()
    loop.crash(process)
    with pytest.raises(Deadlock):
        loop.run_forever()
    assert loop.time() == 5


def test_a_moment_is_waited_for_exactly(loop: SimLoop) -> None:
    clock = SimClock(loop)

    async def until(due: datetime) -> None:
        await asyncio.sleep((due - clock.now()).total_seconds())
        assert clock.now() == due

    async def main() -> None:
        for number in range(1, 200):
            await until(START + number * timedelta(hours=7, microseconds=654_321))

    loop.run_until_complete(main())


def order_of(seed: int) -> list[int]:
    order: list[int] = []

    async def say(number: int) -> None:
        order.append(number)

    async def main() -> None:
        await asyncio.gather(*map(say, range(5)))

    with closing(SimLoop(seed)) as loop:
        loop.run_until_complete(main())
    return order


def test_the_seed_decides_who_is_next() -> None:
    assert order_of(1) == order_of(1)
    assert len({tuple(order_of(seed)) for seed in range(100)}) > 50


def test_a_history_repeats_from_its_seed() -> None:
    first, second, other = Busy(3).play(), Busy(3).play(), Busy(4).play()
    assert first == second
    assert first != other
    assert any("crash" in line for line in first)


def test_a_history_does_not_depend_on_hashes_or_addresses() -> None:
    def elsewhere(hash_seed: str) -> str:
        command = [sys.executable, "-m", "tests.simulation.busy", "3"]
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    here = "\n".join(Busy(3).play()) + "\n"
    assert elsewhere("1") == elsewhere("2") == here


def test_waiting_for_nothing_is_told_with_the_seed_and_the_place(loop: SimLoop) -> None:
    async def wait_for_ever() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock, match=r"seed 7\n.*wait_for_ever.*test_loop.py:\d+"):
        loop.run_until_complete(wait_for_ever())


@pytest.mark.parametrize("seconds", [0, 1])
def test_a_loop_without_end_is_stopped(seconds: float) -> None:
    with closing(SimLoop(7, max_steps=1000, max_seconds=100)) as loop, pytest.raises(TooLong, match="seed 7"):
        loop.run_until_complete(for_ever(seconds))


def test_an_error_that_nobody_looks_after_ends_the_simulation(loop: SimLoop) -> None:
    async def fail() -> None:
        await asyncio.sleep(1)
        raise ZeroDivisionError

    loop.spawn(Process("p"), fail())
    with pytest.raises(ZeroDivisionError) as error:
        loop.run_until_complete(for_ever(1))
    assert error.value.__notes__[0].startswith("seed 7, step ")


def test_a_failing_callback_ends_the_simulation(loop: SimLoop) -> None:
    loop.call_soon(int, "x")
    with pytest.raises(ValueError, match="invalid literal"):
        loop.run_until_complete(for_ever(1))


def test_there_are_no_threads(loop: SimLoop) -> None:
    with pytest.raises(NoThreads):
        loop.run_until_complete(asyncio.to_thread(int))

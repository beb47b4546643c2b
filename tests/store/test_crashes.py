"""Workers are killed at any moment: nothing is lost, nothing is stranded, and every line keeps its order."""

import asyncio
import random
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, pairwise
from pathlib import Path

import pytest

from service.work import TellStatus
from store.postgres import Pool, PostgresStore

PROJECT = Path(__file__).parents[2]
WORKERS = 3
KILLS = 20
LINES = 12


@pytest.mark.slow
async def test_work_survives_the_death_of_its_workers(
    dsn: str, pool: Pool, store: PostgresStore, tmp_path: Path
) -> None:
    chance = random.Random(20)  # noqa: S311 - a seed, so that the moments are the same every time
    file, gate = tmp_path / "carried", tmp_path / "gate"
    file.touch()
    await queue(store, "busy", 1)
    await queue(store, "busy", 2)

    stop = asyncio.Event()
    queueing = asyncio.create_task(keep_queueing(store, chance, stop))
    with workers([sys.executable, "-m", "tests.store.worker", dsn, str(file), str(gate)]) as running:
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.1, 1.2))
            running.replace(chance.randrange(WORKERS))
        stop.set()
        queued = await queueing
        await until_left(pool, 2)
        gate.touch()
        await until_left(pool, 0)

    carried = read(file)
    assert set(carried.pop("busy")) == {1, 2}
    assert {line: sorted(set(numbers)) for line, numbers in carried.items()} == queued
    for numbers in carried.values():
        assert all(earlier <= later for earlier, later in pairwise(numbers))
    assert await pool.fetchval("select count(*) from line") == 0


class Workers:
    """So many processes, however many are killed."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self.processes = [self._start() for _ in range(WORKERS)]

    def replace(self, number: int) -> None:
        """Kill one and start another."""
        self._kill(self.processes[number])
        self.processes[number] = self._start()

    def kill(self) -> None:
        for process in self.processes:
            self._kill(process)

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(self._command, cwd=PROJECT)

    def _kill(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.poll() is None, "a worker ended by itself"
        process.kill()
        process.wait()


@contextmanager
def workers(command: list[str]) -> Iterator[Workers]:
    running = Workers(command)
    try:
        yield running
    finally:
        running.kill()


async def keep_queueing(store: PostgresStore, chance: random.Random, stop: asyncio.Event) -> dict[str, list[int]]:
    """Queue numbers that count up in each line, until told to stop; what was queued."""
    queued: dict[str, list[int]] = defaultdict(list)
    for number in count(1):
        if stop.is_set():
            break
        line = f"chat:{chance.randrange(LINES)}"
        await queue(store, line, number)
        queued[line].append(number)
        await asyncio.sleep(0.002)
    return dict(queued)


async def queue(store: PostgresStore, line: str, number: int) -> None:
    async with store.transaction() as tx:
        await tx.queue(line, TellStatus(chat_id=number))


async def until_left(pool: Pool, number: int) -> None:
    while await pool.fetchval("select count(*) from work") > number:
        await asyncio.sleep(0.05)


def read(file: Path) -> dict[str, list[int]]:
    """What was carried in each line, in the order of its beginning."""
    carried: dict[str, list[int]] = defaultdict(list)
    for row in file.read_text().splitlines():
        line, number = row.split()
        carried[line].append(int(number))
    return carried

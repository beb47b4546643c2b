"""Plays histories, on all cores, and says which seeds broke a rule and what was reached how often."""

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from itertools import repeat
from os import cpu_count
from time import monotonic

from tests.simulation.backends import InMemory
from tests.simulation.invariants import end_of, violations
from tests.simulation.loop import SimLoop
from tests.simulation.pg_backend import Postgres
from tests.simulation.pg_database import Template, server, template
from tests.simulation.pg_loop import PgLoop
from tests.simulation.sometimes import SOMETIMES, reached, too_rare
from tests.simulation.world import ROUGH, World

BATCH = 25

ROUGH_ON_POSTGRES = replace(ROUGH, crash_rate=0.0003)
"""A unit of work takes more steps there, so that this makes as many crashes."""


@dataclass(slots=True)
class Tally:
    """What came of some histories: the violations by seed, and how many of them reached what."""

    histories: int = 0
    steps: int = 0
    broken: dict[int, list[str]] = field(default_factory=dict)
    reached: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Take another tally in."""
        self.histories += other.histories
        self.steps += other.steps
        self.broken |= other.broken
        self.reached += other.reached


Stage = Callable[[int], World]
"""Makes the world of a seed, in which nothing has happened yet."""


def in_memory(seed: int) -> World:
    """A world with a database in memory."""
    loop = SimLoop(seed)
    return World(loop, InMemory(loop))


def on_postgres(dsn: str) -> Stage:
    """Worlds with a real database, one after another on the same, which is emptied before each."""

    def stage(seed: int) -> World:
        loop = PgLoop(seed)
        backend = Postgres(loop, dsn)
        loop.run_until_complete(backend.empty())
        return World(loop, backend, ROUGH_ON_POSTGRES)

    return stage


def play(seed: int, stage: Stage = in_memory) -> Tally:
    """One history from its seed."""
    world = stage(seed)
    loop, tally = world.loop, Tally(histories=1)
    try:
        loop.run_until_complete(world.play())
        end = loop.run_until_complete(end_of(world))
        if broken := violations(end):
            tally.broken[seed] = broken
        tally.reached.update(reached(end))
    except Exception as error:  # noqa: BLE001 - whatever ends a history early is a violation of its own
        tally.broken[seed] = [f"{type(error).__name__}: {error}"]
    finally:
        tally.steps = loop.steps
        loop.close()
    return tally


def play_all(seeds: range, template: Template | None) -> Tally:
    """A batch of histories: in memory, or on a copy of the template."""
    logging.disable(logging.CRITICAL)
    sys.unraisablehook = lambda _: None  # a crashed process's coroutines complain when they are collected
    tally = Tally()
    with template.copy() if template else nullcontext() as dsn:
        stage = on_postgres(dsn) if dsn else in_memory
        for seed in seeds:
            tally.add(play(seed, stage))
    return tally


def batches(histories: int, seed: int) -> Iterator[range]:
    """All seeds, in batches."""
    for first in range(seed, seed + histories, BATCH):
        yield range(first, min(first + BATCH, seed + histories))


def main() -> int:
    """Play what the command line asks for."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--histories", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1, help="of the first history; the others follow")
    parser.add_argument("--jobs", type=int, default=cpu_count() or 1)
    parser.add_argument("--postgres", action="store_true", help="on a real database (DATABASE_URL, else embedded)")
    given = parser.parse_args()
    began, total = monotonic(), Tally()
    with ExitStack() as stack:
        place = stack.enter_context(template(stack.enter_context(server()))) if given.postgres else None
        pool = stack.enter_context(ProcessPoolExecutor(given.jobs))
        for tally in pool.map(play_all, batches(given.histories, given.seed), repeat(place)):
            total.add(tally)
            for seed, broken in tally.broken.items():
                print(f"seed {seed}:", *broken, sep="\n    ", flush=True)
    seconds = monotonic() - began
    for name in SOMETIMES:
        print(f"{total.reached[name]:8} x {name}")
    rare = [] if given.postgres else too_rare(total.reached, total.histories)  # a seed decides it in memory only
    print(*(f"too rare: {name}" for name in rare), sep="\n", end="\n" if rare else "")
    print(f"{seconds:.0f} s, {total.histories / seconds:.1f} histories/s, {total.steps / seconds:,.0f} steps/s")
    print(f"histories={total.histories} violations={len(total.broken)}")
    return 1 if total.broken or rare else 0


if __name__ == "__main__":
    sys.exit(main())

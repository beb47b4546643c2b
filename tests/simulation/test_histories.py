"""A few histories with every change; `make simulate` plays as many as are wanted."""

import logging
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.simulation.backends import InMemory
from tests.simulation.loop import SimLoop
from tests.simulation.run import play
from tests.simulation.sometimes import SOMETIMES, too_rare
from tests.simulation.world import World

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A crashed process's coroutines complain when they are collected."""


@pytest.fixture(autouse=True)
def silence() -> Iterator[None]:
    """What crashing processes log is no news."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("seed", range(1, 21))
def test_no_rule_is_broken(seed: int) -> None:
    assert play(seed).broken == {}


def test_a_seed_plays_its_history_again() -> None:
    def trace(seed: int) -> int:
        with closing(SimLoop(seed)) as loop:
            loop.run_until_complete(World(loop, InMemory(loop)).play())
            return loop.trace

    assert trace(7) == trace(7) != trace(8)


def test_a_path_that_is_never_taken_is_named() -> None:
    counts = dict.fromkeys(SOMETIMES, 100)
    assert too_rare(counts, 10_000) == []
    assert too_rare(counts | {"paid twice": 99}, 10_000) == ["paid twice"]

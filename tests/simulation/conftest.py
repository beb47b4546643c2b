"""A shop before a simulated Antom, and silence."""

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from tests.simulation.antom import Faults
from tests.simulation.loop import SimLoop
from tests.simulation.shop import Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    with closing(Shop()) as shop:
        yield shop


@pytest.fixture
def make() -> Iterator[Callable[[Faults], Shop]]:
    made: list[Shop] = []

    def make(faults: Faults) -> Shop:
        made.append(Shop(len(made) + 1, faults))
        return made[-1]

    yield make
    for shop in made:
        shop.close()


@pytest.fixture
def no_noise(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test throws away, asyncio has nothing to complain of: warnings are errors, and so is a log line."""
    with caplog.at_level(logging.DEBUG):
        yield
        gc.collect()
    assert not [*caplog.get_records("call"), *caplog.records]


@pytest.fixture
def loop() -> Iterator[SimLoop]:
    with closing(SimLoop(7)) as loop:
        yield loop

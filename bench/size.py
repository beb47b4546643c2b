"""How much is measured."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What is in the database before the figures are taken again."""

    buyers: int
    finished: int
    open: int
    reminders: int


SMALL = Growth(buyers=20_000, finished=20_000, open=2_000, reminders=1_000)
FULL = Growth(buyers=1_000_000, finished=1_000_000, open=100_000, reminders=50_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Units of work in each round of each benchmark, how many rounds, and how many workers side by side."""

    rounds: int = 5
    warm_up: int = 1
    crews: tuple[int, ...] = (1, 2, 4)
    connections: int = 64
    letters: int = 4_000
    effects: int = 1_000
    presses: int = 300
    messages: int = 3_000
    free_seconds: float = 20.0
    latency_seconds: float = 10.0
    latency_rate: float = 50.0
    events: int = 20_000
    growth: Growth = field(default=FULL)


DEFAULT = Size()

SMOKE = Size(
    rounds=1,
    warm_up=0,
    crews=(1,),
    connections=4,
    letters=20,
    effects=10,
    presses=4,
    messages=12,
    free_seconds=0.5,
    latency_seconds=0.2,
    events=40,
    growth=Growth(buyers=20, finished=20, open=5, reminders=5),
)
"""Enough to see that everything runs; its figures say nothing."""

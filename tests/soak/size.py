"""How much a soak does, and how often what goes wrong."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """All times in seconds; `..._every` is how often on average, and each comes at least once in a run.

    `outage` is how long one is, from and to; `farewell` within what time a process ends that was asked to; `drain` how
    long it may take at the end until nothing is left to do.
    """

    buyers: int
    shoppers: int
    events_a_second: float
    kill_every: float
    stop_every: float
    restart_every: float
    outage_every: float
    outage: tuple[float, float]
    farewell: float
    drain: float


FULL = Size(
    buyers=300,
    shoppers=6,
    events_a_second=8,
    kill_every=10,
    stop_every=45,
    restart_every=60,
    outage_every=60,
    outage=(5, 20),
    farewell=10,
    drain=300,
)

SHORT = Size(
    buyers=24,
    shoppers=2,
    events_a_second=5,
    kill_every=5,
    stop_every=10,
    restart_every=10,
    outage_every=5,
    outage=(1, 3),
    farewell=60,
    drain=120,
)
"""Of half a minute, beside other tests."""

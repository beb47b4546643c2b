"""Half a minute of everything that can go wrong ends well."""

from random import Random

import pytest

from tests.soak.havoc import Kill, Outage, Restart, Stop, schedule
from tests.soak.run import soak
from tests.soak.size import FULL, SHORT, Size
from tests.soak.wire import OUTAGES

SEED = 7
SECONDS = 30


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_whatever_goes_wrong_every_event_has_its_one_effect() -> None:
    verdict = await soak(SECONDS, SEED, SHORT)

    assert verdict.violations == []
    counts = verdict.counts
    assert counts["events"] == counts["accepted"]
    assert all(counts[what] > 0 for what in ("kills", "stops", "restarts", "outages", "delivered", "paid", "dead"))


@pytest.mark.parametrize(("seconds", "size"), [(SECONDS, SHORT), (600, FULL)])
def test_each_way_to_go_wrong_comes_in_every_run(seconds: int, size: Size) -> None:
    blows = schedule(Random(SEED), seconds, size)  # noqa: S311 - repeatable, not secret

    assert {blow.role for blow in blows if isinstance(blow, Kill)} == {"web", "worker"}
    assert {blow.role for blow in blows if isinstance(blow, Stop)} == {"web", "worker"}
    assert {blow.mode for blow in blows if isinstance(blow, Restart)} == {"fast", "immediate"}
    assert {blow.kind for blow in blows if isinstance(blow, Outage)} == set(OUTAGES)
    assert all(0 < blow.at < seconds for blow in blows)


def test_a_seed_repeats_what_goes_wrong() -> None:
    one, other, again = (schedule(Random(seed), 600, FULL) for seed in (1, 2, 1))  # noqa: S311 - as above

    assert one == again
    assert one != other

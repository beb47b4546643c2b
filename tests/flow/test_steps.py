"""The article's steps, and where a journey stands on them."""

import pytest

from flow.journey import Kind
from flow.offers import OFFERS
from flow.states import STEP_OF, State
from flow.steps import FIRST_TIME, RETURNING, STEPS, Path, Step, position
from tests.flow.examples import PLACES, journey, place_id


def test_the_first_time_path_is_the_returning_one_after_a_verification() -> None:
    assert (Step.VERIFY_ACCOUNT, Step.LOG_IN, *RETURNING) == FIRST_TIME
    assert (len(RETURNING), len(FIRST_TIME)) == (5, 7)
    assert tuple(Step) == FIRST_TIME


@pytest.mark.parametrize("path", Path)
def test_positions_count_from_one_to_the_end(path: Path) -> None:
    steps = STEPS[path]

    assert [position(path, step) for step in steps] == [(n, len(steps)) for n in range(1, len(steps) + 1)]


@pytest.mark.parametrize("step", [Step.VERIFY_ACCOUNT, Step.LOG_IN])
def test_a_returning_buyer_has_nothing_to_verify(step: Step) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        position(Path.RETURNING, step)


def test_each_state_has_a_step_and_buttons_of_its_own() -> None:
    """States of the two journeys may share a word, never an entry."""
    states = [state for _, state in PLACES]

    assert set(STEP_OF) == set(OFFERS) == set(states)
    assert len(STEP_OF) == len(OFFERS) == len(states)


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_every_state_stands_at_a_step(kind: Kind, state: State) -> None:
    assert journey(kind, state).step is STEP_OF[state]


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_a_payment_stands_where_both_paths_lead(kind: Kind, state: State) -> None:
    assert kind is Kind.VERIFICATION or STEP_OF[state] in RETURNING

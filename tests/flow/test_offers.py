"""The buttons: what is offered is open, and what is open is offered."""

import pytest

from flow import events as on
from flow.journey import TABLES, Kind
from flow.offers import EVENT_OF, LINKS, OFFERS, Act
from flow.states import CLOSED, State
from tests.flow.examples import EVENTS, PLACES, place_id


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_every_offered_act_is_open(kind: Kind, state: State) -> None:
    offered = {EVENT_OF[act] for act in OFFERS[state] if act in EVENT_OF}

    assert offered <= set(TABLES[kind][state])


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_everything_open_to_the_buyer_is_offered(kind: Kind, state: State) -> None:
    """A link is opened in the browser: it needs no button of its own in the chat's sense."""
    open_now = {event for event in TABLES[kind][state] if issubclass(event, on.BuyerEvent)} - {on.LinkOpened}

    assert open_now == {EVENT_OF[act] for act in OFFERS[state] if act in EVENT_OF}


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_the_link_is_offered_where_opening_it_counts(kind: Kind, state: State) -> None:
    assert on.LinkOpened not in TABLES[kind][state] or Act.OPEN_LINK in OFFERS[state]


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_no_button_is_offered_twice(kind: Kind, state: State) -> None:
    assert len(OFFERS[state]) == len(set(OFFERS[state]))


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_who_is_stuck_is_never_without_a_button(kind: Kind, state: State) -> None:
    assert OFFERS[state] or state in CLOSED


def test_an_act_moves_the_journey_or_opens_a_page_or_asks_for_help() -> None:
    assert set(EVENT_OF) | LINKS | {Act.SUPPORT} == set(Act)
    assert not set(EVENT_OF) & LINKS


def test_each_act_is_an_event_of_its_own() -> None:
    buyer_events = {event for event in EVENTS if issubclass(event, on.BuyerEvent)}

    assert sorted(event.__name__ for event in EVENT_OF.values()) == sorted(
        event.__name__ for event in buyer_events - {on.LinkOpened}
    )

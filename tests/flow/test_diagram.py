"""The pictures say what the tables say, no more and no less."""

import re
from collections import defaultdict

import pytest

from flow import events as on
from flow.diagram import mermaid, text
from flow.journey import START, TABLES, Kind
from flow.offers import OFFERS
from flow.states import CLOSED, STEP_OF, State
from tests.flow.examples import PLACES, place_id

ARROW = re.compile(r"^ +(\w+) --> (\w+) : ([a-z ]+) - ([\w, ]+)$", re.MULTILINE)
BOX = re.compile(r'^ +state "(\w+) \((\w+)\)" as (\w+)$', re.MULTILINE)

Moves = list[tuple[str, str, str]]


def inside(picture: str) -> list[str]:
    """The states that the picture's box holds."""
    [box] = re.findall(r"(?s)state \"money is due\" as due \{\n(.*?)\n    }", picture)
    return [name for _, _, name in BOX.findall(box)]


def drawn(kind: Kind) -> Moves:
    """Every arrow of the picture as (from, event, to), with those of the box spread over its states."""
    picture = mermaid(kind)
    moves: Moves = []
    for before, after, _, events in ARROW.findall(picture):
        for state in inside(picture) if before == "due" else [before]:
            moves += [(state, event, after) for event in events.split(", ")]
    return moves


def meant(kind: Kind) -> Moves:
    """Every change of state in the table, and what the buyer can do without one."""
    return [
        (place_id(state), event.__name__, place_id(after))
        for state, row in TABLES[kind].items()
        for event, (after, _) in row.items()
        if after is not state or issubclass(event, on.BuyerEvent)
    ]


@pytest.mark.parametrize("kind", Kind)
def test_the_picture_has_every_change_of_state_once_and_no_other(kind: Kind) -> None:
    assert sorted(drawn(kind)) == sorted(meant(kind))


@pytest.mark.parametrize("kind", Kind)
def test_no_arrow_is_drawn_twice(kind: Kind) -> None:
    arrows = [(before, after, source) for before, after, source, _ in ARROW.findall(mermaid(kind))]

    assert len(arrows) == len(set(arrows))


@pytest.mark.parametrize("kind", Kind)
def test_every_state_is_drawn_with_its_step(kind: Kind) -> None:
    boxes = BOX.findall(mermaid(kind))

    assert sorted(boxes) == sorted((place_id(state), STEP_OF[state], place_id(state)) for state in TABLES[kind])


@pytest.mark.parametrize("kind", Kind)
def test_the_picture_starts_and_ends_where_the_journey_does(kind: Kind) -> None:
    picture = mermaid(kind)

    assert re.findall(r"\[\*] --> (\w+)", picture) == [place_id(START[kind])]
    assert re.findall(r"(\w+) --> \[\*]", picture) == [place_id(state) for state in TABLES[kind] if state in CLOSED]


@pytest.mark.parametrize("kind", Kind)
def test_an_arrow_tells_who_moves_the_journey(kind: Kind) -> None:
    movers: dict[str, set[str]] = defaultdict(set)
    for _, _, source, events in ARROW.findall(mermaid(kind)):
        movers[source] |= set(events.split(", "))

    assert set(movers) == {"buyer", "gateway", "auction house", "clock"}
    assert {"CancelPressed", "LinkOpened", "NewLinkPressed"} <= movers["buyer"]
    assert {"ChargeSettled", "ChargeSettledLate", "ChargeRefused", "SurplusRefunded"} <= movers["gateway"]
    assert movers["clock"] == {"LinkExpired"}


@pytest.mark.parametrize("kind", Kind)
def test_the_note_names_every_money_fact(kind: Kind) -> None:
    [note] = re.findall(r"(?s)note right of \w+\n(.*?)end note", mermaid(kind))

    assert re.findall(r"(\w+) - ", note) == [fact.__name__ for fact in on.MONEY_FACTS]


def test_the_note_keeps_apart_what_differs_between_states() -> None:
    over = "in paid_elsewhere and cancelled refund_charge + announce, else recorded\n"

    assert "    ChargeRepeated - refund_charge + tell_money\n" in mermaid(Kind.PAYMENT)
    assert f"    ChargeSettled - {over}" in mermaid(Kind.PAYMENT)
    assert f"    ChargeSettledLate - {over}" in mermaid(Kind.PAYMENT)


@pytest.mark.parametrize("kind", Kind)
def test_no_label_holds_what_mermaid_reads_as_syntax(kind: Kind) -> None:
    labels = [line.partition(" : ")[2] for line in mermaid(kind).splitlines()]

    assert not any(set(label) & set(':;{}"') for label in labels)


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_the_text_has_every_row_of_a_state(kind: Kind, state: State) -> None:
    [block] = [part for part in text(kind).split("\n\n") if part.startswith(f"{place_id(state)} (")]
    row = TABLES[kind][state]

    for event, (after, effects) in row.items():
        if after is not state or effects:
            work = re.escape(" + ".join(effects) or "recorded")
            assert re.search(rf"(?m)^  [a-z ]+ {event.__name__} +-> {place_id(after)} +{work}$", block)
    silent = {event.__name__ for event, move in row.items() if move == (state, ())}
    assert set(re.findall(r"\w+", block.partition("nothing else: ")[2])) == (silent or {"none"})
    assert f"  buttons: {', '.join(OFFERS[state]) or 'none'}\n" in block

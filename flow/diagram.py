"""The journeys' pictures, drawn from the tables: nothing here knows a state by name."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from flow import events as on
from flow.effects import Effect
from flow.journey import START, TABLES, Kind
from flow.offers import OFFERS
from flow.states import CLOSED, STEP_OF, State
from flow.table import Row

DUE = "due"
"""The box around the states in which the journey's money is still to come."""


def mermaid(kind: Kind) -> str:
    """The journey as a Mermaid stateDiagram-v2: every change of state, and in a note what money does beside.

    An arrow says who moves it, then the events that do; one from the box stands for each state in it.
    """
    lines = ["stateDiagram-v2", *_boxes(kind), f"[*] --> {_name(START[kind])}", *_arrows(kind), *_note(kind)]
    return "\n    ".join(lines) + "\n"


def text(kind: Kind) -> str:
    """The whole table for a terminal: each state with its step, its buttons and its rows."""
    return "\n\n".join("\n".join(_block(state, row)) for state, row in TABLES[kind].items()) + "\n"


def _boxes(kind: Kind) -> Iterator[str]:
    due = _due(kind)
    yield f'state "money is due" as {DUE} {{'
    yield from (f"    {_box(state)}" for state in due)
    yield "}"
    yield from (_box(state) for state in TABLES[kind] if state not in due)
    yield from (f"{_name(state)} --> [*]" for state in TABLES[kind] if state in CLOSED)


def _box(state: State) -> str:
    return f'state "{_name(state)} ({STEP_OF[state]})" as {_name(state)}'


def _arrows(kind: Kind) -> Iterator[str]:
    grouped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for before, after, event in _moves(kind):
        grouped[before, after, _source(event)].append(event.__name__)
    for (before, after, source), events in grouped.items():
        yield f"{before} --> {after} : {source} - {', '.join(events)}"


def _moves(kind: Kind) -> Iterator[tuple[str, str, type]]:
    due = _due(kind)
    shared = _shared(kind, due)
    yield from ((DUE, _name(after), event) for event, after in shared.items())
    for state, row in TABLES[kind].items():
        for event, (after, _) in row.items():
            drawn_once = state in due and event in shared
            if not drawn_once and (after is not state or issubclass(event, on.BuyerEvent)):
                yield _name(state), _name(after), event


def _due(kind: Kind) -> list[State]:
    """The open states that the expected payment moves to the journey's goal."""
    paid = {state: row[on.ChargeSettled][0] for state, row in TABLES[kind].items() if state not in CLOSED}
    [(goal, _)] = Counter(after for state, after in paid.items() if after is not state).most_common(1)
    return [state for state, after in paid.items() if after is goal is not state]


def _shared(kind: Kind, due: list[State]) -> dict[type, State]:
    """The events that lead out of the box to one and the same state from everywhere in it."""
    first, *others = (TABLES[kind][state] for state in due)
    moves = {event: after for event, (after, _) in first.items() if after not in due}
    return {
        event: after for event, after in moves.items() if all(event in row and row[event][0] is after for row in others)
    }


def _note(kind: Kind) -> Iterator[str]:
    end = next(state for state in TABLES[kind] if state in CLOSED)
    yield f"note right of {_name(end)}"
    yield "    Money that leaves the state as it is"
    for event in on.MONEY_FACTS:
        yield f"    {event.__name__} - {', '.join(_staying(kind, event))}"
    yield "end note"


def _staying(kind: Kind, event: type) -> Iterator[str]:
    """What a fact does where it moves nothing: the states with effects of their own, then the usual effects."""
    rows = [(state, row[event]) for state, row in TABLES[kind].items()]
    kept = {_name(state): _effects(effects) for state, (after, effects) in rows if after is state}
    (usual, _), *others = Counter(kept.values()).most_common()
    for effects, _ in others:
        yield f"in {' and '.join(state for state, own in kept.items() if own == effects)} {effects}"
    yield f"else {usual}" if others else usual


def _block(state: State, row: Row) -> Iterator[str]:
    yield f"{_name(state)} ({STEP_OF[state]}){', closed' if state in CLOSED else ''}"
    yield f"  buttons: {', '.join(OFFERS[state]) or 'none'}"
    for event, (after, effects) in row.items():
        if after is not state or effects:
            yield f"  {_source(event):13}  {event.__name__:20}  -> {_name(after):14}  {_effects(effects)}"
    silent = [event.__name__ for event, (after, effects) in row.items() if after is state and not effects]
    yield f"  recorded, nothing else: {', '.join(silent) or 'none'}"


def _name(state: State) -> str:
    return state.name.lower()


def _effects(effects: Iterable[Effect]) -> str:
    return " + ".join(effects) or "recorded"


def _source(event: type) -> str:
    if issubclass(event, on.BuyerEvent):
        return "buyer"
    if event in on.AUCTION_FACTS:
        return "auction house"
    return "gateway" if event in on.MONEY_FACTS or issubclass(event, on.ChargeEvent) else "clock"

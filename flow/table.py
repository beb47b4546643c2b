"""The shape of a journey's table: state x event type -> (next state, effects)."""

from collections.abc import Mapping

from flow.effects import Effect
from flow.states import State

Move = tuple[State, tuple[Effect, ...]]
Row = Mapping[type, Move]
Table = Mapping[State, Row]


def row(state: State, usual: Mapping[type, tuple[Effect, ...]], own: Row) -> Row:
    """The row of `state`: its own moves, and for every other fact in `usual` to stay with the usual effects."""
    return {**{fact: (state, effects) for fact, effects in usual.items()}, **own}

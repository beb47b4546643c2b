"""What the stub was told is judged: order within each chat, and what came twice."""

import pytest

from bench.sending import is_in_order, repeated

FIRST, SECOND = "Welcome, #0#", "Welcome, #1#"


@pytest.mark.parametrize(
    ("shown", "in_order", "twice"),
    [
        ([(1.0, 7, FIRST), (1.1, 8, FIRST), (2.0, 7, SECOND), (2.1, 8, SECOND)], True, 0),
        ([(1.0, 7, SECOND), (2.0, 7, FIRST)], False, 0),
        ([(1.0, 7, FIRST), (1.1, 7, SECOND), (2.0, 8, SECOND), (2.1, 8, FIRST)], False, 0),
        ([(1.0, 7, FIRST), (2.0, 7, FIRST), (3.0, 7, SECOND)], True, 1),
        ([(1.0, 7, FIRST), (2.0, 7, SECOND), (3.0, 7, FIRST)], True, 1),
    ],
)
def test_a_chat_has_its_own_order_and_what_comes_again_is_counted(
    shown: list[tuple[float, int, str]], in_order: bool, twice: int
) -> None:
    told = {"shown": shown}

    assert is_in_order(told) is in_order
    assert repeated(told) == twice

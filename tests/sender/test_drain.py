"""An auction evening ends: thousands of items are won within minutes, and Telegram lets thirty messages a second go."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from service.urgency import Urgency
from tests.sender.town import Town, play

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A killed worker's coroutines complain when they are collected."""

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evening:
    """What came of it: how long it took, the most messages in any second, to all and to one chat, and 429s."""

    seconds: float
    most: int
    most_to_one: int
    refused: int


async def drain(town: Town, chats: int, wins: int) -> Evening:
    await town.open_chats(*range(1, chats + 1))
    for win in range(wins):
        await town.say(win % chats + 1, f"win-{win}.")
    for _ in range(2):
        town.start_worker()
    began = town.loop.time()
    await town.settle()
    wire = town.wire
    assert len({message.text for message in wire.shown}) == len(wire.shown) == wins
    return Evening(
        seconds=town.loop.time() - began,
        most=wire.most_within(SECOND),
        most_to_one=max(wire.most_within(SECOND, chat) for chat in range(1, min(chats, 50) + 1)),
        refused=wire.answers["429"],
    )


def test_ten_thousand_wins_are_told_as_fast_as_telegram_lets_us_and_no_faster() -> None:
    evening = play(1, lambda town: drain(town, 1_000, 10_000))
    assert 333 <= evening.seconds <= 350
    assert evening.most <= 30
    assert (evening.most_to_one, evening.refused) == (1, 0)


def test_few_chats_with_many_wins_get_one_message_a_second() -> None:
    evening = play(2, lambda town: drain(town, 5, 100))
    assert 19 <= evening.seconds <= 25
    assert (evening.most_to_one, evening.refused) == (1, 0)


async def answer_meanwhile(town: Town) -> float:
    """How long somebody who presses a button in the middle of the evening waits for the answer."""
    await town.open_chats(*range(1, 1001))
    for chat in range(1, 1000):
        await town.say(chat, f"win-{chat}.")
    town.start_worker()
    await asyncio.sleep(5)
    asked = town.wire.clock.now()
    await town.say(1000, "answer", Urgency.ANSWER)
    await town.settle()
    [shown] = [message.at for message in town.wire.shown if "answer" in message.text]
    return (shown - asked).total_seconds()


def test_an_answer_does_not_wait_behind_the_evening() -> None:
    assert play(3, answer_meanwhile) < 0.5

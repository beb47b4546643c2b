"""Whatever Telegram and the machines do: nothing is lost, each chat's order is kept, and we are never too fast."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from service.urgency import Urgency
from tests.sender.town import Town, play
from tests.sender.wire import Weather

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
"""A killed worker's coroutines complain when they are collected."""

CHATS = range(1, 9)
BLOCKED = 7
HOUR = 3600.0

CALM = Weather()
STORM = Weather(lost=0.1, answer_lost=0.1, refused=0.1)
OUTAGE = Weather(outage=(60, 60 + 2 * HOUR))

Queued = dict[int, list[str]]


async def live(town: Town, crashes: int) -> Queued:
    """Messages come to all chats, in fits and starts, while workers die and others start; what was queued, by chat."""
    dice, queued = town.loop.random("story"), Queued()
    await town.open_chats(*CHATS)
    for _ in range(2):
        town.start_worker()
    for number in range(60):
        chat_id = dice.choice(CHATS)
        await town.say(chat_id, f"message-{number}.", dice.choice(list(Urgency)))
        queued.setdefault(chat_id, []).append(f"message-{number}.")
        await asyncio.sleep(dice.choice((0, 0, 0.1, 3)))
        if crashes and dice.random() < 0.2:
            crashes -= 1
            town.loop.crash(dice.choice(town.workers))
            town.start_worker()
    town.wire.weather = Weather(outage=town.wire.weather.outage)
    await town.settle()
    return queued


def first_shown(town: Town, queued: Queued) -> dict[int, list[str]]:
    """What each chat saw, by the first time of each."""
    seen: dict[int, list[str]] = defaultdict(list)
    for message in town.wire.shown:
        [name] = [name for name in queued[message.chat_id] if name in message.text]
        if name not in seen[message.chat_id]:
            seen[message.chat_id].append(name)
    return seen


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("weather", [CALM, STORM, OUTAGE], ids=["calm", "storm", "outage"])
def test_all_comes_in_its_order_and_never_too_fast(weather: Weather, seed: int) -> None:
    crashes = 4 if seed % 2 else 0

    async def story(town: Town) -> None:
        queued = await live(town, crashes)
        assert first_shown(town, queued) == queued
        assert town.wire.answers["429"] == 0
        twice = len(town.wire.shown) - sum(map(len, queued.values()))
        assert twice == 0 or weather is STORM or crashes

    play(seed, story, weather)


@pytest.mark.parametrize("seed", range(5))
def test_who_closed_the_chat_is_not_called_again_and_the_others_are_served(seed: int) -> None:
    async def story(town: Town) -> None:
        town.wire.blocked = {BLOCKED}
        queued = await live(town, crashes=0)
        assert town.wire.answers["403"] == 1
        shown = first_shown(town, queued)
        assert BLOCKED not in shown
        assert shown == {chat_id: names for chat_id, names in queued.items() if chat_id != BLOCKED}
        async with town.store.transaction() as tx:
            chat = await tx.chat(BLOCKED)
        assert chat is not None
        assert chat.unreachable_at is not None

    play(seed, story)


async def evening_with_money(town: Town, crowd: int, paid: Sequence[int]) -> list[float]:
    """How long each word about money took, in the middle of a crowd of wins."""
    await town.open_chats(*range(1, crowd + 1 + len(paid)))
    for chat_id in range(1, crowd + 1):
        await town.say(chat_id, f"win-{chat_id}.")
    town.start_worker()
    asked = {}
    for number, pause in enumerate(paid):
        await asyncio.sleep(pause)
        asked[f"money-{number}."] = town.wire.clock.now()
        await town.say(crowd + 1 + number, f"money-{number}.", Urgency.MONEY)
    await town.settle()
    shown = {name: message.at for name in asked for message in town.wire.shown if name in message.text}
    return [(shown[name] - asked[name]) / timedelta(seconds=1) for name in asked]


@pytest.mark.parametrize("seed", range(3))
def test_the_payment_result_goes_before_all_wins(seed: int) -> None:
    dice = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    pauses = [dice.randint(0, 3) for _ in range(5)]
    waited = play(seed, lambda town: evening_with_money(town, 600, pauses))
    assert max(waited) < 0.5


def test_a_telegram_that_is_stricter_than_it_says_is_obeyed() -> None:
    async def story(town: Town) -> None:
        town.wire.limit(per_second=5)
        await town.open_chats(*range(1, 101))
        for chat_id in range(1, 101):
            await town.say(chat_id, f"win-{chat_id}.")
        town.start_worker()
        await town.settle()
        assert len(town.wire.shown) == 100
        assert town.wire.answers["429"] > 0
        assert town.wire.too_soon == 0

    play(1, story)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("weather", [CALM, STORM], ids=["calm", "storm"])
def test_all_that_is_meant_for_a_group_follows_it_where_it_goes(weather: Weather, seed: int) -> None:
    async def story(town: Town) -> None:
        group, dice = town.wire.open_group(), town.loop.random("story")
        names = [f"call-{number}." for number in range(30)]
        for _ in range(2):
            town.start_worker()
        moves_at, new = dice.randrange(30), group
        for number, name in enumerate(names):
            await town.say(group, name)
            await asyncio.sleep(dice.choice((0, 0, 3)))
            if number == moves_at:
                new = town.wire.upgrade(group)
        town.wire.weather = CALM
        await town.settle()
        told = [name for message in town.wire.shown for name in names if name in message.text]
        assert list(dict.fromkeys(told)) == names
        assert told == names or weather is STORM
        assert town.wire.shown[-1].chat_id == new
        assert town.wire.answers["400"] == 1
        assert town.wire.answers["429"] == 0
        assert town.wire.most_within(timedelta(minutes=1)) <= 20

    play(seed, story, weather)

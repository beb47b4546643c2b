"""A chat that was closed is open again: what could not be brought is brought, once, and behind what is answered."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flow.money import Money
from flow.offers import Act
from flow.order import Order
from service.auction_events import OrderChanged
from service.facts import ChatClosed, Command
from service.records import Passing, Preference, Topic
from service.work import Done
from tests.service.chatroom import ChatRoom
from tests.service.examples import NOW, ORDER
from tests.service.story import CHAT, Story, cancelled, given, repriced, won

CLOSED = ChatClosed(chat_id=CHAT, reason="blocked")
DEARER = Money("JPY", 13000)
FIRST, SECOND, THIRD = (
    replace(ORDER, order_id=f"o{n}", auction_id=f"t{n}", title=f"Item {n}", pay_by=NOW + timedelta(hours=n))
    for n in (1, 2, 3)
)


async def forgotten(story: Story, what: Passing) -> None:
    """So much time goes by that retention lets go of all that it may."""
    async with story.store.transaction() as tx:
        await tx.forget(what, NOW + timedelta(days=3650), 1000)


async def mute(story: Story, *topics: Topic) -> None:
    async with story.store.transaction() as tx:
        await tx.save_preference(Preference(chat_id=CHAT, zone="Asia/Tokyo", muted=frozenset(topics)))


# What was won meanwhile.


@pytest.mark.parametrize("command", [Command.START, Command.HELP])
async def test_wins_come_in_one_message_behind_the_answer(story: Story, chat: ChatRoom, command: Command) -> None:
    await story.take(CLOSED, won(FIRST), won(SECOND), won(THIRD))
    await story.take(given(command))
    assert await chat.catch_up() == {"send": 2}
    answer, digest = await chat.seen()
    assert not answer.targets
    assert digest.text.startswith("Congratulations, you won 3 items!")
    assert len(digest.targets) == 3


async def test_start_sends_what_hangs_there_once_more_and_the_rest_once(story: Story, chat: ChatRoom) -> None:
    await story.take(won(FIRST))
    await chat.catch_up()
    await story.take(CLOSED, won(SECOND))
    await story.take(given(Command.START))
    assert await chat.catch_up() == {"send": 3, "retire": 1}
    old, welcome, first, second = await chat.seen()
    assert (old.targets, welcome.targets) == ((), ())
    assert [card.text.splitlines()[0] for card in (first, second)] == ["Item 1", "Item 2"]


async def test_a_win_that_waits_is_not_sent_twice_for_a_start(story: Story, chat: ChatRoom) -> None:
    await story.take(won(FIRST), given(Command.START))
    assert await chat.catch_up() == {"send": 2}


async def test_a_muted_win_stays_muted(story: Story, chat: ChatRoom) -> None:
    await mute(story, Topic.WINS)
    await story.take(CLOSED, won(FIRST), given(Command.HELP))
    assert await chat.catch_up() == {"send": 1}


async def test_what_was_won_and_cancelled_meanwhile_is_of_no_interest(story: Story, chat: ChatRoom) -> None:
    await story.take(CLOSED, won(), cancelled(), given(Command.HELP))
    assert await chat.catch_up() == {"send": 1}


# What changed meanwhile.


async def test_a_correction_rings(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.catch_up()
    await story.take(CLOSED, cancelled(), given(Command.HELP))
    assert await chat.catch_up() == {"send": 2, "retire": 1}
    old, _, card = await chat.seen()
    assert old.targets == ()
    assert "Buyee cancelled this order" in card.text


async def test_a_correction_of_a_digests_item_is_no_win(story: Story, chat: ChatRoom) -> None:
    await story.take(won(FIRST), won(SECOND))
    await chat.catch_up()
    dearer = [OrderChanged(at=NOW, order=_dearer(order)) for order in (FIRST, SECOND)]
    await story.take(CLOSED, *dearer, won(THIRD), given(Command.HELP))
    assert await chat.catch_up() == {"send": 4, "amend": 1}
    assert "Congratulations" not in "".join(seen.text for seen in (await chat.seen())[1:])


async def test_a_correction_that_is_muted_changes_the_card_in_silence(story: Story, chat: ChatRoom) -> None:
    await mute(story, Topic.ORDERS)
    await story.take(won())
    await chat.catch_up()
    await story.take(CLOSED, repriced(DEARER), given(Command.HELP))
    assert await chat.catch_up() == {"send": 1, "edit": 1}


async def test_an_announcement_that_met_the_block_is_made_up_for(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.catch_up()
    await story.take(repriced(DEARER))
    chat.messenger.closed = True
    await chat.catch_up()
    assert (await story.chat()).unreachable_at is not None
    chat.messenger.closed = False
    story.clock.time += timedelta(minutes=1)
    await story.take(given(Command.HELP))
    assert await chat.catch_up() == {"send": 2, "retire": 1}
    assert "13,000" in (await chat.seen())[-1].text


async def test_what_nothing_happened_to_is_left_alone(story: Story, chat: ChatRoom) -> None:
    await story.take(won(FIRST), won(SECOND))
    await chat.catch_up()
    await story.take(CLOSED, given(Command.HELP))
    assert await chat.catch_up() == {"send": 1}


async def test_what_is_over_and_forgotten_is_not_sent_anew(story: Story, chat: ChatRoom) -> None:
    await story.take(won(), won(SECOND), won(THIRD))
    await chat.catch_up()
    await story.take(cancelled(), replace(cancelled(), order_id="o2"), replace(cancelled(), order_id="o3"))
    await chat.catch_up()
    await forgotten(story, "deliveries")
    await story.take(CLOSED, given(Command.HELP))
    assert await chat.catch_up() == {"send": 1}


async def test_what_is_over_and_forgotten_is_not_sent_anew_by_an_edit(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.catch_up()
    await story.take(cancelled())
    await chat.catch_up()
    await forgotten(story, "deliveries")
    await story.press(Act.PAY)
    assert await chat.waiting() == ["ShowCard"]
    assert await chat.catch_up() == {}


# Old cards that were to be made inert.


async def test_an_old_card_that_outlived_a_closed_moment_is_made_inert_later(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.catch_up()
    await story.take(repriced(DEARER))
    await chat.turn()
    await story.take(CLOSED)
    assert await chat.turn() == Done(idle=True)
    await story.take(given(Command.HELP))
    assert await chat.catch_up() == {"send": 1, "retire": 1}
    assert (await chat.seen())[0].targets == ()
    await story.take(CLOSED, given(Command.HELP))
    assert await chat.catch_up() == {"send": 1}


async def test_an_old_card_whose_edit_met_the_block_is_made_inert_later(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.catch_up()
    await story.take(repriced(DEARER))
    await chat.turn()
    chat.messenger.closed = True
    assert await chat.catch_up() == {"retire": 1}
    chat.messenger.closed = False
    story.clock.time += timedelta(minutes=1)
    await story.take(repriced(Money("JPY", 14000), 3), given(Command.HELP))
    assert await chat.catch_up() == {"send": 2, "retire": 2}
    *old, _, card = await chat.seen()
    assert [bool(each.targets) for each in (*old, card)] == [False, False, True]


# A refusal that is older than the person's last word.


async def test_a_late_refusal_closes_nothing_and_the_message_is_tried_again(story: Story, chat: ChatRoom) -> None:
    await story.take(won())

    async def write() -> None:
        story.clock.time += timedelta(seconds=1)
        await story.take(given(Command.HELP))

    chat.messenger.meanwhile = write
    chat.messenger.closed = True
    await chat.turn()
    chat.messenger.closed = False
    assert (await story.chat()).unreachable_at is None
    assert await chat.catch_up() == {"send": 2}


def _dearer(order: Order) -> Order:
    return replace(order, version=2, total=DEARER, payment_method="alipay")

"""Chats that nothing can be brought to: what waits there is told another way, until the person writes again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flow.money import Money
from flow.offers import Act
from flow.order import Order
from service.auction_events import BuyerConnected, BuyerDisconnected
from service.buyer_desk import LANGUAGE
from service.cards import Cards
from service.facts import ChatClosed, Command, WordsSaid
from service.lines import chat_line
from service.receipt import Receipt
from service.staff import Case
from service.work import CatchUp, Done, Hold, Say
from tests.service.chatroom import ChatRoom
from tests.service.examples import NOW, ORDER
from tests.service.story import CHAT, PERSON, News, Story, cancelled, claim_of, given, paid, repriced, won

CLOSED = ChatClosed(chat_id=CHAT, reason="blocked")
OTHER = replace(ORDER, order_id="o2", auction_id="t2", pay_by=None)
THIRD = replace(ORDER, order_id="o3", auction_id="t3")


def unreachable(order: Order, reason: str = "blocked") -> tuple[str, dict[str, Any]]:
    pay_by = {"pay_by": order.pay_by.isoformat()} if order.pay_by else {}
    return "buyer.unreachable", {"buyer_id": "b1", "reason": reason, "order_id": order.order_id} | pay_by


async def test_each_item_that_is_still_to_be_paid_is_told_with_its_deadline(story: Story) -> None:
    await story.take(won(), won(OTHER), won(THIRD))
    await story.take(cancelled())
    news = await story.after(CLOSED)
    assert news == News(reports=[unreachable(OTHER), unreachable(THIRD)])
    assert (await story.chat()).unreachable_at == NOW


async def test_where_nothing_is_to_be_paid_the_buyer_alone_is_named(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    news = await story.after(CLOSED)
    assert news == News(reports=[("buyer.unreachable", {"buyer_id": "b1", "reason": "blocked"})])


async def test_it_is_told_once_until_the_person_writes_again(story: Story) -> None:
    await story.take(won())
    assert await story.take(CLOSED, CLOSED) == [Receipt.TAKEN, Receipt.SEEN]
    assert (await story.news()).reported == ["buyer.unreachable"]
    await story.take(given(Command.HELP))
    await story.news()
    assert await story.take(CLOSED) == [Receipt.TAKEN]
    assert (await story.news()).reported == ["buyer.unreachable"]


async def test_what_is_won_later_is_told_as_well_and_nothing_is_queued_to_the_chat(story: Story) -> None:
    await story.take(CLOSED)
    news = await story.after(won())
    assert news == News(reports=[unreachable(ORDER, "chat closed")])
    assert (await story.after(repriced(Money("JPY", 13000)))).reported == ["buyer.unreachable"]
    assert (await story.after(cancelled())) == News()


async def test_money_that_moves_meanwhile_is_not_told_to_the_chat(story: Story) -> None:
    charge_id = await story.opened()
    await story.press(Act.NEW_LINK)
    await story.take(CLOSED, paid((await story.journey()).charge_id or ""))
    news = await story.after(paid(charge_id))
    assert (news.told, news.cards, len(news.work)) == ([], [], 1)


@pytest.mark.parametrize("word", ["words", "start", "button"])
async def test_whoever_writes_again_is_reachable(story: Story, word: str) -> None:
    await story.take(CLOSED)
    match word:
        case "words":
            await story.take(WordsSaid(person=PERSON))
        case "start":
            await story.take(given(Command.START))
        case _:
            await story.push(LANGUAGE, "en")
    assert (await story.chat()).unreachable_at is None
    assert (await story.after(won())).cards == ["announce"]


async def test_start_tells_what_is_still_to_be_paid(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id), won(OTHER), won(THIRD), CLOSED)
    news = await story.after(given(Command.START))
    assert (news.told, news.cards) == (["welcome.connected"], ["announce", "announce"])


async def test_whatever_is_written_the_cards_that_fell_behind_catch_up(story: Story) -> None:
    await story.take(won())
    assert (await story.after(given(Command.HELP))).work == []
    await story.take(CLOSED)
    assert (await story.after(given(Command.HELP))).work == [CatchUp(chat_id=CHAT)]


async def test_a_chat_without_a_buyer_is_left_in_peace_too(story: Story) -> None:
    await story.take(BuyerDisconnected(at=NOW.replace(hour=6), buyer_id="b1"))
    assert await story.after(CLOSED) == News()
    assert (await story.chat()).unreachable_at == NOW


async def test_a_chat_that_is_not_known_is_declined(story: Story) -> None:
    assert await story.take(ChatClosed(chat_id=8, reason="blocked")) == [Receipt.DECLINED]


async def test_nothing_is_queued_to_a_closed_chat_whoever_speaks(story: Story) -> None:
    await story.take(CLOSED)
    ended = await story.after(BuyerDisconnected(at=NOW.replace(hour=6), buyer_id="b1"))
    again = await story.after(BuyerConnected(at=NOW.replace(hour=7), buyer_id="b1", telegram_user_id=CHAT))
    assert (ended.told, again.told) == ([], [])


# The support chat can be a private one, too.


async def test_no_call_for_staff_is_lost_while_a_private_support_chat_is_closed(story: Story, chat: ChatRoom) -> None:
    rules = replace(story.rules, support_chat_id=CHAT)
    cards = Cards(story.store, chat.messenger, story.desk, rules, story.clock, story.names, ("en",))
    call = Say(chat_id=CHAT, text="staff.case", texts={"why": "staff.buyer_asked"}, values=Case().values())
    claim = replace(claim_of(call), line=chat_line(CHAT))
    chat.messenger.closed = True
    held = [await cards.say(call, replace(claim, attempts=attempt)) for attempt in (1, 2, 3)]
    assert [type(outcome) for outcome in held] == [Hold, Hold, Hold]
    assert (await story.chat()).unreachable_at is not None
    chat.messenger.closed = False
    assert await cards.say(call, replace(claim, attempts=4)) == Done()
    assert len(await chat.seen()) == 1


async def test_a_refusal_older_than_the_last_word_closes_nothing(story: Story) -> None:
    story.clock.time += timedelta(minutes=1)
    await story.take(given(Command.HELP))
    assert await story.take(replace(CLOSED, at=NOW)) == [Receipt.SEEN]
    assert (await story.chat()).unreachable_at is None
    assert await story.take(replace(CLOSED, at=story.clock.time)) == [Receipt.TAKEN]

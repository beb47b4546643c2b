"""An auction evening ends: wins that wait when the chat's turn comes are told in one message."""

from dataclasses import replace
from datetime import timedelta

from flow.linked import Alipay
from flow.money import Money
from flow.order import Order
from flow.states import Payment
from service.auction_events import BidWon, BuyerConnected, BuyerDisconnected, OrderChanged
from service.digests import MOST_LINES
from service.facts import BuyerTold, Command, Intent, ItemMissing
from service.records import Preference, Topic
from service.work import Dead, Done, Hold
from tests.service.chatroom import ChatRoom
from tests.service.examples import NOW, ORDER
from tests.service.story import CHAT, ITEM, Story, alipay_is, given, won


def item(number: int, hours: int | None = 48) -> Order:
    """A won item, to be paid in so many hours."""
    pay_by = NOW + timedelta(hours=hours) if hours is not None else None
    return replace(ORDER, order_id=f"o{number}", auction_id=f"t{number}", title=f"Item {number}", pay_by=pay_by)


async def test_a_win_that_is_alone_goes_at_once_as_its_card(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1)))
    assert await chat.catch_up() == {"send": 1}
    [card] = await chat.seen()
    assert card.text.startswith("Item 1\nStep ")


async def test_wins_that_wait_are_told_in_one_message_the_nearest_deadline_first(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1, 48)), won(item(2, None)), won(item(3, 6)))
    assert await chat.turn() == Done()
    assert await chat.waiting() == []
    [digest] = await chat.seen()
    assert digest.text.split("\n\n") == [
        "Congratulations, you won 3 items!\nTap an item below to pay for it.",
        "1. Item 3\nTotal: 12,300 Japanese yen\nPlease pay by: Nov 23 20:32 Tokyo time",
        "2. Item 1\nTotal: 12,300 Japanese yen\nPlease pay by: Nov 25 14:32 Tokyo time",
        "3. Item 2\nTotal: 12,300 Japanese yen",
    ]
    assert len(set(digest.targets)) == 3


async def test_the_first_goes_alone_and_what_came_meanwhile_together(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1)))
    await chat.turn()
    await story.take(won(item(2)), won(item(3)))
    await chat.catch_up()
    first, rest = await chat.seen()
    assert first.text.startswith("Item 1\n")
    assert ("Item 2" in rest.text, "Item 3" in rest.text, "Item 1" in rest.text) == (True, True, False)


async def test_each_button_draws_its_items_card_below(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1)), won(item(2)))
    await chat.catch_up()
    [digest] = await chat.seen()
    for target in digest.targets:
        await chat.press(target)
    assert await chat.catch_up() == {"send": 2}
    unchanged, *cards = await chat.seen()
    assert unchanged == digest
    assert [card.text.splitlines()[0] for card in cards] == ["Item 1", "Item 2"]


async def test_what_is_too_long_for_one_message_goes_in_two(story: Story, chat: ChatRoom) -> None:
    await story.take(*(won(item(number)) for number in range(MOST_LINES + 3)))
    assert await chat.catch_up() == {"send": 2}
    parts = await chat.seen()
    assert [len(part.targets) for part in parts] == [MOST_LINES, 3]
    told = [line for part in parts for line in part.text.splitlines() if "Item" in line]
    assert sorted(line.split("Item ")[1] for line in told) == sorted(str(n) for n in range(MOST_LINES + 3))


async def test_one_item_too_many_comes_as_its_card(story: Story, chat: ChatRoom) -> None:
    await story.take(*(won(item(number)) for number in range(MOST_LINES + 1)))
    await chat.catch_up()
    digest, card = await chat.seen()
    assert (len(digest.targets), card.text.splitlines()[0]) == (MOST_LINES, f"Item {MOST_LINES}")


async def test_what_else_waits_keeps_its_place(story: Story, chat: ChatRoom) -> None:
    await story.take(ItemMissing(chat_id=CHAT), won(item(1)), ItemMissing(chat_id=CHAT), won(item(2)))
    await chat.catch_up()
    assert [seen.text.split(",")[0][:15] for seen in await chat.seen()] == [
        "Buyee does not ",
        "Congratulations",
        "Buyee does not ",
    ]


async def test_news_of_an_item_that_was_told_before_is_not_among_the_wins(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1)))
    await chat.catch_up()
    dearer = replace(item(1), version=2, total=Money("JPY", 13000), payment_method="alipay")
    await story.take(won(item(2)), OrderChanged(at=NOW, order=dearer), won(item(3)))
    assert await chat.catch_up() == {"send": 2, "retire": 1}
    _, digest, card = await chat.seen()
    assert ("Item 1" in digest.text, card.text.splitlines()[0]) == (False, "Item 1")


async def test_items_without_alipay_are_told_among_them(story: Story, chat: ChatRoom) -> None:
    other = BidWon(at=NOW, order=replace(item(1), payment_method="other"))
    await story.take(other, won(item(2)))
    await chat.catch_up()
    [digest] = await chat.seen()
    await chat.press(digest.targets[0])
    await chat.catch_up()
    assert (await story.journey("o1")).state is Payment.CHOOSING
    assert "Alipay is not chosen as its payment method yet" in (await chat.seen())[-1].text


async def test_a_muted_win_is_in_no_digest(story: Story, chat: ChatRoom) -> None:
    async with story.store.transaction() as tx:
        await tx.save_preference(Preference(chat_id=CHAT, zone="Asia/Tokyo", muted=frozenset({Topic.WINS})))
    await story.take(won(item(1)))
    async with story.store.transaction() as tx:
        await tx.save_preference(Preference(chat_id=CHAT, zone="Asia/Tokyo"))
    await story.take(won(item(2)), won(item(3)))
    async with story.store.transaction() as tx:
        await tx.save_preference(Preference(chat_id=CHAT, zone="Asia/Tokyo", muted=frozenset({Topic.WINS})))
    assert await chat.catch_up() == {"send": 1}
    [digest] = await chat.seen()
    assert ("Item 1" in digest.text, len(digest.targets)) == (False, 2)


async def test_a_crash_after_the_send_repeats_the_same_digest_once(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1)), won(item(2)))
    chat.messenger.dies = True
    assert await chat.catch_up() == {"send": 2}
    first, second = await chat.seen()
    assert first.text == second.text
    await chat.press(first.targets[0])
    assert await chat.catch_up() == {"send": 1}


async def test_what_waits_for_telegram_takes_along_what_is_won_meanwhile(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1)), won(item(2)))
    await chat.phones.fail("send", "too_many_requests", seconds=7)
    assert isinstance(await chat.turn(), Hold)
    assert await chat.waiting() == ["ShowCard", "ShowCard"]
    await story.take(won(item(3)))
    await chat.pass_time()
    await chat.catch_up()
    [digest] = await chat.seen()
    assert len(digest.targets) == 3


async def test_a_card_of_the_auction_is_brought_up_to_date_in_its_place(story: Story, chat: ChatRoom) -> None:
    auction = replace(ITEM, auction_id="t1")
    await story.take(BuyerTold(buyer_id="b1", intent=Intent.ITEM, alipay=Alipay.LINKED, at=NOW, item=auction))
    await chat.catch_up()
    await story.take(won(item(1)), won(item(2)))
    assert await chat.catch_up() == {"send": 1, "edit": 1}
    card, digest = await chat.seen()
    assert "it is waiting for your payment" in card.text
    assert digest.text.startswith("Congratulations, you won 2 items!")


async def test_who_connects_later_finds_all_items_in_one_message(story: Story, chat: ChatRoom) -> None:
    await story.take(BuyerDisconnected(at=NOW + timedelta(minutes=1), buyer_id="b1"))
    await story.take(won(item(1)), won(item(2)))
    await chat.catch_up()
    await story.take(BuyerConnected(at=NOW + timedelta(minutes=2), buyer_id="b1", telegram_user_id=CHAT))
    await chat.catch_up()
    goodbye, hello, digest = await chat.seen()
    assert "no longer connected" in goodbye.text
    assert hello.text.startswith("Hello")
    assert len(digest.targets) == 2


async def test_a_chat_that_is_closed_gets_none_and_every_item_is_told_another_way(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1)), won(item(2)))
    await chat.phones.leave(CHAT, "block")
    assert isinstance(await chat.turn(), Dead)
    await chat.catch_up()
    assert (await story.chat()).unreachable_at is not None
    assert (await story.news()).reported == ["buyer.unreachable"] * 2


async def test_of_a_digest_that_is_refused_all_but_the_item_to_blame_are_told(story: Story, chat: ChatRoom) -> None:
    await story.take(*(won(item(number)) for number in (1, 2, 3, 4)))
    chat.messenger.unfit = "Item 2"
    assert await chat.catch_up() == {"send": 5}
    assert [card.text.splitlines()[0] for card in await chat.seen()] == ["Item 1", "Item 3", "Item 4"]
    [dead] = await story.pool.fetch("select body, reason from work where dead_at is not null")
    assert ((await story.journey("o2")).id in dead["body"], dead["reason"]) == (True, "message is not fit")


async def test_start_shows_every_card_and_repeats_no_digest(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1)), won(item(2)))
    await chat.catch_up()
    await story.take(given(Command.START))
    assert await chat.catch_up() == {"send": 3}
    assert [seen.text.splitlines()[0] for seen in (await chat.seen())[2:]] == ["Item 1", "Item 2"]


async def test_steps_of_the_buyer_leave_the_digest_alone(story: Story, chat: ChatRoom) -> None:
    await story.take(won(item(1)), won(item(2)))
    await chat.catch_up()
    [digest] = await chat.seen()
    await chat.press(digest.targets[0])
    await chat.catch_up()
    pay = (await chat.seen())[-1].targets[0]
    await chat.press(pay)
    assert await chat.catch_up() == {"edit": 1}
    await story.take(alipay_is(Alipay.NOT_LINKED))
    assert await chat.catch_up() == {"edit": 1}
    assert (await chat.seen())[0] == digest

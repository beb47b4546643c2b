"""The auction house changes its mind: what hangs in the chat follows, and the buyer is told once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flow.money import Money
from flow.offers import Act
from flow.order import Order
from flow.states import Payment
from service.auction_events import OrderCancelled, OrderChanged, OrderPaid
from service.facts import ChatClosed, Command, Fact, LandingOpened, OrdersListed
from service.records import ChargeState
from service.work import Done, Hold
from tests.contract.messengers import Fault
from tests.service.chatroom import ChatRoom
from tests.service.examples import NOW, ORDER
from tests.service.story import CHAT, Story, given, paid, won

DEARER = Money("JPY", 13000)
FIRST, SECOND = (
    replace(ORDER, order_id=f"o{n}", auction_id=f"t{n}", title=f"Item {n}", payment_method="alipay") for n in (1, 2)
)


def changed(order: Order, version: int, **values: Any) -> OrderChanged:
    return OrderChanged(at=NOW, order=replace(order, version=version, **values))


REPRICED = changed(FIRST, 2, total=DEARER)
POSTPONED = changed(FIRST, 2, pay_by=NOW + timedelta(hours=3))
CANCELLED = OrderCancelled(at=NOW, order_id="o1", buyer_id="b1", version=2)
ELSEWHERE = OrderPaid(at=NOW, order_id="o1", buyer_id="b1", version=2, paid_with="card", paid_at=NOW)
UNLISTED = OrdersListed(buyer_id="b1", at=NOW, gone=(("o1", 1),))

CORRECTIONS = [
    pytest.param(REPRICED, "The price of this order has changed: 13,000 Japanese yen", id="repriced"),
    pytest.param(POSTPONED, "has changed the time by which this order is to be paid", id="deadline"),
    pytest.param(CANCELLED, "Buyee cancelled this order", id="cancelled"),
    pytest.param(ELSEWHERE, "is already paid in another way", id="paid-elsewhere"),
]
corrections = pytest.mark.parametrize(("correction", "words"), CORRECTIONS)
ends = pytest.mark.parametrize("end", [CANCELLED, ELSEWHERE], ids=["cancelled", "paid-elsewhere"])


async def told_together(story: Story, chat: ChatRoom) -> None:
    """Two items are won, and shown in one message."""
    await story.take(won(FIRST), won(SECOND))
    await chat.catch_up()


# An item that has its card.


@corrections
async def test_the_old_card_becomes_inert_and_a_new_one_rings_once(
    story: Story, chat: ChatRoom, correction: Fact, words: str
) -> None:
    await story.take(won(FIRST))
    await chat.catch_up()
    await story.take(correction, correction)
    assert await chat.catch_up() == {"send": 1, "retire": 1}
    old, new = await chat.seen()
    assert (old.targets, old.text) == ((), "Item 1\nThere is a newer card for this further down.")
    assert words in new.text
    assert bool(new.targets) is isinstance(correction, OrderChanged)


@ends
@pytest.mark.parametrize("is_opened", [True, False])
async def test_a_link_is_void_once_the_order_is_over(
    story: Story, chat: ChatRoom, end: OrderCancelled | OrderPaid, is_opened: bool
) -> None:
    await story.take(won(FIRST))
    await story.press(Act.PAY, Act.USE_ALIPAY)
    charge_id = await story.open_link() if is_opened else (await story.journey()).charge_id or ""
    await chat.catch_up()
    await story.take(end)
    await chat.catch_up()
    charge = await story.charge(charge_id)
    assert charge.void
    assert "https://pay.example.com/go/" not in str(await chat.seen())
    kinds = [type(work).__name__ for work in (await story.news()).work]
    assert ("CancelCharge" in kinds) is is_opened


async def test_what_is_not_listed_any_more_ends_as_what_is_cancelled_and_leads_to_a_person(
    story: Story, chat: ChatRoom
) -> None:
    await story.take(won(FIRST))
    await story.press(Act.PAY, Act.USE_ALIPAY)
    await chat.catch_up()
    await story.take(UNLISTED, UNLISTED)
    assert await chat.catch_up() == {"send": 1, "retire": 1}
    old, new = await chat.seen()
    assert old.targets == ()
    assert "no longer lists this order among those to be paid" in new.text
    assert "https://pay.example.com/go/" not in str(new.targets)
    assert (await story.charge((await story.journey()).charge_id or "")).void


async def test_a_new_price_voids_the_link_for_the_old_one_and_brings_its_own(story: Story, chat: ChatRoom) -> None:
    await story.take(won(FIRST))
    await story.press(Act.PAY, Act.USE_ALIPAY)
    await chat.catch_up()
    old = await story.charge((await story.journey()).charge_id or "")
    [card] = await chat.seen()
    assert card.targets[0].endswith(old.token)
    await story.take(REPRICED)
    await chat.catch_up()
    new = await story.charge((await story.journey()).charge_id or "")
    assert (await story.charge(old.id)).void
    assert not new.void
    assert new.amount == DEARER
    inert, card = await chat.seen()
    assert (inert.targets, card.targets[0].endswith(new.token)) == ((), True)
    await story.take(LandingOpened(charge_id=old.id, device="ios", client_ip=None))
    assert (await story.charge(old.id)).state is ChargeState.ISSUED


async def test_a_deadline_that_moves_leaves_the_link_as_it_is(story: Story, chat: ChatRoom) -> None:
    await story.take(won(FIRST))
    await story.press(Act.PAY, Act.USE_ALIPAY)
    before = await story.journey()
    await story.take(POSTPONED)
    await chat.catch_up()
    after = await story.journey()
    assert (after.state, after.charge_id) == (Payment.LINK_SENT, before.charge_id)
    assert not (await story.charge(after.charge_id or "")).void


async def test_other_words_change_the_card_in_silence(story: Story, chat: ChatRoom) -> None:
    await story.take(won(FIRST))
    await chat.catch_up()
    await story.take(changed(FIRST, 2, title="Another name"))
    assert await chat.catch_up() == {"edit": 1}
    [card] = await chat.seen()
    assert card.text.startswith("Another name\n")


# An item that was told with others.


@pytest.mark.parametrize(
    ("correction", "says"),
    [
        pytest.param(
            REPRICED,
            ["Total: 13,000 Japanese yen", "Please pay by: Nov 25 14:32 Tokyo time", "The price has changed"],
            id="repriced",
        ),
        pytest.param(
            POSTPONED,
            ["Total: 12,300 Japanese yen", "Please pay by: Nov 23 17:32 Tokyo time", "The deadline has moved"],
            id="deadline",
        ),
        pytest.param(CANCELLED, ["Cancelled by Buyee"], id="cancelled"),
        pytest.param(ELSEWHERE, ["Paid in another way"], id="paid-elsewhere"),
        pytest.param(UNLISTED, ["No longer among the unpaid orders at Buyee"], id="gone"),
    ],
)
async def test_the_digest_follows_and_the_buyer_is_told_once(
    story: Story, chat: ChatRoom, correction: Fact, says: list[str]
) -> None:
    await told_together(story, chat)
    await story.take(correction, correction)
    assert await chat.catch_up() == {"send": 1, "amend": 1}
    digest, card = await chat.seen()
    assert card.text.startswith("Item 1\n")
    [line] = [part for part in digest.text.split("\n\n") if "Item 1" in part]
    assert line.splitlines()[1:] == says
    assert len(digest.targets) == (2 if isinstance(correction, OrderChanged) else 1)


@ends
async def test_an_old_button_of_the_digest_shows_that_it_is_over(
    story: Story, chat: ChatRoom, end: OrderCancelled | OrderPaid
) -> None:
    await told_together(story, chat)
    [digest] = await chat.seen()
    await story.take(end)
    await chat.catch_up()
    await chat.press(digest.targets[0])
    await chat.catch_up()
    *_, card = await chat.seen()
    assert (card.text.splitlines()[0], card.targets) == ("Item 1", ())


async def test_what_is_paid_is_struck_without_a_word_of_its_own(story: Story, chat: ChatRoom) -> None:
    await told_together(story, chat)
    await story.press(Act.PAY, Act.USE_ALIPAY)
    await chat.catch_up()
    await story.take(paid(await story.open_link()))
    await chat.catch_up()
    digest = (await chat.seen())[0]
    assert "1. Item 1\nPaid" in digest.text
    assert len(digest.targets) == 1
    assert sum("Paid, thank you!" in seen.text for seen in await chat.seen()) == 1


async def test_once_all_is_over_the_digest_has_no_buttons(story: Story, chat: ChatRoom) -> None:
    await told_together(story, chat)
    await story.take(CANCELLED, replace(CANCELLED, order_id="o2"))
    await chat.catch_up()
    digest = (await chat.seen())[0]
    assert digest.targets == ()
    assert digest.text.count("Cancelled by Buyee") == 2
    assert "Tap" not in digest.text


async def test_many_changes_are_one_edit_of_the_digest(story: Story, chat: ChatRoom) -> None:
    await told_together(story, chat)
    await story.take(*(changed(FIRST, version, total=Money("JPY", 13000 + version)) for version in range(2, 6)))
    await story.take(replace(CANCELLED, order_id="o2"))
    for _ in range(5):
        await chat.turn()
    assert await chat.waiting() == ["RedrawDigest"]
    assert await chat.catch_up() == {"amend": 1}
    digest = (await chat.seen())[0]
    assert "Total: 13,005 Japanese yen" in digest.text
    assert "Cancelled by Buyee" in digest.text


async def test_another_change_before_the_digest_is_redrawn_is_told_as_well(story: Story, chat: ChatRoom) -> None:
    await told_together(story, chat)
    await story.take(REPRICED)
    await chat.turn()
    assert await chat.waiting() == ["RedrawDigest"]
    await story.take(changed(FIRST, 3, total=Money("JPY", 14000)))
    assert await chat.catch_up() == {"amend": 1, "send": 1, "retire": 1}
    assert "14,000" in (await chat.seen())[-1].text


async def test_what_changed_while_the_chat_was_closed_is_mended_and_told_when_the_person_writes_again(
    story: Story, chat: ChatRoom
) -> None:
    await told_together(story, chat)
    await story.take(ChatClosed(chat_id=CHAT, reason="blocked"), CANCELLED)
    assert await chat.catch_up() == {}
    await story.take(given(Command.HELP))
    assert await chat.catch_up() == {"amend": 1, "send": 2}
    digest, _, card = await chat.seen()
    assert "Cancelled by Buyee" in digest.text
    assert "Buyee cancelled this order" in card.text


async def test_a_digest_that_the_buyer_deleted_is_not_sent_again(story: Story, chat: ChatRoom) -> None:
    await told_together(story, chat)
    [digest] = await chat.seen()
    await chat.phones.delete(CHAT, digest.id)
    await story.take(CANCELLED)
    await chat.catch_up()
    [card] = await chat.seen()
    assert "Buyee cancelled this order" in card.text


async def test_an_edit_of_the_digest_that_must_wait_is_made_later(story: Story, chat: ChatRoom) -> None:
    await told_together(story, chat)
    await story.take(CANCELLED)
    await chat.turn()
    await chat.phones.fail("edit", "too_many_requests", seconds=7)
    outcome = await chat.turn()
    assert isinstance(outcome, Hold)
    assert outcome.delay == timedelta(seconds=7)
    await chat.pass_time()
    await chat.catch_up()
    assert "Cancelled by Buyee" in (await chat.seen())[0].text


# News that comes while the announcement still waits.


@corrections
async def test_only_the_newest_state_is_told_and_only_once(
    story: Story, chat: ChatRoom, correction: Fact, words: str
) -> None:
    await story.take(won(FIRST), correction)
    assert await chat.catch_up() == {"send": 1}
    [card] = await chat.seen()
    assert words in card.text


async def test_a_new_price_that_comes_in_time_stands_in_the_digest_and_is_not_told_again(
    story: Story, chat: ChatRoom
) -> None:
    await story.take(won(FIRST), won(SECOND), REPRICED)
    assert await chat.catch_up() == {"send": 1}
    [digest] = await chat.seen()
    assert "Item 1\nTotal: 13,000 Japanese yen" in digest.text
    assert await chat.waiting() == []


async def test_what_is_cancelled_in_time_is_not_among_the_wins(story: Story, chat: ChatRoom) -> None:
    third = replace(SECOND, order_id="o3", auction_id="t3", title="Item 3")
    await story.take(won(FIRST), won(SECOND), won(third), CANCELLED)
    assert await chat.catch_up() == {"send": 2}
    over, digest = await chat.seen()
    assert "Buyee cancelled this order" in over.text
    assert "Item 1" not in digest.text
    assert len(digest.targets) == 2


# Making the old card inert is work of its own.


@pytest.mark.parametrize("fault", ["too_many_requests", "server_error", "timeout", "lost_answer"])
async def test_an_old_card_that_cannot_be_edited_now_is_edited_later(
    story: Story, chat: ChatRoom, fault: Fault
) -> None:
    await story.take(won(FIRST))
    await chat.catch_up()
    await story.take(REPRICED)
    await chat.turn()
    await chat.phones.fail("retire", fault, seconds=7)
    assert isinstance(await chat.turn(), Hold)
    assert await chat.waiting() == ["RetireCard"]
    await chat.pass_time()
    await chat.catch_up()
    old, _ = await chat.seen()
    assert old.targets == ()


async def test_an_old_card_that_can_never_be_edited_is_of_no_consequence(story: Story, chat: ChatRoom) -> None:
    await story.take(won(FIRST))
    await chat.catch_up()
    await story.take(REPRICED)
    await chat.turn()
    chat.messenger.refuses = True
    assert await chat.turn() == Done()
    assert (await chat.log("view", "result", "reason"))[-1] == ("RetiredCard", "refused", "message is too old")


async def test_an_old_card_that_is_gone_is_left_alone(story: Story, chat: ChatRoom) -> None:
    await story.take(won(FIRST))
    await chat.catch_up()
    [card] = await chat.seen()
    await chat.phones.delete(CHAT, card.id)
    await story.take(REPRICED)
    await chat.turn()
    assert await chat.turn() == Done()
    assert len(await chat.seen()) == 1


async def test_a_crash_after_the_new_card_leaves_one_that_works_and_the_others_inert(
    story: Story, chat: ChatRoom
) -> None:
    await story.take(won(FIRST))
    await chat.catch_up()
    await story.take(REPRICED)
    chat.messenger.dies = True
    assert await chat.catch_up() == {"send": 2, "retire": 1}
    old, _, newest = await chat.seen()
    assert (old.targets, bool(newest.targets)) == ((), True)

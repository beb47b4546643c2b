"""A buyer who blocked the bot: nothing more is sent, the auction house hears what waits, and all is told later."""

import pytest

from tests.journeys.books import assert_books_agree
from tests.journeys.buyers import Buyer, opened_up, paid_for, won
from tests.journeys.stage import CAMERA, LINKED, NEW, RADIO, Stage
from tests.journeys.test_orders import order


async def test_each_unpaid_item_is_told_to_the_auction_house_with_its_deadline(stage: Stage) -> None:
    buyer = await blocked(stage)

    told = [event["data"] for event in await stage.outcomes("buyer.unreachable")]

    assert sorted(each["order_id"] for each in told) == sorted([buyer.orders[0], "A1"])
    assert all(each["pay_by"] and each["buyer_id"] == LINKED for each in told)


async def test_nothing_more_is_sent_and_what_is_won_meanwhile_is_told_too(stage: Stage) -> None:
    await blocked(stage)

    await stage.tells("bid.won", order("A2"))
    await stage.tells("order.changed", order("A2", version=2, total=9000))

    orders = [event["data"]["order_id"] for event in await stage.outcomes("buyer.unreachable")]
    assert orders[2:] == ["A2", "A2"]
    assert await stage.dead() == []


@pytest.mark.parametrize("refusal", ["blocked", "deactivated"])
async def test_whom_telegram_refuses_to_write_to_is_left_in_peace_after_the_first_try(
    stage: Stage, refusal: str
) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    await stage.telegram_fails(refusal, chat_id=buyer.person.id, times=1)

    for order_id in ("A1", "A2"):
        await stage.tells("bid.won", order(order_id))

    orders = [event["data"]["order_id"] for event in await stage.outcomes("buyer.unreachable")]
    assert sorted(orders[:2]) == sorted([buyer.orders[0], "A1"])
    assert orders[2:] == ["A2"]
    assert [kind for kind, _ in await stage.dead()] == ["ShowCard"]
    assert await buyer.texts_seen("payment.won") == 1


async def test_a_start_brings_every_unpaid_card(stage: Stage) -> None:
    buyer = await blocked(stage)
    await stage.tells("order.changed", order("A1", version=2, total=8000))
    await stage.tells("bid.won", order("A2"))

    await buyer.person.start()

    await buyer.has_seen("welcome.connected")
    await stage.quiet()
    cards = [card["text"] for card in await buyer.person.messages() if buyer.says(card, "payment.won")]
    assert len(cards) == 3
    assert any("Item of A1" in card and "8,000" in card for card in cards)
    assert any("Item of A2" in card for card in cards)
    await stage.tells("bid.won", order("A3"))
    assert "Item of A3" in (await buyer.sees("payment.won"))["text"]


async def test_money_that_comes_while_the_bot_is_blocked_is_told_afterwards(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.blocks(buyer)

    await stage.portal("pay")
    assert (await stage.outcome("payment.completed"))["order_id"] == buyer.orders[0]
    await buyer.person.start()

    await buyer.has_seen("payment.paid")
    await assert_books_agree(stage)


async def test_where_nothing_waits_the_buyer_alone_is_named(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=paid_for(CAMERA))

    await stage.blocks(buyer)

    assert "order_id" not in await stage.outcome("buyer.unreachable")


async def test_somebody_who_blocks_the_bot_does_not_stop_the_others(stage: Stage) -> None:
    await blocked(stage)
    other = await stage.buyer(NEW)

    await other.shows(RADIO)

    await other.sees("verification.offered")


async def blocked(stage: Stage) -> Buyer:
    """A buyer who blocked the bot with two items unpaid."""
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    await stage.tells("bid.won", order("A1"))
    await buyer.sees("payment.won")
    await stage.blocks(buyer)
    return buyer

"""What the auction house tells of orders: doubled, out of order, changed, cancelled, paid elsewhere."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from flow.offers import Act as Button
from sandbox.person import links
from tests.journeys.buyers import Json, linked_up, opened, won
from tests.journeys.stage import CAMERA, LINKED, Stage


async def test_the_same_event_twice_has_one_effect(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    body, headers = stage.event("bid.won", order())

    answers = [await stage.post("/auction/events", body, headers) for _ in range(2)]

    assert answers == [202, 202]
    await buyer.sees("payment.won")
    await stage.quiet()
    assert await buyer.texts_seen("payment.won") == 1


async def test_the_same_order_under_two_event_ids_has_one_effect(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)

    for _ in range(2):
        await stage.tells("bid.won", order())

    assert await buyer.texts_seen("payment.won") == 1


async def test_an_order_that_is_cancelled_before_it_was_won_is_never_shown(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)

    await stage.tells("order.cancelled", {"order_id": "A1", "buyer_id": LINKED, "version": 2})
    await stage.tells("bid.won", order(version=1))

    await buyer.sees("connected")
    assert await stage.pool.fetchval("select count(*) from journey") == 0


async def test_an_older_price_does_not_come_back(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await stage.tells("bid.won", order(version=1, total=1000))
    await stage.tells("order.changed", order(version=3, total=3000))

    await stage.tells("order.changed", order(version=2, total=2000))

    assert "3,000" in (await buyer.sees("payment.won"))["text"]


async def test_a_new_price_voids_the_open_link_and_brings_a_new_one_at_once(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    old = await buyer.landing()

    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/price", {"price": "20000"})

    card = await buyer.sees("note.repriced")
    assert buyer.says(card, "payment.link_sent")
    assert "20,500" in card["text"]
    assert await stage.page(old) == 410
    await buyer.pays()
    await buyer.sees("payment.paid")
    assert [charge["paid"] for charge in await stage.charges()] == ["20500"]
    assert (await buyer.person.told("payment.completed"))["data"]["amount"]["value"] == "20500"


async def test_a_new_price_closes_the_charge_that_was_open_at_alipay(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[*linked_up(CAMERA), opened])

    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/price", {"price": "20000"})
    await buyer.sees("note.repriced")
    await stage.quiet()

    assert [charge["status"] for charge in await stage.charges()] == ["CANCELLED"]


async def test_a_cancelled_order_voids_its_link(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    link = await buyer.landing()

    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/cancel", {"reason": "the seller withdrew"})

    card = await buyer.sees("payment.cancelled")
    assert links(card) == ()
    assert await stage.page(link) == 410


async def test_an_order_paid_elsewhere_voids_its_link(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[*linked_up(CAMERA)])
    link = await buyer.landing()

    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/paid", {"paid_with": "bank transfer"})

    await buyer.sees("payment.paid_elsewhere")
    assert await stage.page(link) == 410


async def test_money_that_comes_for_a_cancelled_order_goes_back(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    cashier = await buyer.opens_link()
    await stage.alipay_fails("http_500_before", on="cancel", times=9)
    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/cancel", {"reason": ""})
    await buyer.sees("payment.cancelled")

    await buyer.person.pay(cashier)

    await buyer.person.told("payment.refunded", order_id=buyer.orders[0])
    (charge,) = await stage.charges()
    assert (charge["paid"], charge["net"], len(charge["refunds"])) == ("13300", "0", 1)
    assert await stage.outcomes("payment.completed") == []


async def test_an_item_won_with_another_method_can_be_paid_with_alipay(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await stage.tells("bid.won", {**order(), "payment_method": None})
    await buyer.sees("payment.choosing")

    await buyer.presses(Button.CHOOSE_ALIPAY)
    await buyer.presses(Button.PAY)
    await buyer.presses(Button.USE_ALIPAY)

    await buyer.sees("payment.link_sent")


async def test_twenty_orders_at_once_are_each_told_once_in_as_many_messages_as_the_chat_bears(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    names = [f"A{uuid4().hex[:8]}" for _ in range(20)]
    events = [stage.event("bid.won", order(name)) for name in names]

    await asyncio.gather(*(stage.post("/auction/events", body, headers) for body, headers in events))

    def told(seen: list[Json]) -> list[str]:
        return sorted(name for message in seen for name in names if f"Item of {name}" in message["text"])

    await buyer.person.look(lambda seen: told(seen) == sorted(names), "all items, each once")


async def test_a_cancelled_order_keeps_the_buyers_other_item(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    await stage.tells("bid.won", order())
    await stage.tells("order.cancelled", {"order_id": "A1", "buyer_id": LINKED, "version": 2})
    await buyer.sees("payment.cancelled")

    await buyer.presses(Button.PAY)

    await buyer.has_seen("payment.selecting")


def order(order_id: str = "A1", version: int = 1, total: int = 5000, days: float = 3) -> Json:
    """Data of `bid.won` and `order.changed`, due in so many days."""
    return {
        "order_id": order_id,
        "buyer_id": LINKED,
        "auction_id": f"x{order_id.encode().hex()[:8]:0>10}".translate(str.maketrans("abcdef", "123456", "")),
        "title": f"Item of {order_id}",
        "total": {"currency": "JPY", "value": str(total)},
        "payment_method": "alipay",
        "pay_by": (datetime.now(UTC) + timedelta(days=days)).isoformat(),
        "version": version,
    }

"""The one door: each fact once, and one after the other about one buyer."""

import asyncio
from dataclasses import replace

from flow.money import Money
from flow.offers import Act
from flow.states import Payment
from service.auction_events import OrderChanged
from service.facts import Command
from service.receipt import Receipt
from tests.service.examples import NOW, ORDER
from tests.service.story import Story, given, paid


async def test_a_fact_that_comes_again_is_not_taken_again(story: Story) -> None:
    fact = given(Command.START)
    assert await story.desk.receive("update-1", fact) is Receipt.TAKEN
    assert (await story.news()).work
    assert await story.desk.receive("update-1", fact) is Receipt.SEEN
    assert not (await story.news()).work


async def test_two_payments_of_one_item_at_once_are_taken_one_after_the_other(story: Story) -> None:
    for number in range(5):
        order = replace(ORDER, order_id=f"twice-{number}", auction_id=f"t-{number}")
        first = await story.opened(order)
        await story.press(Act.NEW_LINK, order_id=order.order_id)
        second = await story.open_link(order.order_id)
        receipts = await asyncio.gather(*(story.take(paid(charge_id)) for charge_id in (first, second)))
        assert receipts == [[Receipt.TAKEN], [Receipt.TAKEN]]
        assert (await story.journey(order.order_id)).state is Payment.PAID


async def test_a_new_price_and_a_payment_at_once_see_each_other(story: Story) -> None:
    for number in range(8):
        order = replace(ORDER, order_id=f"priced-{number}", auction_id=f"p-{number}")
        charge_id = await story.opened(order)
        dearer = replace(order, payment_method="alipay", total=Money("JPY", 20000), version=2)
        receipts = await asyncio.gather(
            story.take(OrderChanged(at=NOW, order=dearer)), story.take(paid(charge_id)), story.take(paid(charge_id))
        )
        assert receipts[0] == [Receipt.TAKEN]
        assert sorted(taken for [taken] in receipts[1:]) == [Receipt.SEEN, Receipt.TAKEN]
        assert len(await story.books(charge_id)) == 1

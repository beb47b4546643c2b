"""Orders that change while a link is open or after it was paid, and what the auction house allows."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from flow.journey import Reason
from flow.linked import Alipay
from flow.money import Money
from flow.offers import Act
from flow.order import Order, PaymentMethod
from flow.states import Payment
from service.auction_events import BidWon, OrderChanged
from service.facts import Fact, OrdersListed
from service.receipt import Receipt
from service.work import CancelCharge, EndCharge
from tests.service.examples import NOW, ORDER, TOTAL
from tests.service.story import (
    Story,
    alipay_is,
    cancelled,
    changed,
    paid,
    paid_elsewhere,
    refused,
    repriced,
    won,
)

DEARER = Money("JPY", 13000)
SOON = NOW + timedelta(hours=3)


def listed(order: Order) -> OrdersListed:
    return OrdersListed(buyer_id="b1", at=NOW, orders=(order,))


async def test_a_new_price_replaces_the_link_that_is_open(story: Story) -> None:
    old = await story.opened()
    news = await story.after(repriced(DEARER))
    journey = await story.journey()
    assert (journey.state, journey.reason) == (Payment.LINK_SENT, Reason.REPRICED)
    assert (await story.charge(old)).void
    assert (await story.charge(journey.charge_id or "")).amount == DEARER
    assert news.cards == ["announce"]
    assert [type(work) for work in news.work] == [CancelCharge, EndCharge]
    await story.take(refused(old))
    assert (await story.journey()).state is Payment.LINK_SENT
    await story.take(paid(await story.open_link(), DEARER))
    assert ((await story.journey()).state, await story.books()) == (Payment.PAID, [("charge", "sales -13,000 JPY")])


async def test_a_new_price_before_the_link_is_told(story: Story) -> None:
    await story.take(won())
    news = await story.after(repriced(DEARER))
    assert (await story.journey()).state is Payment.WON
    assert ((await story.journey()).reason, news.cards) == (Reason.REPRICED, ["announce"])


async def test_a_change_in_words_leaves_the_link_as_it_is(story: Story) -> None:
    charge_id = await story.opened()
    news = await story.after(changed(title="急須"))
    assert ((await story.journey()).state, news.cards, news.work) == (Payment.OPENED, ["edit"], [])
    assert not (await story.charge(charge_id)).void


async def test_older_versions_change_nothing(story: Story) -> None:
    await story.take(won(), repriced(DEARER, version=3))
    assert await story.take(repriced(TOTAL, version=2), cancelled(version=3)) == [Receipt.SEEN, Receipt.SEEN]
    order = (await story.journey()).order
    assert order is not None
    assert order.total == DEARER


@pytest.mark.parametrize(
    ("end", "state"), [(cancelled(), Payment.CANCELLED), (paid_elsewhere(), Payment.PAID_ELSEWHERE)]
)
async def test_an_order_that_ends_while_its_link_is_open_closes_it(story: Story, end: Fact, state: Payment) -> None:
    charge_id = await story.opened()
    news = await story.after(end)
    assert ((await story.journey()).state, news.cards) == (state, ["announce"])
    assert (news.work, news.reports) == ([CancelCharge(charge_id=charge_id)], [])
    assert await story.press(Act.NEW_LINK) == [Receipt.DECLINED]
    await story.take(refused(charge_id, "CANCELLED"))
    assert ((await story.journey()).state, await story.books()) == (state, [])


async def test_the_gateway_hears_nothing_of_a_link_that_nobody_opened(story: Story) -> None:
    await story.take(won())
    await story.press(Act.PAY, Act.USE_ALIPAY)
    charge_id = (await story.journey()).charge_id or ""
    news = await story.after(cancelled())
    assert (news.work, (await story.charge(charge_id)).void) == ([], True)


@pytest.mark.parametrize("change", [repriced(DEARER), cancelled(), paid_elsewhere()])
async def test_what_changes_after_the_payment_a_person_decides(story: Story, change: Fact) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    news = await story.after(change)
    assert ((await story.journey()).state, news.calls) == (Payment.PAID, ["order_changed_after_payment"])
    assert (news.told, news.work, news.reports) == ([], [], [])


async def test_a_limit_below_the_price_is_told_instead_of_a_link(story: Story) -> None:
    await story.take(won(), alipay_is(Alipay.LINKED, limit=Money("JPY", 12299)))
    await story.press(Act.PAY)
    await story.news()
    await story.press(Act.USE_ALIPAY)
    assert (await story.news()).told == ["limit_exceeded"]
    assert (await story.journey()).state is Payment.SELECTING


@pytest.mark.parametrize("limit", [TOTAL, Money("CNY", 1), None])
async def test_a_limit_that_is_not_exceeded_is_no_obstacle(story: Story, limit: Money | None) -> None:
    await story.take(won(), alipay_is(Alipay.LINKED, limit=limit))
    await story.press(Act.PAY, Act.USE_ALIPAY)
    assert (await story.journey()).state is Payment.LINK_SENT


async def test_a_limit_that_came_later_stops_a_new_link(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(refused(charge_id), alipay_is(Alipay.LINKED, limit=Money("JPY", 1)))
    await story.news()
    await story.press(Act.NEW_LINK)
    assert ((await story.news()).told, (await story.journey()).state) == (["limit_exceeded"], Payment.LAPSED)


async def test_who_is_not_offered_alipay_gets_no_link(story: Story) -> None:
    await story.take(won(), alipay_is(Alipay.NOT_OFFERED))
    await story.press(Act.PAY)
    await story.news()
    await story.press(Act.USE_ALIPAY)
    assert (await story.news()).told == ["not_offered"]


async def test_a_deadline_may_move_before_the_payment(story: Story) -> None:
    charge_id = await story.opened()
    assert ORDER.pay_by is not None
    later = ORDER.pay_by + timedelta(days=1)
    await story.take(changed(pay_by=later))
    news = await story.after(paid(charge_id, at=later))
    assert (news.calls, (await story.journey()).reason) == ([], None)


@pytest.mark.parametrize("end", [cancelled(2), paid_elsewhere(2)], ids=["cancelled", "paid elsewhere"])
@pytest.mark.parametrize("opened_by", ["event", "list"])
async def test_an_order_that_is_due_again_is_told_and_can_be_paid(story: Story, end: Fact, opened_by: str) -> None:
    voided = await story.opened()
    await story.take(end, refused(voided, "CANCELLED"))
    again = replace(ORDER, payment_method="alipay", version=3)
    news = await story.after(won(again) if opened_by == "event" else listed(again))
    assert ((await story.journey()).state, news.cards, news.calls) == (Payment.WON, ["announce"], [])
    assert len(news.due) == 1
    await story.press(Act.PAY, Act.USE_ALIPAY)
    news = await story.after(paid(await story.open_link()))
    assert ((await story.journey()).state, news.reported) == (Payment.PAID, ["payment.completed"])


@pytest.mark.parametrize("amount", [TOTAL, Money("JPY", 1)], ids=str)
async def test_an_order_that_is_due_again_after_money_came_for_it_is_a_persons_case(
    story: Story, amount: Money
) -> None:
    charge_id = await story.opened()
    await story.take(cancelled(2), paid(charge_id, amount))
    news = await story.after(changed(3))
    assert ((await story.journey()).state, news.cards) == (Payment.CANCELLED, [])
    assert news.calls == ["order_changed_after_payment"]


async def test_an_older_version_opens_nothing_again(story: Story) -> None:
    await story.take(won(), cancelled(3))
    assert await story.take(changed(2)) == [Receipt.SEEN]
    assert (await story.after(listed(replace(ORDER, version=2)))).cards == []
    assert (await story.journey()).state is Payment.CANCELLED


@pytest.mark.parametrize(
    ("method", "state"), [("other", Payment.CHOOSING), ("alipay", Payment.WON)], ids=["other", "alipay"]
)
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"total": DEARER}, Reason.REPRICED),
        ({"pay_by": SOON}, Reason.DEADLINE_MOVED),
        ({"total": DEARER, "pay_by": SOON}, Reason.REPRICED),
    ],
    ids=["total", "deadline", "both"],
)
async def test_what_changes_together_with_the_method_is_told(
    story: Story, method: PaymentMethod, state: Payment, change: dict[str, Any], reason: Reason
) -> None:
    await story.take(BidWon(at=NOW, order=ORDER))
    order = replace(ORDER, payment_method=method, version=2, **change)
    news = await story.after(OrderChanged(at=NOW, order=order))
    journey = await story.journey()
    assert (journey.state, journey.order, journey.reason, news.cards) == (state, order, reason, ["announce"])


async def test_another_method_alone_is_no_news(story: Story) -> None:
    await story.take(BidWon(at=NOW, order=ORDER))
    news = await story.after(OrderChanged(at=NOW, order=replace(ORDER, payment_method="other", version=2)))
    assert ((await story.journey()).state, news.cards) == (Payment.CHOOSING, ["edit"])

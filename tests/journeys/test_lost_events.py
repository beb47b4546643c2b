"""Events of the auction house that never arrive: its list of unpaid orders is compared, and they are found."""

import pytest

from flow.offers import Act as Button
from tests.journeys.buyers import linked_up, opened_up, won
from tests.journeys.stage import CAMERA, LINKED, Stage


@pytest.fixture
def settings() -> dict[str, str]:
    """A round takes two seconds."""
    return {"ORDERS_CHECK_HOURS": "0.0006"}


async def test_a_win_that_was_never_told_is_found_and_can_be_paid(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await stage.house_loses("bid.won")

    await buyer.wins(CAMERA)

    await buyer.presses(Button.PAY)
    await buyer.presses(Button.USE_ALIPAY)
    await buyer.pays()
    await buyer.sees("payment.paid")
    assert (await stage.outcome("payment.completed"))["order_id"] == buyer.orders[0]


async def test_a_win_is_found_although_the_house_was_away(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED)
    await stage.house_loses("bid.won")
    stage.gate.away = 3
    await stage.telegram_fails("server_error", times=1)

    assert await stage.page(f"{stage.opened.service}/readyz") == 200
    await buyer.wins(CAMERA)

    assert stage.gate.away == 0
    assert await buyer.texts_seen("payment.won") == 1


async def test_a_new_price_that_was_never_told_is_found(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    old = await buyer.landing()
    await stage.house_loses("order.changed")

    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/price", {"price": "20000"})

    card = await buyer.sees("note.repriced")
    assert "20,500" in card["text"]
    assert await stage.page(old) == 410


@pytest.mark.parametrize("staffed", [True])
async def test_an_order_that_is_no_longer_open_cannot_be_paid_any_more(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    link = await buyer.landing()
    await stage.house_loses("order.cancelled")
    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/cancel", {"reason": ""})

    await stage.second_look()

    await buyer.sees("payment.gone")
    assert await stage.page(link) == 410
    assert (await stage.outcome("handoff.opened"))["reason"] == "order_gone"
    assert await stage.calls() == []


async def test_money_that_may_be_on_its_way_is_never_touched(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.house_loses("order.paid")
    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/paid", {"paid_with": "bank transfer"})

    await stage.second_look()

    await buyer.sees("payment.opened")
    assert [charge["status"] for charge in await stage.charges()] == ["PROCESSING"]


async def test_while_all_events_arrive_nobody_is_told_anything_twice(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[won(CAMERA)])
    facts = await stage.pool.fetchval("select count(*) from fact")

    await stage.pool.execute("update buyer set orders_seen_at = null")
    while await stage.pool.fetchval("select count(*) from buyer where orders_seen_at is null"):
        await stage.quiet()
    await stage.quiet()

    assert await buyer.texts_seen("payment.won") == 1
    assert await stage.pool.fetchval("select count(*) from fact") == facts

"""Money that comes late, twice, in another amount, or when nothing was due: each rule, as a buyer sees it."""

import pytest

from flow.ledger import Account
from flow.offers import Act as Button
from service.records import Unsettled
from tests.journeys.books import assert_books_agree, balance, held_here, unsettled
from tests.journeys.buyers import Buyer, Json, opened, opened_up, paid_for, pressed
from tests.journeys.stage import CAMERA, LINKED, Stage
from tests.journeys.test_orders import order

PAY = [pressed(Button.PAY), pressed(Button.USE_ALIPAY), Buyer.link]


@pytest.fixture
def staffed() -> bool:
    """These stories have a support chat."""
    return True


async def test_money_that_comes_after_the_link_expired_counts(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.portal("expire")
    assert buyer.says(await buyer.sees("payment.lapsed"), "reason.closed")

    await stage.portal("pay")

    await buyer.sees("payment.paid")
    assert (await stage.outcome("payment.completed"))["order_id"] == buyer.orders[0]
    assert await stage.calls() == []
    await assert_books_agree(stage)


async def test_money_that_comes_after_the_deadline_counts_and_a_person_decides(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.tells("order.changed", order(buyer.orders[0], version=9, total=13300, days=-1))

    await buyer.pays()

    assert buyer.says(await buyer.sees("payment.paid"), "note.late")
    assert (await stage.outcome("payment.completed"))["order_id"] == buyer.orders[0]
    assert (await stage.outcome("handoff.opened"))["reason"] == "charge_late"
    assert buyer.orders[0] in await stage.case("charge_late")
    await assert_books_agree(stage)


@pytest.mark.parametrize(
    ("form", "fields", "over"),
    [
        ("cancel", {"reason": "the seller withdrew"}, "payment.cancelled"),
        ("paid", {"paid_with": "bank transfer"}, "payment.paid_elsewhere"),
    ],
)
async def test_money_that_comes_when_nothing_is_due_goes_back_and_is_told_twice(
    stage: Stage, form: str, fields: dict[str, str], over: str
) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/{form}", fields)
    assert not buyer.says(await buyer.sees(over), "detail.returned")
    await stage.quiet()
    assert (await stage.charge())["status"] == "CANCELLED"

    await stage.portal("pay")

    assert buyer.says(await buyer.has_seen("detail.returned"), over)
    await buyer.sees("money.refunded")
    assert (await stage.charge())["net"] == "0"
    assert (await stage.outcome("payment.refunded"))["order_id"] == buyer.orders[0]
    assert await stage.outcomes("payment.completed") == []
    assert await stage.calls() == []
    await assert_books_agree(stage)


async def test_paid_through_the_new_link_and_then_through_the_old_one_the_second_goes_back(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.portal("expire")
    await buyer.asks_for_a_new_link_and_pays()
    await buyer.sees("payment.paid")

    await stage.portal("pay", charge=0)

    await assert_second_payment_went_back(stage, buyer, first=1, second=0)


async def test_paid_through_the_old_link_and_then_through_the_new_one_the_second_goes_back(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.portal("expire")
    await buyer.sees("payment.lapsed")
    for act in (pressed(Button.NEW_LINK), opened):
        await act(buyer)
    await stage.portal("pay", charge=0)
    await buyer.sees("payment.paid")
    await stage.quiet()
    assert (await stage.charge(1))["status"] == "CANCELLED"

    await stage.portal("pay", charge=1)

    await assert_second_payment_went_back(stage, buyer, first=0, second=1)


async def assert_second_payment_went_back(stage: Stage, buyer: Buyer, *, first: int, second: int) -> None:
    """The first payment stands, and the buyer is told of the second and of its return."""
    await buyer.has_seen("money.repeated")
    await buyer.sees("money.refunded")
    await buyer.has_seen("payment.paid")
    charges = await stage.charges()
    assert [charges[number]["net"] for number in (first, second)] == ["13300", "0"]
    assert (await stage.outcome("payment.completed"))["payment_id"] == charges[first]["paymentId"]
    assert (await stage.outcome("payment.refunded"))["payment_id"] == charges[second]["paymentId"]
    assert await stage.calls() == []
    await assert_books_agree(stage)


@pytest.mark.parametrize(
    ("paid", "why", "held"),
    [
        ({"more": -1}, "note.too_little", {"JPY": 13299}),
        ({"more": 100}, "note.too_much", {"JPY": 13400}),
        ({"value": 660_00, "currency": "CNY"}, "note.other_currency", {"CNY": 66000}),
    ],
    ids=["too little", "too much", "another currency"],
)
async def test_another_amount_is_held_until_staff_sent_it_back_and_then_the_item_can_be_paid(
    stage: Stage, paid: Json, why: str, held: dict[str, int]
) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))

    await stage.portal("pay", **paid)

    assert buyer.says(await buyer.sees("payment.with_staff"), why)
    assert await held_here(stage) == held
    assert await unsettled(stage) == [Unsettled.SUSPENSE]
    case, charge = await stage.case("charge_differs"), await stage.charge()
    assert {buyer.orders[0], charge["paymentRequestId"], charge["paymentId"]} <= set(case.replace(",", " ").split())
    assert await stage.outcomes("payment.completed") == []

    await stage.portal("refund")
    await buyer.sees("payment.won")
    assert (await stage.outcome("payment.refunded"))["payment_id"] == charge["paymentId"]
    for act in (*PAY, Buyer.pays):
        await act(buyer)

    await buyer.sees("payment.paid")
    assert [charge["net"] for charge in await stage.charges()] == ["0", "13300"]
    assert await unsettled(stage) == []
    assert len(await stage.outcomes("payment.completed")) == 1
    await assert_books_agree(stage)


async def test_another_amount_stays_with_staff_until_all_of_it_went_back(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.portal("pay", more=100)
    await buyer.sees("payment.with_staff")

    await stage.portal("refund", value=100)
    await buyer.has_seen("payment.with_staff")
    assert await buyer.texts_seen("payment.won") == 0
    assert await unsettled(stage) == [Unsettled.SUSPENSE]
    await stage.portal("refund")

    await buyer.sees("payment.won")
    await assert_books_agree(stage)


@pytest.mark.parametrize("late", ["tell_processing", "tell_failed"])
async def test_after_a_payment_other_news_of_it_moves_nothing_and_a_person_looks(stage: Stage, late: str) -> None:
    buyer = await stage.buyer(LINKED, past=paid_for(CAMERA))
    await stage.quiet()
    before = await buyer.person.messages()

    await stage.portal(late)

    assert await buyer.person.messages() == before
    assert await stage.calls() == ["charge_contradicted"]
    assert [event["type"] for event in (await stage.house())["events_received"]] == [
        "payment.completed",
        "handoff.opened",
    ]
    await assert_books_agree(stage)


async def test_money_for_a_price_that_is_gone_is_held_while_the_new_link_waits(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))
    await stage.backoffice(f"/backoffice/orders/{buyer.orders[0]}/price", {"price": "20000"})
    await buyer.sees("note.repriced")
    await stage.quiet()

    await stage.portal("pay")

    assert buyer.says(await buyer.sees("payment.with_staff"), "note.too_little")
    assert await stage.calls() == ["charge_differs"]
    assert await balance(stage, Account.SUSPENSE) == -13300
    await assert_books_agree(stage)


@pytest.mark.parametrize("what", ["cancel", "price"])
async def test_an_order_that_changes_after_it_was_paid_is_for_a_person(stage: Stage, what: str) -> None:
    buyer = await stage.buyer(LINKED, past=paid_for(CAMERA))
    changed = {**order(buyer.orders[0], version=9, total=20000)}
    kind = "order.cancelled" if what == "cancel" else "order.changed"

    await stage.tells(kind, changed)

    await buyer.sees("payment.paid")
    assert await stage.calls() == ["order_changed_after_payment"]
    assert await held_here(stage) == {"JPY": 13300}
    await assert_books_agree(stage)


@pytest.mark.parametrize("staffed", [False])
async def test_without_a_support_chat_the_auction_house_alone_is_told(stage: Stage, staffed: bool) -> None:
    buyer = await stage.buyer(LINKED, past=opened_up(CAMERA))

    await stage.portal("pay", more=-1)

    await buyer.sees("payment.with_staff")
    assert (await stage.outcome("handoff.opened"))["order_id"] == buyer.orders[0]
    assert await stage.dead() == []

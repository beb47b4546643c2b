"""What can happen at Alipay: refused, too little money, silent, slow, doubled. Unknown is never shown as failed."""

import asyncio

import pytest

from flow.offers import Act as Button
from service.work import EndCharge
from tests.journeys.buyers import Buyer, linked_up, opened
from tests.journeys.stage import CAMERA, LINKED, Stage


async def test_a_buyer_who_refuses_gets_the_reason_and_a_new_link_works(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[*linked_up(CAMERA), Buyer.refuses])
    card = await buyer.sees("payment.lapsed")
    assert buyer.says(card, "reason.other")

    await buyer.presses(Button.NEW_LINK)
    await buyer.pays()

    await buyer.sees("payment.paid")
    assert [charge["paid"] for charge in await stage.charges()] == ["0", "13300"]
    assert len(await stage.outcomes("payment.completed")) == 1


@pytest.mark.parametrize(
    ("phone", "reason"), [("13800000002", "reason.balance"), ("13800000003", "reason.limit")], ids=["balance", "limit"]
)
async def test_what_alipay_says_no_to_has_its_own_words(stage: Stage, phone: str, reason: str) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))

    await buyer.pays(phone)

    assert buyer.says(await buyer.sees("payment.lapsed"), reason)


async def test_a_payment_stopped_by_alipays_security_has_its_own_words(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    await stage.alipay_fails("payment_rejected")

    await buyer.pays()

    assert buyer.says(await buyer.sees("payment.lapsed"), "reason.risk")


async def test_a_lost_notice_is_made_up_for_when_the_buyer_says_that_they_paid(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    await stage.alipay_fails("notice_lost", times=99)
    await buyer.pays()
    await stage.quiet()
    await buyer.sees("payment.opened")

    await buyer.presses(Button.CHECK)

    await buyer.sees("payment.paid")
    await buyer.person.told("payment.completed", order_id=buyer.orders[0])


async def test_a_lost_answer_of_pay_is_asked_for_again_with_the_same_charge(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    await stage.alipay_fails("answer_lost", on="pay")

    await buyer.pays()

    await buyer.sees("payment.paid")
    assert len(await stage.charges()) == 1


@pytest.mark.parametrize("fault", ["unknown_after", "http_500_after", "garbage_answer", "wrongly_signed_answer"])
async def test_an_unclear_answer_is_never_shown_as_failure(stage: Stage, fault: str) -> None:
    buyer = await stage.buyer(LINKED, past=[*linked_up(CAMERA), opened])
    await stage.alipay_fails("notice_lost", times=99)
    await stage.alipay_fails(fault, on="inquiryPayment")
    await buyer.pays()

    await buyer.presses(Button.CHECK)
    await buyer.sees("unclear.payment")

    assert await buyer.texts_seen("payment.lapsed") == 0
    await buyer.has_seen("payment.opened")
    await buyer.presses(Button.CHECK)
    await buyer.sees("payment.paid")


async def test_a_payment_that_alipay_still_works_on_stays_open_until_it_is_settled(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=[*linked_up(CAMERA), opened])
    await stage.alipay_fails("payment_pending", value=1)

    await buyer.pays()
    await stage.quiet()

    assert await buyer.texts_seen("payment.lapsed") == 0
    await buyer.sees("payment.paid")


async def test_a_link_that_nobody_opened_runs_out_and_a_new_one_works(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    old = await buyer.landing()

    await time_is_up(stage)

    card = await buyer.sees("payment.lapsed")
    assert buyer.says(card, "reason.expired")
    assert await stage.page(old) == 410
    await buyer.presses(Button.NEW_LINK)
    await buyer.pays()
    await buyer.sees("payment.paid")


async def test_a_new_link_voids_the_old_one(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    old = await buyer.landing()

    await buyer.presses(Button.NEW_LINK)
    await stage.quiet()

    assert await stage.page(old) == 410
    assert await buyer.landing() != old


async def test_a_payment_of_another_amount_goes_to_a_person(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    await stage.alipay_fails("notice_wrong_amount", on="PAYMENT_RESULT")

    await buyer.pays()

    await buyer.sees("payment.with_staff")
    await buyer.person.told("handoff.opened", order_id=buyer.orders[0])
    assert await stage.outcomes("payment.completed") == []


async def test_opening_the_link_many_times_is_one_attempt(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    link = await buyer.landing()

    answers = await asyncio.gather(*(stage.page(link) for _ in range(10)))

    assert answers == [200] * 10
    assert len(await stage.charges()) == 1


async def time_is_up(stage: Stage) -> None:
    """The timer of the newest charge goes off now."""
    async with stage.assembly.store.transaction() as tx:
        charge_id = await stage.pool.fetchval("select id from charge order by number desc limit 1")
        charge = await tx.charge(charge_id)
        assert charge
        await tx.queue(f"journey:{charge.journey_id}", EndCharge(charge_id=charge_id))

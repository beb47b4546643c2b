"""The verification charge and its way back: exactly once, whatever gets lost."""

import pytest

from flow.offers import Act as Button
from service.records import LedgerSummary
from tests.journeys.buyers import Buyer, pressed, shown
from tests.journeys.stage import NEW, RADIO, Stage

LINK = [shown(RADIO), pressed(Button.VERIFY), Buyer.link]


@pytest.mark.parametrize(
    "fault", ["answer_lost", "request_lost", "unknown_before", "unknown_after", "http_500_after", "garbage_answer"]
)
async def test_an_unclear_refund_is_made_exactly_once(stage: Stage, fault: str) -> None:
    buyer = await stage.buyer(NEW, past=LINK)
    await stage.alipay_fails(fault, on="refund")
    await stage.alipay_fails("notice_lost", on="REFUND_RESULT", times=99)

    await buyer.pays()

    await buyer.person.told("verification.refunded")
    await assert_refunded_once(stage)


async def test_news_that_comes_while_telegram_makes_us_wait_is_told_once(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=LINK)
    await stage.telegram_fails("too_many_requests", method="sendMessage", seconds=1)

    await buyer.pays()

    await buyer.has_seen("payment.watching")
    await stage.quiet()
    assert await buyer.texts_seen("verification.refunded") == 1
    assert await buyer.texts_seen("verification.refunding") == 0


async def test_a_refund_that_takes_its_time_is_waited_for(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=LINK)
    await stage.alipay_fails("refund_in_process", value=1)

    await buyer.pays()

    await buyer.has_seen("verification.refunding")
    await buyer.sees("verification.refunded")
    await buyer.person.told("verification.refunded")
    await assert_refunded_once(stage)


async def test_a_refused_refund_goes_to_a_person_and_the_account_stays_verified(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=LINK)
    await stage.alipay_fails("refund_refused")

    await buyer.pays()

    await buyer.has_seen("verification.refund_stuck")
    await buyer.person.told("handoff.opened")
    await buyer.person.told("verification.completed")
    await buyer.wins(RADIO)


async def test_a_lost_notice_of_the_charge_is_made_up_for_by_asking(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=LINK)
    await stage.alipay_fails("notice_lost", on="PAYMENT_RESULT", times=99)
    await buyer.pays()

    await buyer.presses(Button.CHECK)

    await buyer.person.told("verification.refunded")
    await assert_refunded_once(stage)


async def test_a_refused_verification_can_be_tried_again(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=[*LINK, Buyer.refuses])
    await buyer.sees("verification.lapsed")

    await buyer.presses(Button.NEW_LINK)
    await buyer.pays()

    await buyer.person.told("verification.completed")
    await assert_refunded_once(stage)


async def test_a_charge_that_was_paid_after_the_buyer_stepped_back_is_sent_back_too(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=LINK)
    cashier = await buyer.opens_link()
    await stage.alipay_fails("http_500_before", on="cancel", times=9)
    await buyer.presses(Button.CANCEL)
    await buyer.sees("verification.withdrawn")

    await buyer.person.pay(cashier)

    await buyer.person.told("verification.refunded")
    await assert_refunded_once(stage)


async def test_a_buyer_who_was_linked_elsewhere_meanwhile_need_not_verify(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=[shown(RADIO)])
    await buyer.sees("verification.offered")

    await stage.backoffice(f"/backoffice/buyers/{NEW}/alipay", {"alipay": "linked"})

    await buyer.has_seen("verification.not_needed")
    await buyer.sees("payment.watching")


async def test_a_buyer_who_is_not_offered_alipay_is_told_so(stage: Stage) -> None:
    buyer = await stage.buyer(NEW)
    await stage.backoffice(f"/backoffice/buyers/{NEW}/alipay", {"alipay": "not_offered"})
    await stage.quiet()

    await buyer.shows(RADIO)

    await buyer.sees("not_offered")


async def assert_refunded_once(stage: Stage) -> None:
    """Nothing is left of the charge, and no second refund was made."""
    assert len(await stage.outcomes("verification.refunded")) == 1
    charge = next(charge for charge in await stage.charges() if charge["paid"] == "5")
    assert charge["net"] == "0"
    assert [refund["status"] for refund in charge["refunds"]] == ["SUCCESS"]
    ledger = await stage.ledger()
    assert ledger == LedgerSummary(verification_charges=1, verification_refunds=1, payments=0, refunds=0, unsettled=0)

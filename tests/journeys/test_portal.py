"""What the gateway's own staff do: refunds and reversals that nobody here asked for, and money of strangers."""

from datetime import timedelta

import pytest

from flow.ledger import Account
from flow.money import Money
from flow.offers import Act as Button
from service.records import Unsettled
from service.verdicts import ChargeRequest, Opened
from tests.journeys.books import assert_books_agree, balance, held_here, reconciled, sweep, unsettled
from tests.journeys.buyers import paid_for, verifying
from tests.journeys.stage import CAMERA, LINKED, NEW, RADIO, Stage
from tests.journeys.test_notices import PAID, notice, post


@pytest.fixture
def staffed() -> bool:
    """These stories have a support chat."""
    return True


async def test_a_payment_that_is_sent_back_whole_is_told_and_reported(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=paid_for(CAMERA))

    await stage.portal("refund")

    assert "13,300" in (await buyer.sees("payment.returned"))["text"]
    refunded = await stage.outcome("payment.refunded")
    assert (refunded["order_id"], refunded["amount"]["value"]) == (buyer.orders[0], "13300")
    assert refunded["refund_id"] == (await stage.charge())["refunds"][0]["refundId"]
    assert await stage.calls() == []
    assert await held_here(stage) == {}
    await assert_books_agree(stage)


async def test_a_payment_that_is_sent_back_in_parts_stays_paid_until_the_last(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=paid_for(CAMERA))

    await stage.portal("refund", value=300)

    assert "300" in (await buyer.sees("money.refunded"))["text"]
    assert await buyer.texts_seen("payment.returned") == 0
    assert (await stage.outcome("payment.refunded"))["amount"]["value"] == "300"
    await assert_books_agree(stage)

    await stage.portal("refund")

    await buyer.sees("payment.returned")
    amounts = [event["data"]["amount"]["value"] for event in await stage.outcomes("payment.refunded")]
    assert amounts == ["300", "13000"]
    assert await held_here(stage) == {}
    await assert_books_agree(stage)


async def test_a_reversal_is_found_when_the_books_are_compared(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=paid_for(CAMERA))
    await stage.portal("reverse")
    await buyer.sees("payment.paid")

    assert [each.kind for each in (await reconciled(stage)).differences] == ["reversed_there"]
    assert await held_here(stage) == {"JPY": 13300}
    done = await reconciled(stage, mend=True)

    assert done.is_good
    await buyer.sees("payment.returned")
    assert (await stage.outcome("payment.refunded"))["amount"]["value"] == "13300"
    assert await held_here(stage) == {}
    await assert_books_agree(stage)


async def test_a_verification_that_was_reversed_is_not_sent_back_a_second_time(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=verifying(RADIO))
    await stage.alipay_fails("unknown_before", on="refund", times=None)
    await buyer.pays()
    await buyer.has_seen("verification.refunding")
    await stage.portal("reverse")
    await stage.alipay_is_well()

    await reconciled(stage, mend=True)

    await buyer.has_seen("verification.refunded")
    assert (await stage.charge())["net"] == "0"
    assert len(await stage.outcomes("verification.refunded")) == 1
    await assert_books_agree(stage)


async def test_a_refund_that_alipay_refuses_is_for_a_person_and_the_account_stays_linked(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=verifying(RADIO))
    await stage.alipay_fails("refund_refused")
    await buyer.pays()
    await buyer.has_seen("verification.refund_stuck")
    charge = await stage.charge()
    assert f"rf-{charge['paymentRequestId']}" in await stage.case("refund_refused")
    assert await unsettled(stage) == [Unsettled.REFUND_REFUSED]

    await buyer.presses(Button.NOT_SEEN)
    await buyer.sees("refund_missed.refund_stuck")
    await buyer.person.write("/status")
    assert buyer.says(await buyer.sees("status.connected"), "status.alipay.linked")
    await stage.portal("refund")

    await buyer.sees("verification.refunded")
    assert len(await stage.outcomes("verification.refunded")) == 1
    assert await unsettled(stage) == []
    await assert_books_agree(stage)


async def test_a_late_refund_is_told_to_staff_and_buyer_once(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=verifying(RADIO))
    await stage.alipay_fails("refund_stuck")
    await buyer.pays()
    await buyer.has_seen("verification.refunding")

    for _ in range(2):
        await sweep(stage, refund_time=timedelta(0))

    await buyer.sees("money.refund_overdue")
    assert await stage.calls() == ["refund_overdue"]
    assert await unsettled(stage) == [Unsettled.REFUND_UNDER_WAY]
    await stage.portal("confirm_refund")
    await buyer.sees("verification.refunded")
    await assert_books_agree(stage)


async def test_whoever_does_not_see_the_money_is_answered_as_things_stand(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=verifying(RADIO))
    await stage.alipay_fails("refund_stuck")
    await buyer.pays()
    await buyer.has_seen("verification.refunding")

    await buyer.presses(Button.NOT_SEEN)
    await buyer.sees("refund_missed.refunding")
    await stage.portal("confirm_refund")
    await buyer.sees("verification.refunded")
    await buyer.presses(Button.NOT_SEEN)

    await buyer.sees("refund_missed.refunded")
    assert len((await stage.charge())["refunds"]) == 1
    assert await stage.calls() == []


async def test_a_notice_about_an_id_that_nobody_knows_is_told_to_staff_once_and_books_nothing(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=paid_for(CAMERA))
    await stage.quiet()
    before = await buyer.person.messages()
    strange = {"paymentId": "x1", "paymentRequestId": "nobody-1", "amount": {"currency": "JPY", "value": "1"}}

    for again in (b"", b" "):
        assert await post(stage, notice(strange, PAID) + again) == 200
        await stage.quiet()

    assert "nobody-1" in await stage.case("charge_unknown")
    assert await held_here(stage) == {"JPY": 13300}
    assert await buyer.person.messages() == before
    await assert_books_agree(stage)


async def test_a_strangers_payment_stands_in_suspense_until_it_goes_back(stage: Stage) -> None:
    await open_strange_charge(stage)

    await stage.portal("pay")

    assert await balance(stage, Account.SUSPENSE) == -700
    assert await unsettled(stage) == [Unsettled.SUSPENSE]
    assert await stage.calls() == ["charge_unknown", "charge_unknown_paid"]
    assert "stranger-1" in await stage.case("charge_unknown_paid")
    for act in ("tell_processing", "refund"):
        await stage.portal(act)

    assert await balance(stage, Account.SUSPENSE) == 0
    assert await stage.calls() == ["charge_unknown", "charge_unknown_paid"]
    assert (await stage.house())["events_received"] == []
    await assert_books_agree(stage)


async def test_a_refund_that_belongs_to_nothing_is_for_a_person(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=paid_for(CAMERA))

    await stage.portal("tell_unknown_refund")

    await buyer.sees("payment.paid")
    assert await stage.calls() == ["refund_unknown"]
    assert await held_here(stage) == {"JPY": 13300}
    await assert_books_agree(stage)


async def open_strange_charge(stage: Stage) -> None:
    """The gateway waits for a payment to us that this database knows nothing of."""
    at = stage.assembly.clock.now()
    request = ChargeRequest(
        id="stranger-1",
        reference="S1",
        description="A thing of another system",
        amount=Money("JPY", 700),
        device="ios",
        client_ip=None,
        return_url=f"{stage.opened.service}/back/none",
        expires_at=at + timedelta(minutes=10),
    )
    assert isinstance(await stage.assembly.gateway.open(request), Opened)

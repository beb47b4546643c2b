"""Notices of the gateway that come too often, too early, too late, or about nothing we know."""

import asyncio
import json

import pytest

from flow.offers import Act as Button
from tests.journeys.buyers import Buyer, Json, linked_up, pressed, shown
from tests.journeys.stage import CAMERA, LINKED, NEW, RADIO, Stage
from tests.journeys.test_verification import assert_refunded_once

PAID = ("SUCCESS", "S")


async def test_the_same_notice_twenty_times_at_once_has_one_effect(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    await stage.alipay_fails("notice_lost", times=99)
    await buyer.pays()
    (charge,) = await stage.charges()
    body = notice(charge, PAID)
    same, spaced = [body] * 10, [body + b" " * n for n in range(1, 11)]

    answers = await asyncio.gather(*(post(stage, each) for each in same + spaced))

    assert answers == [200] * 20
    await buyer.sees("payment.paid")
    assert len(await stage.outcomes("payment.completed")) == 1
    assert await buyer.texts_seen("payment.paid") == 1
    assert (await stage.charges())[0]["refunds"] == []


async def test_a_notice_that_overtakes_the_answer_of_pay_counts(stage: Stage) -> None:
    buyer = await stage.buyer(LINKED, past=linked_up(CAMERA))
    await stage.alipay_fails("answer_lost", on="pay", times=9)
    await stage.page(await buyer.landing())
    (charge,) = await stage.charges()

    assert await post(stage, notice(charge, PAID)) == 200

    await buyer.sees("payment.paid")
    await buyer.person.told("payment.completed")


async def test_a_notice_that_overtakes_the_answer_of_a_refund_counts_once(stage: Stage) -> None:
    buyer = await stage.buyer(NEW, past=[shown(RADIO), pressed(Button.VERIFY), Buyer.link])
    await stage.alipay_fails("answer_lost", on="refund")

    await buyer.pays()

    await buyer.person.told("verification.refunded")
    await assert_refunded_once(stage)


@pytest.mark.parametrize("late", [("ORDER_IS_CLOSED", "F"), ("PAYMENT_IN_PROCESS", "U")], ids=["no", "pending"])
async def test_late_news_does_not_take_a_payment_back_and_a_person_is_told(stage: Stage, late: tuple[str, str]) -> None:
    buyer = await stage.buyer(LINKED, past=[*linked_up(CAMERA), Buyer.pays])
    await buyer.sees("payment.paid")
    (charge,) = await stage.charges()

    assert await post(stage, notice(charge, late)) == 200
    await stage.quiet()

    await buyer.sees("payment.paid")
    assert (await stage.ledger()).payments == 1
    events = [event["type"] for event in (await stage.house())["events_received"]]
    assert events == ["payment.completed", "handoff.opened"]


async def test_a_notice_about_nothing_we_know_is_kept_and_moves_nothing(stage: Stage) -> None:
    strange = {"paymentId": "x1", "paymentRequestId": "x1", "amount": {"currency": "JPY", "value": "1"}}

    assert await post(stage, notice(strange, PAID)) == 200
    await stage.quiet()

    kept = [await stage.pool.fetchval(f"select count(*) from {table}") for table in ("inbox", "entry", "move")]  # noqa: S608
    assert kept == [1, 0, 0]
    assert await stage.dead() == []


def notice(charge: Json, result: tuple[str, str]) -> bytes:
    """A payment's notice about a charge of the ledger (docs.antom.com/ac/ams/paymentrn_online)."""
    code, status = result
    document = {
        "notifyType": "PAYMENT_RESULT",
        "result": {"resultCode": code, "resultStatus": status, "resultMessage": ""},
        "paymentId": charge["paymentId"],
        "paymentRequestId": charge["paymentRequestId"],
        "paymentAmount": charge["amount"],
    }
    return json.dumps(document).encode()


async def post(stage: Stage, body: bytes) -> int:
    """The service's answer to a well signed notice."""
    return await stage.post("/antom/notify", body, stage.notice_headers(body))

"""The switchboard makes the next call, notice or outcome go wrong."""

import json
from typing import Any

import aiohttp
import pytest
import rsa
from com.alipay.ams.api.tools import webhook_tool

from sandbox.alipay import Server
from tests.sandbox.alipay.conftest import CLIENT_ID, Clock, Merchant, result_of, until

PATH = "/ams/api/v1/payments/refund"


async def arm(merchant: Merchant, fault: str, **settings: object) -> None:
    async with merchant.client.post("/faults", json={"fault": fault, **settings}) as response:
        assert response.status == 200


async def raw(merchant: Merchant, document: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
    body = json.dumps(document)
    async with merchant.client.post(PATH, data=body, headers=merchant.headers(PATH, body)) as response:
        return response.status, await response.read(), dict(response.headers)


async def returned(merchant: Merchant) -> str:
    async with merchant.client.get("/ledger.json") as response:
        value: str = (await response.json())["totals"]["JPY"]["returned"]
        return value


@pytest.mark.parametrize(("fault", "so_far"), [("answer_lost", "5"), ("request_lost", "0")])
async def test_a_lost_call_was_carried_out_or_not_and_a_repeat_is_safe(
    merchant: Merchant, fault: str, so_far: str
) -> None:
    refund = merchant.refund_of(await merchant.paid())
    await arm(merchant, fault)

    with pytest.raises(aiohttp.ClientConnectionError):
        await merchant.post("refund", refund)

    assert await returned(merchant) == so_far
    assert result_of(await merchant.post("refund", refund)) == ("S", "SUCCESS")
    assert await returned(merchant) == "5"


@pytest.mark.parametrize(("fault", "so_far"), [("unknown_before", "0"), ("unknown_after", "5")])
async def test_an_unknown_outcome_is_settled_by_a_repeat(merchant: Merchant, fault: str, so_far: str) -> None:
    refund = merchant.refund_of(await merchant.paid())
    await arm(merchant, fault)

    assert result_of(await merchant.post("refund", refund)) == ("U", "UNKNOWN_EXCEPTION")
    assert await returned(merchant) == so_far
    assert result_of(await merchant.post("refund", refund)) == ("S", "SUCCESS")
    assert await returned(merchant) == "5"


async def test_a_server_error_and_garbage_carry_no_signature(merchant: Merchant) -> None:
    refund = merchant.refund_of(await merchant.paid())
    await arm(merchant, "http_500_before")
    await arm(merchant, "garbage_answer")

    broken, garbled = await raw(merchant, refund), await raw(merchant, refund)

    assert broken[0] == 500
    assert garbled[0] == 200
    with pytest.raises(UnicodeDecodeError):
        json.loads(garbled[1])
    assert not [name for *_, headers in (broken, garbled) for name in headers if name.lower() == "signature"]


async def test_a_wrong_signature_does_not_verify(merchant: Merchant) -> None:
    refund = merchant.refund_of(await merchant.paid())
    await arm(merchant, "wrongly_signed_answer")

    _, body, headers = await raw(merchant, refund)

    with pytest.raises(rsa.pkcs1.VerificationError):
        webhook_tool.check_signature(
            "POST",
            PATH,
            CLIENT_ID,
            headers["response-time"],
            body.decode(),
            headers["signature"],
            merchant.alipay_public_pem,
        )


async def test_a_fault_waits_for_its_call_and_strikes_as_often_as_armed(merchant: Merchant) -> None:
    await arm(merchant, "unknown_before", on="cancel", times=2)
    await merchant.paid()
    ask = {"paymentRequestId": "pay-1"}

    answers = [await merchant.post("cancel", ask) for _ in range(3)]

    assert [result_of(answer)[0] for answer in answers] == ["U", "U", "S"]


async def test_a_lost_notice_is_sent_again(merchant: Merchant, simulator: Server) -> None:
    await arm(merchant, "notice_lost", times=2)

    await merchant.paid()
    await until(lambda: simulator.notices[0].outcome == "accepted")

    assert [attempt.outcome for attempt in simulator.notices[0].tries] == ["lost", "lost", "accepted"]
    assert len(merchant.mailbox.received) == 1
    async with merchant.client.get("/ledger.json") as response:
        assert (await response.json())["notices"][0]["sent"] == 1


async def test_a_notice_can_come_several_times(merchant: Merchant, simulator: Server) -> None:
    await arm(merchant, "notice_repeated", value=5, on="PAYMENT_RESULT")

    await merchant.paid()
    await until(lambda: simulator.notices[0].outcome == "accepted")

    assert len(merchant.mailbox.received) == 5


async def test_a_delayed_notice_comes_after_the_inquiry(merchant: Merchant) -> None:
    await arm(merchant, "notice_delayed", value=0.3)

    await merchant.paid()

    assert (await merchant.status())[0] == "SUCCESS"
    assert merchant.mailbox.received == []
    await until(lambda: bool(merchant.mailbox.received))


async def test_a_wrongly_signed_notice_does_not_verify(merchant: Merchant) -> None:
    await arm(merchant, "notice_wrongly_signed")
    await merchant.paid()
    await until(lambda: bool(merchant.mailbox.received))

    request, body = merchant.mailbox.received[0]
    with pytest.raises(rsa.pkcs1.VerificationError):
        webhook_tool.check_signature(
            "POST",
            request.path_qs,
            CLIENT_ID,
            request.headers["request-time"],
            body.decode(),
            request.headers["signature"],
            merchant.alipay_public_pem,
        )


async def test_a_notice_can_name_another_amount(merchant: Merchant) -> None:
    await arm(merchant, "notice_wrong_amount", value=95)

    await merchant.paid()
    await until(lambda: bool(merchant.mailbox.received))

    assert merchant.mailbox.documents[0]["paymentAmount"]["value"] == "100"


async def test_a_payment_can_be_pending_first(merchant: Merchant, clock: Clock) -> None:
    await arm(merchant, "payment_pending", value=30)

    await merchant.paid()
    assert (await merchant.status())[0] == "PENDING"
    assert result_of(await merchant.pay()) == ("U", "PAYMENT_IN_PROCESS")
    clock.advance(seconds=30)
    assert (await merchant.status())[0] == "SUCCESS"

    await until(lambda: len(merchant.mailbox.received) == 2)
    told = {
        notice["notifyType"]: (*result_of(notice), "paymentTime" in notice) for notice in merchant.mailbox.documents
    }
    assert told == {"PAYMENT_PENDING": ("S", "SUCCESS", False), "PAYMENT_RESULT": ("S", "SUCCESS", True)}


async def test_the_notice_of_a_pending_payment_comes_without_another_call(merchant: Merchant, clock: Clock) -> None:
    await arm(merchant, "payment_pending")
    await merchant.paid()
    await until(lambda: len(merchant.mailbox.received) == 1)

    clock.advance(seconds=2)

    await until(lambda: len(merchant.mailbox.received) == 2)


async def test_risk_control_can_reject_a_payment(merchant: Merchant) -> None:
    await arm(merchant, "payment_rejected")

    await merchant.paid()

    assert await merchant.status() == ("FAIL", "RISK_REJECT")


async def test_a_refund_can_be_refused_at_once_or_late(merchant: Merchant, clock: Clock) -> None:
    payment_id = await merchant.paid()
    await arm(merchant, "refund_refused", times=2)
    at_once = await merchant.post("refund", merchant.refund_of(payment_id, "a"))
    await arm(merchant, "refund_in_process", value=60)
    late = await merchant.post("refund", merchant.refund_of(payment_id, "b"))
    clock.advance(seconds=60)

    found = await merchant.post("inquiryRefund", {"refundRequestId": "b"})

    assert result_of(at_once) == ("F", "MERCHANT_BALANCE_NOT_ENOUGH")
    assert result_of(late) == ("U", "REFUND_IN_PROCESS")
    assert found["refundStatus"] == "FAIL"
    assert await returned(merchant) == "0"


async def test_the_switchboard_lists_and_clears(merchant: Merchant) -> None:
    await arm(merchant, "answer_lost", times=9, on="pay")

    async with merchant.client.get("/faults") as response:
        listing = await response.json()
    async with merchant.client.delete("/faults") as response:
        cleared = await response.json()

    assert listing["armed"] == [{"fault": "answer_lost", "times": 9, "on": "pay", "value": None}]
    assert "notice_lost" in listing["notices"]
    assert cleared["armed"] == []


@pytest.mark.parametrize(
    "wish",
    [
        "",
        "[]",
        "{}",
        '{"fault": "nothing"}',
        '{"fault": []}',
        '{"fault": "answer_lost", "times": 0}',
        '{"fault": "answer_lost", "times": true}',
        '{"fault": "notice_delayed", "value": NaN}',
        '{"fault": "answer_lost", "more": 1}',
        "[" * 100_000,
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(merchant: Merchant, wish: str) -> None:
    async with merchant.client.post("/faults", data=wish) as response:
        assert response.status == 400
        assert (await response.json())["error"]

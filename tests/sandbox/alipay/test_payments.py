"""pay, inquiryPayment and cancel, as the merchant sees them."""

from typing import Any

import pytest

from tests.sandbox.alipay.conftest import Clock, Merchant, buy, result_of, until


async def test_a_first_answer_is_in_process_with_links(merchant: Merchant) -> None:
    answer = await merchant.pay()

    assert result_of(answer) == ("U", "PAYMENT_IN_PROCESS")
    assert answer["paymentRequestId"] == "pay-1"
    assert answer["normalUrl"].startswith(str(merchant.client.make_url("/cashier/")))
    assert answer["schemeUrl"].startswith("alipays://platformapi/startapp?appId=20000067&url=http%3A%2F%2F")
    assert "orderCodeForm" not in answer
    assert await merchant.status() == ("PROCESSING", "PAYMENT_IN_PROCESS")


async def test_a_desktop_gets_a_code_to_scan(merchant: Merchant) -> None:
    answer = await merchant.pay(env={"terminalType": "WEB"})

    details = {detail["displayType"]: detail["codeValue"] for detail in answer["orderCodeForm"]["codeDetails"]}
    assert details["TEXT"] == answer["normalUrl"]
    async with merchant.client.get(details["BIGIMAGE"].removeprefix(str(merchant.client.make_url("")))) as picture:
        assert (await picture.read()).startswith(b"\x89PNG")


async def test_a_repeat_while_open_gives_the_same_link(merchant: Merchant) -> None:
    first, second = await merchant.pay(), await merchant.pay()

    assert first == second


async def test_a_repeat_after_payment_gives_success(merchant: Merchant) -> None:
    payment_id = await merchant.paid()

    answer = await merchant.pay()

    assert result_of(answer) == ("S", "SUCCESS")
    assert answer["paymentId"] == payment_id
    assert "normalUrl" not in answer


async def test_a_paid_payment_is_told_by_notice_and_inquiry(merchant: Merchant) -> None:
    payment_id = await merchant.paid()
    await until(lambda: bool(merchant.mailbox.received))

    [notice] = merchant.mailbox.documents
    inquiry = await merchant.post("inquiryPayment", {"paymentId": payment_id})
    for told in (notice, inquiry):
        assert told["paymentId"] == payment_id
        assert told["paymentRequestId"] == "pay-1"
        assert told["paymentAmount"] == {"currency": "JPY", "value": "5"}
        assert told["paymentTime"] == "2026-11-23T05:32:00+00:00"
        assert told["pspCustomerInfo"]["displayCustomerId"] == "138****0001"
    assert (notice["notifyType"], *result_of(notice)) == ("PAYMENT_RESULT", "S", "SUCCESS")
    assert inquiry["paymentStatus"] == "SUCCESS"


async def test_the_payment_id_wins_over_the_request_id(merchant: Merchant) -> None:
    first, second = await merchant.pay("pay-1"), await merchant.pay("pay-2")
    both = {"paymentId": second["paymentId"], "paymentRequestId": first["paymentRequestId"]}

    assert (await merchant.post("inquiryPayment", both))["paymentRequestId"] == "pay-2"


@pytest.mark.parametrize(
    ("phone", "press", "code"),
    [
        ("13800000002", "pay", "USER_BALANCE_NOT_ENOUGH"),
        ("13800000003", "pay", "USER_AMOUNT_EXCEED_LIMIT"),
        ("13800000001", "refuse", "PROCESS_FAIL"),
    ],
)
async def test_a_payment_that_fails_is_final(merchant: Merchant, phone: str, press: str, code: str) -> None:
    opened = await merchant.pay()

    await buy(merchant.client, opened["normalUrl"], phone, press)

    await until(lambda: bool(merchant.mailbox.received))
    assert result_of(merchant.mailbox.documents[0]) == ("F", code)
    assert await merchant.status() == ("FAIL", code)
    assert result_of(await merchant.pay()) == ("F", code)
    await buy(merchant.client, opened["normalUrl"])
    assert await merchant.status() == ("FAIL", code)


@pytest.mark.parametrize(
    "change",
    [
        {"paymentAmount": {"currency": "JPY", "value": "6"}},
        {
            "order": {
                "referenceOrderId": "o-2",
                "orderDescription": "d",
                "orderAmount": {"currency": "JPY", "value": "5"},
            }
        },
    ],
)
async def test_the_same_id_for_another_order_is_refused(merchant: Merchant, change: dict[str, Any]) -> None:
    first = await merchant.pay()

    assert result_of(await merchant.pay(**change)) == ("F", "REPEAT_REQ_INCONSISTENT")
    assert await merchant.pay() == first


@pytest.mark.parametrize(
    "change",
    [
        {"productCode": "IN_STORE_PAYMENT"},
        {"paymentRequestId": "x" * 65},
        {"paymentRequestId": "a b"},
        {"paymentRequestId": 1},
        {"paymentMethod": {"paymentMethodType": "CARD"}},
        {"paymentAmount": {"currency": "JPY", "value": 5}},
        {"paymentAmount": {"currency": "JPY", "value": "5.5"}},
        {"paymentAmount": {"currency": "JPY", "value": "0"}},
        {"paymentAmount": {"currency": "JPY", "value": "05"}},
        {"paymentAmount": {"currency": "JPY", "value": "٥"}},
        {"paymentAmount": "5"},
        {"paymentRedirectUrl": "javascript:alert(1)"},
        {"paymentNotifyUrl": None},
        {"env": {"terminalType": "WAP"}},
        {"order": []},
        {"metadata": True},
        {"paymentExpiryTime": "2026-11-23T05:40:00"},
        {"paymentExpiryTime": "2026-11-23T05:00:00+00:00"},
        {"order": {"referenceOrderId": "\ud800", "orderDescription": "d", "orderAmount": {}}},
    ],
)
async def test_a_wrong_field_is_refused(merchant: Merchant, change: dict[str, Any]) -> None:
    answer = await merchant.post("pay", merchant.order() | change)

    assert result_of(answer) == ("F", "PARAM_ILLEGAL")
    assert result_of(await merchant.post("inquiryPayment", {"paymentRequestId": "pay-1"})) == ("F", "ORDER_NOT_EXIST")


@pytest.mark.parametrize("body", ["", "[]", "5", "{", '{"a": ' + "[" * 100_000])
async def test_a_body_that_is_no_object_is_refused(merchant: Merchant, body: str) -> None:
    path = "/ams/api/v1/payments/pay"
    async with merchant.client.post(path, data=body, headers=merchant.headers(path, body)) as response:
        assert result_of(merchant.verified(path, response, await response.text())) == ("F", "PARAM_ILLEGAL")


async def test_another_currency_is_refused(merchant: Merchant) -> None:
    answer = await merchant.pay(paymentAmount={"currency": "EUR", "value": "5"})

    assert result_of(answer) == ("F", "CURRENCY_NOT_SUPPORT")


async def test_an_open_payment_closes_after_fourteen_minutes(merchant: Merchant, clock: Clock) -> None:
    opened = await merchant.pay()

    clock.advance(minutes=13, seconds=59)
    assert await merchant.status() == ("PROCESSING", "PAYMENT_IN_PROCESS")

    clock.advance(seconds=1)
    assert await merchant.status() == ("FAIL", "ORDER_IS_CLOSED")
    await until(lambda: bool(merchant.mailbox.received))
    assert result_of(merchant.mailbox.documents[0]) == ("F", "ORDER_IS_CLOSED")
    assert result_of(await merchant.pay()) == ("F", "ORDER_IS_CLOSED")
    await buy(merchant.client, opened["normalUrl"])
    assert await merchant.status() == ("FAIL", "ORDER_IS_CLOSED")


async def test_an_expiry_that_was_asked_for_is_kept(merchant: Merchant, clock: Clock) -> None:
    await merchant.pay(paymentExpiryTime="2026-11-23T14:37:00+09:00")

    clock.advance(minutes=4, seconds=59)
    assert (await merchant.status())[0] == "PROCESSING"
    clock.advance(seconds=1)
    assert await merchant.status() == ("FAIL", "ORDER_IS_CLOSED")
    replay = await merchant.pay(paymentExpiryTime="2026-11-23T14:37:00+09:00")
    assert result_of(replay) == ("F", "ORDER_IS_CLOSED")


async def test_a_cancelled_payment_cannot_be_paid(merchant: Merchant) -> None:
    opened = await merchant.pay()

    cancelled = await merchant.post("cancel", {"paymentRequestId": "pay-1"})
    await buy(merchant.client, opened["normalUrl"])

    assert result_of(cancelled) == ("S", "SUCCESS")
    assert cancelled["cancelTime"] == "2026-11-23T05:32:00+00:00"
    assert (await merchant.status())[0] == "CANCELLED"
    assert result_of(await merchant.pay()) == ("F", "ORDER_IS_CLOSED")


async def test_cancelling_a_paid_order_returns_the_money_once(merchant: Merchant, clock: Clock) -> None:
    payment_id = await merchant.paid()

    first = await merchant.post("cancel", {"paymentId": payment_id})
    clock.advance(hours=1)
    again = await merchant.post("cancel", {"paymentId": payment_id})

    assert first == again
    totals = await ledger(merchant)
    assert totals == {"JPY": {"paid": "5", "returned": "5", "net": "0"}}
    refund = await merchant.post("refund", merchant.refund_of(payment_id))
    assert result_of(refund) == ("F", "ORDER_STATUS_INVALID")


async def test_a_paid_order_can_be_cancelled_until_a_quarter_past_midnight_in_china(
    merchant: Merchant, clock: Clock
) -> None:
    payment_id = await merchant.paid()

    clock.advance(hours=10, minutes=44)
    assert result_of(await merchant.post("cancel", {"paymentId": payment_id})) == ("F", "CANCEL_WINDOW_EXCEED")


async def test_an_order_with_a_refund_cannot_be_cancelled(merchant: Merchant) -> None:
    payment_id = await merchant.paid()
    await merchant.post("refund", merchant.refund_of(payment_id, value="2"))

    assert result_of(await merchant.post("cancel", {"paymentId": payment_id})) == ("F", "ORDER_STATUS_INVALID")


async def test_cancelling_a_failed_payment_says_done(merchant: Merchant) -> None:
    opened = await merchant.pay()
    await buy(merchant.client, opened["normalUrl"], press="refuse")

    assert result_of(await merchant.post("cancel", {"paymentRequestId": "pay-1"})) == ("S", "SUCCESS")
    assert await merchant.status() == ("FAIL", "PROCESS_FAIL")


async def test_cancelling_an_unknown_order_is_refused(merchant: Merchant) -> None:
    assert result_of(await merchant.post("cancel", {"paymentId": "1"})) == ("F", "ORDER_NOT_EXIST")


async def ledger(merchant: Merchant) -> dict[str, Any]:
    async with merchant.client.get("/ledger.json") as response:
        totals: dict[str, Any] = (await response.json())["totals"]
        return totals

"""What the gateway's own portal does to a charge, and what the merchant hears of it."""

import json
from typing import Any

import pytest
from com.alipay.ams.api.request.notify.alipay_auth_notify import AlipayAuthNotify
from com.alipay.ams.api.response.pay.alipay_pay_query_response import AlipayPayQueryResponse
from com.alipay.ams.api.tools import webhook_tool

from sandbox.alipay import Server
from tests.sandbox.alipay.conftest import CLIENT_ID, Clock, Merchant, buy, result_of, until


async def act(merchant: Merchant, name: str, request_id: str = "pay-1", status: int = 200, **how: object) -> Any:
    async with merchant.client.post(f"/portal/{request_id}", json={"act": name, **how}) as answer:
        assert answer.status == status
        return await answer.json()


async def told(merchant: Merchant, count: int) -> list[dict[str, Any]]:
    """The merchant's notices, once there are so many."""
    await until(lambda: len(merchant.mailbox.received) >= count)
    assert len(merchant.mailbox.received) == count
    return merchant.mailbox.documents


async def inquire(merchant: Merchant, request_id: str = "pay-1") -> dict[str, Any]:
    return await merchant.post("inquiryPayment", {"paymentRequestId": request_id})


async def test_a_link_is_paid_after_its_time_was_over(merchant: Merchant, clock: Clock) -> None:
    await merchant.pay()
    clock.advance(minutes=14)
    assert await merchant.status() == ("FAIL", "ORDER_IS_CLOSED")

    await act(merchant, "pay")

    assert await merchant.status() == ("SUCCESS", "SUCCESS")
    closed, paid = await told(merchant, 2)
    assert (result_of(closed), result_of(paid)) == (("F", "ORDER_IS_CLOSED"), ("S", "SUCCESS"))
    assert paid["paymentTime"] == "2026-11-23T05:46:00+00:00"


async def test_a_cancelled_payment_is_paid_all_the_same_and_can_be_cancelled_again(merchant: Merchant) -> None:
    await merchant.pay()
    await merchant.post("cancel", {"paymentRequestId": "pay-1"})

    await act(merchant, "pay")
    assert (await merchant.status())[0] == "SUCCESS"
    assert result_of(await merchant.post("cancel", {"paymentRequestId": "pay-1"})) == ("S", "SUCCESS")

    assert (await merchant.status())[0] == "CANCELLED"


async def test_an_order_is_paid_twice_through_an_older_link(merchant: Merchant) -> None:
    await merchant.pay("older")
    await act(merchant, "expire", "older")
    await merchant.paid("newer")

    await act(merchant, "pay", "older")

    assert [(await inquire(merchant, name))["paymentStatus"] for name in ("older", "newer")] == ["SUCCESS"] * 2


@pytest.mark.parametrize(
    ("how", "amount"),
    [
        ({"more": -1}, {"currency": "JPY", "value": "4"}),
        ({"value": 900}, {"currency": "JPY", "value": "900"}),
        ({"currency": "CNY"}, {"currency": "CNY", "value": "24"}),
        ({"more": -99}, {"currency": "JPY", "value": "1"}),
    ],
)
async def test_another_amount_or_currency_is_told_everywhere(
    merchant: Merchant, how: dict[str, Any], amount: dict[str, str]
) -> None:
    await merchant.pay()

    await act(merchant, "pay", **how)

    [notice] = await told(merchant, 1)
    for source in (notice, await inquire(merchant), await merchant.pay()):
        assert source["paymentAmount"] == amount
    async with merchant.client.get("/ledger.json") as page:
        ledger = await page.json()
    assert (ledger["charges"][0]["amount"]["value"], ledger["charges"][0]["received"]) == ("5", amount)
    assert ledger["totals"][amount["currency"]]["paid"] == amount["value"]


async def test_a_wallet_pays_a_charge_only_once_in_its_statement(merchant: Merchant) -> None:
    opened = await merchant.pay()
    await buy(merchant.client, opened["normalUrl"], phone="13800000002")
    assert await merchant.status() == ("FAIL", "USER_BALANCE_NOT_ENOUGH")

    await act(merchant, "pay")

    async with merchant.client.get("/wallet") as page:
        assert (await page.text()).count("Buyee verification") == 1


@pytest.mark.parametrize(("how", "value"), [({}, "5"), ({"value": 2}, "2")])
async def test_a_refund_in_the_portal_has_an_id_that_the_merchant_never_used(
    merchant: Merchant, how: dict[str, Any], value: str
) -> None:
    await merchant.paid()

    await act(merchant, "refund", **how)

    _, notice = await told(merchant, 2)
    assert (notice["notifyType"], notice["refundStatus"]) == ("REFUND_RESULT", "SUCCESS")
    assert notice["refundAmount"]["value"] == value
    assert "PORTAL" in notice["refundRequestId"]
    assert "paymentId" not in notice
    [listed] = (await inquire(merchant))["transactions"]
    assert (listed["transactionType"], listed["transactionStatus"]) == ("REFUND", "SUCCESS")
    assert listed["transactionRequestId"] == notice["refundRequestId"]
    assert listed["transactionId"] == notice["refundId"]


async def test_a_reversal_in_the_portal_returns_the_money_without_a_word(merchant: Merchant, simulator: Server) -> None:
    await merchant.paid()

    await act(merchant, "reverse")

    assert (await merchant.status())[0] == "CANCELLED"
    assert [notice.kind for notice in simulator.notices] == ["PAYMENT_RESULT"]
    async with merchant.client.get("/ledger.json") as page:
        assert (await page.json())["totals"] == {"JPY": {"paid": "5", "returned": "5", "net": "0"}}


async def test_a_reversal_is_not_possible_the_day_after(merchant: Merchant, clock: Clock) -> None:
    await merchant.paid()
    clock.advance(days=1)

    await act(merchant, "reverse", status=409)

    assert (await merchant.status())[0] == "SUCCESS"


@pytest.mark.parametrize(
    ("name", "kind", "result"),
    [
        ("tell_processing", "PAYMENT_PENDING", ("S", "SUCCESS")),
        ("tell_failed", "PAYMENT_RESULT", ("F", "PROCESS_FAIL")),
    ],
)
async def test_what_comes_after_the_success_changes_nothing_in_the_book(
    merchant: Merchant, name: str, kind: str, result: tuple[str, str]
) -> None:
    payment_id = await merchant.paid()

    await act(merchant, name)

    _, late = await told(merchant, 2)
    assert (late["notifyType"], result_of(late), late["paymentId"]) == (kind, result, payment_id)
    assert "paymentTime" not in late
    assert await merchant.status() == ("SUCCESS", "SUCCESS")


@pytest.mark.parametrize(
    ("name", "call", "field"),
    [
        ("tell_unknown_payment", "inquiryPayment", "paymentRequestId"),
        ("tell_unknown_refund", "inquiryRefund", "refundRequestId"),
    ],
)
async def test_an_unknown_id_is_told_and_then_not_known(merchant: Merchant, name: str, call: str, field: str) -> None:
    await merchant.pay()

    await act(merchant, name)

    [notice] = await told(merchant, 1)
    assert result_of(notice) == ("S", "SUCCESS")
    assert result_of(await merchant.post(call, {field: notice[field]})) == ("F", "ORDER_NOT_EXIST")


async def test_an_unlinked_wallet_is_told_as_the_sdk_reads_it(merchant: Merchant) -> None:
    await merchant.paid()

    await act(merchant, "unlink")

    await told(merchant, 2)
    request, body = merchant.mailbox.received[1]
    headers = request.headers
    assert webhook_tool.check_signature(
        "POST",
        request.path_qs,
        CLIENT_ID,
        headers["request-time"],
        body.decode(),
        headers["signature"],
        merchant.alipay_public_pem,
    )
    notice = AlipayAuthNotify(body.decode())
    assert notice.authorization_notify_type == "TOKEN_CANCELED"
    assert notice.user_id == (await inquire(merchant))["pspCustomerInfo"]["pspCustomerId"]
    assert notice.access_token
    assert notice.notify_type is None


@pytest.mark.parametrize(("name", "status"), [("confirm_refund", "SUCCESS"), ("refuse_refund", "FAIL")])
async def test_a_stuck_refund_is_decided_by_hand(merchant: Merchant, clock: Clock, name: str, status: str) -> None:
    payment_id = await merchant.paid()
    async with merchant.client.post("/faults", json={"fault": "refund_stuck"}):
        pass
    assert result_of(await merchant.post("refund", merchant.refund_of(payment_id))) == ("U", "REFUND_IN_PROCESS")
    clock.advance(days=30)
    assert (await merchant.post("inquiryRefund", {"refundRequestId": "refund-1"}))["refundStatus"] == "PROCESSING"

    await act(merchant, name)

    assert (await merchant.post("inquiryRefund", {"refundRequestId": "refund-1"}))["refundStatus"] == status
    assert (await told(merchant, 2))[1]["refundStatus"] == status


async def test_a_refund_that_was_decided_by_hand_is_not_decided_again(merchant: Merchant, clock: Clock) -> None:
    payment_id = await merchant.paid()
    async with merchant.client.post("/faults", json={"fault": "refund_in_process", "value": 60}):
        pass
    await merchant.post("refund", merchant.refund_of(payment_id))

    await act(merchant, "refuse_refund")
    clock.advance(seconds=60)

    assert (await merchant.post("inquiryRefund", {"refundRequestId": "refund-1"}))["refundStatus"] == "FAIL"


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("pay", {}),
        ("expire", {}),
        ("confirm_refund", {}),
        ("refund", {"value": 6}),
        ("refund", {"value": 1, "currency": "CNY"}),
    ],
)
async def test_what_a_paid_charge_does_not_allow_is_refused(merchant: Merchant, name: str, how: dict[str, Any]) -> None:
    await merchant.paid()

    assert "error" in await act(merchant, name, status=409, **how)

    assert await merchant.status() == ("SUCCESS", "SUCCESS")


async def test_each_charge_lists_what_it_allows(merchant: Merchant) -> None:
    await merchant.pay("open")
    await merchant.paid("paid")

    async with merchant.client.get("/portal") as answer:
        charges = (await answer.json())["charges"]

    anytime = ["tell_unknown_payment", "tell_unknown_refund"]
    assert charges["open"] == ["pay", "expire", *anytime]
    assert charges["paid"] == ["refund", "reverse", "tell_processing", "tell_failed", "unlink", *anytime]


@pytest.mark.parametrize(
    ("place", "wish", "status"),
    [
        ("pay-1", "", 400),
        ("pay-1", "[]", 400),
        ("pay-1", '{"act": "dance"}', 400),
        ("pay-1", '{"act": "pay", "value": 0}', 400),
        ("pay-1", '{"act": "pay", "value": true}', 400),
        ("pay-1", '{"act": "pay", "currency": "XXX"}', 400),
        ("pay-1", '{"act": "pay", "currency": []}', 400),
        ("pay-1", '{"act": "pay", "when": "open"}', 400),
        ("pay-2", '{"act": "pay"}', 404),
    ],
)
async def test_a_wish_that_makes_no_sense_moves_nothing(merchant: Merchant, place: str, wish: str, status: int) -> None:
    await merchant.pay()

    async with merchant.client.post(f"/portal/{place}", data=wish) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]

    assert await merchant.status() == ("PROCESSING", "PAYMENT_IN_PROCESS")


async def test_the_rate_and_the_refunds_are_read_by_the_sdk(merchant: Merchant) -> None:
    payment_id = await merchant.paid()
    await merchant.post("refund", merchant.refund_of(payment_id, value="2"))

    inquiry = AlipayPayQueryResponse(json.dumps(await inquire(merchant)))

    quote, [refund] = inquiry.payment_quote, inquiry.transactions
    assert (quote.quote_currency_pair, quote.quote_price) == ("JPY/CNY", "0.0484")
    assert quote.quote_start_time == "2026-11-23T05:32:00+00:00"
    assert quote.quote_expiry_time == "2026-11-23T05:46:00+00:00"
    assert (refund.transaction_type.value, refund.transaction_status.value) == ("REFUND", "SUCCESS")
    assert (refund.transaction_request_id, refund.transaction_amount.value) == ("refund-1", "2")


async def test_pay_and_the_notice_tell_the_rate_and_a_yuan_payment_has_none(merchant: Merchant) -> None:
    opened = await merchant.pay()
    await act(merchant, "pay", currency="CNY")

    [notice] = await told(merchant, 1)

    assert opened["paymentQuote"]["quoteCurrencyPair"] == "JPY/CNY"
    assert "paymentQuote" not in notice
    assert notice["pspCustomerInfo"]["pspName"] == "ALIPAY_CN"

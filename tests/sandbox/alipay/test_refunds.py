"""refund and inquiryRefund."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.alipay.accounts import Account
from sandbox.alipay.book import Book
from sandbox.alipay.faults import Faults
from sandbox.alipay.models import Order, RefundOrder, Status
from sandbox.alipay.money import Amount
from tests.sandbox.alipay.conftest import Clock, Merchant, result_of, until


async def refund_status(merchant: Merchant, request_id: str = "refund-1") -> str:
    answer = await merchant.post("inquiryRefund", {"refundRequestId": request_id})
    assert result_of(answer) == ("S", "SUCCESS")
    status: str = answer["refundStatus"]
    return status


async def test_a_full_refund_is_answered_told_and_found(merchant: Merchant) -> None:
    payment_id = await merchant.paid()

    answer = await merchant.post("refund", merchant.refund_of(payment_id))

    assert result_of(answer) == ("S", "SUCCESS")
    await until(lambda: len(merchant.mailbox.received) == 2)
    notice = merchant.mailbox.documents[1]
    found = await merchant.post("inquiryRefund", {"refundId": answer["refundId"]})
    for told in (answer, notice, found):
        assert told["refundRequestId"] == "refund-1"
        assert told["refundAmount"] == {"currency": "JPY", "value": "5"}
        assert told["refundTime"] == "2026-11-23T05:32:00+00:00"
    assert (notice["notifyType"], notice["refundStatus"], *result_of(notice)) == (
        "REFUND_RESULT",
        "SUCCESS",
        "S",
        "SUCCESS",
    )
    assert found["refundStatus"] == "SUCCESS"


async def test_the_same_id_refunds_once(merchant: Merchant) -> None:
    payment_id = await merchant.paid()

    first = await merchant.post("refund", merchant.refund_of(payment_id, value="2"))
    again = await merchant.post("refund", merchant.refund_of(payment_id, value="2"))
    other = await merchant.post("refund", merchant.refund_of(payment_id, value="3"))

    assert first == again
    assert result_of(other) == ("F", "REPEAT_REQ_INCONSISTENT")
    inquiry = await merchant.post("inquiryPayment", {"paymentId": payment_id})
    assert [refund["transactionAmount"]["value"] for refund in inquiry["transactions"]] == ["2"]


async def test_partial_refunds_stop_at_the_payment(merchant: Merchant) -> None:
    payment_id = await merchant.paid()

    wanted = [("a", "3"), ("b", "3"), ("c", "2"), ("d", "1")]
    answers = [await merchant.post("refund", merchant.refund_of(payment_id, *one)) for one in wanted]

    exceeded = ("F", "REFUND_AMOUNT_EXCEED")
    assert [result_of(answer) for answer in answers] == [("S", "SUCCESS"), exceeded, ("S", "SUCCESS"), exceeded]
    assert await refund_status(merchant, "b") == "FAIL"


async def test_an_asynchronous_refund_is_told_later(merchant: Merchant, clock: Clock) -> None:
    payment_id = await merchant.paid()

    answer = await merchant.post("refund", merchant.refund_of(payment_id) | {"isAsyncRefund": "true"})

    assert result_of(answer) == ("U", "REFUND_IN_PROCESS")
    assert await refund_status(merchant) == "PROCESSING"
    clock.advance(seconds=1)
    assert await refund_status(merchant) == "SUCCESS"
    await until(lambda: len(merchant.mailbox.received) == 2)
    assert merchant.mailbox.documents[1]["refundStatus"] == "SUCCESS"
    replay = await merchant.post("refund", merchant.refund_of(payment_id) | {"isAsyncRefund": "true"})
    assert result_of(replay) == ("S", "SUCCESS")


async def test_running_refunds_count_against_the_payment(merchant: Merchant) -> None:
    payment_id = await merchant.paid()
    await merchant.post("refund", merchant.refund_of(payment_id, "a", "3") | {"isAsyncRefund": "true"})

    second = await merchant.post("refund", merchant.refund_of(payment_id, "b", "3"))

    assert result_of(second) == ("F", "REFUND_AMOUNT_EXCEED")


async def test_a_refund_before_the_payment_is_not_final(merchant: Merchant) -> None:
    opened = await merchant.pay()

    early = await merchant.post("refund", merchant.refund_of(opened["paymentId"]))
    await merchant.paid()
    later = await merchant.post("refund", merchant.refund_of(opened["paymentId"]))

    assert result_of(early) == ("U", "PAYMENT_IN_PROCESS")
    assert result_of(later) == ("S", "SUCCESS")


async def test_refunds_end_after_a_year(merchant: Merchant, clock: Clock) -> None:
    payment_id = await merchant.paid()

    clock.advance(days=365, seconds=1)

    answer = await merchant.post("refund", merchant.refund_of(payment_id))
    assert result_of(answer) == ("F", "REFUND_WINDOW_EXCEED")


async def test_another_currency_than_the_payment_is_refused(merchant: Merchant) -> None:
    payment_id = await merchant.paid()
    wrong = merchant.refund_of(payment_id) | {"refundAmount": {"currency": "CNY", "value": "5"}}

    assert result_of(await merchant.post("refund", wrong)) == ("F", "CURRENCY_NOT_SUPPORT")


async def test_an_unknown_payment_or_refund_does_not_exist(merchant: Merchant) -> None:
    assert result_of(await merchant.post("refund", merchant.refund_of("1"))) == ("F", "ORDER_NOT_EXIST")
    assert result_of(await merchant.post("inquiryRefund", {"refundRequestId": "x"})) == ("F", "ORDER_NOT_EXIST")


@pytest.mark.parametrize("flag", ["yes", "True", True])
async def test_a_flag_is_true_or_false_as_text(merchant: Merchant, flag: object) -> None:
    payment_id = await merchant.paid()

    answer = await merchant.post("refund", merchant.refund_of(payment_id) | {"isAsyncRefund": flag})

    assert result_of(answer) == ("F", "PARAM_ILLEGAL")


@given(
    paid=st.integers(1, 1000),
    wanted=st.lists(st.tuples(st.integers(1, 600), st.booleans(), st.booleans()), max_size=12),
)
def test_no_mixture_of_refunds_returns_more_than_was_paid(paid: int, wanted: list[tuple[int, bool, bool]]) -> None:
    clock, names = Clock(), count()
    faults = Faults()
    book = Book(clock=clock, faults=faults, notify=lambda *_: None)
    amount = Amount("JPY", paid)
    payment = book.open(Order("p", "o", "d", amount, amount, "WAP", "https://a.example", "https://b.example"))
    account = Account("13800000001")
    book.pay(payment, account)

    for value, is_async, refused in wanted:
        if refused:
            faults.arm("refund_refused")
        book.refund(RefundOrder(str(next(names)), payment.payment_id, Amount("JPY", value), is_async=is_async))
        clock.advance(seconds=0.4)
        book.settle_due()
        assert payment.returned <= paid
    clock.advance(seconds=2)
    book.settle_due()

    assert all(refund.status in (Status.SUCCESS, Status.FAIL) for refund in payment.refunds)
    assert payment.net.value == paid - payment.returned >= 0
    assert book.balance(account) == account.opening - payment.net.fen

"""The simulated Antom behind our real client: the documented answers and the true book."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from flow.money import Money
from gateway.antom.client import AntomGateway, Merchant
from gateway.antom.signing import Signer, Verifier
from service.verdicts import (
    ChargeNotice,
    Opened,
    RefundNotice,
    Refused,
    Settled,
    Unknown,
)
from tests.simulation.antom import Faults, Status, keys
from tests.simulation.loop import START
from tests.simulation.shop import CHARGE, CLIENT, DAY, EXPIRY, NOTIFY, Shop, asked, settled

Make = Callable[[Faults], Shop]


def test_a_payment_from_link_to_notice(shop: Shop) -> None:
    verdict = shop.do(shop.gateway.open(CHARGE))
    assert verdict == Opened(gateway_id=shop.charge.payment_id, url=shop.charge.url)
    assert shop.look_up() == Unknown(reason="PAYMENT_IN_PROCESS")
    assert shop.antom.pay(shop.charge.url)
    assert not shop.antom.pay(shop.charge.url)
    paid = shop.look_up()
    assert isinstance(paid, Settled)
    assert (paid.gateway_id, paid.amount) == (shop.charge.payment_id, Money("JPY", 12300))
    shop.wait(DAY)
    assert shop.door.notices() == [ChargeNotice(charge_id="ch-1", verdict=paid)]
    assert (shop.charge.paid, shop.charge.returned, shop.antom.book.balance("JPY")) == (12300, 0, 12300)
    assert shop.antom.refusals == []


def test_the_answers_name_the_buyer_and_the_rate(make: Make) -> None:
    shop = make(Faults(quote=1))
    shop.paid()
    shop.wait(1)
    said = shop.door.bodies[0]
    assert said["pspCustomerInfo"] == {"pspName": "ALIPAY_CN", "pspCustomerId": "2088000000000001"}
    assert said["paymentQuote"]["quoteCurrencyPair"] == "JPY/CNY"
    assert 0.04 < float(said["paymentQuote"]["quotePrice"]) < 0.06


def test_a_repeated_call_finds_the_same_charge_and_another_order_does_not(shop: Shop) -> None:
    assert shop.do(shop.gateway.open(CHARGE)) == shop.do(shop.gateway.open(CHARGE))
    other = replace(CHARGE, amount=Money("JPY", 5))
    assert shop.do(shop.gateway.open(other)) == Unknown(reason="REPEAT_REQ_INCONSISTENT")
    shop.antom.pay(CHARGE.id)
    assert isinstance(shop.do(shop.gateway.open(CHARGE)), Settled)
    assert len(shop.antom.book.charges) == 1


def test_a_declined_payment_is_final(shop: Shop) -> None:
    charge = shop.opened()
    assert shop.antom.decline(charge.url)
    assert not shop.antom.pay(charge.url)
    assert not shop.antom.decline(charge.url)
    refusal = Refused(code=charge.code)
    assert shop.look_up() == shop.do(shop.gateway.open(CHARGE)) == refusal
    assert shop.door.notices() == [ChargeNotice(charge_id="ch-1", verdict=refusal)]


def test_a_wrong_amount_is_told_as_it_is_and_bounds_the_refund(shop: Shop) -> None:
    charge = shop.opened()
    assert shop.antom.pay_wrong(charge.url, 700, "CNY")
    verdict = shop.look_up()
    assert isinstance(verdict, Settled)
    assert verdict.amount == Money("CNY", 700)
    assert shop.refund(700) == Refused(code="CURRENCY_NOT_SUPPORT")
    assert (shop.antom.book.balance("CNY"), shop.antom.book.balance("JPY")) == (700, 0)


def test_an_expired_charge_is_closed(shop: Shop) -> None:
    charge = shop.opened()
    shop.wait(EXPIRY.total_seconds())
    assert not shop.antom.pay(charge.url)
    assert shop.look_up() == Refused(code="ORDER_IS_CLOSED")


def test_an_expired_charge_may_be_paid_late(make: Make) -> None:
    shop = make(Faults(late_payment=1))
    charge = shop.opened()
    shop.wait(EXPIRY.total_seconds())
    assert shop.antom.pay(charge.url)
    assert isinstance(shop.look_up(), Settled)


def test_a_late_closing_comes_all_the_same(make: Make) -> None:
    shop = make(Faults(late_payment=1))
    shop.opened()
    shop.wait(EXPIRY.total_seconds() + 1801)
    assert shop.look_up() == Refused(code="ORDER_IS_CLOSED")


@pytest.mark.parametrize(("failed", "status"), [(0.0, Status.SUCCESS), (1.0, Status.FAIL)])
def test_a_pending_payment_is_decided_later(make: Make, failed: float, status: Status) -> None:
    shop = make(Faults(pending_payment=1, failed_pending=failed))
    charge = shop.paid()
    assert (charge.status, charge.paid) == (Status.PENDING, 0)
    shop.wait(1801)
    assert charge.status is status
    assert charge.paid == (12300 if status is Status.SUCCESS else 0)
    assert [said["notifyType"] for said in shop.door.bodies] == ["PAYMENT_PENDING", "PAYMENT_RESULT"]


def test_a_pending_payment_that_was_cancelled_stays_so(make: Make) -> None:
    shop = make(Faults(pending_payment=1))
    charge = shop.paid()
    assert shop.do(shop.gateway.cancel("ch-1")) == Refused(code="CANCELLED")
    shop.wait(1801)
    assert (charge.status, charge.paid) == (Status.CANCELLED, 0)


def test_a_refund_goes_back_once(shop: Shop) -> None:
    charge = shop.paid()
    first = shop.refund()
    assert isinstance(first, Settled)
    assert shop.refund() == first == shop.do(shop.gateway.look_up_refund("rf-1"))
    shop.wait(DAY)
    assert (charge.paid, charge.returned, shop.antom.book.balance("JPY")) == (12300, 12300, 0)
    assert shop.door.notices()[1:] == [RefundNotice(refund_id="rf-1", verdict=first)]
    assert "paymentId" not in shop.door.bodies[1]


def test_no_more_goes_back_than_was_paid(shop: Shop) -> None:
    shop.paid()
    assert isinstance(shop.refund(12000), Settled)
    assert shop.refund(301, "rf-2") == Refused(code="REFUND_AMOUNT_EXCEED")
    assert shop.refund(301, "rf-2") == Refused(code="REFUND_AMOUNT_EXCEED")
    assert shop.refund(300, "rf-2") == Unknown(reason="REPEAT_REQ_INCONSISTENT")
    assert shop.refund(299, "rf-1") == Unknown(reason="REPEAT_REQ_INCONSISTENT")
    assert isinstance(shop.refund(300, "rf-3"), Settled)
    assert shop.charge.returned == 12300


def test_an_unpaid_charge_has_nothing_to_refund(shop: Shop) -> None:
    shop.opened()
    assert shop.refund() == Unknown(reason="ORDER_STATUS_INVALID")
    assert shop.do(shop.gateway.look_up_refund("rf-1")) == Unknown(reason="REFUND_NOT_EXIST", absent=True)
    assert shop.do(shop.gateway.look_up("ch-2")) == Unknown(reason="ORDER_NOT_EXIST", absent=True)


def test_a_slow_refund_is_claimed_at_once_and_settled_later(make: Make) -> None:
    shop = make(Faults(slow_refund=1))
    charge = shop.paid()
    assert shop.refund() == Unknown(reason="REFUND_IN_PROCESS")
    assert shop.refund(1, "rf-2") == Refused(code="REFUND_AMOUNT_EXCEED")
    assert charge.returned == 0
    shop.wait(1801)
    assert isinstance(shop.do(shop.gateway.look_up_refund("rf-1")), Settled)
    assert charge.returned == 12300


def test_what_was_refused_once_is_refused_again(make: Make) -> None:
    shop = make(Faults(slow_refund=1, failed_refund=1))
    shop.paid()
    shop.refund()
    assert shop.refund(1, "rf-2") == Refused(code="REFUND_AMOUNT_EXCEED")
    shop.wait(1801)
    assert shop.charge.refundable == 12300
    assert shop.refund(1, "rf-2") == Refused(code="REFUND_AMOUNT_EXCEED")


def test_a_refund_may_fail_for_good_and_another_one_not(make: Make) -> None:
    shop = make(Faults(failed_refund=1))
    shop.paid()
    assert shop.refund() == Refused(code="MERCHANT_BALANCE_NOT_ENOUGH")
    shop.wait(1)
    assert shop.door.notices()[1:] == [
        RefundNotice(refund_id="rf-1", verdict=Refused(code="MERCHANT_BALANCE_NOT_ENOUGH"))
    ]
    shop.antom.calm()
    assert shop.refund() == Refused(code="MERCHANT_BALANCE_NOT_ENOUGH")
    assert isinstance(shop.refund(name="rf-2"), Settled)


def test_the_refunds_notice_may_come_before_its_answer(shop: Shop) -> None:
    shop.paid()
    shop.antom.faults = Faults(slow=1, slow_seconds=1e9)
    assert shop.refund() == Unknown(reason="timeout")
    assert [settled(notice) for notice in shop.door.notices()] == [True, True]


def test_a_cancelled_charge_cannot_be_paid(shop: Shop) -> None:
    charge = shop.opened()
    assert shop.do(shop.gateway.cancel("ch-1")) == Refused(code="CANCELLED")
    assert shop.do(shop.gateway.cancel("ch-1")) == Refused(code="CANCELLED")
    assert not shop.antom.pay(charge.url)
    assert shop.look_up() == Refused(code="CANCELLED")
    assert shop.do(shop.gateway.open(CHARGE)) == Refused(code="ORDER_IS_CLOSED")
    shop.wait(DAY)
    assert shop.door.heard == []


def test_cancelling_a_paid_charge_returns_the_money_without_a_word(shop: Shop) -> None:
    charge = shop.paid()
    assert shop.do(shop.gateway.cancel("ch-1")) == Refused(code="CANCELLED")
    shop.wait(DAY)
    assert (charge.status, charge.paid, charge.returned) == (Status.CANCELLED, 12300, 12300)
    assert shop.antom.book.balance("JPY") == 0
    assert len(shop.door.heard) == 1
    assert shop.refund() == Unknown(reason="ORDER_STATUS_INVALID")


def test_a_paid_charge_can_be_cancelled_until_a_quarter_past_midnight_in_china(shop: Shop) -> None:
    charge = shop.paid()
    shop.wait((datetime.fromisoformat("2026-11-24T00:15:01+08:00") - START).total_seconds())
    assert shop.do(shop.gateway.cancel("ch-1")) == Unknown(reason="CANCEL_WINDOW_EXCEED")
    assert shop.antom.portal_cancel(charge)
    assert charge.returned == 12300


def test_what_is_paid_after_a_cancellation_goes_back_though_a_notice_says_paid(make: Make) -> None:
    shop = make(Faults(late_payment=1, notice_after_cancel=1))
    charge = shop.opened()
    shop.do(shop.gateway.cancel("ch-1"))
    assert shop.antom.pay(charge.url)
    assert not shop.antom.pay(charge.url)
    assert (charge.status, charge.paid, charge.returned) == (Status.CANCELLED, 12300, 12300)
    shop.wait(1)
    assert [settled(notice) for notice in shop.door.notices()] == [True]


def test_staff_takes_a_payment_in_the_portal(shop: Shop) -> None:
    assert not shop.antom.portal_charge("PORTAL-1", 700)
    shop.opened()
    assert shop.antom.portal_charge("PORTAL-1", 700)
    assert not shop.antom.portal_charge("PORTAL-1", 700)
    shop.wait(1)
    assert shop.door.bodies[0]["paymentRequestId"] == "PORTAL-1"
    assert settled(shop.door.notices()[0])
    assert shop.antom.book.balance("JPY") == 700


def test_staff_refunds_in_the_portal(shop: Shop) -> None:
    charge = shop.paid()
    shop.wait(1)
    assert shop.antom.portal_refund(charge, 300)
    assert not shop.antom.portal_refund(charge, 12001)
    shop.wait(1)
    (refund,) = charge.refunds
    assert (refund.ours, refund.amount.value, charge.returned) == (False, 300, 300)
    assert shop.door.bodies[1]["refundRequestId"] == refund.request_id not in ("rf-1", "")
    assert "paymentId" not in shop.door.bodies[1]
    assert not shop.antom.portal_cancel(charge)


def test_the_inquiry_lists_all_refunds(shop: Shop) -> None:
    charge = shop.paid()
    shop.refund(1000)
    shop.antom.portal_refund(charge, 300)
    transactions = asked(shop, "inquiryPayment", paymentRequestId="ch-1")["transactions"]
    assert [line["transactionAmount"]["value"] for line in transactions] == ["1000", "300"]
    assert (
        transactions[0].items()
        >= {
            "transactionType": "REFUND",
            "transactionRequestId": "rf-1",
            "transactionId": charge.refunds[0].refund_id,
            "transactionStatus": "SUCCESS",
        }.items()
    )
    assert "transactionTime" in transactions[0]


@pytest.mark.parametrize(
    ("operation", "document", "code"),
    [
        ("pay", {"paymentRequestId": "ch-9"}, "PARAM_ILLEGAL"),
        ("refund", {"paymentId": "nobody's"}, "ORDER_NOT_EXIST"),
        ("inquiryRefund", {"refundRequestId": "nobody's"}, "REFUND_NOT_EXIST"),
        ("cancel", {}, "PARAM_ILLEGAL"),
        ("capture", {}, "NO_INTERFACE_DEF"),
    ],
)
def test_a_wrong_call_is_refused_and_remembered(
    shop: Shop, operation: str, document: dict[str, str], code: str
) -> None:
    assert asked(shop, operation, **document)["result"]["resultCode"] == code
    assert shop.antom.refusals == [(operation, code)]


def test_a_call_that_we_did_not_sign_decides_nothing(shop: Shop) -> None:
    merchant = Merchant(url="https://antom.example", client_id=CLIENT, notify_url=NOTIFY, pay_hosts=frozenset())
    verifier = Verifier([keys().antom.public_key()])
    stranger = AntomGateway(shop.antom, merchant, Signer(keys().antom), verifier, shop.clock)
    assert shop.do(stranger.open(CHARGE)) == Unknown(reason="INVALID_SIGNATURE")
    assert shop.antom.book.charges == {}

"""What an inquiry lists as sent back of a payment (docs.antom.com/ac/ams, inquiryPayment)."""

import json
from typing import Any

import pytest

from flow.money import Money
from gateway.antom import verdict, wire
from service.verdicts import Return, Settled

REFUND: dict[str, Any] = {
    "transactionType": "REFUND",
    "transactionStatus": "SUCCESS",
    "transactionId": "back-1",
    "transactionRequestId": "rf-1",
    "transactionAmount": {"currency": "JPY", "value": "300"},
}
WENT_BACK = Return(refund_id="rf-1", gateway_id="back-1", amount=Money("JPY", 300))


def returns(*transactions: object) -> tuple[Return, ...]:
    body = {
        "result": {"resultStatus": "S", "resultCode": "SUCCESS"},
        "paymentRequestId": "ch-1",
        "paymentId": "pay-1",
        "paymentStatus": "SUCCESS",
        "paymentAmount": {"currency": "JPY", "value": "1000"},
        "transactions": transactions,
    }
    settled = verdict.of_inquiry(wire.PaymentAnswer.model_validate_json(json.dumps(body)), "ch-1")
    assert isinstance(settled, Settled)
    return settled.returns


def test_each_refund_that_went_through_is_listed() -> None:
    other = REFUND | {"transactionId": "back-2", "transactionRequestId": "rf-2"}
    assert returns(REFUND, other) == (
        WENT_BACK,
        Return(refund_id="rf-2", gateway_id="back-2", amount=Money("JPY", 300)),
    )


@pytest.mark.parametrize("status", ["PROCESSING", "PENDING", "FAIL", "CANCELLED", "BRAND_NEW", ""])
def test_a_refund_that_did_not_go_through_yet_is_not_listed(status: str) -> None:
    assert returns(REFUND | {"transactionStatus": status}, REFUND) == (WENT_BACK,)


@pytest.mark.parametrize("kind", ["CAPTURE", "VOID", "PAYMENT", "BRAND_NEW"])
def test_what_is_no_refund_is_not_listed(kind: str) -> None:
    assert returns(REFUND | {"transactionType": kind}, REFUND) == (WENT_BACK,)


def test_what_cannot_be_read_hides_neither_the_payment_nor_the_other_refunds() -> None:
    assert returns({"transactionType": "REFUND"}, REFUND) == (WENT_BACK,)
    assert returns(REFUND | {"transactionAmount": {"currency": "XXX", "value": "300"}}, REFUND) == (WENT_BACK,)

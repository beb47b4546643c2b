"""What answers and notices say of charges and refunds (docs.antom.com/ac/ams)."""

from datetime import datetime
from typing import Any

from tests.simulation.antom.book import Charge, Refund, Status
from tests.simulation.antom.wire import result


def at(time: datetime) -> str:
    """A time as it travels."""
    return time.isoformat(timespec="seconds")


def identity(charge: Charge) -> dict[str, Any]:
    """Which charge it is."""
    return {
        "paymentId": charge.payment_id,
        "paymentRequestId": charge.id,
        "paymentAmount": charge.amount.wire(),
        "paymentCreateTime": at(charge.created_at),
    }


def payment(charge: Charge) -> dict[str, Any]:
    """Who paid it, when and at which rate, as far as that is known."""
    said: dict[str, Any] = {}
    if charge.paid_at is not None:
        said["paymentTime"] = at(charge.paid_at)
    if charge.customer is not None:
        said["pspCustomerInfo"] = {"pspName": "ALIPAY_CN", "pspCustomerId": charge.customer}
    if charge.quote is not None and charge.paid:
        said["paymentQuote"] = charge.quote
    return said


def refund(made: Refund) -> dict[str, Any]:
    """Which refund it is; a time only where the money went."""
    said = {
        "refundRequestId": made.request_id,
        "refundId": made.refund_id,
        "refundAmount": made.amount.wire(),
    }
    return said | ({"refundTime": at(made.ended_at)} if made.ended_at and made.status is Status.SUCCESS else {})


def transaction(made: Refund) -> dict[str, Any]:
    """A refund as the inquiry of its payment lists it."""
    return {
        "transactionType": "REFUND",
        "transactionId": made.refund_id,
        "transactionRequestId": made.request_id,
        "transactionAmount": made.amount.wire(),
        "transactionStatus": made.status.value,
        "transactionTime": at(made.ended_at or made.created_at),
    }


def payment_notice(charge: Charge, kind: str, code: str) -> dict[str, Any]:
    """notifyPayment; with PAYMENT_PENDING the result speaks of the notice, not of the payment."""
    head = {"notifyType": kind, "result": result(code)}
    return head | identity(charge) | payment(charge) | {"paymentMethodType": "ALIPAY_CN"}


def refund_notice(made: Refund) -> dict[str, Any]:
    """notifyRefund, which names no payment."""
    head = {"notifyType": "REFUND_RESULT", "result": result(made.code), "refundStatus": made.status.value}
    return head | refund(made)

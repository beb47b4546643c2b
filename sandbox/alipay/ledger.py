"""The whole book as plain data: for tests, for scripted journeys, and for the ledger page."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sandbox.alipay.models import Payment, Refund
from sandbox.alipay.notices import Notice


def ledger(payments: Sequence[Payment], notices: Iterable[Notice]) -> dict[str, Any]:
    """Every charge with its refunds, and every notice with its tries; values are strings, smallest unit."""
    return {
        "charges": [_charge(payment) for payment in payments],
        "notices": [_notice(notice) for notice in notices],
        "totals": _totals(payments),
    }


def _totals(payments: Iterable[Payment]) -> dict[str, dict[str, str]]:
    totals: dict[str, dict[str, int]] = defaultdict(lambda: {"paid": 0, "returned": 0, "net": 0})
    for payment in payments:
        total = totals[payment.amount.currency]
        total["paid"] += payment.paid
        total["returned"] += payment.returned
        total["net"] += payment.net.value
    return {currency: {name: str(value) for name, value in total.items()} for currency, total in totals.items()}


def _charge(payment: Payment) -> dict[str, Any]:
    return {
        "paymentId": payment.payment_id,
        "paymentRequestId": payment.order.request_id,
        "referenceOrderId": payment.order.reference,
        "description": payment.order.description,
        "amount": payment.order.amount.wire(),
        "received": payment.amount.wire() if payment.paid_at else None,
        "status": payment.status.value,
        "code": payment.code,
        "account": payment.account.masked if payment.account else None,
        "createdAt": payment.created_at.isoformat(),
        "paid": str(payment.paid),
        "returned": str(payment.returned),
        "net": str(payment.net.value),
        "refunds": [_refund(refund) for refund in payment.refunds],
    }


def _refund(refund: Refund) -> dict[str, Any]:
    return {
        "refundId": refund.refund_id,
        "refundRequestId": refund.order.request_id,
        "amount": refund.order.amount.wire(),
        "status": refund.status.value,
        "code": refund.code,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "type": notice.kind,
        "about": notice.about,
        "outcome": notice.outcome,
        "sent": notice.sent,
        "tries": [{"at": attempt.at.isoformat(), "outcome": attempt.outcome} for attempt in notice.tries],
    }

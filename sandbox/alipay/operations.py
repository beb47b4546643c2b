"""The five calls: what their fields mean to the book, and what is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.alipay import wire
from sandbox.alipay.book import Book
from sandbox.alipay.fields import Fields
from sandbox.alipay.models import Order, Payment, RefundOrder, Status
from sandbox.alipay.results import result


@dataclass(frozen=True)
class Reply:
    code: str
    fields: dict[str, Any]

    def document(self) -> dict[str, Any]:
        return {"result": result(self.code).wire(), **self.fields}


Operation = Callable[[Book, Fields, str], Reply]


def pay(book: Book, fields: Fields, root_url: str) -> Reply:
    """docs.antom.com/ac/ams/payment_cashier; the links are docs.antom.com/ac/cashier_payment/links."""
    payment = book.open(_read_order(fields))
    if payment.status is Status.SUCCESS:
        return Reply("SUCCESS", wire.identity(payment) | wire.settlement(payment))
    if payment.status in (Status.PROCESSING, Status.PENDING):
        return Reply("PAYMENT_IN_PROCESS", wire.identity(payment) | wire.links(payment, root_url))
    return Reply(payment.code, wire.identity(payment))


def inquiry_payment(book: Book, fields: Fields, _root_url: str) -> Reply:
    """docs.antom.com/ac/ams/paymentri_online"""
    payment = _named_payment(book, fields)
    state = {
        "paymentStatus": payment.status.value,
        "paymentResultCode": payment.code,
        "paymentResultMessage": result(payment.code).message,
        "transactions": [wire.transaction(refund) for refund in payment.refunds],
    }
    return Reply("SUCCESS", state | wire.identity(payment) | wire.settlement(payment))


def cancel(book: Book, fields: Fields, _root_url: str) -> Reply:
    """docs.antom.com/ac/ams/paymentc_online"""
    payment = _named_payment(book, fields)
    cancelled_at = book.cancel(payment)
    identity = {"paymentId": payment.payment_id, "paymentRequestId": payment.order.request_id}
    return Reply("SUCCESS", identity | {"cancelTime": wire.time(cancelled_at)})


def refund(book: Book, fields: Fields, _root_url: str) -> Reply:
    """docs.antom.com/ac/ams/refund_online"""
    made = book.refund(_read_refund(fields))
    return Reply(made.code, {"paymentId": made.payment.payment_id} | wire.refund_identity(made))


def inquiry_refund(book: Book, fields: Fields, _root_url: str) -> Reply:
    """docs.antom.com/ac/ams/ir_online"""
    made = book.find_refund(*_either(fields, "refundId", "refundRequestId"))
    return Reply("SUCCESS", {"refundStatus": made.status.value} | wire.refund_identity(made))


OPERATIONS: Final[Mapping[str, Operation]] = {
    "pay": pay,
    "inquiryPayment": inquiry_payment,
    "cancel": cancel,
    "refund": refund,
    "inquiryRefund": inquiry_refund,
}


def _read_order(fields: Fields) -> Order:
    fields.one_of("productCode", "CASHIER_PAYMENT")
    fields.nested("paymentMethod").one_of("paymentMethodType", wire.METHOD)
    order = fields.nested("order")
    return Order(
        request_id=fields.identifier("paymentRequestId"),
        reference=order.text("referenceOrderId", 64),
        description=order.text("orderDescription"),
        amount=fields.amount("paymentAmount"),
        order_amount=order.amount("orderAmount"),
        terminal=_read_terminal(fields.nested("env")),
        redirect_url=fields.url("paymentRedirectUrl"),
        notify_url=fields.url("paymentNotifyUrl"),
        expires_at=fields.time("paymentExpiryTime") if fields.has("paymentExpiryTime") else None,
    )


def _read_terminal(env: Fields) -> str:
    terminal = env.one_of("terminalType", "WEB", "WAP", "APP", "MINI_APP")
    if terminal != "WEB":
        env.one_of("osType", "IOS", "ANDROID")
    return terminal


def _read_refund(fields: Fields) -> RefundOrder:
    return RefundOrder(
        request_id=fields.identifier("refundRequestId"),
        payment_id=fields.identifier("paymentId"),
        amount=fields.amount("refundAmount"),
        reason=fields.text("refundReason") if fields.has("refundReason") else "",
        notify_url=fields.url("refundNotifyUrl") if fields.has("refundNotifyUrl") else None,
        is_async=fields.flag("isAsyncRefund"),
    )


def _named_payment(book: Book, fields: Fields) -> Payment:
    return book.payment(*_either(fields, "paymentId", "paymentRequestId"))


def _either(fields: Fields, first: str, second: str) -> tuple[str | None, str | None]:
    """Antom's id wins where both are given."""
    if fields.has(first):
        return fields.identifier(first), None
    return None, fields.identifier(second)

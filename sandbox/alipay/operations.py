"""The five calls: what their fields mean to the book, and what is answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from sandbox.alipay.book import Book
from sandbox.alipay.fields import Fields
from sandbox.alipay.models import Kind, Order, Payment, Refund, RefundOrder, Status
from sandbox.alipay.results import result

METHOD: Final = "ALIPAY_CN"


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
        return Reply("SUCCESS", _identity(payment) | {"paymentTime": _time(payment.paid_at)})
    if payment.status in (Status.PROCESSING, Status.PENDING):
        return Reply("PAYMENT_IN_PROCESS", _identity(payment) | _links(payment, root_url))
    return Reply(payment.code, _identity(payment))


def inquiry_payment(book: Book, fields: Fields, _root_url: str) -> Reply:
    """docs.antom.com/ac/ams/paymentri_online"""
    payment = _named_payment(book, fields)
    state = {
        "paymentStatus": payment.status.value,
        "paymentResultCode": payment.code,
        "paymentResultMessage": result(payment.code).message,
        "transactions": [_transaction(refund) for refund in payment.refunds],
    }
    return Reply("SUCCESS", state | _identity(payment) | _settlement(payment))


def cancel(book: Book, fields: Fields, _root_url: str) -> Reply:
    """docs.antom.com/ac/ams/paymentc_online"""
    payment = _named_payment(book, fields)
    cancelled_at = book.cancel(payment)
    identity = {"paymentId": payment.payment_id, "paymentRequestId": payment.order.request_id}
    return Reply("SUCCESS", identity | {"cancelTime": _time(cancelled_at)})


def refund(book: Book, fields: Fields, _root_url: str) -> Reply:
    """docs.antom.com/ac/ams/refund_online"""
    made = book.refund(_read_refund(fields))
    return Reply(made.code, {"paymentId": made.payment.payment_id} | _refund_identity(made))


def inquiry_refund(book: Book, fields: Fields, _root_url: str) -> Reply:
    """docs.antom.com/ac/ams/ir_online"""
    made = book.find_refund(*_either(fields, "refundId", "refundRequestId"))
    return Reply("SUCCESS", {"refundStatus": made.status.value} | _refund_identity(made))


OPERATIONS: Final[Mapping[str, Operation]] = {
    "pay": pay,
    "inquiryPayment": inquiry_payment,
    "cancel": cancel,
    "refund": refund,
    "inquiryRefund": inquiry_refund,
}


def notice_of(subject: Payment | Refund, kind: Kind) -> tuple[str | None, dict[str, Any]]:
    """Where a notice goes and what it says (docs.antom.com/ac/ams/paymentrn_online and /notify_refund)."""
    if isinstance(subject, Payment):
        return subject.order.notify_url, _payment_notice(subject, kind)
    verdict = {"notifyType": kind.value, "result": result(subject.code).wire()}
    return subject.order.notify_url, verdict | {"refundStatus": subject.status.value} | _refund_identity(subject)


def _payment_notice(payment: Payment, kind: Kind) -> dict[str, Any]:
    code = "SUCCESS" if kind is Kind.PAYMENT_PENDING else payment.code
    verdict = {"notifyType": kind.value, "result": result(code).wire()}
    return verdict | _identity(payment) | _settlement(payment) | {"paymentMethodType": METHOD}


def _read_order(fields: Fields) -> Order:
    fields.one_of("productCode", "CASHIER_PAYMENT")
    fields.nested("paymentMethod").one_of("paymentMethodType", METHOD)
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


def _identity(payment: Payment) -> dict[str, Any]:
    return {
        "paymentId": payment.payment_id,
        "paymentRequestId": payment.order.request_id,
        "paymentAmount": payment.amount.wire(),
        "paymentCreateTime": _time(payment.created_at),
    }


def _settlement(payment: Payment) -> dict[str, Any]:
    if payment.account is None or payment.paid_at is None:
        return {}
    customer = {
        "pspName": METHOD,
        "pspCustomerId": payment.account.user_id,
        "displayCustomerId": payment.account.masked,
    }
    return {"paymentTime": _time(payment.paid_at), "pspCustomerInfo": customer}


def _links(payment: Payment, root_url: str) -> dict[str, Any]:
    url = f"{root_url}/cashier/{payment.cashier_id}"
    scheme = f"alipays://platformapi/startapp?appId=20000067&url={quote(url, safe='')}"
    links: dict[str, Any] = {"normalUrl": url, "schemeUrl": scheme}
    if payment.order.terminal == "WEB":
        links["orderCodeForm"] = _order_code(payment, url)
    return links


def _order_code(payment: Payment, url: str) -> dict[str, Any]:
    details = [
        {"codeValueType": "QRCODE", "codeValue": url, "displayType": "TEXT"},
        {"codeValueType": "QRCODE", "codeValue": f"{url}/code.png", "displayType": "BIGIMAGE"},
    ]
    return {
        "paymentMethodType": METHOD,
        "expireTime": _time(payment.expires_at),
        "codeDetails": details,
    }


def _refund_identity(made: Refund) -> dict[str, Any]:
    identity = {
        "refundId": made.refund_id,
        "refundRequestId": made.order.request_id,
        "refundAmount": made.order.amount.wire(),
    }
    return identity | ({"refundTime": _time(made.refunded_at)} if made.refunded_at else {})


def _transaction(made: Refund) -> dict[str, Any]:
    return {
        "transactionType": "REFUND",
        "transactionStatus": made.status.value,
        "transactionResult": result(made.code).wire(),
        "transactionId": made.refund_id,
        "transactionRequestId": made.order.request_id,
        "transactionAmount": made.order.amount.wire(),
        "transactionTime": _time(made.refunded_at or made.created_at),
    }


def _time(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""

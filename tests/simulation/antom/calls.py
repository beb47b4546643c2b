"""The five calls: what their fields mean, and what is answered."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.simulation.antom import messages
from tests.simulation.antom.acquirer import Acquirer
from tests.simulation.antom.book import Amount, Charge, Order, Refund, Status
from tests.simulation.antom.wire import Document, Refusal, part, result, text

Answer = dict[str, Any]


def pay(acquirer: Acquirer, asked: Document) -> Answer:
    """docs.antom.com/ac/ams/payment_cashier"""
    charge = acquirer.open(_order(asked))
    if charge.status is Status.SUCCESS:
        return _says("SUCCESS") | messages.identity(charge) | messages.payment(charge)
    if charge.status in (Status.PROCESSING, Status.PENDING):
        links = {"normalUrl": charge.url, "schemeUrl": f"alipays://platformapi/startapp?url={charge.url}"}
        return _says("PAYMENT_IN_PROCESS") | messages.identity(charge) | links
    return _says(charge.code) | messages.identity(charge)


def inquiry_payment(acquirer: Acquirer, asked: Document) -> Answer:
    """docs.antom.com/ac/ams/paymentri_online"""
    charge = _charge(acquirer, asked)
    state = {
        "paymentStatus": charge.status.value,
        "paymentResultCode": charge.code,
        "paymentResultMessage": charge.code.lower(),
        "transactions": [messages.transaction(made) for made in charge.refunds],
    }
    return _says("SUCCESS") | state | messages.identity(charge) | messages.payment(charge)


def cancel(acquirer: Acquirer, asked: Document) -> Answer:
    """docs.antom.com/ac/ams/paymentc_online"""
    charge = _charge(acquirer, asked)
    cancelled_at = acquirer.cancel(charge)
    names = {"paymentId": charge.payment_id, "paymentRequestId": charge.id}
    return _says("SUCCESS") | names | {"cancelTime": messages.at(cancelled_at)}


def refund(acquirer: Acquirer, asked: Document) -> Answer:
    """docs.antom.com/ac/ams/refund_online"""
    charge = acquirer.book.find(text(asked, "paymentId"))
    notify_url = text(asked, "refundNotifyUrl", 2048) if "refundNotifyUrl" in asked else None
    made = acquirer.refund(charge, text(asked, "refundRequestId"), _amount(asked, "refundAmount"), notify_url)
    return _says(made.code) | {"paymentId": charge.payment_id} | messages.refund(made)


def inquiry_refund(acquirer: Acquirer, asked: Document) -> Answer:
    """docs.antom.com/ac/ams/ir_online"""
    made: Refund = acquirer.book.find_refund(_one_of(asked, "refundId", "refundRequestId"))
    return _says("SUCCESS") | {"refundStatus": made.status.value} | messages.refund(made)


CALLS: Mapping[str, Callable[[Acquirer, Document], Answer]] = {
    "pay": pay,
    "inquiryPayment": inquiry_payment,
    "cancel": cancel,
    "refund": refund,
    "inquiryRefund": inquiry_refund,
}


def _says(code: str) -> Answer:
    return {"result": result(code)}


def _charge(acquirer: Acquirer, asked: Document) -> Charge:
    return acquirer.book.find(_one_of(asked, "paymentId", "paymentRequestId"))


def _one_of(asked: Document, first: str, second: str) -> str:
    """Antom's id wins where both are given."""
    return text(asked, first if first in asked else second)


def _order(asked: Document) -> Order:
    order, method = part(asked, "order"), part(asked, "paymentMethod")
    if (asked.get("productCode"), method.get("paymentMethodType")) != ("CASHIER_PAYMENT", "ALIPAY_CN"):
        raise Refusal("PARAM_ILLEGAL")
    _check_terminal(part(asked, "env"))
    text(order, "orderDescription", 256)
    text(asked, "paymentRedirectUrl", 2048)
    return Order(
        request_id=text(asked, "paymentRequestId"),
        reference=text(order, "referenceOrderId"),
        amount=_amount(asked, "paymentAmount"),
        order_amount=_amount(order, "orderAmount"),
        notify_url=text(asked, "paymentNotifyUrl", 2048),
        expires_at=_time(text(asked, "paymentExpiryTime")),
    )


def _check_terminal(env: Document) -> None:
    terminal = text(env, "terminalType")
    if terminal not in ("WEB", "WAP") or (terminal == "WAP" and env.get("osType") not in ("IOS", "ANDROID")):
        raise Refusal("PARAM_ILLEGAL")


def _amount(asked: Document, name: str) -> Amount:
    amount = part(asked, name)
    currency, value = text(amount, "currency", 3), text(amount, "value", 16)
    if not value.isdecimal() or int(value) == 0:
        raise Refusal("PARAM_ILLEGAL")
    return Amount(currency, int(value))


def _time(said: str) -> datetime:
    try:
        time = datetime.fromisoformat(said)
    except ValueError:
        raise Refusal("PARAM_ILLEGAL") from None
    if time.tzinfo is None:
        raise Refusal("PARAM_ILLEGAL")
    return time

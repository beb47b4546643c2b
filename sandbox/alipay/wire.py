"""What is told of payments, refunds and wallets, in the field names of Antom's SDK. Scalars are JSON strings."""

from datetime import datetime
from typing import Any, Final
from urllib.parse import quote as quote_url

from sandbox.alipay.accounts import Account
from sandbox.alipay.models import Kind, Payment, Refund
from sandbox.alipay.money import rate
from sandbox.alipay.results import result

METHOD: Final = "ALIPAY_CN"
WALLET_CURRENCY: Final = "CNY"


def notice_of(subject: Payment | Refund, kind: Kind) -> tuple[str | None, dict[str, Any]]:
    """Where a notice goes and what it says."""
    if isinstance(subject, Payment):
        return subject.order.notify_url, payment_notice(subject, kind, subject.code)
    return subject.order.notify_url, refund_notice(subject)


def payment_notice(payment: Payment, kind: Kind, code: str) -> dict[str, Any]:
    """notifyPayment (docs.antom.com/ac/ams/paymentrn_online); a pending payment is told with SUCCESS, too."""
    told = "SUCCESS" if kind is Kind.PAYMENT_PENDING else code
    verdict = {"notifyType": kind.value, "result": result(told).wire()}
    is_final = kind is Kind.PAYMENT_RESULT and code == payment.code
    return verdict | identity(payment) | (settlement(payment) if is_final else {}) | {"paymentMethodType": METHOD}


def refund_notice(made: Refund) -> dict[str, Any]:
    """notifyRefund (docs.antom.com/ac/ams/notify_refund); it names no payment."""
    verdict = {"notifyType": Kind.REFUND_RESULT.value, "result": result(made.code).wire()}
    return verdict | {"refundStatus": made.status.value} | refund_identity(made)


def unlink_notice(client_id: str, account: Account) -> dict[str, Any]:
    """notifyAuthorization (AlipayAuthNotify in Antom's SDK); it has a type of its own and no result."""
    return {
        "authorizationNotifyType": Kind.TOKEN_CANCELED.value,
        "authClientId": client_id,
        "accessToken": account.access_token,
        "userId": account.user_id,
        "userLoginId": account.masked,
    }


def identity(payment: Payment) -> dict[str, Any]:
    known = {
        "paymentId": payment.payment_id,
        "paymentRequestId": payment.order.request_id,
        "paymentAmount": payment.amount.wire(),
        "paymentCreateTime": time(payment.created_at),
    }
    return known | _quote(payment)


def settlement(payment: Payment) -> dict[str, Any]:
    """When and by whom a payment was paid; nothing before that."""
    if payment.account is None or payment.paid_at is None:
        return {}
    customer = {
        "pspName": METHOD,
        "pspCustomerId": payment.account.user_id,
        "displayCustomerId": payment.account.masked,
    }
    return {"paymentTime": time(payment.paid_at), "pspCustomerInfo": customer}


def links(payment: Payment, root_url: str) -> dict[str, Any]:
    """docs.antom.com/ac/cashier_payment/links"""
    url = f"{root_url}/cashier/{payment.cashier_id}"
    scheme = f"alipays://platformapi/startapp?appId=20000067&url={quote_url(url, safe='')}"
    found: dict[str, Any] = {"normalUrl": url, "schemeUrl": scheme}
    if payment.order.terminal == "WEB":
        found["orderCodeForm"] = _order_code(payment, url)
    return found


def refund_identity(made: Refund) -> dict[str, Any]:
    known = {
        "refundId": made.refund_id,
        "refundRequestId": made.order.request_id,
        "refundAmount": made.order.amount.wire(),
    }
    return known | ({"refundTime": time(made.refunded_at)} if made.refunded_at else {})


def transaction(made: Refund) -> dict[str, Any]:
    """A refund as inquiryPayment lists it, whoever asked for it."""
    return {
        "transactionType": "REFUND",
        "transactionStatus": made.status.value,
        "transactionResult": result(made.code).wire(),
        "transactionId": made.refund_id,
        "transactionRequestId": made.order.request_id,
        "transactionAmount": made.order.amount.wire(),
        "transactionTime": time(made.refunded_at or made.created_at),
    }


def time(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _quote(payment: Payment) -> dict[str, Any]:
    """The rate at which the wallet pays, where it pays in another currency."""
    if payment.amount.currency == WALLET_CURRENCY:
        return {}
    quote = {
        "quoteCurrencyPair": f"{payment.amount.currency}/{WALLET_CURRENCY}",
        "quotePrice": rate(payment.amount.currency, WALLET_CURRENCY),
        "quoteStartTime": time(payment.created_at),
        "quoteExpiryTime": time(payment.expires_at),
        "guaranteed": "true",
    }
    return {"paymentQuote": quote}


def _order_code(payment: Payment, url: str) -> dict[str, Any]:
    details = [
        {"codeValueType": "QRCODE", "codeValue": url, "displayType": "TEXT"},
        {"codeValueType": "QRCODE", "codeValue": f"{url}/code.png", "displayType": "BIGIMAGE"},
    ]
    return {
        "paymentMethodType": METHOD,
        "expireTime": time(payment.expires_at),
        "codeDetails": details,
    }

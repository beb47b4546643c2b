"""The payment gateway's words in ours. Unknown is the default; only an explicit yes is a yes.

Sources: docs.antom.com/ac/ams (pay, inquiryPayment, cancel, refund, inquiryRefund, notifyPayment, notifyRefund).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from flow.money import DECIMALS, Money
from gateway.antom import wire
from gateway.text import parse_time
from service.verdicts import CANCELLED, Opened, OpenVerdict, Refused, Return, Settled, Unknown, Verdict

Meaning = Literal["opened", "settled", "refused", "absent", "unknown"]
Table = Mapping[tuple[str, str], Meaning]

ANY = "*"

WALLET_CURRENCY = "CNY"
"""What Alipay's wallet shows (docs.antom.com/ac/antomop/alipay_cn)."""

AGAIN: Table = {
    ("F", "REQUEST_TRAFFIC_EXCEED_LIMIT"): "unknown",
    ("F", "UNKNOWN_EXCEPTION"): "unknown",
    # The id is taken, by a request that may well have succeeded: only an inquiry can tell.
    ("F", "REPEAT_REQ_INCONSISTENT"): "unknown",
    # Said of our keys, client id or settings: nothing was decided about the id, and an operator can mend it.
    ("F", "INVALID_SIGNATURE"): "unknown",
    ("F", "CLIENT_INVALID"): "unknown",
    ("F", "KEY_NOT_FOUND"): "unknown",
    ("F", "ACCESS_DENIED"): "unknown",
    ("F", "NO_INTERFACE_DEF"): "unknown",
}
"""Codes that ask for a repeat or an inquiry with the same id, whatever status they come with."""

PAY: Table = {
    **AGAIN,
    ("S", "SUCCESS"): "settled",
    ("U", "PAYMENT_IN_PROCESS"): "opened",
    ("F", ANY): "refused",
}

REFUND: Table = {
    **AGAIN,
    ("S", "SUCCESS"): "settled",
    # Also said while the payment is still on its way.
    ("F", "ORDER_STATUS_INVALID"): "unknown",
    ("F", ANY): "refused",
}

CANCEL: Table = {
    ("S", "SUCCESS"): "refused",
    # Every other no (too late, already paid, ...) leaves open how the charge ended.
    ("F", "ORDER_NOT_EXIST"): "absent",
}

INQUIRY: Table = {
    ("F", "ORDER_NOT_EXIST"): "absent",
    ("F", "REFUND_NOT_EXIST"): "absent",
}
"""Of the inquiry itself; where it worked, the status that it brings decides."""

STATUS: Mapping[str | None, Meaning] = {
    "SUCCESS": "settled",
    "FAIL": "refused",
    "CANCELLED": "refused",
    "PROCESSING": "unknown",
    "PENDING": "unknown",
}
"""`paymentStatus` and `refundStatus`. PENDING is said to be paid, but not finally."""


def of_pay(answer: wire.PayAnswer, charge_id: str, may_show: Callable[[str], bool]) -> OpenVerdict:
    """Of payments/pay; `may_show` says whether a buyer may be sent to a link."""
    meaning = _meaning(PAY, answer.result)
    if meaning == "opened":
        return _opened(answer, charge_id, may_show)
    return _charge(meaning, answer, charge_id, answer.result.result_code)


def of_inquiry(answer: wire.PaymentAnswer, charge_id: str) -> Verdict:
    """Of payments/inquiryPayment."""
    if answer.result.result_status != "S":
        return _plain(_meaning(INQUIRY, answer.result), answer.result.result_code)
    status = answer.payment_status
    code = CANCELLED if status == "CANCELLED" else answer.payment_result_code or status or "no status"
    verdict = _charge(STATUS.get(status, "unknown"), answer, charge_id, code)
    return replace(verdict, returns=_returns(answer)) if isinstance(verdict, Settled) else verdict


def of_cancel(answer: wire.CancelAnswer, charge_id: str) -> Verdict:
    """Of payments/cancel: Refused("CANCELLED"), or Unknown, to be settled by inquiry."""
    if answer.payment_request_id not in (None, charge_id):
        return OTHER_ID
    meaning = _meaning(CANCEL, answer.result)
    return _plain(meaning, CANCELLED if meaning == "refused" else answer.result.result_code)


def of_refund(answer: wire.RefundAnswer, refund_id: str) -> Verdict:
    """Of payments/refund."""
    return _refund(_meaning(REFUND, answer.result), answer, refund_id, answer.result.result_code)


def of_refund_inquiry(answer: wire.RefundAnswer, refund_id: str) -> Verdict:
    """Of payments/inquiryRefund."""
    if answer.result.result_status != "S":
        return _plain(_meaning(INQUIRY, answer.result), answer.result.result_code)
    status = answer.refund_status
    return _refund(STATUS.get(status, "unknown"), answer, refund_id, status or "no status")


def of_payment_notice(notice: wire.PaymentNotice) -> Verdict:
    """Of notifyPayment. With PAYMENT_PENDING even an `S` only says that it is on its way."""
    if notice.notify_type == "PAYMENT_PENDING":
        return Unknown(reason="PAYMENT_PENDING")
    meaning = _meaning(PAY, notice.result)
    return _charge(meaning, notice, notice.payment_request_id, notice.result.result_code)


def of_refund_notice(notice: wire.RefundNotice) -> Verdict:
    """Of notifyRefund, where result and status must agree on a yes."""
    meaning = STATUS.get(notice.refund_status, "unknown")
    if meaning == "settled" and notice.result.result_status != "S":
        return Unknown(reason="result and refundStatus disagree")
    code = notice.result.result_code if notice.result.result_status == "F" else notice.refund_status
    return _refund(meaning, notice, notice.refund_request_id, code or "no status")


OTHER_ID = Unknown(reason="the answer is about another id")


def _meaning(table: Table, result: wire.Result) -> Meaning:
    default = table.get((result.result_status, ANY), "unknown")
    return table.get((result.result_status, result.result_code), default)


def _plain(meaning: Meaning, code: str) -> Refused | Unknown:
    """Where no money can have moved by this answer."""
    if meaning == "refused":
        return Refused(code=code)
    return Unknown(reason=code, absent=meaning == "absent")


def _opened(answer: wire.PayAnswer, charge_id: str, may_show: Callable[[str], bool]) -> Opened | Unknown:
    if answer.payment_request_id not in (None, charge_id):
        return OTHER_ID
    if not answer.normal_url:
        return Unknown(reason=answer.result.result_code)
    if not may_show(answer.normal_url):
        return Unknown(reason="link refused")
    estimate = estimated(answer)
    at = parsed(answer.payment_quote.quote_start_time) if answer.payment_quote and estimate else None
    return Opened(gateway_id=answer.payment_id or None, url=answer.normal_url, estimate=estimate, estimated_at=at)


def estimated(answer: wire.PayAnswer) -> Money | None:
    """What the wallet will show in its own currency, by the rate that the gateway itself states."""
    quote, amount = answer.payment_quote, answer.payment_amount.money() if answer.payment_amount else None
    if quote is None or amount is None:
        return None
    first, _, second = quote.quote_currency_pair.partition("/")
    if {first, second} != {amount.currency, WALLET_CURRENCY}:
        return None
    rate = quote.quote_price if first == amount.currency else 1 / quote.quote_price
    digits = DECIMALS[WALLET_CURRENCY] - DECIMALS[amount.currency]
    return Money(WALLET_CURRENCY, round((amount.value * rate).scaleb(digits)))


def _returns(answer: wire.PaymentAnswer) -> tuple[Return, ...]:
    done = (each for each in answer.transactions or () if each is not None and each.transaction_status == "SUCCESS")
    return tuple(
        Return(refund_id=each.transaction_request_id, gateway_id=each.transaction_id, amount=money)
        for each in done
        if each.transaction_type == "REFUND" and (money := each.transaction_amount.money())
    )


def _charge(meaning: Meaning, facts: wire.PaymentFacts, charge_id: str, code: str) -> Verdict:
    if facts.payment_request_id not in (None, charge_id):
        return OTHER_ID
    if meaning == "settled":
        verdict = _settled(facts.payment_id, facts.payment_amount, facts.payment_time)
        wallet = facts.psp_customer_info.psp_customer_id if facts.psp_customer_info else None
        return replace(verdict, wallet_id=wallet) if isinstance(verdict, Settled) else verdict
    return _plain(meaning, code)


def _refund(meaning: Meaning, facts: wire.RefundAnswer, refund_id: str, code: str) -> Verdict:
    if facts.refund_request_id not in (None, refund_id):
        return OTHER_ID
    if meaning == "settled":
        return _settled(facts.refund_id, facts.refund_amount, facts.refund_time)
    return _plain(meaning, code)


def _settled(gateway_id: str | None, amount: wire.Amount | None, time: str | None) -> Settled | Unknown:
    """A yes that does not say what was paid, and by which id, is none."""
    money = None if amount is None else amount.money()
    if not gateway_id or money is None:
        return Unknown(reason="settled without a known amount or id")
    return Settled(gateway_id=gateway_id, amount=money, at=parsed(time))


def parsed(time: str | None) -> datetime | None:
    """An odd time must not hide that money moved."""
    try:
        return parse_time(time)
    except ValueError:
        return None

"""The acquirer's book: what happens to payments and refunds. No input or output, no clock of its own."""

import heapq
import secrets
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import Final

from sandbox.alipay.accounts import Account
from sandbox.alipay.clock import Clock
from sandbox.alipay.faults import Faults
from sandbox.alipay.models import Kind, Movement, Order, Payment, Refund, RefundOrder, Status
from sandbox.alipay.money import Amount
from sandbox.alipay.results import Refused

ORDER_TIMEOUT: Final = timedelta(minutes=14)
"""docs.antom.com/ac/antomop/alipay_cn"""
REFUND_WINDOW: Final = timedelta(days=365)
"""docs.antom.com/ac/antomop/alipay_cn"""
ASYNC_REFUND: Final = timedelta(seconds=1)

_CHINA = timezone(timedelta(hours=8))

_REFUSALS: Final[Mapping[str, str]] = {
    "payment_rejected": "RISK_REJECT",
    "payment_over_limit": "USER_AMOUNT_EXCEED_LIMIT",
    "payment_balance_too_low": "USER_BALANCE_NOT_ENOUGH",
}
"""Faults that refuse a payment, with their result codes."""

Notify = Callable[[Payment | Refund, Kind], None]


class Book:
    """Payments and refunds with their rules. Methods that a merchant's call reaches raise `Refused`.

    What is due (expiry, delayed results) happens in `settle_due`, which every door calls first.
    """

    def __init__(self, *, clock: Clock, faults: Faults, notify: Notify) -> None:
        self._clock = clock
        self._faults = faults
        self._notify = notify
        self._numbers = count(1)
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._payments: dict[str, Payment] = {}
        self._by_request: dict[str, Payment] = {}
        self._by_cashier: dict[str, Payment] = {}
        self._by_phone: dict[str, list[Payment]] = {}
        self._refunds: dict[str, Refund] = {}
        self._refunds_by_id: dict[str, Refund] = {}

    def settle_due(self) -> None:
        while self._due and self._due[0][0] <= self._clock():
            _, _, action = heapq.heappop(self._due)
            action()

    def _at(self, moment: datetime, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (moment, next(self._numbers), action))

    @property
    def payments(self) -> list[Payment]:
        return list(self._payments.values())

    def is_latest(self, payment: Payment) -> bool:
        """Whether the merchant asked for no newer payment for the same order."""
        of_order = [other for other in self._payments.values() if other.order.reference == payment.order.reference]
        return of_order[-1] is payment

    def is_paid_elsewhere(self, payment: Payment) -> bool:
        """Whether another payment for the same order was paid."""
        others = (other for other in self._payments.values() if other is not payment)
        return any(other.paid_at and other.order.reference == payment.order.reference for other in others)

    def at_cashier(self, cashier_id: str) -> Payment | None:
        return self._by_cashier.get(cashier_id)

    def payment(self, payment_id: str | None, request_id: str | None = None) -> Payment:
        """By Antom's id, which takes precedence, or by the merchant's."""
        found = self._payments.get(payment_id) if payment_id else self._by_request.get(request_id or "")
        if found is None:
            raise Refused("ORDER_NOT_EXIST")
        return found

    def find_refund(self, refund_id: str | None, request_id: str | None = None) -> Refund:
        found = self._refunds_by_id.get(refund_id) if refund_id else self._refunds.get(request_id or "")
        if found is None:
            raise Refused("ORDER_NOT_EXIST")
        return found

    def movements(self, account: Account) -> list[Movement]:
        """The statement of a wallet, newest first."""
        lines = [line for payment in self._charges(account) for line in payment.movements()]
        return sorted(lines, key=lambda line: line.at, reverse=True)

    def balance(self, account: Account) -> int:
        """In fen."""
        return account.opening - sum(payment.net.fen for payment in self._charges(account))

    def _charges(self, account: Account) -> Iterator[Payment]:
        return (payment for payment in self._by_phone.get(account.phone, ()) if payment.paid_at)

    def open(self, order: Order) -> Payment:
        """The payment for an order; a repeated request finds the first one."""
        known = self._by_request.get(order.request_id)
        if known is None:
            return self._open_new(order)
        if known.order.key != order.key:
            raise Refused("REPEAT_REQ_INCONSISTENT")
        return known

    def _open_new(self, order: Order) -> Payment:
        now = self._clock()
        expires_at = order.expires_at or now + ORDER_TIMEOUT
        if expires_at <= now:
            raise Refused("PARAM_ILLEGAL", "paymentExpiryTime")
        payment = Payment(order, self.new_id("1940108001"), secrets.token_urlsafe(16), now, expires_at)
        self._payments[payment.payment_id] = payment
        self._by_request[order.request_id] = payment
        self._by_cashier[payment.cashier_id] = payment
        self._at(expires_at, lambda: self.expire(payment))
        return payment

    def cancel(self, payment: Payment) -> datetime:
        """Close an open payment or return a settled one; says when. Source: docs.antom.com/ac/cashierpay/cancel."""
        if payment.cancelled_at is None:
            now = self._clock()
            if payment.paid_at:
                self._require_cancellable(payment, now)
            payment.cancelled_at = now
            if payment.status is not Status.FAIL:
                payment.status, payment.code = Status.CANCELLED, "ORDER_IS_CLOSED"
        return payment.cancelled_at

    def _require_cancellable(self, payment: Payment, now: datetime) -> None:
        day_after = payment.created_at.astimezone(_CHINA).date() + timedelta(days=1)
        end = datetime(day_after.year, day_after.month, day_after.day, 0, 15, tzinfo=_CHINA)
        if now > end:
            raise Refused("CANCEL_WINDOW_EXCEED")
        if payment.refundable < payment.paid:
            raise Refused("ORDER_STATUS_INVALID")

    def refund(self, order: RefundOrder) -> Refund:
        """The refund for an order; a repeated request finds the first one."""
        known = self._refunds.get(order.request_id)
        if known is None:
            return self._refund_new(order)
        if known.order.key != order.key:
            raise Refused("REPEAT_REQ_INCONSISTENT")
        return known

    def _refund_new(self, order: RefundOrder) -> Refund:
        payment = self.payment(order.payment_id)
        if payment.status in (Status.PROCESSING, Status.PENDING):
            raise Refused("PAYMENT_IN_PROCESS")
        refund = Refund(order, self.new_id("2940108001"), payment, self._clock())
        verdict = self._refund_verdict(payment, order)
        self._refunds[order.request_id] = refund
        self._refunds_by_id[refund.refund_id] = refund
        payment.refunds.append(refund)
        self._begin_refund(refund, verdict)
        return refund

    def _refund_verdict(self, payment: Payment, order: RefundOrder) -> str:
        if payment.status is not Status.SUCCESS or payment.paid_at is None:
            return "ORDER_STATUS_INVALID"
        if order.amount.currency != payment.amount.currency:
            return "CURRENCY_NOT_SUPPORT"
        if self._clock() > payment.paid_at + REFUND_WINDOW:
            return "REFUND_WINDOW_EXCEED"
        if order.amount.value > payment.refundable:
            return "REFUND_AMOUNT_EXCEED"
        return "SUCCESS"

    def _begin_refund(self, refund: Refund, verdict: str) -> None:
        if verdict != "SUCCESS":
            self.end_refund(refund, verdict)
            return
        if self._faults.for_outcome("refund_refused") is not None:
            verdict = "MERCHANT_BALANCE_NOT_ENOUGH"
        if self._faults.for_outcome("refund_stuck") is None:
            self._run_refund(refund, verdict)

    def _run_refund(self, refund: Refund, verdict: str) -> None:
        held_back = self._faults.for_outcome("refund_in_process")
        if held_back is None and not refund.order.is_async:
            self.end_refund(refund, verdict)
        else:
            wait = ASYNC_REFUND if held_back is None else timedelta(seconds=held_back)
            self._at(self._clock() + wait, lambda: self.end_refund(refund, verdict))

    def end_refund(self, refund: Refund, verdict: str) -> None:
        """Decide a refund that is in process; one that was decided stays as it is."""
        if refund.status is not Status.PROCESSING:
            return
        refund.code = verdict
        refund.status = Status.SUCCESS if verdict == "SUCCESS" else Status.FAIL
        if refund.status is Status.SUCCESS:
            refund.refunded_at = self._clock()
        self._notify(refund, Kind.REFUND_RESULT)

    def pay(self, payment: Payment, account: Account) -> None:
        """The buyer presses the pay button; nothing happens when the payment is no longer open."""
        if payment.status is not Status.PROCESSING:
            return
        self._enter(payment, account)
        refusal = self._refusal(payment, account)
        pending = None if refusal else self._faults.for_outcome("payment_pending")
        if refusal:
            self._fail(payment, refusal)
        elif pending is None:
            self._settle(payment)
        else:
            self._hold(payment, timedelta(seconds=pending))

    def receive(self, payment: Payment, account: Account, amount: Amount) -> None:
        """Money comes in for an unpaid payment whatever its state: late, or another amount than was asked for."""
        self._enter(payment, payment.account or account)
        payment.received = None if amount == payment.order.amount else amount
        payment.cancelled_at = None
        self._settle(payment)

    def _enter(self, payment: Payment, account: Account) -> None:
        payment.account = account
        statement = self._by_phone.setdefault(account.phone, [])
        if payment not in statement:
            statement.append(payment)

    def refuse(self, payment: Payment, account: Account) -> None:
        """The buyer turns the payment down for good."""
        if payment.status is Status.PROCESSING:
            payment.account = account
            self._fail(payment, "PROCESS_FAIL")

    def _refusal(self, payment: Payment, account: Account) -> str | None:
        for fault, code in _REFUSALS.items():
            if self._faults.for_outcome(fault) is not None:
                return code
        if payment.amount.fen > account.limit:
            return "USER_AMOUNT_EXCEED_LIMIT"
        if payment.amount.fen > self.balance(account):
            return "USER_BALANCE_NOT_ENOUGH"
        return None

    def _hold(self, payment: Payment, wait: timedelta) -> None:
        payment.status = Status.PENDING
        self._notify(payment, Kind.PAYMENT_PENDING)
        self._at(self._clock() + wait, lambda: self._end_hold(payment))

    def _end_hold(self, payment: Payment) -> None:
        if payment.status is Status.PENDING:
            self._settle(payment)

    def _settle(self, payment: Payment) -> None:
        payment.status, payment.code, payment.paid_at = Status.SUCCESS, "SUCCESS", self._clock()
        self._notify(payment, Kind.PAYMENT_RESULT)

    def expire(self, payment: Payment) -> None:
        """The time to pay is over, where nobody has paid yet."""
        if payment.status is Status.PROCESSING:
            self._fail(payment, "ORDER_IS_CLOSED")

    def _fail(self, payment: Payment, code: str) -> None:
        payment.status, payment.code = Status.FAIL, code
        self._notify(payment, Kind.PAYMENT_RESULT)

    def new_id(self, product: str) -> str:
        """A number of Antom's kind that nothing else has."""
        return f"{self._clock():%Y%m%d}{product}{next(self._numbers):014d}"

"""The gateway's own portal: what its staff, or chance, can do to a charge without the merchant's asking."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.alipay import wire
from sandbox.alipay.accounts import DEMO_ACCOUNTS
from sandbox.alipay.book import Book
from sandbox.alipay.models import Kind, Payment, Refund, RefundOrder, Status
from sandbox.alipay.money import Amount
from sandbox.alipay.notices import Notice
from sandbox.alipay.results import Refused

Send = Callable[[Notice], None]


class UnknownAct(Exception):
    """No act of the portal has this name; `GET /portal` lists the names."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


class NotPossible(Exception):
    """The charge does not allow this now; `GET /portal` lists what each charge allows."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class Deed:
    """An act with what it takes. `value` and `more`, which is added to it, count the smallest unit of `currency`.

    Unsaid, an amount is what the charge asks for or, for a refund, all that can be refunded.
    """

    act: str
    value: int | None = None
    currency: str | None = None
    more: int = 0


class Portal:
    """Raises `UnknownAct` and `NotPossible`."""

    def __init__(self, *, client_id: str, book: Book, send: Send) -> None:
        self.book = book
        self._client_id = client_id
        self._send = send

    def allows(self, act: str, payment: Payment) -> bool:
        return _act(act).permits(payment)

    def allowed(self, payment: Payment) -> list[str]:
        return [name for name, act in ACTS.items() if act.permits(payment)]

    def carry_out(self, deed: Deed, payment: Payment) -> None:
        if not self.allows(deed.act, payment):
            raise NotPossible
        try:
            _act(deed.act).carry_out(self, payment, deed)
        except Refused as refused:
            raise NotPossible from refused

    def pay(self, payment: Payment, deed: Deed) -> None:
        asked = payment.order.amount.to(deed.currency or payment.order.amount.currency)
        self.book.receive(payment, DEMO_ACCOUNTS[0], _amount(deed, asked))

    def expire(self, payment: Payment, _: Deed) -> None:
        self.book.expire(payment)

    def refund(self, payment: Payment, deed: Deed) -> None:
        amount = _amount(deed, Amount(payment.amount.currency, payment.refundable))
        if amount.value > payment.refundable or deed.currency not in (None, amount.currency):
            raise NotPossible
        name = self.book.new_id("PORTAL")
        self.book.refund(RefundOrder(name, payment.payment_id, amount, notify_url=payment.order.notify_url))

    def reverse(self, payment: Payment, _: Deed) -> None:
        """The money goes back, and no notice tells it."""
        self.book.cancel(payment)

    def confirm_refund(self, payment: Payment, _: Deed) -> None:
        self.book.end_refund(_running(payment)[0], "SUCCESS")

    def refuse_refund(self, payment: Payment, _: Deed) -> None:
        self.book.end_refund(_running(payment)[0], "MERCHANT_BALANCE_NOT_ENOUGH")

    def tell_processing(self, payment: Payment, _: Deed) -> None:
        """What was true before the payment was settled, told late."""
        self._tell(payment, wire.payment_notice(payment, Kind.PAYMENT_PENDING, payment.code))

    def tell_failed(self, payment: Payment, _: Deed) -> None:
        """A failure that the book knows nothing of."""
        self._tell(payment, wire.payment_notice(payment, Kind.PAYMENT_RESULT, "PROCESS_FAIL"))

    def tell_unknown_payment(self, payment: Payment, _: Deed) -> None:
        stranger = {
            "paymentId": self.book.new_id("1940108001"),
            "paymentRequestId": _unknown_id(),
            "paymentTime": wire.time(payment.paid_at or payment.created_at),
        }
        self._tell(payment, wire.payment_notice(payment, Kind.PAYMENT_RESULT, "SUCCESS") | stranger)

    def tell_unknown_refund(self, payment: Payment, _: Deed) -> None:
        order = RefundOrder(_unknown_id(), payment.payment_id, payment.amount)
        refund_id, at = self.book.new_id("2940108001"), payment.paid_at or payment.created_at
        stranger = Refund(order, refund_id, payment, at, Status.SUCCESS, "SUCCESS", refunded_at=at)
        self._tell(payment, wire.refund_notice(stranger))

    def unlink(self, payment: Payment, _: Deed) -> None:
        """The buyer takes the merchant out of the wallet's settings."""
        if payment.account is not None:
            self._tell(payment, wire.unlink_notice(self._client_id, payment.account))

    def _tell(self, payment: Payment, document: dict[str, Any]) -> None:
        kind = document.get("notifyType") or document["authorizationNotifyType"]
        self._send(Notice(kind, payment.order.request_id, payment.order.notify_url, document))


def _amount(deed: Deed, usual: Amount) -> Amount:
    value = usual.value if deed.value is None else deed.value
    return Amount(usual.currency, max(value + deed.more, 1))


def _unknown_id() -> str:
    return f"unknown-{secrets.token_hex(8)}"


def _running(payment: Payment) -> list[Refund]:
    return [refund for refund in payment.refunds if refund.status is Status.PROCESSING]


def _is_paid(payment: Payment) -> bool:
    return payment.status is Status.SUCCESS


def _is_open(payment: Payment) -> bool:
    return payment.status is Status.PROCESSING


@dataclass(frozen=True)
class Act:
    """`takes` says what the page asks for: an amount with its currency, an amount alone, or nothing."""

    permits: Callable[[Payment], bool]
    carry_out: Callable[[Portal, Payment, Deed], None]
    takes: tuple[str, ...] = ()


ACTS: Final[Mapping[str, Act]] = {
    "pay": Act(lambda payment: payment.paid_at is None, Portal.pay, takes=("value", "currency")),
    "expire": Act(_is_open, Portal.expire),
    "refund": Act(lambda payment: _is_paid(payment) and payment.refundable > 0, Portal.refund, takes=("value",)),
    "reverse": Act(lambda payment: _is_paid(payment) and payment.refundable == payment.paid, Portal.reverse),
    "confirm_refund": Act(lambda payment: bool(_running(payment)), Portal.confirm_refund),
    "refuse_refund": Act(lambda payment: bool(_running(payment)), Portal.refuse_refund),
    "tell_processing": Act(_is_paid, Portal.tell_processing),
    "tell_failed": Act(_is_paid, Portal.tell_failed),
    "unlink": Act(_is_paid, Portal.unlink),
    "tell_unknown_payment": Act(lambda _: True, Portal.tell_unknown_payment),
    "tell_unknown_refund": Act(lambda _: True, Portal.tell_unknown_refund),
}

Condition = Callable[[Book, Payment], bool]

CONDITIONS: Final[Mapping[str, Condition]] = {
    "open": lambda _, payment: _is_open(payment),
    "expired": lambda _, payment: payment.code == "ORDER_IS_CLOSED" and payment.status is Status.FAIL,
    "cancelled": lambda book, payment: (
        payment.status is Status.CANCELLED and not payment.paid_at and book.is_latest(payment)
    ),
    "paid": lambda _, payment: _is_paid(payment),
    "paid_elsewhere": lambda book, payment: book.is_paid_elsewhere(payment),
}
"""What a scenario can wait for at a charge."""


def _act(name: str) -> Act:
    try:
        return ACTS[name]
    except KeyError:
        raise UnknownAct from None

"""What the simulator keeps: orders, payments and refunds. Times are aware UTC datetimes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sandbox.alipay.accounts import Account
from sandbox.alipay.money import Amount


class Status(StrEnum):
    """Antom's paymentStatus and refundStatus."""

    PROCESSING = "PROCESSING"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    CANCELLED = "CANCELLED"


class Kind(StrEnum):
    """Antom's notifyType."""

    PAYMENT_RESULT = "PAYMENT_RESULT"
    PAYMENT_PENDING = "PAYMENT_PENDING"
    REFUND_RESULT = "REFUND_RESULT"
    TOKEN_CANCELED = "TOKEN_CANCELED"  # noqa: S105 - a notifyAuthorization, which calls it authorizationNotifyType


@dataclass(frozen=True)
class Order:
    """What `pay` asks for."""

    request_id: str
    reference: str
    description: str
    amount: Amount
    order_amount: Amount
    terminal: str
    redirect_url: str
    notify_url: str
    expires_at: datetime | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """The fields that must not change when the request is repeated."""
        return self.reference, self.amount, self.order_amount


@dataclass(frozen=True)
class RefundOrder:
    """What `refund` asks for."""

    request_id: str
    payment_id: str
    amount: Amount
    reason: str = ""
    notify_url: str | None = None
    is_async: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        return self.payment_id, self.amount


@dataclass(eq=False)
class Refund:
    order: RefundOrder
    refund_id: str
    payment: "Payment"
    created_at: datetime
    status: Status = Status.PROCESSING
    code: str = "REFUND_IN_PROCESS"
    refunded_at: datetime | None = None


@dataclass(eq=False)
class Payment:
    """`received` is what came in where that is not what the order asked for."""

    order: Order
    payment_id: str
    cashier_id: str
    created_at: datetime
    expires_at: datetime
    status: Status = Status.PROCESSING
    code: str = "PAYMENT_IN_PROCESS"
    account: Account | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    received: Amount | None = None
    refunds: list[Refund] = field(default_factory=list)

    @property
    def amount(self) -> Amount:
        """What came in or, before that, what is asked for."""
        return self.received or self.order.amount

    @property
    def paid(self) -> int:
        return self.amount.value if self.paid_at else 0

    @property
    def returned(self) -> int:
        if self.status is Status.CANCELLED:
            return self.paid
        return sum(refund.order.amount.value for refund in self.refunds if refund.status is Status.SUCCESS)

    @property
    def net(self) -> Amount:
        return Amount(self.amount.currency, self.paid - self.returned)

    @property
    def refundable(self) -> int:
        """What further refunds may take; those still running are counted as done."""
        claims = (refund.order.amount.value for refund in self.refunds if refund.status is not Status.FAIL)
        return self.paid - sum(claims)

    def movements(self) -> Iterator["Movement"]:
        if self.paid_at is None:
            return
        yield Movement(self.paid_at, self, "payment", self.amount.less(2 * self.amount.value))
        if self.status is Status.CANCELLED and self.cancelled_at:
            yield Movement(self.cancelled_at, self, "cancel", self.amount)
        for refund in self.refunds:
            if refund.refunded_at:
                yield Movement(refund.refunded_at, self, "refund", refund.order.amount)


@dataclass(frozen=True)
class Movement:
    """A line of a wallet's statement; what the buyer paid is negative."""

    at: datetime
    payment: Payment
    kind: str
    amount: Amount

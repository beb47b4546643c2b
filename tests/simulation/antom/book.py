"""The true book: charges, refunds, and every movement of money. Amounts in the smallest unit, times aware UTC."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import count
from typing import Literal

from tests.simulation.antom.wire import Refusal


class Status(StrEnum):
    """paymentStatus and refundStatus. PENDING is paid, with the result awaited."""

    PROCESSING = "PROCESSING"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a currency."""

    currency: str
    value: int

    def wire(self) -> dict[str, str]:
        """As it travels."""
        return {"currency": self.currency, "value": str(self.value)}


@dataclass(frozen=True, slots=True)
class Order:
    """What a `pay` call asks for."""

    request_id: str
    reference: str
    amount: Amount
    order_amount: Amount
    notify_url: str
    expires_at: datetime

    @property
    def key(self) -> tuple[object, ...]:
        """What a repeated call must not change."""
        return self.reference, self.amount, self.order_amount


@dataclass(eq=False, slots=True)
class Refund:
    """Money on its way back; `ours` is False where somebody asked for it in the gateway's portal."""

    request_id: str
    refund_id: str
    charge: "Charge"
    amount: Amount
    notify_url: str | None
    created_at: datetime
    ours: bool = True
    status: Status = Status.PROCESSING
    code: str = "REFUND_IN_PROCESS"
    ended_at: datetime | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What a repeated call must not change."""
        return self.charge.payment_id, self.amount


@dataclass(eq=False, slots=True)
class Charge:
    """One payment. `received` is what the buyer paid, None while nothing is settled."""

    order: Order
    payment_id: str
    url: str
    created_at: datetime
    closes_at: datetime
    status: Status = Status.PROCESSING
    code: str = "PAYMENT_IN_PROCESS"
    received: Amount | None = None
    paid_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancelled_value: int = 0
    customer: str | None = None
    quote: dict[str, str] | None = None
    refunds: list[Refund] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The merchant's paymentRequestId."""
        return self.order.request_id

    @property
    def amount(self) -> Amount:
        """What was paid, and until then what was asked for."""
        return self.received or self.order.amount

    @property
    def paid(self) -> int:
        """What the buyer paid, however it went back later."""
        return self.received.value if self.received else 0

    @property
    def returned(self) -> int:
        """What went back to the buyer, by refunds or by a cancellation."""
        refunded = sum(refund.amount.value for refund in self.refunds if refund.status is Status.SUCCESS)
        return refunded + self.cancelled_value

    @property
    def net(self) -> int:
        """What the merchant has of it."""
        return self.paid - self.returned

    @property
    def refundable(self) -> int:
        """What a further refund may take: one on its way is counted as done."""
        claimed = sum(refund.amount.value for refund in self.refunds if refund.status is not Status.FAIL)
        return self.paid - self.cancelled_value - claimed


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of the merchant's money account; what goes back is negative. `charge_id` is the merchant's."""

    at: datetime
    kind: Literal["payment", "refund", "cancel"]
    charge_id: str
    amount: Amount


class Book:
    """What truly happened: read it, and only the gateway writes."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._numbers = count(1)
        self.charges: dict[str, Charge] = {}
        self.refunds: dict[str, Refund] = {}
        self.movements: list[Movement] = []
        self._by_payment: dict[str, Charge] = {}
        self._by_url: dict[str, Charge] = {}

    def balance(self, currency: str) -> int:
        """What the merchant has in its money account."""
        return sum(line.amount.value for line in self.movements if line.amount.currency == currency)

    def find(self, name: str) -> Charge:
        """A charge by the merchant's id, the gateway's id or its link. Raises Refusal."""
        found = self.charges.get(name) or self._by_payment.get(name) or self._by_url.get(name)
        if found is None:
            raise Refusal("ORDER_NOT_EXIST")
        return found

    def find_refund(self, name: str) -> Refund:
        """A refund by the merchant's id or the gateway's. Raises Refusal."""
        for refund in self._all_refunds(name):
            return refund
        raise Refusal("REFUND_NOT_EXIST")

    def _all_refunds(self, name: str) -> Iterator[Refund]:
        if name in self.refunds:
            yield self.refunds[name]
        yield from (refund for refund in self.refunds.values() if refund.refund_id == name)

    def add(self, order: Order, pay_host: str) -> Charge:
        """Write a new charge down."""
        number = next(self._numbers)
        url = f"https://{pay_host}/bax{number:08d}"
        payment_id = f"20261123194010800100188{number:09d}"
        charge = Charge(order, payment_id, url, self._now(), order.expires_at)
        self.charges[charge.id] = self._by_payment[charge.payment_id] = self._by_url[charge.url] = charge
        return charge

    def add_refund(self, charge: Charge, request_id: str | None, amount: Amount, notify_url: str | None) -> Refund:
        """Write a new refund down; one without an id of the merchant's gets one of the portal's."""
        number = next(self._numbers)
        refund = Refund(
            request_id=request_id or f"PORTAL{number:012d}",
            refund_id=f"20261123194010800200188{number:09d}",
            charge=charge,
            amount=amount,
            notify_url=notify_url,
            created_at=self._now(),
            ours=request_id is not None,
        )
        self.refunds[refund.request_id] = refund
        charge.refunds.append(refund)
        return refund

    def take(self, charge: Charge, amount: Amount) -> None:
        """The buyer's money arrived."""
        charge.received = amount
        self._move("payment", charge, amount.value)

    def settle_refund(self, refund: Refund) -> None:
        """The money of a refund left."""
        self._move("refund", refund.charge, -refund.amount.value)

    def give_back(self, charge: Charge) -> None:
        """All that is left of a charge went back, by its cancellation."""
        value, charge.cancelled_value = charge.net, charge.net
        if value:
            self._move("cancel", charge, -value)

    def _move(self, kind: Literal["payment", "refund", "cancel"], charge: Charge, value: int) -> None:
        self.movements.append(Movement(self._now(), kind, charge.id, Amount(charge.amount.currency, value)))

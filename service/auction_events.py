"""What the auction house tells us, in our words. `at` is the time it gives the event (aware, UTC)."""

from dataclasses import dataclass
from datetime import datetime

from flow.linked import Alipay
from flow.money import Money
from flow.order import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class BidWon:
    """A buyer won an auction and has to pay."""

    at: datetime
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderChanged:
    """An order has other words, another deadline, method or total."""

    at: datetime
    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderCancelled:
    """An order no longer has to be paid."""

    at: datetime
    order_id: str
    buyer_id: str
    version: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaid:
    """An order was paid elsewhere, at `paid_at` (aware, UTC)."""

    at: datetime
    order_id: str
    buyer_id: str
    version: int
    paid_with: str
    paid_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerConnected:
    """A buyer confirmed on the auction house's side that this Telegram account is theirs."""

    at: datetime
    buyer_id: str
    telegram_user_id: int
    display_name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerDisconnected:
    """A buyer's Telegram account no longer belongs to them."""

    at: datetime
    buyer_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerAlipayChanged:
    """A buyer's Alipay account was linked or unlinked, or is no longer offered."""

    at: datetime
    buyer_id: str
    alipay: Alipay
    limit: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent:
    """An event of a type that we do not know; kept, never dropped."""

    at: datetime
    type: str


AuctionEvent = (
    BidWon
    | OrderChanged
    | OrderCancelled
    | OrderPaid
    | BuyerConnected
    | BuyerDisconnected
    | BuyerAlipayChanged
    | UnknownEvent
)

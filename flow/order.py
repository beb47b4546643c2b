"""What the auction house says of an item and of a won order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flow.money import Money

PaymentMethod = Literal["alipay", "other"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """One fee of an order, labelled by the auction house."""

    label: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A won item as of `version`, which counts up with every change; `pay_by` is aware UTC."""

    order_id: str
    buyer_id: str
    auction_id: str
    title: str
    total: Money
    version: int
    payment_method: PaymentMethod | None = None
    image_url: str | None = None
    price: Money | None = None
    fees: tuple[Fee, ...] = ()
    pay_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An auction that may still be running; `ends_at` is aware UTC."""

    auction_id: str
    title: str
    url: str
    price: Money
    ends_at: datetime
    image_url: str | None = None

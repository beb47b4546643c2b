"""The house's things: goods, buyers, orders. Amounts are whole yen, times are aware UTC datetimes."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from sandbox.auction.errors import Missing

Clock = Callable[[], datetime]
T = TypeVar("T")

PURCHASE_FEE = 500
RELISTED_FOR = timedelta(days=2)


class Alipay(StrEnum):
    """What the house knows of a buyer's Alipay account; `not_offered` is the house's own decision."""

    LINKED = "linked"
    NOT_LINKED = "not_linked"
    NOT_OFFERED = "not_offered"


class OrderState(StrEnum):
    UNPAID = "unpaid"
    PAID = "paid"
    CANCELLED = "cancelled"


class PaymentMethod(StrEnum):
    ALIPAY = "alipay"
    OTHER = "other"


@dataclass
class Buyer:
    """A member of the house; `limit` is the highest total payable with Alipay."""

    buyer_id: str
    display_name: str
    alipay: Alipay
    limit: int | None = None
    telegram_user_id: int | None = None


@dataclass(frozen=True)
class Good:
    """A thing that sellers list, with its title in each language (the Japanese one is the seller's)."""

    picture: str
    price: int
    lasts: timedelta
    titles: dict[str, str]


@dataclass(frozen=True)
class Bid:
    """A bid, with the payment method that was chosen with it and the language that it was made in."""

    buyer: Buyer
    amount: int
    payment_method: PaymentMethod
    language: str


@dataclass
class Item:
    """One auction of a good; `price` is the highest bid so far, or the start price."""

    auction_id: str
    good: Good
    price: int
    ends_at: datetime
    bid: Bid | None = None
    sold: bool = False


@dataclass(frozen=True)
class Fee:
    label: str
    amount: int


@dataclass
class Order:
    """A won item. `version` counts the events that were sent about it."""

    order_id: str
    buyer: Buyer
    item: Item
    title: str
    price: int
    fees: tuple[Fee, ...]
    payment_method: PaymentMethod
    pay_by: datetime
    state: OrderState = OrderState.UNPAID
    paid_with: str | None = None
    refunded: int = 0
    version: int = 1

    @property
    def total(self) -> int:
        return self.price + sum(fee.amount for fee in self.fees)


@dataclass
class World:
    """All that the house has, in memory; it begins anew with each start."""

    clock: Clock
    buyers: dict[str, Buyer] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)

    def buyer(self, buyer_id: str) -> Buyer:
        return _found(self.buyers, buyer_id, "buyer")

    def order(self, order_id: str) -> Order:
        return _found(self.orders, order_id, "order")

    def item(self, auction_id: str) -> Item:
        item = _found(self.items, auction_id, "item")
        self._keep_open(item)
        return item

    def open_items(self) -> list[Item]:
        return [self.item(item.auction_id) for item in self.items.values() if not item.sold]

    def orders_of(self, buyer: Buyer) -> list[Order]:
        return [order for order in self.orders.values() if order.buyer is buyer]

    def add_buyer(self, name: str, alipay: Alipay = Alipay.NOT_LINKED, limit: int | None = None) -> Buyer:
        buyer = Buyer(f"B{10001 + len(self.buyers)}", name, alipay, limit)
        self.buyers[buyer.buyer_id] = buyer
        return buyer

    def list_good(self, good: Good) -> Item:
        """Open an auction; ids look like the real ones, a letter and ten digits."""
        auction_id = f"t{1194609512 + 3571 * len(self.items)}"
        item = Item(auction_id, good, good.price, self.clock() + good.lasts)
        self.items[auction_id] = item
        return item

    def _keep_open(self, item: Item) -> None:
        """A demo must not run dry: an auction that nobody ended is extended."""
        if not item.sold and item.ends_at <= self.clock():
            item.ends_at = self.clock() + RELISTED_FOR


def opening_day(clock: Clock) -> World:
    """A world with the catalogue's goods, one buyer whose Alipay is linked and one who never used it."""
    world = World(clock)
    world.add_buyer("林小雨", Alipay.LINKED, limit=200_000)
    world.add_buyer("王磊")
    for good in catalogue():
        world.list_good(good)
    return world


def catalogue() -> list[Good]:
    entries = json.loads((Path(__file__).parent / "catalogue.json").read_text(encoding="utf-8"))
    return [
        Good(entry["picture"], entry["price"], timedelta(hours=entry["hours"]), entry["titles"]) for entry in entries
    ]


def _found(things: dict[str, T], name: str, kind: str) -> T:
    try:
        return things[name]
    except KeyError:
        raise Missing(kind) from None

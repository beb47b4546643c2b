"""The auction house's words: what it calls orders, buyers and items, and how they read in ours.

Unknown fields are ignored; a field that is known must be well formed.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import from_json

from flow.linked import Alipay
from flow.money import Money
from flow.order import Fee, Item, Order, PaymentMethod
from gateway.text import Currency, Digits, Text, Time
from gateway.urls import is_presentable
from service.auction_house import BuyerState


def _presentable(url: str) -> str:
    if not is_presentable(url):
        raise ValueError("a URL must be plain https")
    return url


Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,63}$")]
Line = Annotated[Text, Field(min_length=1, max_length=500)]
Url = Annotated[str, AfterValidator(_presentable)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
TelegramUserId = Annotated[int, Field(ge=1, lt=2**52)]


class Wire(BaseModel):
    """A part of a message."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class AmountWire(Wire):
    """A whole number of the smallest currency unit."""

    currency: Currency
    value: Digits

    def money(self) -> Money:
        """In our words."""
        return Money(self.currency, int(self.value))


def money(amount: AmountWire | None) -> Money | None:
    """An amount in our words, where there is one."""
    return None if amount is None else amount.money()


class FeeWire(Wire):
    """One fee of an order."""

    label: Line
    amount: AmountWire


class OrderWire(Wire):
    """`bid.won` and `order.changed`, and the unpaid orders."""

    order_id: Id
    buyer_id: Id
    auction_id: Id
    title: Line
    image_url: Url | None = None
    total: AmountWire
    price: AmountWire | None = None
    fees: Annotated[list[FeeWire], Field(max_length=50)] | None = None
    payment_method: PaymentMethod | None
    pay_by: Time | None = None
    version: Version

    def order(self) -> Order:
        """In our words."""
        return Order(
            order_id=self.order_id,
            buyer_id=self.buyer_id,
            auction_id=self.auction_id,
            title=self.title,
            total=self.total.money(),
            version=self.version,
            payment_method=self.payment_method,
            image_url=self.image_url,
            price=money(self.price),
            fees=tuple(Fee(label=fee.label, amount=fee.amount.money()) for fee in self.fees or ()),
            pay_by=self.pay_by,
        )


class CancelledWire(Wire):
    """`order.cancelled`"""

    order_id: Id
    buyer_id: Id
    reason: Line | None = None
    version: Version


class PaidWire(Wire):
    """`order.paid`"""

    order_id: Id
    buyer_id: Id
    paid_with: Line
    paid_at: Time
    version: Version


class ConnectedWire(Wire):
    """`buyer.connected`"""

    buyer_id: Id
    telegram_user_id: TelegramUserId
    display_name: Line | None = None


class DisconnectedWire(Wire):
    """`buyer.disconnected`"""

    buyer_id: Id


class AlipayWire(Wire):
    """`buyer.alipay_changed`"""

    buyer_id: Id
    alipay: Literal["linked", "not_linked", "not_offered"]
    limit: AmountWire | None = None


class BuyerWire(Wire):
    """`GET /buyers/{id}`"""

    buyer_id: Id
    display_name: Line | None = None
    alipay: Literal["linked", "not_linked", "not_offered", "unknown"]
    limit: AmountWire | None = None

    def state(self) -> BuyerState:
        """In our words."""
        return BuyerState(
            buyer_id=self.buyer_id,
            display_name=self.display_name,
            alipay=Alipay(self.alipay),
            limit=money(self.limit),
        )


class ItemWire(Wire):
    """`GET /items/{auction_id}`"""

    auction_id: Id
    title: Line
    image_url: Url | None = None
    price: AmountWire
    ends_at: Time
    url: Url

    def item(self) -> Item:
        """In our words."""
        return Item(
            auction_id=self.auction_id,
            title=self.title,
            url=self.url,
            price=self.price.money(),
            ends_at=self.ends_at,
            image_url=self.image_url,
        )


class LinkWire(Wire):
    """`POST /telegram-links`"""

    display_name: Line | None = None


def parse_json(body: bytes) -> object:
    """Any JSON but NaN and Infinity, nested at most 200 deep; ValueError otherwise."""
    return from_json(body, allow_inf_nan=False)

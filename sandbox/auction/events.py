"""The events' data, both ways, in the words of the contract. Amounts: strings of the smallest unit; times: RFC 3339."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, StringConstraints, ValidationError

from sandbox.auction.errors import BadEvent
from sandbox.auction.world import Buyer, Item, Order

Json = dict[str, Any]


def amount(yen: int) -> Json:
    return {"currency": "JPY", "value": str(yen)}


def rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def picture_url(item: Item, public_url: str) -> str:
    return f"{public_url}/static/items/{item.good.picture}.png"


def item_url(item: Item, public_url: str) -> str:
    return f"{public_url}/item/jdirectitems/auction/{item.auction_id}"


def item_data(item: Item, title: str, public_url: str) -> Json:
    return {
        "auction_id": item.auction_id,
        "title": title,
        "image_url": picture_url(item, public_url),
        "price": amount(item.price),
        "ends_at": rfc3339(item.ends_at),
        "url": item_url(item, public_url),
    }


def order_data(order: Order, public_url: str) -> Json:
    """Data of `bid.won` and `order.changed`."""
    return {
        "order_id": order.order_id,
        "buyer_id": order.buyer.buyer_id,
        "auction_id": order.item.auction_id,
        "title": order.title,
        "image_url": picture_url(order.item, public_url),
        "total": amount(order.total),
        "price": amount(order.price),
        "fees": [{"label": fee.label, "amount": amount(fee.amount)} for fee in order.fees],
        "payment_method": order.payment_method.value,
        "pay_by": rfc3339(order.pay_by),
        "version": order.version,
    }


def cancelled_data(order: Order, reason: str) -> Json:
    data: Json = {"order_id": order.order_id, "buyer_id": order.buyer.buyer_id, "version": order.version}
    return data | ({"reason": reason} if reason else {})


def paid_data(order: Order, paid_at: datetime) -> Json:
    return {
        "order_id": order.order_id,
        "buyer_id": order.buyer.buyer_id,
        "paid_with": order.paid_with,
        "paid_at": rfc3339(paid_at),
        "version": order.version,
    }


def connected_data(buyer: Buyer) -> Json:
    return {
        "buyer_id": buyer.buyer_id,
        "telegram_user_id": buyer.telegram_user_id,
        "display_name": buyer.display_name,
    }


def alipay_data(buyer: Buyer) -> Json:
    data: Json = {"buyer_id": buyer.buyer_id, "alipay": buyer.alipay.value}
    return data | ({} if buyer.limit is None else {"limit": amount(buyer.limit)})


def buyer_data(buyer: Buyer) -> Json:
    return {"display_name": buyer.display_name, **alipay_data(buyer)}


def _real_moment(text: str) -> str:
    datetime.fromisoformat(text)
    return text


Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Moment = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$"),
    AfterValidator(_real_moment),
]


class Amount(BaseModel):
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    value: Annotated[str, StringConstraints(pattern=r"^\d{1,16}$")]


class Envelope(BaseModel):
    """What every event has; the data of an unknown type is kept as it came."""

    type: Text
    timestamp: Moment
    data: Json


class PaymentCompleted(BaseModel):
    order_id: Text
    buyer_id: Text
    payment_id: Text
    amount: Amount
    paid_at: Moment


class PaymentRefunded(BaseModel):
    order_id: Text
    buyer_id: Text
    payment_id: Text
    refund_id: Text
    amount: Amount
    reason: Text


class VerificationCompleted(BaseModel):
    buyer_id: Text
    payment_id: Text
    amount: Amount


class VerificationRefunded(VerificationCompleted):
    refund_id: Text


class BuyerUnreachable(BaseModel):
    buyer_id: Text
    order_id: Text | None = None
    reason: Text
    pay_by: Moment | None = None


class HandoffOpened(BaseModel):
    buyer_id: Text
    order_id: Text | None = None
    reason: Text


class HandoffClosed(BaseModel):
    buyer_id: Text
    order_id: Text | None = None
    outcome: Text


OUTCOMES: Mapping[str, type[BaseModel]] = {
    "payment.completed": PaymentCompleted,
    "payment.refunded": PaymentRefunded,
    "verification.completed": VerificationCompleted,
    "verification.refunded": VerificationRefunded,
    "buyer.unreachable": BuyerUnreachable,
    "handoff.opened": HandoffOpened,
    "handoff.closed": HandoffClosed,
}


def parse(body: bytes) -> tuple[Envelope, BaseModel | None]:
    """The envelope, and its data read as the type says (None for a type we do not know). Raises BadEvent."""
    try:
        envelope = Envelope.model_validate_json(body)
        model = OUTCOMES.get(envelope.type)
        return envelope, model.model_validate(envelope.data) if model else None
    except ValidationError:
        raise BadEvent("event") from None

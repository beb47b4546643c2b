"""Events of the auction house: JSON in, our dataclasses out."""

from collections.abc import Callable, Mapping
from typing import Annotated, TypeVar

from pydantic import Field, ValidationError

from flow.linked import Alipay
from gateway.auction import wire
from gateway.text import Text, Time, describe
from service.auction_events import (
    AuctionEvent,
    BidWon,
    BuyerAlipayChanged,
    BuyerConnected,
    BuyerDisconnected,
    OrderCancelled,
    OrderChanged,
    OrderPaid,
    UnknownEvent,
)
from service.errors import Malformed

W = TypeVar("W", bound=wire.Wire)


class Envelope(wire.Wire):
    """What every event has; `data` is read by its type."""

    type: Annotated[Text, Field(min_length=1, max_length=100)]
    timestamp: Time
    data: dict[str, object]


def parse(body: bytes) -> AuctionEvent:
    """The event in `body`, whose signature was verified. Raises Malformed: the fields are named, not the values."""
    try:
        document = wire.parse_json(body)
    except ValueError:
        raise Malformed("body: is not JSON") from None
    envelope = _model(Envelope, document, "body")
    return TYPES.get(envelope.type, _unknown)(envelope)


def _model(kind: type[W], value: object, within: str = "body.data") -> W:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise Malformed(describe(error, within)) from None


def _bid_won(event: Envelope) -> BidWon:
    return BidWon(at=event.timestamp, order=_model(wire.OrderWire, event.data).order())


def _order_changed(event: Envelope) -> OrderChanged:
    return OrderChanged(at=event.timestamp, order=_model(wire.OrderWire, event.data).order())


def _order_cancelled(event: Envelope) -> OrderCancelled:
    return OrderCancelled(at=event.timestamp, **dict(_model(wire.CancelledWire, event.data)))


def _order_paid(event: Envelope) -> OrderPaid:
    return OrderPaid(at=event.timestamp, **dict(_model(wire.PaidWire, event.data)))


def _buyer_connected(event: Envelope) -> BuyerConnected:
    return BuyerConnected(at=event.timestamp, **dict(_model(wire.ConnectedWire, event.data)))


def _buyer_disconnected(event: Envelope) -> BuyerDisconnected:
    return BuyerDisconnected(at=event.timestamp, **dict(_model(wire.DisconnectedWire, event.data)))


def _alipay_changed(event: Envelope) -> BuyerAlipayChanged:
    buyer = _model(wire.AlipayWire, event.data)
    alipay, limit = Alipay(buyer.alipay), wire.money(buyer.limit)
    return BuyerAlipayChanged(at=event.timestamp, buyer_id=buyer.buyer_id, alipay=alipay, limit=limit)


def _unknown(event: Envelope) -> UnknownEvent:
    return UnknownEvent(at=event.timestamp, type=event.type)


TYPES: Mapping[str, Callable[[Envelope], AuctionEvent]] = {
    "bid.won": _bid_won,
    "order.changed": _order_changed,
    "order.cancelled": _order_cancelled,
    "order.paid": _order_paid,
    "buyer.connected": _buyer_connected,
    "buyer.disconnected": _buyer_disconnected,
    "buyer.alipay_changed": _alipay_changed,
}

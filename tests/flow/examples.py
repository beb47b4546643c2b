"""A journey at any state and an event of every type, to write a past with."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from flow import events as on
from flow.effects import Effect
from flow.journey import TABLES, Journey, Kind, advance
from flow.money import Money
from flow.order import Fee, Order, PaymentMethod
from flow.states import State
from flow.steps import Path

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
PRICE = Money("JPY", 12_300)

_FIELDS: dict[str, Any] = {
    "charge_id": "c1",
    "refund_id": "r1",
    "amount": PRICE,
    "due": Money("JPY", 13_000),
    "code": "RISK_REJECT",
    "at": NOON,
    "path": Path.FIRST_TIME,
}

EVENTS: tuple[type, ...] = tuple(
    thing
    for thing in vars(on).values()
    if isinstance(thing, type) and thing.__module__ == on.__name__ and is_dataclass(thing)
    if thing not in (on.BuyerEvent, on.ChargeEvent)
)
"""Every type of event that can happen."""

PLACES: tuple[tuple[Kind, State], ...] = tuple((kind, state) for kind in Kind for state in TABLES[kind])
"""Every state of every journey."""


def order(
    *,
    total: Money = PRICE,
    method: PaymentMethod | None = "alipay",
    title: str = "Camera",
    pay_by: datetime | None = None,
    fees: tuple[Money, ...] = (),
) -> Order:
    """A won order."""
    return Order(
        order_id="o1",
        buyer_id="b1",
        auction_id="x100000001",
        title=title,
        total=total,
        version=1,
        payment_method=method,
        pay_by=pay_by,
        fees=tuple(Fee(label="Fee", amount=fee) for fee in fees),
    )


def journey(kind: Kind, state: State, **known: Any) -> Journey:
    """A journey that stands at `state`."""
    values = {"path": Path.FIRST_TIME} | known
    return Journey(id="j1", kind=kind, buyer_id="b1", state=state, **values)


def event(kind: Any, **known: Any) -> Any:
    """An event of this type, with what is known of it and example values for the rest."""
    values = _FIELDS | {"order": order()} | known
    return kind(**{field.name: values[field.name] for field in fields(kind)})


def walk(journey: Journey, *past: on.Event) -> tuple[Journey, list[Effect]]:
    """Where the past leads to, and everything that it asked for."""
    asked: list[Effect] = []
    for fact in past:
        journey, effects = advance(journey, fact)
        asked += effects
    return journey, asked


def place_id(place: object) -> str:
    """How a state, a kind or an event type is named in a test's id."""
    return str(getattr(place, "__name__", None) or getattr(place, "name", place)).lower()

"""What the auction house has to tell: orders from a seed, each with its events, some late, some twice."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

from flow.states import Payment

Ending = Literal["open", "cancelled", "paid_elsewhere"]
Json = Mapping[str, Any]

ENDINGS: dict[Ending, tuple[str, Payment | None]] = {
    "open": ("", None),
    "cancelled": ("order.cancelled", Payment.CANCELLED),
    "paid_elsewhere": ("order.paid", Payment.PAID_ELSEWHERE),
}
"""How the last event of an order is called, and where it leads."""

REPRICED, LATE, TWICE = 0.3, 0.2, 0.15
"""Of all orders, how many get new prices; of those, how many are told in the wrong order; of all events, told twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A version of an order, told `after` so many seconds, and again after `again`."""

    order: str
    buyer: str
    version: int
    type: str
    after: float = 0.0
    again: float | None = None

    @property
    def id(self) -> str:
        """The `webhook-id`."""
        return f"msg_{self.order}_{self.version}"

    @property
    def ends(self) -> bool:
        """Whether nothing is to be paid after it."""
        return self.type in ("order.cancelled", "order.paid")

    def body(self, now: datetime) -> Json:
        """The whole event (docs/auction-house.md)."""
        return {"type": self.type, "timestamp": now.isoformat(), "data": self.data(now)}

    def data(self, now: datetime) -> Json:
        """What is told about the order."""
        about = {"order_id": self.order, "buyer_id": self.buyer, "version": self.version}
        if self.type == "order.cancelled":
            return {**about, "reason": "withdrawn by the seller"}
        if self.type == "order.paid":
            return {**about, "paid_with": "credit card", "paid_at": now.isoformat()}
        return {
            **about,
            "auction_id": f"t{int(self.order[1:]):08}",
            "title": title(self.order, self.version),
            "total": {"currency": "JPY", "value": str(total(self.version))},
            "payment_method": "alipay",
            "pay_by": (now + timedelta(days=3)).isoformat(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """All that is told of one order, by version; `is_bought` where its buyer pays for it in the chat."""

    order: str
    buyer: str
    events: tuple[Event, ...]
    is_bought: bool = False

    @property
    def last(self) -> Event:
        """The newest version."""
        return self.events[-1]


def title(order: str, version: int) -> str:
    """A title by which every message can be told apart, and which version of the order it shows."""
    return f"Lot {order[1:]}/{version}, film camera"


def total(version: int) -> int:
    """What is to be paid, in yen: so little that a demo wallet lasts for hours."""
    return 100 + 10 * version


def bought(order: str, buyer: str) -> Deal:
    """An order whose buyer pays for it."""
    won = Event(order=order, buyer=buyer, version=1, type="bid.won")
    return Deal(order=order, buyer=buyer, events=(won,), is_bought=True)


def deal(dice: Random, order: str, buyer: str) -> Deal:
    """An order as the dice fall."""
    prices = dice.randint(1, 2) if dice.random() < REPRICED else 0
    ending = dice.choices(list(ENDINGS), (75, 15, 10))[0]
    types = ["bid.won", *["order.changed"] * prices, *filter(None, [ENDINGS[ending][0]])]
    afters = [0.0]
    for _ in types[1:]:
        afters.append(afters[-1] + dice.uniform(0.1, 8.0))
    if len(types) > 1 and dice.random() < LATE:
        dice.shuffle(afters)
    events = [
        Event(
            order=order,
            buyer=buyer,
            version=version,
            type=kind,
            after=after,
            again=dice.uniform(0.0, 5.0) if dice.random() < TWICE else None,
        )
        for version, (kind, after) in enumerate(zip(types, afters, strict=True), start=1)
    ]
    return Deal(order=order, buyer=buyer, events=tuple(events))


def bursts(dice: Random, buyers: list[str]) -> Iterator[list[Deal]]:
    """What ends at the same moment: mostly one auction, sometimes several of one buyer's."""
    number = 0
    while True:
        buyer, count = dice.choice(buyers), dice.choices((1, 2, 4), (8, 1, 1))[0]
        yield [deal(dice, f"O{number + place}", buyer) for place in range(1, count + 1)]
        number += count


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)

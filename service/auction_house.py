"""What the auction house answers when we ask, in our words."""

from dataclasses import dataclass

from flow.linked import Alipay
from flow.money import Money
from flow.order import Item, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """No usable answer: ask again later, not before `retry_after` seconds where it is given."""

    reason: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class NotFound:
    """The auction house knows no such buyer or item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRequested:
    """The one-time code was good; now the buyer confirms on the auction house's side."""

    display_name: str | None


@dataclass(frozen=True, slots=True)
class CodeUnknown:
    """The one-time code does not exist, or its time is up."""


@dataclass(frozen=True, slots=True)
class CodeUsed:
    """The one-time code was used before, or the buyer has another Telegram account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerState:
    """A buyer as the auction house sees them."""

    buyer_id: str
    display_name: str | None
    alipay: Alipay
    limit: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The auction house has the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotTaken:
    """The auction house does not have the event: send the same bytes again, unless `gone` (it wants no more)."""

    reason: str
    retry_after: float | None = None
    gone: bool = False


RedeemAnswer = LinkRequested | CodeUnknown | CodeUsed | Unavailable
BuyerAnswer = BuyerState | NotFound | Unavailable
OrdersAnswer = tuple[Order, ...] | NotFound | Unavailable
ItemAnswer = Item | NotFound | Unavailable
ReportAnswer = Taken | NotTaken

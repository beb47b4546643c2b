"""Everything that can move a journey. Where one thing can mean two, it is two events: no row needs an `if`."""

from dataclasses import dataclass
from datetime import datetime

from flow.money import Money
from flow.order import Order
from flow.steps import Path


@dataclass(frozen=True, slots=True)
class BuyerEvent:
    """The buyer did something; out of turn it is declined politely."""


@dataclass(frozen=True, slots=True)
class VerifyPressed(BuyerEvent):
    """The buyer asked for the verification link."""


@dataclass(frozen=True, slots=True)
class AlipayChosen(BuyerEvent):
    """The buyer wants to pay this won item with Alipay."""


@dataclass(frozen=True, slots=True)
class PayPressed(BuyerEvent):
    """The buyer pressed the item's pay button in the list of unpaid items."""


@dataclass(frozen=True, slots=True)
class UseAlipayPressed(BuyerEvent):
    """The buyer selected Alipay and asked for the payment link."""


@dataclass(frozen=True, slots=True)
class NewLinkPressed(BuyerEvent):
    """The buyer asked for a fresh link after the last one ended unpaid."""


@dataclass(frozen=True, slots=True)
class LinkOpened(BuyerEvent):
    """The buyer opened the landing page of the current link on a phone."""


@dataclass(frozen=True, slots=True)
class CheckPressed(BuyerEvent):
    """The buyer says that it is done and wants the truth now."""


@dataclass(frozen=True, slots=True)
class RefundMissed(BuyerEvent):
    """The buyer does not see the money that was sent back."""


@dataclass(frozen=True, slots=True)
class CancelPressed(BuyerEvent):
    """The buyer steps back from what was begun; what is paid stays paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeEvent:
    """A fact from the gateway about one charge of this journey."""

    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeOpened(ChargeEvent):
    """The gateway waits for the buyer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeSettled(ChargeEvent):
    """The expected amount was paid, for the first time in this journey."""

    amount: Money
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeSettledLate(ChargeEvent):
    """The expected amount was paid, for the first time in this journey, but after the order's deadline."""

    amount: Money
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRepeated(ChargeEvent):
    """A second charge of this journey was paid as well."""

    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeDiffers(ChargeEvent):
    """Another amount or currency was paid than was asked for, or than is due by now."""

    amount: Money
    due: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeReversed(ChargeEvent):
    """A charge was paid while its link was being closed, and the gateway sent the money back by itself."""

    amount: Money
    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRefused(ChargeEvent):
    """The gateway said a final no to the current charge."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastChargeRefused(ChargeEvent):
    """The gateway said a final no to a charge that is no longer the current one."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeUnclear(ChargeEvent):
    """The gateway was asked and could not say yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSettled:
    """The gateway confirms that the charge which counted was sent back, whole."""

    refund_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRefundSettled:
    """The gateway confirms that a part of a charge was sent back, and the rest is still held."""

    refund_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundBounced:
    """A confirmed refund of the charge that counted came back to the merchant: the buyer's side could not take it."""

    refund_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class SurplusBounced:
    """A confirmed refund of a charge which came beside the expected one came back to the merchant."""

    refund_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRefused:
    """The gateway said a final no to a refund; only a person can try another way."""

    refund_id: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SurplusRefunded:
    """The gateway confirms that a charge which came beside the expected one was sent back."""

    refund_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class SurplusRefundRefused:
    """The gateway said a final no to sending back a charge which came beside the expected one."""

    refund_id: str
    code: str


MONEY_FACTS: tuple[type, ...] = (
    ChargeSettled,
    ChargeSettledLate,
    ChargeRepeated,
    ChargeDiffers,
    ChargeReversed,
    ChargeRefused,
    PastChargeRefused,
    ChargeUnclear,
    RefundSettled,
    PartRefundSettled,
    RefundRefused,
    RefundBounced,
    SurplusBounced,
    SurplusRefunded,
    SurplusRefundRefused,
)
"""Every state has a row for each of these: money is never "not now"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WonWithAlipay:
    """The bid won, and Alipay is the order's payment method."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class WonOtherwise:
    """The bid won with another payment method, or with none chosen yet."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderAmended:
    """The order changed in words only, not in what is to be paid or until when."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineMoved:
    """The order is to be paid by another time."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRepriced:
    """The order's total changed: a link for the old amount must not be paid."""

    order: Order


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReopened:
    """The order is due again after it was over, and money came for it meanwhile: only a person can tell what is due."""

    order: Order


@dataclass(frozen=True, slots=True)
class OrderCancelled:
    """The auction house cancelled the order."""


@dataclass(frozen=True, slots=True)
class PaidElsewhere:
    """The order was paid at the auction house by other means."""


@dataclass(frozen=True, slots=True)
class OrderGone:
    """The auction house no longer lists the order as unpaid, and did not say why; no charge of it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayLinked:
    """The buyer's Alipay account is linked at the auction house; `path` is the one that follows from it."""

    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayUnlinked:
    """The buyer's Alipay account is no longer linked; `path` is the one that follows from it."""

    path: Path


@dataclass(frozen=True, slots=True)
class AlipayNotOffered:
    """The auction house does not offer Alipay to this buyer."""


AUCTION_FACTS: tuple[type, ...] = (
    WonWithAlipay,
    WonOtherwise,
    OrderAmended,
    DeadlineMoved,
    OrderRepriced,
    OrderReopened,
    OrderCancelled,
    PaidElsewhere,
    OrderGone,
    AlipayLinked,
    AlipayUnlinked,
    AlipayNotOffered,
)


@dataclass(frozen=True, slots=True)
class LinkExpired:
    """The current link's time is up, and it was never opened."""


@dataclass(frozen=True, slots=True)
class ChargeOverdue:
    """The current charge was opened and its time is up: only the gateway knows how it ended."""


Event = (
    BuyerEvent
    | ChargeEvent
    | RefundSettled
    | PartRefundSettled
    | RefundRefused
    | RefundBounced
    | SurplusBounced
    | SurplusRefunded
    | SurplusRefundRefused
    | WonWithAlipay
    | WonOtherwise
    | OrderAmended
    | DeadlineMoved
    | OrderRepriced
    | OrderReopened
    | OrderCancelled
    | PaidElsewhere
    | OrderGone
    | AlipayLinked
    | AlipayUnlinked
    | AlipayNotOffered
    | LinkExpired
    | ChargeOverdue
)

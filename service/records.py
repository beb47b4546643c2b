"""What the store keeps, as plain values. Times are aware UTC."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from flow.linked import LinkState
from flow.money import Money
from service.verdicts import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A private chat with the bot; `language` is one of ours, `chosen` once the person picked it."""

    chat_id: int
    user_id: int
    name: str
    language: str
    chosen: bool = False
    buyer_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A buyer of the auction house. `telegram_user_id` is set once the buyer confirmed the connection there."""

    buyer_id: str
    display_name: str | None = None
    telegram_user_id: int | None = None
    connection_at: datetime | None = None
    link: LinkState = field(default_factory=LinkState)


class ChargeState(IntEnum):
    """How far a charge has come; it only ever grows, so late news cannot take it back."""

    ISSUED = 0
    OPENING = 1
    OPEN = 2
    REFUSED = 3
    SETTLED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One attempt to collect an amount. `id` is the gateway's paymentRequestId, `token` the landing page's address."""

    id: str
    journey_id: str
    token: str
    amount: Money
    issued_at: datetime
    expires_at: datetime
    state: ChargeState = ChargeState.ISSUED
    void: bool = False
    device: Device | None = None
    client_ip: str | None = None
    gateway_id: str | None = None
    url: str | None = None
    paid: Money | None = None
    paid_at: datetime | None = None
    reason: str | None = None


class RefundState(IntEnum):
    """How far a refund has come; it only ever grows."""

    INTENDED = 0
    SENT = 1
    REFUSED = 2
    SETTLED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """The one refund of a charge. `id` is the gateway's refundRequestId, derived from the charge's id."""

    id: str
    charge_id: str
    amount: Money
    state: RefundState = RefundState.INTENDED
    gateway_id: str | None = None
    reason: str | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the gateway confirmed that the money went back."""
        return self.state is RefundState.SETTLED


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """What an opaque callback id stands for: bound to one chat, one act and its subject, until `expires_at`."""

    id: str
    chat_id: int
    act: str
    subject: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Where a journey's card hangs, which version of the journey it shows, and which was last told in a new message."""

    journey_id: str
    chat_id: int
    message_id: int
    version: int
    announced: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSummary:
    """The money of a period, counted; `unsettled` is what is charged or to be refunded and not final."""

    verification_charges: int
    verification_refunds: int
    payments: int
    refunds: int
    unsettled: int

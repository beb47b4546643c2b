"""What the store keeps, as plain values. Times are aware UTC."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import IntEnum, StrEnum
from typing import Literal

from flow.ledger import Account, EntryKind, Posting
from flow.linked import LinkState
from flow.money import Money
from service.verdicts import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A private chat with the bot; `language` is one of ours, `chosen` once the person picked it.

    `unreachable_at` is since when Telegram refuses to bring anything there, `heard_at` when the person last wrote or
    pressed.
    """

    chat_id: int
    user_id: int
    name: str
    language: str
    chosen: bool = False
    buyer_id: str | None = None
    unreachable_at: datetime | None = None
    heard_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """A buyer of the auction house. `telegram_user_id` is set once the buyer confirmed the connection there.

    `wallet_id` is the gateway's name for the Alipay account that last paid.
    """

    buyer_id: str
    display_name: str | None = None
    telegram_user_id: int | None = None
    connection_at: datetime | None = None
    link: LinkState = field(default_factory=LinkState)
    wallet_id: str | None = None


class ChargeState(IntEnum):
    """How far a charge has come; it only ever grows, so late news cannot take it back."""

    ISSUED = 0
    OPENING = 1
    OPEN = 2
    REFUSED = 3
    SETTLED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One attempt to collect an amount. `id` is the gateway's paymentRequestId, `token` the landing page's address.

    `closing` is set before the gateway is asked to cancel: from then on a notice of payment is asked about, since
    cancelling what was paid sends the money back. `estimate` is what the gateway says the wallet will show, as of
    `estimated_at`.
    """

    id: str
    journey_id: str
    token: str
    amount: Money
    issued_at: datetime
    expires_at: datetime
    state: ChargeState = ChargeState.ISSUED
    void: bool = False
    closing: bool = False
    device: Device | None = None
    client_ip: str | None = None
    gateway_id: str | None = None
    url: str | None = None
    paid: Money | None = None
    paid_at: datetime | None = None
    reason: str | None = None
    estimate: Money | None = None
    estimated_at: datetime | None = None


class RefundState(IntEnum):
    """How far a refund has come; it only ever grows. `BOUNCED` is a confirmed one whose money came back."""

    INTENDED = 0
    SENT = 1
    REFUSED = 2
    SETTLED = 3
    BOUNCED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money of a charge that goes back. `id` is the gateway's refundRequestId.

    Ours is derived from the charge's id, and there is at most one of them; `ours` is false for those that were made
    at the gateway without us.
    """

    id: str
    charge_id: str
    amount: Money
    intended_at: datetime
    ours: bool = True
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
    """Where a journey's card hangs, which version of the journey it shows, and which was last told in a new message.

    `older` are the messages before it that could not be made inert, since the chat was closed.
    """

    journey_id: str
    chat_id: int
    message_id: int
    version: int
    announced: int
    older: tuple[int, ...] = ()


DUE = "due"
"""What a digest says of an item that is still to be paid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestLine:
    """What a digest says of one item: `state` is `DUE`, or the state that the journey ended in.

    `announced` is the version of the journey whose news it brought.
    """

    journey_id: str
    announced: int
    state: str
    total: Money | None = None
    pay_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Where a message hangs that tells several wins, and what it says, in its order."""

    chat_id: int
    message_id: int
    lines: tuple[DigestLine, ...]


class Result(StrEnum):
    """What became of an attempt to bring something to a chat."""

    SENT = "sent"
    EDITED = "edited"
    UNCHANGED = "unchanged"
    WAITING = "waiting"
    REFUSED = "refused"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to bring something to a chat. Neither its words nor its links are kept.

    `view` is what was to be shown, `says` the key of its text where it is a text of the catalogue, `until` when it is
    tried again at the earliest. Without a `buyer_id`, the chat's is meant.
    """

    view: str
    chat_id: int
    result: Result
    says: str | None = None
    buyer_id: str | None = None
    journey_id: str | None = None
    step: str | None = None
    message_id: int | None = None
    reason: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """How far the reminders of one journey's deadline have come; a row of another deadline counts for nothing.

    `known_at` is since when the buyer could be reminded of it, `sent` the nearest rung of the ladder that was sent.
    """

    journey_id: str
    pay_by: datetime
    known_at: datetime
    sent: timedelta | None = None
    snoozed_until: datetime | None = None
    acknowledged: bool = False


class Topic(StrEnum):
    """What a person can mute. Payment results, refunds and the last reminder before a deadline are none of these."""

    WINS = "wins"
    REMINDERS = "reminders"
    ORDERS = "orders"


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedChat:
    """A group that became a supergroup, and has another id since (core.telegram.org/bots/api#responseparameters)."""

    chat_id: int
    moved_to: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """What a person wants to be told in a chat, and when.

    Quiet hours are local times in `zone`, both None where there are none; `is_guessed` until the person chose a zone.
    `zone_asked_at` is since when they were asked to type one.
    """

    chat_id: int
    zone: str
    is_guessed: bool = True
    muted: frozenset[Topic] = frozenset()
    quiet_from: time | None = time(22)
    quiet_until: time | None = time(8)
    zone_asked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerSummary:
    """The money of a period, counted; `unsettled` is what is charged or to be refunded and not final."""

    verification_charges: int
    verification_refunds: int
    payments: int
    refunds: int
    unsettled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of the books, never changed. `charge_id` is the gateway's name for a charge, also of one not ours.

    `refund_id` is set where money went back, or bounced; `gateway_id` is the gateway's own number for what moved;
    `fact_id` the fact that told of it; `at` when it was booked.
    """

    kind: EntryKind
    charge_id: str
    gateway_id: str
    fact_id: str
    at: datetime
    postings: tuple[Posting, ...]
    refund_id: str | None = None
    is_ours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReport:
    """An outcome event for the auction house, as it is sent each time, and what became of it.

    `dead_at` is when it was given up, for `reason`; `reason` alone is why it was not taken the last time.
    """

    webhook_id: str
    type: str
    buyer_id: str
    body: str
    made_at: datetime
    order_id: str | None = None
    attempts: int = 0
    last_tried_at: datetime | None = None
    taken_at: datetime | None = None
    dead_at: datetime | None = None
    reason: str | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it is on its way."""
        return self.taken_at is None and self.dead_at is None


Passing = Literal["letters", "facts", "deliveries", "buttons", "reports", "work"]
"""What is kept for a time only: letters that were read, facts that nothing can repeat, what was shown where, buttons
that can no longer be pressed, outcome events that were taken, and work that was given up."""


class Unsettled(StrEnum):
    """Why money is not where it ends."""

    REFUND_UNDER_WAY = "refund_under_way"
    REFUND_REFUSED = "refund_refused"
    REFUND_BOUNCED = "refund_bounced"
    CHARGE_UNCLEAR = "charge_unclear"
    SUSPENSE = "suspense"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """Money that is not settled, since when, and whose it is. `buyer_id` is None for a charge that is not ours."""

    why: Unsettled
    charge_id: str
    amount: Money
    since: datetime
    buyer_id: str | None = None
    order_id: str | None = None
    refund_id: str | None = None
    gateway_id: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """What an account holds, in smallest units."""

    account: Account
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Something that the sweep has to do about a charge or refund: its id is `subject`."""

    what: Literal["ask", "refund", "overdue", "unresolved"]
    subject: str
    journey_id: str

"""Everything that can come through the door. Each fact has an id of its own and is taken once."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flow.linked import Alipay
from flow.money import Money
from flow.order import Item, Order
from service.auction_events import AuctionEvent
from service.verdicts import Device, OpenVerdict, Settled, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who speaks in a private chat; `language` is Telegram's tag, `name` what the person calls themselves."""

    chat_id: int
    user_id: int
    name: str
    language: str | None = None


class Command(StrEnum):
    """The bot's commands."""

    START = "start"
    VERIFY = "verify"
    PAYMENTS = "payments"
    STATUS = "status"
    HELP = "help"
    LANGUAGE = "language"
    CANCEL = "cancel"
    UNLINK = "unlink"
    SUPPORT = "support"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandGiven:
    """A command without an argument."""

    person: Person
    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBrought:
    """`/start` with a one-time code that the auction house issued."""

    person: Person
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductShown:
    """A product link of this auction house was pasted."""

    person: Person
    auction_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderShown:
    """The way into the chat from a won item's page."""

    person: Person
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLinkShown:
    """A link was pasted that is not a product of this auction house."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsSaid:
    """Text that is neither a command nor a link; its words are not kept."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """A button was pressed; what it means is looked up, never taken from the button. `message_id` is where it hangs."""

    person: Person
    button_id: str
    message_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneTyped:
    """Text of somebody who was asked for a time zone; None where it is none, and then its words are not kept."""

    person: Person
    zone: str | None


PersonalFact = (
    CommandGiven | CodeBrought | ProductShown | OrderShown | ForeignLinkShown | WordsSaid | Pressed | ZoneTyped
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingOpened:
    """The landing page of a charge was opened on a phone."""

    charge_id: str
    device: Device
    client_ip: str | None


class Source(StrEnum):
    """How the gateway's word came: asked for now, in answer to another call, or sent by itself."""

    INQUIRY = "inquiry"
    ANSWER = "answer"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeTold:
    """The gateway's word about a charge; `by_buyer` where the buyer asked and waits for a word.

    `noticed` is the payment that a notice told of and that this inquiry was to confirm.
    """

    charge_id: str
    verdict: OpenVerdict
    source: Source
    by_buyer: bool = False
    noticed: Settled | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTold:
    """The gateway's answer or notice about a refund."""

    refund_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeClosing:
    """The gateway is about to be asked to cancel a charge."""

    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StrangerTold:
    """What the gateway says, when asked, about a charge that is not one of ours; not final while unclear."""

    charge_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnSought:
    """A notice told of a refund that is not one of ours, and asking about recent charges did not show whose it is."""

    refund_id: str
    amount: Money | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceTold:
    """The operator read in the gateway's settlement file that a confirmed refund came back."""

    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOverdue:
    """A refund is not final within the time that the buyers were promised."""

    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeUnresolved:
    """A charge that was opened has no final answer although the gateway was asked for as long as we ask."""

    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletUnlinked:
    """The buyer ended the authorization in the wallet; `wallet_id` is the gateway's name for it."""

    wallet_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatClosed:
    """Telegram refuses to bring anything to this chat.

    `at` is when it was tried; None where Telegram says so by itself, in the order of what the person writes.
    """

    chat_id: int
    reason: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeUp:
    """A charge's time is over."""

    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderDue:
    """The time of a reminder has come, as it was planned."""

    journey_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAnswered:
    """What the auction house said to a one-time code: `display_name` where it now waits for the confirmation there.

    `connected` is whether the chat was connected when the code was brought.
    """

    chat_id: int
    display_name: str | None
    used: bool = False
    connected: bool = False


class Intent(StrEnum):
    """Why the auction house was asked about a buyer."""

    GREET = "greet"
    VERIFY = "verify"
    ITEM = "item"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyerTold:
    """The auction house's answer about a buyer, as of `at` (the time of asking), with the item where one was meant."""

    buyer_id: str
    intent: Intent
    alipay: Alipay
    at: datetime
    limit: Money | None = None
    item: Item | None = None
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersListed:
    """What the auction house lists of a buyer's unpaid orders otherwise than we do, as of `at` (the time of asking).

    `orders` are new, newer or back; `gone` were not listed twice, in the versions that we know.
    """

    buyer_id: str
    at: datetime
    orders: tuple[Order, ...] = ()
    gone: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportsUnwanted:
    """The auction house says that it wants no more outcome events (410); `webhook_id` was the first."""

    webhook_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemMissing:
    """The auction house knows no such item."""

    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseSilent:
    """The auction house does not answer, and somebody waits."""

    chat_id: int


Fact = (
    PersonalFact
    | LandingOpened
    | ChargeTold
    | RefundTold
    | ChargeClosing
    | StrangerTold
    | ReturnSought
    | BounceTold
    | RefundOverdue
    | ChargeUnresolved
    | WalletUnlinked
    | ChatClosed
    | TimeUp
    | ReminderDue
    | CodeAnswered
    | BuyerTold
    | OrdersListed
    | ReportsUnwanted
    | ItemMissing
    | HouseSilent
    | AuctionEvent
)

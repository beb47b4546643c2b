"""What waits in the lines: one kind of work each, all of it safe to repeat."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from flow.money import Money
from service.facts import Intent
from service.verdicts import Settled


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadUpdate:
    """Hand a stored Telegram update to the bot."""

    inbox_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAuctionEvent:
    """Translate a stored event of the auction house and take it through the door."""

    inbox_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNotice:
    """Translate a stored notice of the gateway and take it through the door."""

    inbox_id: int


Reading = ReadUpdate | ReadAuctionEvent | ReadNotice
"""The works that read a kept letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCard:
    """Draw a journey's card as it stands then.

    `edit` draws it in its place, `refresh` even where nothing has changed, `announce` as a new message unless news up
    to `version` was announced meanwhile, `redraw` as a new message in any case. `merges` where it brings a win, which
    may be told together with others.
    """

    journey_id: str
    manner: Literal["edit", "announce", "redraw", "refresh"] = "edit"
    version: int = 0
    merges: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireCard:
    """Make an older card of a journey inert."""

    journey_id: str
    chat_id: int
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RedrawDigest:
    """Draw a digest as its items stand then; `refresh` where it is to be drawn even if none of them has changed."""

    chat_id: int
    message_id: int
    refresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchUp:
    """Queue what could not be brought to a chat while it was closed."""

    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowReminder:
    """Draw a journey's card anew with what is left of the time to pay, unless a nearer reminder was sent meanwhile.

    `lead` is the reminder's rung, `pay_by` the deadline that it is of.
    """

    journey_id: str
    pay_by: datetime
    lead: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """Say that a reminder of a journey's deadline is due."""

    journey_id: str


Page = Literal["all", "quiet", "zone", "language"]
"""What the message with the settings shows: all of them, or what one of them can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowSettings:
    """Show what the person wants to be told, and when; in the place of `message_id`, where there is one."""

    chat_id: int
    page: Page = "all"
    message_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say a text of the catalogue, with what goes into its placeholders: words as they are, amounts, other texts.

    `journey_id` is what it is about, where it is about one journey.
    """

    chat_id: int
    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    amounts: Mapping[str, Money] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    journey_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TellPayments:
    """Show the list of unpaid won items."""

    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TellStatus:
    """Show the link state and what is open."""

    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLanguages:
    """Show the languages to choose from."""

    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferUnlink:
    """Ask whether the Alipay account is really to be unlinked."""

    chat_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCharge:
    """Ask the gateway to wait for the buyer."""

    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCharge:
    """Ask the gateway how a charge stands: once where somebody waits for a word, else (`watch`) until it is final.

    `noticed` is a payment that a notice told of and that only an inquiry can confirm; `recheck` asks although the
    charge is settled.
    """

    charge_id: str
    by_buyer: bool = False
    watch: bool = False
    noticed: Settled | None = None
    recheck: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCharge:
    """Cancel a charge at the gateway."""

    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskStranger:
    """Ask the gateway about a charge that is not one of ours."""

    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeekReturn:
    """Find the charge of a refund that is not one of ours; `amount` is what the notice says went back."""

    refund_id: str
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Sweep:
    """Look after all money that is not settled, again and again."""


@dataclass(frozen=True, slots=True)
class CheckOrders:
    """Have the unpaid orders of connected buyers compared, those looked at longest ago first, again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskOrders:
    """Compare a buyer's unpaid orders with the auction house's.

    `missing` are the orders, with their versions, that a first look did not find there.
    """

    buyer_id: str
    missing: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Tidy:
    """Let go of what was kept for long enough, again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRefund:
    """Send a charge back."""

    refund_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCharge:
    """Say that a charge's time is up."""

    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedeemCode:
    """Pass a one-time code on to the auction house; `connected` is whether the chat was, when the code was brought."""

    chat_id: int
    user_id: int
    name: str
    code: str
    connected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskHouse:
    """Ask the auction house about a buyer, and about the item where one is meant."""

    buyer_id: str
    chat_id: int
    intent: Intent
    language: str
    auction_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Tell the auction house an outcome: the same id and body until it is taken."""

    webhook_id: str
    body: str


Work = (
    Reading
    | ShowCard
    | RetireCard
    | RedrawDigest
    | CatchUp
    | ShowReminder
    | Remind
    | ShowSettings
    | Say
    | TellPayments
    | TellStatus
    | OfferLanguages
    | OfferUnlink
    | OpenCharge
    | AskCharge
    | CancelCharge
    | SendRefund
    | AskStranger
    | SeekReturn
    | Sweep
    | CheckOrders
    | AskOrders
    | Tidy
    | EndCharge
    | RedeemCode
    | AskHouse
    | Report
)


@dataclass(frozen=True, slots=True)
class Done:
    """The work is finished; `idle` where nothing had to be sent after all."""

    idle: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """This work waits, and lets the work behind it in the line pass."""

    delay: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The whole line waits, so that its order stays; `throttled` where the messenger said that we are too fast."""

    delay: timedelta
    reason: str
    throttled: bool = False


@dataclass(frozen=True, slots=True)
class Failed:
    """A fault of ours: the whole line waits, and the failure is counted, since a fault may never end."""

    delay: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class Dead:
    """This work can never succeed; it is kept with its reason, and the line goes on."""

    reason: str


Outcome = Done | Later | Hold | Failed | Dead

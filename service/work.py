"""What waits in the lines: one kind of work each, all of it safe to repeat."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from service.facts import Intent


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowCard:
    """Draw a journey's card as it stands then.

    `edit` draws it in its place, `announce` as a new message unless news up to `version` was announced meanwhile,
    `redraw` as a new message in any case.
    """

    journey_id: str
    manner: Literal["edit", "announce", "redraw"] = "edit"
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say a text of the catalogue, with values for its placeholders."""

    chat_id: int
    text: str
    values: Mapping[str, str] = field(default_factory=dict)


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
class OpenCharge:
    """Ask the gateway to wait for the buyer."""

    charge_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCharge:
    """Ask the gateway how a charge stands: once where somebody waits for a word, else (`watch`) until it is final."""

    charge_id: str
    by_buyer: bool = False
    watch: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelCharge:
    """Cancel a charge at the gateway."""

    charge_id: str


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
    """Pass a one-time code on to the auction house."""

    chat_id: int
    user_id: int
    name: str
    code: str


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
    ReadUpdate
    | ReadAuctionEvent
    | ReadNotice
    | ShowCard
    | Say
    | TellPayments
    | TellStatus
    | OfferLanguages
    | OpenCharge
    | AskCharge
    | CancelCharge
    | SendRefund
    | EndCharge
    | RedeemCode
    | AskHouse
    | Report
)


@dataclass(frozen=True, slots=True)
class Done:
    """The work is finished."""


@dataclass(frozen=True, slots=True)
class Later:
    """This work waits, and lets the work behind it in the line pass."""

    delay: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """The whole line waits, so that its order stays."""

    delay: timedelta
    reason: str


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

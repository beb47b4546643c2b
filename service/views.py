"""What a buyer is shown, as values: the adapters choose the words. Every text a person wrote is still raw here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from flow.journey import Journey
from flow.linked import Alipay
from flow.money import Money
from flow.offers import Act
from service.records import Preference
from service.work import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class PressButton:
    """A button that comes back to us: `id` is opaque, `subject` picks its words where the act alone does not."""

    id: str
    act: str
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkButton:
    """A button that opens a page."""

    url: str
    act: Act


Buttons = tuple[PressButton | LinkButton, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardView:
    """A journey's card. `amount` and `expires_at` belong to the current charge or order, where there is one.

    `paid` is what the newest settled charge brought; `estimate` what the gateway says the wallet will show of the
    current one, as of `estimated_at`. `zone` is the reader's time zone. A reminder tells what is `left` of
    the time to pay, and whether it is the last.
    """

    chat_id: int
    language: str
    journey: Journey
    shop: str
    amount: Money | None
    expires_at: datetime | None
    buttons: Buttons
    zone: str
    paid: Money | None = None
    estimate: Money | None = None
    estimated_at: datetime | None = None
    left: timedelta | None = None
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteView:
    """A plain message: a text of the catalogue and what goes into its placeholders.

    `values` are put in as they are, `amounts` written the reader's way, `texts` are keys of the catalogue themselves.
    `journey_id` is what it is about, where it is about one journey.
    """

    chat_id: int
    language: str
    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    amounts: Mapping[str, Money] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    buttons: Buttons = ()
    journey_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsView:
    """The list of unpaid won items, nearest deadline first; each button's `subject` is its journey's id.

    `zone` is the reader's time zone.
    """

    chat_id: int
    language: str
    journeys: tuple[Journey, ...]
    buttons: Buttons
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestView:
    """Several won items in one message, in its own order; each button's `subject` is its journey's id.

    What needs no payment any more has no button. `zone` is the reader's time zone.
    """

    chat_id: int
    language: str
    journeys: tuple[Journey, ...]
    buttons: Buttons
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """Where everything stands: the link state and the open journeys."""

    chat_id: int
    language: str
    name: str | None
    alipay: Alipay
    journeys: tuple[Journey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsView:
    """What the person wants to be told, and when; the buttons are those of the page."""

    chat_id: int
    language: str
    page: Page
    preference: Preference
    buttons: tuple[PressButton, ...]


View = CardView | NoteView | PaymentsView | DigestView | StatusView | SettingsView


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """The message hangs in the chat under this id: a new one, one that was edited, or one that needed no edit."""

    message_id: int
    how: Literal["sent", "edited", "unchanged"] = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing was sent; try again after so many seconds. `throttled` where it is because we are too fast."""

    seconds: float
    reason: str
    throttled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undeliverable:
    """This message can never be sent to this chat; `unreachable` where no other can either."""

    reason: str
    unreachable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Nothing was sent: the group goes by another id now, and all that is meant for it goes there."""

    chat_id: int


Delivery = Sent | Wait | Moved | Undeliverable

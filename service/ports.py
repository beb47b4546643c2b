"""The seams that have two sides. Each adapter fills one; the tests hold them to one contract."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from flow.journey import Journey, Kind
from flow.money import Money
from service.auction_events import AuctionEvent
from service.auction_house import BuyerAnswer, ItemAnswer, OrdersAnswer, RedeemAnswer, ReportAnswer
from service.facts import Fact
from service.records import (
    Attempt,
    Balance,
    Button,
    Buyer,
    Card,
    Charge,
    Chat,
    Digest,
    Duty,
    Entry,
    KeptReport,
    LedgerSummary,
    MovedChat,
    OpenItem,
    Passing,
    Preference,
    Refund,
    Reminded,
)
from service.urgency import Urgency
from service.verdicts import ChargeRequest, Notice, OpenVerdict, RefundRequest, Verdict
from service.views import CardView, Delivery, View
from service.work import Outcome, Reading, Work


class Clock(Protocol):
    """The time."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        ...


class Names(Protocol):
    """Fresh random names that nobody can guess."""

    def short(self) -> str:
        """16 characters of `a-z0-9`, for rows (80 bits)."""
        ...

    def token(self) -> str:
        """22 characters of `A-Za-z0-9_-`, for addresses and buttons (128 bits)."""
        ...


class PaymentGateway(Protocol):
    """The gateway's five verbs. Failures of the way there are `Unknown`, never exceptions."""

    async def open(self, charge: ChargeRequest) -> OpenVerdict:
        """Ask the gateway to wait for the buyer; repeating the same id is the same charge."""
        ...

    async def look_up(self, charge_id: str) -> Verdict:
        """How the charge stands now."""
        ...

    async def cancel(self, charge_id: str) -> Verdict:
        """End the charge: `Refused` once nothing can be paid on it any more."""
        ...

    async def refund(self, refund: RefundRequest) -> Verdict:
        """Send money back; repeating the same id is the same refund."""
        ...

    async def look_up_refund(self, refund_id: str) -> Verdict:
        """How the refund stands now."""
        ...


class AuctionHouse(Protocol):
    """What we ask the auction house, and what we report to it."""

    async def redeem_code(self, code: str, user_id: int, name: str) -> RedeemAnswer:
        """Pass a one-time code on with the Telegram account that brought it."""
        ...

    async def buyer(self, buyer_id: str) -> BuyerAnswer:
        """The buyer as they are now."""
        ...

    async def unpaid_orders(self, buyer_id: str) -> OrdersAnswer:
        """The buyer's won items that are not paid."""
        ...

    async def item(self, auction_id: str, language: str) -> ItemAnswer:
        """A public auction, its title in `language` where the auction house has it so."""
        ...

    async def report(self, webhook_id: str, body: bytes) -> ReportAnswer:
        """Hand over one outcome; the same id and bytes may be repeated."""
        ...


class Messenger(Protocol):
    """The way to a buyer's chat."""

    async def deliver(self, view: View, *, replacing: int | None = None) -> Delivery:
        """Send the view, or edit the message `replacing` into it (a new message where that one is gone)."""
        ...

    async def amend(self, view: View, message_id: int) -> Delivery:
        """Edit a message into the view; where it is gone, nothing is left to do."""
        ...

    async def retire(self, view: CardView, message_id: int) -> Delivery:
        """Make an older card of the view's journey inert; where it is gone, nothing is left to do."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something from outside, kept as it came: `source` and `source_id` name it once and for all."""

    source: str
    source_id: str
    body: bytes
    headers: Mapping[str, str]
    received_at: datetime


class Letterbox(Protocol):
    """What comes in from outside; each call is a unit of work of its own."""

    async def take_in(self, letter: Letter, line: str, read: type[Reading], urgency: Urgency) -> bool:
        """Keep a letter and queue the reading of it; False where it was kept before, and then nothing is queued.

        Raises Unavailable, Malformed.
        """
        ...

    async def letter(self, inbox_id: int) -> Letter:
        """A kept letter. Raises UnknownRecord, Unavailable."""
        ...


class EventReader(Protocol):
    """Translates the auction house's events."""

    def __call__(self, body: bytes) -> AuctionEvent:
        """The event in `body`. Raises Malformed."""
        ...


class NoticeReader(Protocol):
    """Translates the gateway's notices, once their signature was verified at the door."""

    def __call__(self, body: bytes) -> Notice:
        """The notice in `body`. Raises Malformed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Work in a line that may run now."""

    work_id: int
    work: Work


class Transaction(Protocol):
    """One unit of work on the store: all of it happens, or nothing."""

    async def lock(self, name: str) -> None:
        """Wait for, and hold until the end, the lock of this name; buyers before chats, so that none deadlock."""
        ...

    async def note(self, fact_id: str, fact: Fact, at: datetime) -> bool:
        """Write the fact down; False where it was taken before."""
        ...

    async def note_move(self, fact_id: str, before: Journey, after: Journey, event: str) -> None:
        """Write down that a fact moved a journey."""
        ...

    async def queue(self, line: str, work: Work, *, at: datetime | None = None, urgency: Urgency | None = None) -> None:
        """Put work at the end of a line, not to be begun before `at`; as urgent as the unit of work, if not told."""
        ...

    async def take_back(self, line: str) -> None:
        """Take the work of a line back that is not under way; what is ends in its own time. What this unit of work
        queued itself stays."""
        ...

    async def queue_once(self, line: str, work: Work) -> bool:
        """Put work into a line that has none, and say whether it had none."""
        ...

    async def waiting(self, line: str) -> Sequence[Waiting]:
        """The work of a line that may run now, in its order; also what is under way."""
        ...

    async def withdraw(self, line: str, work_ids: Sequence[int]) -> None:
        """Take work out of a line, as if it was done; what is not there is left out."""
        ...

    async def keep(self, letter: Letter) -> int | None:
        """Keep a letter and return its number in the inbox; None where it was kept before."""
        ...

    async def chat(self, chat_id: int) -> Chat | None: ...
    async def chat_of_user(self, user_id: int) -> Chat | None: ...
    async def chat_of_buyer(self, buyer_id: str) -> Chat | None:
        """The private chat of the Telegram user whom the buyer confirmed."""
        ...

    async def save_chat(self, chat: Chat) -> None: ...
    async def buyer(self, buyer_id: str) -> Buyer | None: ...
    async def buyer_of_user(self, user_id: int) -> Buyer | None: ...
    async def buyers_of_wallet(self, wallet_id: str) -> Sequence[Buyer]:
        """The buyers who last paid from this Alipay account."""
        ...

    async def save_buyer(self, buyer: Buyer) -> None: ...

    async def journey(self, journey_id: str) -> Journey | None: ...
    async def journey_of_order(self, order_id: str) -> Journey | None: ...
    async def journeys(self, buyer_id: str, kind: Kind | None = None) -> Sequence[Journey]:
        """The buyer's journeys, oldest first."""
        ...

    async def save_journey(self, journey: Journey) -> Journey:
        """Save over the version it was loaded as; the result has the next one. Raises StaleJourney."""
        ...

    async def newer(self, order_id: str, version: int) -> bool:
        """Take `version` as the newest of this order; False where the same or a newer one was taken before."""
        ...

    async def charge(self, charge_id: str) -> Charge | None: ...
    async def charge_of_token(self, token: str) -> Charge | None: ...
    async def charges(self, journey_id: str) -> Sequence[Charge]:
        """The journey's charges, oldest first."""
        ...

    async def save_charge(self, charge: Charge) -> None: ...
    async def refund(self, refund_id: str) -> Refund | None: ...
    async def refunds(self, charge_id: str) -> Sequence[Refund]:
        """The charge's refunds, oldest first."""
        ...

    async def save_refund(self, refund: Refund) -> None: ...
    async def button(self, button_id: str) -> Button | None: ...
    async def save_button(self, button: Button) -> None: ...
    async def card(self, journey_id: str) -> Card | None: ...
    async def save_card(self, card: Card) -> None: ...
    async def digest(self, chat_id: int, message_id: int) -> Digest | None: ...
    async def digests(self, journey_id: str) -> Sequence[Digest]:
        """The digests that show the journey's item, by their chats and messages."""
        ...

    async def save_digest(self, digest: Digest) -> None: ...
    async def reminded(self, journey_id: str) -> Reminded | None: ...
    async def save_reminded(self, reminded: Reminded) -> None: ...
    async def preference(self, chat_id: int) -> Preference | None: ...
    async def save_preference(self, preference: Preference) -> None: ...
    async def moved_chat(self, chat_id: int) -> MovedChat | None: ...
    async def save_moved_chat(self, moved: MovedChat) -> None: ...
    async def note_attempt(self, attempt: Attempt) -> None:
        """Write down what became of an attempt to bring something to a chat."""
        ...

    async def post(self, entry: Entry) -> None:
        """Add an entry to the books. Raises BrokenRule, at the latest when the unit of work commits: for an entry that
        is not balanced, disagrees with its charge or refund, comes twice, or sends back more than was charged."""
        ...

    async def entries(
        self, *, charge_id: str | None = None, buyer_id: str | None = None, order_id: str | None = None
    ) -> Sequence[Entry]:
        """The books in their order: of one charge, buyer or order, or all."""
        ...

    async def balances(self) -> Sequence[Balance]:
        """What every account holds in every currency."""
        ...

    async def open_items(self, now: datetime) -> Sequence[OpenItem]:
        """All money that is not where it ends, oldest first."""
        ...

    async def duties(self, *, refund_before: datetime, ask_after: datetime) -> Sequence[Duty]:
        """What the sweep has to do: open ends that no work looks after; refunds intended at `refund_before` or earlier,
        and opened charges issued at `ask_after` or earlier, whose alarm was not raised yet."""
        ...

    async def attempts(self, since: datetime) -> Sequence[Charge]:
        """Every charge issued since then that the gateway may know of, oldest first."""
        ...

    async def open_journeys(self) -> Sequence[str]:
        """The ids of all journeys in which the buyer has something left to do, oldest first."""
        ...

    async def settled_charges(self, amount: Money, since: datetime, limit: int) -> Sequence[Charge]:
        """Charges since then that still hold so much, those of exactly this amount first, then the newest."""
        ...

    async def summary(self) -> LedgerSummary: ...

    async def connected_buyers(self) -> int:
        """How many buyers have a chat that is theirs."""
        ...

    async def take_unchecked(self, seen_before: datetime, now: datetime, most: int) -> Sequence[str]:
        """Up to so many connected buyers whose orders were not looked at since then, longest ago first; from `now` on
        they count as looked at."""
        ...

    async def note_orders_seen(self, buyer_id: str, at: datetime) -> None:
        """Write down when the buyer's orders were looked at; a time in the past lets them be looked at sooner."""
        ...

    async def report(self, webhook_id: str) -> KeptReport | None: ...
    async def reports(self, since: datetime, until: datetime, *, only_dead: bool = False) -> Sequence[KeptReport]:
        """The outcome events made since then and before `until`, oldest first."""
        ...

    async def save_report(self, report: KeptReport) -> None: ...
    async def dead_report(self, webhook_id: str) -> int | None:
        """The number of the work that gave this report up, if it is kept still."""
        ...

    async def dead_work(self, work_id: int) -> Work | None:
        """The work of this number, if it was given up and is kept still."""
        ...

    async def drop_dead(self, work_id: int) -> None:
        """Forget work that was given up."""
        ...

    async def revive(self, work_id: int) -> Work | None:
        """Let work that was given up be done again in its old place, at once; one whose twin waits already is dropped.
        None where no such work was given up."""
        ...

    async def forget_notes(self, after: str, most: int) -> str | None:
        """Look at the next so many journeys after this one that a card or a reminder is noted of, and let go of the
        notes and digests of those that are over and of which no delivery is kept. The last of them; None at the end."""
        ...

    async def forget(self, what: Passing, before: datetime, most: int) -> int:
        """Delete up to so many that are older, the oldest first, and say how many; what somebody still needs stays."""
        ...


class Store(Protocol):
    """The one place of truth."""

    def transaction(self, urgency: Urgency = Urgency.REST) -> AbstractAsyncContextManager[Transaction]:
        """A unit of work, committed at the end of the block; what it queues is so urgent. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The head of a line, ours until the lease ends; `attempts` counts this one, `failures` those by our fault.

    `wait` is how long it still has to wait for its place among all chats' messages.
    """

    line: str
    fence: int
    work_id: int
    work: Work
    attempts: int
    failures: int = 0
    wait: timedelta = timedelta(0)


class Lines(Protocol):
    """Ordered work, one line a key. No transaction is open and no lock held while work is done."""

    async def claim(self, limit: int, lease: timedelta, messages: int | None = None) -> Sequence[Claim]:
        """Take the heads of up to `limit` due lines that nobody holds, the most urgent first; of chats' lines no more
        than `messages`, and than the pace allows."""
        ...

    async def renew(self, claims: Sequence[Claim], lease: timedelta) -> None:
        """Hold on to the lines for another `lease`."""
        ...

    async def finish(self, outcomes: Sequence[tuple[Claim, Outcome]]) -> None:
        """Write the outcomes down; one whose lease was lost meanwhile changes nothing."""
        ...

    async def wait(self, at_most: timedelta) -> None:
        """Return when work may be due, at the latest after `at_most`."""
        ...

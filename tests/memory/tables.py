"""The tables of the schema, and the rows that have no record of their own in the service."""

from dataclasses import dataclass
from datetime import datetime

from flow.journey import Journey, Kind
from flow.ledger import EntryKind
from flow.steps import Path
from service.facts import Fact
from service.ports import Letter
from service.records import (
    Attempt,
    Button,
    Buyer,
    Card,
    Charge,
    ChargeState,
    Chat,
    Digest,
    Entry,
    KeptReport,
    MovedChat,
    Preference,
    Refund,
    Reminded,
    Result,
)
from tests.memory.table import Reference, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedFact:
    """A fact that was taken."""

    id: str
    fact: Fact
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Which fact moved which journey, and when the transaction began that it moved in."""

    fact_id: str
    before: Journey
    after: Journey
    event: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderVersion:
    """The newest version of an order that was taken."""

    order_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedAttempt:
    """What became of an attempt to bring something to a chat, and when that was noted."""

    attempt: Attempt
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrdersSeen:
    """When a buyer's orders were looked at: a column of `buyer` there."""

    buyer_id: str
    at: datetime


class Tables:
    """What is committed. Every table iterates over its records in the order of their commit."""

    def __init__(self) -> None:
        self.inbox: Table[Letter] = Table(
            "inbox", unique={"inbox_source_source_id_key": lambda letter: (letter.source, letter.source_id)}
        )
        self.facts: Table[NotedFact] = Table("fact", lambda noted: noted.id)
        self.moves: Table[Move] = Table("move")
        self.chats: Table[Chat] = Table(
            "chat", lambda chat: chat.chat_id, unique={"chat_user_id_key": lambda chat: chat.user_id}
        )
        self.buyers: Table[Buyer] = Table(
            "buyer",
            lambda buyer: buyer.buyer_id,
            unique={"buyer_telegram_user_id_key": lambda buyer: buyer.telegram_user_id},
        )
        self.journeys: Table[Journey] = Table(
            "journey",
            lambda journey: journey.id,
            unique={"journey_order_id_key": lambda journey: journey.order and journey.order.order_id},
            checks={
                "journey_check": lambda journey: journey.kind is Kind.PAYMENT or journey.order is None,
                "journey_kind_check": lambda journey: journey.kind in Kind,
                "journey_path_check": lambda journey: journey.path in Path,
            },
            groups={"buyer_id": lambda journey: journey.buyer_id},
        )
        self.order_versions: Table[OrderVersion] = Table("order_version", lambda order: order.order_id)
        self.charges: Table[Charge] = Table(
            "charge",
            lambda charge: charge.id,
            unique={
                "charge_token_key": lambda charge: charge.token,
                "charge_gateway_id_key": lambda charge: charge.gateway_id,
            },
            checks={
                "charge_amount_check": lambda charge: charge.amount.value > 0,
                "charge_check": lambda charge: (charge.state is ChargeState.SETTLED) == (charge.paid is not None),
            },
            references={"charge_journey_id_fkey": Reference(self.journeys, lambda charge: charge.journey_id)},
            groups={"journey_id": lambda charge: charge.journey_id},
        )
        self.refunds: Table[Refund] = Table(
            "refund",
            lambda refund: refund.id,
            unique={"refund_of_ours": lambda refund: refund.charge_id if refund.ours else None},
            checks={"refund_amount_check": lambda refund: refund.amount.value > 0},
            references={"refund_charge_id_fkey": Reference(self.charges, lambda refund: refund.charge_id)},
            groups={"charge_id": lambda refund: refund.charge_id},
        )
        self.entries: Table[Entry] = Table(
            "entry",
            unique={
                "entry_once_a_charge": lambda entry: entry.charge_id if entry.kind is EntryKind.CHARGE else None,
                "entry_once_a_refund": lambda entry: entry.refund_id if entry.kind is EntryKind.REFUND else None,
                "entry_once_a_bounce": lambda entry: entry.refund_id if entry.kind is EntryKind.BOUNCE else None,
            },
            checks={
                "entry_kind_check": lambda entry: entry.kind in EntryKind,
                "entry_names_its_refund": lambda entry: (entry.kind is EntryKind.CHARGE) == (entry.refund_id is None),
            },
            groups={"charge_id": lambda entry: entry.charge_id},
        )
        self.buttons: Table[Button] = Table("button", lambda button: button.id)
        self.cards: Table[Card] = Table("card", lambda card: card.journey_id)
        self.digests: Table[Digest] = Table("digest", lambda digest: (digest.chat_id, digest.message_id))
        self.reminders: Table[Reminded] = Table("reminder", lambda reminded: reminded.journey_id)
        self.moved_chats: Table[MovedChat] = Table("moved_chat", lambda moved: moved.chat_id)
        self.preferences: Table[Preference] = Table("preference", lambda preference: preference.chat_id)
        self.deliveries: Table[NotedAttempt] = Table(
            "delivery", checks={"delivery_result_check": lambda noted: noted.attempt.result in Result}
        )
        self.orders_seen: Table[OrdersSeen] = Table("orders_seen", lambda seen: seen.buyer_id)
        self.reports: Table[KeptReport] = Table("report", lambda report: report.webhook_id)

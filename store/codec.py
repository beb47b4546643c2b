"""Rows to records and back; refuses what it does not know."""

import json
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError

from flow.journey import STATES, Journey, Kind
from flow.ledger import Account, EntryKind, Posting
from flow.linked import Alipay, LinkState
from flow.money import Money
from flow.order import Item, Order
from flow.steps import Path
from service.errors import Malformed, OurFault
from service.facts import Fact
from service.ports import Letter
from service.records import (
    Attempt,
    Balance,
    Button,
    Buyer,
    Card,
    Charge,
    ChargeState,
    Chat,
    Digest,
    DigestLine,
    Duty,
    Entry,
    KeptReport,
    LedgerSummary,
    MovedChat,
    OpenItem,
    Preference,
    Refund,
    RefundState,
    Reminded,
    Topic,
    Unsettled,
)
from service.work import Work

Row = Mapping[str, Any]

_item: TypeAdapter[Item | None] = TypeAdapter(Item | None)
_order: TypeAdapter[Order | None] = TypeAdapter(Order | None)
_money: TypeAdapter[Money | None] = TypeAdapter(Money | None)
_lines: TypeAdapter[tuple[DigestLine, ...]] = TypeAdapter(tuple[DigestLine, ...])
_works: dict[str, TypeAdapter[Work]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Work)}
_facts: dict[str, TypeAdapter[Fact]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(Fact)}


def _text(adapter: TypeAdapter[Any], value: object) -> str | None:
    return None if value is None else _json(adapter, value)


def _json(adapter: TypeAdapter[Any], value: object) -> str:
    try:
        return adapter.dump_json(value).decode()
    except PydanticSerializationError as error:
        raise Malformed(type(error).__name__) from None


class UnreadableWork(OurFault):
    """Queued work is of a kind or shape that this release does not know; revive it with a release that does."""


def pack_work(work: Work) -> tuple[str, str]:
    """The kind and the JSON of work. Raises Malformed for a text that is none in Unicode."""
    kind = type(work).__name__
    return kind, _json(_works[kind], work)


def unpack_work(kind: str, body: str) -> Work:
    """The work of a row. Raises UnreadableWork, which tells nothing of the body."""
    try:
        return _works[kind].validate_json(body)
    except (KeyError, ValueError) as error:
        raise UnreadableWork(type(error).__name__) from None


def pack_fact(fact: Fact) -> dict[str, str]:
    """The kind and the JSON of a fact. Raises Malformed for a text that is none in Unicode."""
    kind = type(fact).__name__
    return {"kind": kind, "body": _json(_facts[kind], fact)}


def pack_letter(letter: Letter) -> dict[str, object]:
    """A letter's row."""
    return _plain(letter) | {"headers": json.dumps(dict(letter.headers))}


def letter(row: Row) -> Letter:
    """The letter in a row."""
    return Letter(**dict(row) | {"headers": json.loads(row["headers"])})


def chat(row: Row) -> Chat:
    """The chat in a row."""
    return Chat(**dict(row))


def pack(record: Chat | Button | MovedChat | Reminded) -> dict[str, object]:
    """The row of a record whose fields are its columns."""
    return _plain(record)


def buyer(row: Row) -> Buyer:
    """The buyer in a row."""
    link = LinkState(
        alipay=Alipay(row["alipay"]), at=row["alipay_at"], limit=_money.validate_json(row["alipay_limit"] or "null")
    )
    return Buyer(
        buyer_id=row["buyer_id"],
        display_name=row["display_name"],
        telegram_user_id=row["telegram_user_id"],
        connection_at=row["connection_at"],
        link=link,
        wallet_id=row["wallet_id"],
    )


def pack_buyer(record: Buyer) -> dict[str, object]:
    """A buyer's row."""
    packed = _plain(record)
    del packed["link"]
    return packed | {
        "alipay": record.link.alipay,
        "alipay_at": record.link.at,
        "alipay_limit": _text(_money, record.link.limit),
    }


def journey(row: Row) -> Journey:
    """The journey in a row. Raises ValueError for a kind or state that this release does not know."""
    kind = Kind(row["kind"])
    return Journey(
        id=row["id"],
        kind=kind,
        buyer_id=row["buyer_id"],
        path=Path(row["path"]),
        state=STATES[kind](row["state"]),
        item=_item.validate_json(row["item"] or "null"),
        order=_order.validate_json(row["order"] or "null"),
        charge_id=row["charge_id"],
        settled_by=row["settled_by"],
        reason=row["reason"],
        news=row["news"],
        version=row["version"],
    )


def pack_journey(record: Journey) -> dict[str, object]:
    """A journey's row."""
    return _plain(record) | {
        "state": record.state.value,
        "item": _text(_item, record.item),
        "order": _text(_order, record.order),
    }


def charge(row: Row) -> Charge:
    """The charge in a row."""
    kept = {field.name: row[field.name] for field in fields(Charge) if field.name not in _CONVERTED}
    return Charge(
        **kept,
        amount=Money(row["currency"], int(row["amount"])),
        paid=_amount(row["paid_currency"], row["paid_amount"]),
        estimate=_amount(row["estimate_currency"], row["estimate_amount"]),
        state=ChargeState(row["state"]),
    )


_CONVERTED = {"amount", "paid", "estimate", "state"}


def pack_charge(record: Charge) -> dict[str, object]:
    """A charge's row."""
    packed = _plain(record)
    del packed["paid"], packed["estimate"]
    return packed | {
        **_columns(record.amount),
        "state": int(record.state),
        **_maybe("paid", record.paid),
        **_maybe("estimate", record.estimate),
    }


def refund(row: Row) -> Refund:
    """The refund in a row."""
    return Refund(
        id=row["id"],
        charge_id=row["charge_id"],
        amount=Money(row["currency"], int(row["amount"])),
        intended_at=row["intended_at"],
        ours=row["ours"],
        state=RefundState(row["state"]),
        gateway_id=row["gateway_id"],
        reason=row["reason"],
    )


def pack_refund(record: Refund) -> dict[str, object]:
    """A refund's row."""
    return _plain(record) | {**_columns(record.amount), "state": int(record.state)}


def button(row: Row) -> Button:
    """The button in a row."""
    return Button(**dict(row))


def card(row: Row) -> Card:
    """The card in a row."""
    return Card(**dict(row) | {"older": tuple(row["older"])})


def pack_card(record: Card) -> dict[str, object]:
    """A card's row."""
    return _plain(record) | {"older": list(record.older)}


def digest(row: Row) -> Digest:
    """The digest in a row."""
    lines = _lines.validate_json(row["lines"])
    return Digest(chat_id=row["chat_id"], message_id=row["message_id"], lines=lines)


def pack_digest(record: Digest) -> dict[str, object]:
    """A digest's row."""
    return _plain(record) | {"lines": _json(_lines, record.lines)}


def showing(journey_id: str) -> str:
    """What the lines of a digest contain that shows this journey."""
    return json.dumps([{"journey_id": journey_id}])


def reminded(row: Row) -> Reminded:
    """How far reminders have come, in a row."""
    return Reminded(**dict(row))


def pack_preference(record: Preference) -> dict[str, object]:
    """A preference's row."""
    return _plain(record) | {"muted": sorted(record.muted)}


def preference(row: Row) -> Preference:
    """The preference in a row; a topic that this release does not know is not muted."""
    return Preference(**dict(row) | {"muted": frozenset(topic for topic in Topic if topic in row["muted"])})


def moved_chat(row: Row) -> MovedChat:
    """The group's move in a row."""
    return MovedChat(**dict(row))


def pack_attempt(record: Attempt) -> dict[str, object]:
    """An attempt's row."""
    return _plain(record)


def summary(row: Row) -> LedgerSummary:
    """The counted ledger in a row."""
    return LedgerSummary(**dict(row))


def pack_entry(record: Entry) -> dict[str, object]:
    """An entry's row, its postings as columns."""
    packed = _plain(record)
    del packed["postings"]
    return packed | {
        "accounts": [posting.account for posting in record.postings],
        "currencies": [posting.amount.currency for posting in record.postings],
        "amounts": [Decimal(posting.amount.value) for posting in record.postings],
    }


def entry(row: Row) -> Entry:
    """The entry in a row with its postings as columns."""
    sides = zip(row["accounts"], row["currencies"], row["amounts"], strict=True)
    return Entry(
        kind=EntryKind(row["kind"]),
        charge_id=row["charge_id"],
        gateway_id=row["gateway_id"],
        fact_id=row["fact_id"],
        at=row["at"],
        postings=tuple(Posting(account=Account(name), amount=Money(code, int(value))) for name, code, value in sides),
        refund_id=row["refund_id"],
        is_ours=row["is_ours"],
    )


def balance(row: Row) -> Balance:
    """The balance in a row."""
    return Balance(account=Account(row["account"]), amount=Money(row["currency"], int(row["amount"])))


def open_item(row: Row) -> OpenItem:
    """The open item in a row."""
    names = ("charge_id", "since", "buyer_id", "order_id", "refund_id", "gateway_id", "reason")
    return OpenItem(
        why=Unsettled(row["why"]),
        amount=Money(row["currency"], int(row["amount"])),
        **{name: row[name] for name in names},
    )


def report(row: Row) -> KeptReport:
    """The outcome event in a row."""
    return KeptReport(**dict(row))


def pack_report(record: KeptReport) -> dict[str, object]:
    """An outcome event's row; why it was refused may be in others' words."""
    reason = record.reason and record.reason.replace("\0", "").encode(errors="replace").decode()
    return _plain(record) | {"reason": reason}


def duty(row: Row) -> Duty:
    """The duty in a row."""
    return Duty(**dict(row))


def _plain(record: Any) -> dict[str, object]:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _columns(money: Money) -> dict[str, object]:
    return {"currency": money.currency, "amount": Decimal(money.value)}


def _maybe(name: str, money: Money | None) -> dict[str, object]:
    return {
        f"{name}_currency": money.currency if money else None,
        f"{name}_amount": Decimal(money.value) if money else None,
    }


def _amount(currency: str | None, value: Decimal | None) -> Money | None:
    return None if currency is None or value is None else Money(currency, int(value))

"""What the books forbid, looked at when a transaction commits: the schema's deferred triggers."""

from collections.abc import Iterator

from flow.journey import Journey
from flow.ledger import Account, EntryKind, is_balanced
from flow.money import Money
from service.errors import BrokenRule
from service.records import Charge, ChargeState, Entry, Refund, RefundState
from tests.memory.columns import Refusal
from tests.memory.overlay import Overlay
from tests.memory.tables import Tables

Rules = Iterator[tuple[str, bool]]
"""The names of rules, in PostgreSQL's order, and whether they hold."""

_SUSPENDED = (Account.GATEWAY, Account.SUSPENSE)


def check_books(rows: Overlay, tables: Tables) -> None:
    """Raise Refusal where anything that was written breaks a rule of the books."""
    for table, before, after in rows.changes:
        rules: Rules = iter(())
        if table is tables.entries:
            rules = _of_entry(rows, tables, after)
        elif table is tables.charges:
            rules = _of_charge(rows, tables, after)
        elif table is tables.refunds:
            rules = _of_refund(rows, tables, after)
        elif table is tables.journeys:
            rules = _of_journey(rows, tables, before, after)
        for name, holds in rules:
            if not holds:
                raise Refusal(BrokenRule(name))


def moved(entry: Entry) -> Money | None:
    """What the entry moved at the gateway."""
    return next((posting.amount for posting in entry.postings if posting.account is Account.GATEWAY), None)


def held(rows: Overlay, tables: Tables, charge_id: str, currency: str | None = None) -> int | None:
    """What the gateway holds of a charge, in one currency or counted over all; None where nothing moved."""
    entries = rows.among(tables.entries, "charge_id", charge_id)
    amounts = [side.amount for entry in entries for side in entry.postings if side.account is Account.GATEWAY]
    values = [amount.value for amount in amounts if currency in (None, amount.currency)]
    return sum(values) if values else None


def _of_entry(rows: Overlay, tables: Tables, entry: Entry) -> Rules:
    charge, amount = rows.get(tables.charges, entry.charge_id), moved(entry)
    is_suspended = all(posting.account in _SUSPENDED for posting in entry.postings)
    gateways = [posting for posting in entry.postings if posting.account is Account.GATEWAY]
    currencies = {posting.amount.currency for posting in entry.postings}
    yield "entry_is_balanced", is_balanced(entry.postings) and len(gateways) == len(currencies) == 1
    is_refund = entry.kind is EntryKind.REFUND
    yield "entry_goes_one_way", amount is not None and is_refund == (amount.value < 0)
    yield "entry_knows_its_charge", entry.is_ours == (charge is not None)
    yield "stranger_is_in_suspense", entry.is_ours or is_suspended
    if entry.kind is not EntryKind.CHARGE:
        yield "entry_agrees_with_refund", _agrees_with_refund(rows, tables, entry)
        yield "refunds_within_charge", _is_within_charge(rows, tables, entry)
    elif charge is not None:
        agrees = charge.state is ChargeState.SETTLED and charge.paid == amount
        yield "entry_agrees_with_charge", agrees
        yield "entry_is_of_what_was_asked", is_suspended or charge.amount == amount


def _agrees_with_refund(rows: Overlay, tables: Tables, entry: Entry) -> bool:
    if not entry.is_ours:
        entries = rows.among(tables.entries, "charge_id", entry.charge_id)
        went = [one for one in entries if one.refund_id == entry.refund_id and one.kind is EntryKind.REFUND]
        return entry.kind is EntryKind.REFUND or bool(went)
    refund, amount = rows.get(tables.refunds, entry.refund_id), moved(entry)
    return (
        refund is not None
        and amount is not None
        and refund.charge_id == entry.charge_id
        and refund.amount == Money(amount.currency, abs(amount.value))
        and refund.state >= RefundState.SETTLED
    )


def _is_within_charge(rows: Overlay, tables: Tables, entry: Entry) -> bool:
    if (amount := moved(entry)) is None:
        return False
    entries = rows.among(tables.entries, "charge_id", entry.charge_id)
    was_charged = any(
        side.account is Account.GATEWAY and side.amount.currency == amount.currency
        for one in entries
        if one.kind is EntryKind.CHARGE
        for side in one.postings
    )
    left = held(rows, tables, entry.charge_id, amount.currency)
    return was_charged and left is not None and left >= 0


def _of_charge(rows: Overlay, tables: Tables, charge: Charge) -> Rules:
    if charge.state is ChargeState.SETTLED:
        booked = rows.find(tables.entries, "entry_once_a_charge", charge.id)
        yield "settled_charge_is_booked", booked is not None and moved(booked) == charge.paid


def _of_refund(rows: Overlay, tables: Tables, refund: Refund) -> Rules:
    if refund.state >= RefundState.SETTLED:
        yield "settled_refund_is_booked", rows.find(tables.entries, "entry_once_a_refund", refund.id) is not None
    if refund.state >= RefundState.BOUNCED:
        yield "bounced_refund_is_booked", rows.find(tables.entries, "entry_once_a_bounce", refund.id) is not None


def _of_journey(rows: Overlay, tables: Tables, before: Journey | None, after: Journey) -> Rules:
    settled_before = before.settled_by if before else None
    if after.settled_by is not None and after.settled_by != settled_before:
        yield "paid_journey_is_booked", rows.find(tables.entries, "entry_once_a_charge", after.settled_by) is not None

"""A won item, its charge and its refund, and how they are written into a store and its books."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from flow.journey import Journey, Kind
from flow.ledger import Account
from flow.money import Money
from flow.order import Order
from flow.states import Payment, Verification
from flow.steps import Path
from service.errors import BrokenRule
from service.ports import Store, Transaction
from service.records import Buyer, Charge, ChargeState, Entry, Refund, RefundState
from tests.contract.examples import charge_entry, refund_entry

NOW = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TOTAL = Money("JPY", 12300)
ORDER = Order(order_id="o1", buyer_id="b1", auction_id="a1", title="壺", total=TOTAL, version=1)
PAYMENT = Journey(
    id="p1", kind=Kind.PAYMENT, buyer_id="b1", path=Path.RETURNING, state=Payment.OPENED, order=ORDER, charge_id="c1"
)
VERIFICATION = Journey(id="v1", kind=Kind.VERIFICATION, buyer_id="b1", path=Path.FIRST_TIME, state=Verification.OPENED)
CHARGE = Charge(
    id="c1",
    journey_id="p1",
    token="c1",
    amount=TOTAL,
    issued_at=NOW,
    expires_at=NOW + 14 * MINUTE,
    state=ChargeState.OPEN,
)
PAID = replace(CHARGE, state=ChargeState.SETTLED, paid=TOTAL, paid_at=NOW + MINUTE, gateway_id="pay-1")
SURPLUS = replace(PAID, paid=Money("JPY", 12301))
PAID_BEFORE = replace(PAID, id="c0", token="c0", gateway_id="pay-0")
REFUND = Refund(id="rf-c1", charge_id="c1", amount=TOTAL, intended_at=NOW + 2 * MINUTE)
BACK = replace(REFUND, state=RefundState.SETTLED, gateway_id="back-1")
BOUNCED = replace(BACK, state=RefundState.BOUNCED)
BOOKED = charge_entry(PAID)
RETURNED = refund_entry(BACK)
STRANGER = replace(charge_entry(replace(PAID, id="s1"), Account.SUSPENSE), is_ours=False)

Record = Buyer | Journey | Charge | Refund | Entry


async def write(store: Store, *records: Record) -> None:
    """All of it in one transaction, in this order."""
    async with store.transaction() as tx:
        for record in records:
            await write_one(tx, record)


async def write_one(tx: Transaction, record: Record) -> None:
    match record:
        case Buyer():
            await tx.save_buyer(record)
        case Journey():
            await tx.save_journey(record)
        case Charge():
            await tx.save_charge(record)
        case Refund():
            await tx.save_refund(record)
        case Entry():
            await tx.post(record)


async def refuse(store: Store, rule: str, *records: Record) -> None:
    """The records are refused for that rule, and leave nothing in the books."""
    before = await entries(store)
    with pytest.raises(BrokenRule) as refused:
        await write(store, *records)
    assert refused.value.detail == rule
    assert await entries(store) == before


async def entries(store: Store, charge_id: str | None = None) -> list[Entry]:
    async with store.transaction() as tx:
        return [*await tx.entries(charge_id=charge_id)]


def returned(amount: int, refund_id: str, currency: str = "JPY") -> tuple[Refund, Entry]:
    """A refund that was made at the gateway without us, and its entry."""
    refund = replace(BACK, id=refund_id, amount=Money(currency, amount), ours=False)
    return refund, refund_entry(refund)

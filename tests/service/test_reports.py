"""The outcome events, read as the auction house reads them."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from flow.journey import Journey
from flow.ledger import Account
from sandbox.auction import events
from service import reports
from service.errors import UnknownRecord
from service.ports import Store
from service.records import ChargeState, Refund, RefundState
from service.work import Report
from tests.contract.examples import charge_entry, refund_entry
from tests.service.examples import JPY_5, NOW, ORDER, PAYMENT, TOTAL, VERIFICATION, charge_of

PAID_AT = NOW - timedelta(minutes=1)
LATER = NOW + timedelta(hours=3)


def read(report: Report) -> tuple[str, dict[str, Any]]:
    """The type and the data, which hold what is documented and nothing else."""
    envelope, data = events.parse(report.body.encode())
    assert data is not None
    assert json.loads(report.body).keys() == {"type", "timestamp", "data"}
    assert envelope.data == data.model_dump(exclude_unset=True)
    assert envelope.data.keys() <= type(data).model_fields.keys()
    return envelope.type, envelope.data


async def settled(store: Store, journey: Journey, surplus: int = 0, paid_at: datetime | None = PAID_AT) -> Journey:
    """The journey, its charge paid and its refund confirmed."""
    charge = charge_of(journey, ChargeState.SETTLED, token=journey.id)
    amount = replace(charge.amount, value=charge.amount.value + surplus)
    paid = replace(charge, gateway_id=f"pay-{journey.id}", paid=amount, paid_at=paid_at)
    refund = Refund(
        id=f"rf-{charge.id}",
        charge_id=charge.id,
        amount=charge.amount,
        intended_at=NOW,
        state=RefundState.SETTLED,
        gateway_id=f"back-{journey.id}",
    )
    async with store.transaction() as tx:
        saved = await tx.save_journey(replace(journey, settled_by=charge.id))
        await tx.save_charge(paid)
        await tx.post(charge_entry(paid, Account.SUSPENSE))
        await tx.save_refund(refund)
        await tx.post(refund_entry(refund, Account.SUSPENSE))
    return saved


async def made(store: Store, kind: str, journey: Journey, now: datetime = NOW) -> Report:
    async with store.transaction() as tx:
        match kind:
            case "verified":
                return await reports.verified(tx, journey, now)
            case "paid":
                return await reports.paid(tx, journey, now)
            case _:
                return await reports.refunded(tx, journey, f"rf-{journey.id}-1", now)


async def test_a_verified_account_and_its_returned_charge(store: Store) -> None:
    journey = await settled(store, VERIFICATION)
    about = {"buyer_id": "b1", "payment_id": "pay-v1", "amount": {"currency": "JPY", "value": "5"}}
    assert read(await made(store, "verified", journey)) == ("verification.completed", about)
    returned = read(await made(store, "refunded", journey))
    assert returned == ("verification.refunded", about | {"refund_id": "back-v1"})
    with pytest.raises(UnknownRecord):
        await made(store, "paid", journey)


async def test_a_paid_order_and_its_returned_charge(store: Store) -> None:
    journey = await settled(store, PAYMENT)
    amount = {"currency": "JPY", "value": "12300"}
    about = {"order_id": "o1", "buyer_id": "b1", "payment_id": "pay-p1", "amount": amount}
    kind, data = read(await made(store, "paid", journey))
    assert kind == "payment.completed"
    assert datetime.fromisoformat(data.pop("paid_at")) == PAID_AT
    assert data == about
    returned = read(await made(store, "refunded", journey))
    assert returned == ("payment.refunded", about | {"refund_id": "back-p1", "reason": "not due"})


@pytest.mark.parametrize("order_id", ["o1", None])
def test_a_case_for_a_person(order_id: str | None) -> None:
    report = reports.handoff("handoff-1", "b1", order_id, "ChargeDiffers", NOW)
    assert report.webhook_id == "handoff-1"
    about = {"order_id": order_id} if order_id else {}
    assert read(report) == ("handoff.opened", {"buyer_id": "b1", "reason": "ChargeDiffers"} | about)


def test_a_buyer_who_cannot_be_reached() -> None:
    about = {"buyer_id": "b1", "reason": "blocked"}
    alone = reports.unreachable("unreachable-1", "b1", None, "blocked", NOW)
    assert (alone.webhook_id, read(alone)) == ("unreachable-1", ("buyer.unreachable", about))
    kind, data = read(reports.unreachable("unreachable-2", "b1", PAYMENT.order, "blocked", NOW))
    assert (kind, datetime.fromisoformat(data.pop("pay_by"))) == ("buyer.unreachable", ORDER.pay_by)
    assert data == about | {"order_id": "o1"}
    whenever = replace(ORDER, pay_by=None)
    assert "pay_by" not in read(reports.unreachable("unreachable-3", "b1", whenever, "blocked", NOW))[1]


async def test_what_was_paid_is_told_and_not_what_was_asked(store: Store) -> None:
    journey = await settled(store, PAYMENT, surplus=1, paid_at=None)
    _, data = read(await made(store, "paid", journey))
    assert data["amount"]["value"] == "12301"
    assert datetime.fromisoformat(data["paid_at"]) == NOW


async def test_an_outcomes_id_comes_from_its_charge_whenever_it_is_told(store: Store) -> None:
    verification, payment = await settled(store, VERIFICATION), await settled(store, PAYMENT)
    told = [("verified", verification), ("refunded", verification), ("paid", payment), ("refunded", payment)]
    for now in (NOW, LATER):
        reports_then = [await made(store, kind, journey, now) for kind, journey in told]
        ids = [report.webhook_id for report in reports_then]
        assert ids == ["verified-v1-1", "refunded-rf-v1-1", "paid-p1-1", "refunded-rf-p1-1"]
        assert all(datetime.fromisoformat(json.loads(report.body)["timestamp"]) == now for report in reports_then)


async def test_nothing_is_told_of_a_charge_that_is_not_there(store: Store) -> None:
    for kind, journey in (("verified", VERIFICATION), ("paid", PAYMENT), ("refunded", PAYMENT)):
        with pytest.raises(UnknownRecord):
            await made(store, kind, replace(journey, settled_by="p9-1"))


def test_an_amount_travels_as_texts() -> None:
    assert reports.amount(JPY_5) == {"currency": "JPY", "value": "5"}
    assert reports.amount(replace(TOTAL, value=10**15 + 1)) == {"currency": "JPY", "value": "1000000000000001"}

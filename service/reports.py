"""The outcome events for the auction house, as they are sent: derived ids, and a body that never changes."""

import json
from datetime import datetime

from flow.journey import Journey
from flow.money import Money
from flow.order import Order
from service.errors import UnknownRecord
from service.ports import Transaction
from service.records import Charge, Refund
from service.work import Report


def amount(money: Money) -> dict[str, str]:
    """An amount on the wire: strings, smallest unit."""
    return {"currency": money.currency, "value": str(money.value)}


async def verified(tx: Transaction, journey: Journey, now: datetime) -> Report:
    """`verification.completed`: the charge of a verification is settled."""
    charge = await _settled(tx, journey)
    data = {
        "buyer_id": journey.buyer_id,
        "payment_id": charge.gateway_id,
        "amount": amount(charge.paid or charge.amount),
    }
    return _report(f"verified-{charge.id}", "verification.completed", now, data)


async def paid(tx: Transaction, journey: Journey, now: datetime) -> Report:
    """`payment.completed`: once per order."""
    charge = await _settled(tx, journey)
    data = {
        "order_id": _order_id(journey),
        "buyer_id": journey.buyer_id,
        "payment_id": charge.gateway_id,
        "amount": amount(charge.paid or charge.amount),
        "paid_at": (charge.paid_at or now).isoformat(),
    }
    return _report(f"paid-{charge.id}", "payment.completed", now, data)


async def refunded(tx: Transaction, journey: Journey, refund_id: str, now: datetime) -> Report:
    """`verification.refunded` or `payment.refunded`: the gateway confirmed a refund."""
    refund = await tx.refund(refund_id)
    charge = await tx.charge(refund.charge_id) if refund else None
    if refund is None or charge is None:
        raise UnknownRecord(f"refund {refund_id}")
    data = _refund_data(journey, refund, charge)
    if journey.order is None:
        return _report(f"refunded-{refund.id}", "verification.refunded", now, data)
    data |= {"order_id": journey.order.order_id, "reason": _why(refund)}
    return _report(f"refunded-{refund.id}", "payment.refunded", now, data)


def unreachable(report_id: str, buyer_id: str, order: Order | None, reason: str, now: datetime) -> Report:
    """`buyer.unreachable`: what was to be told in the chat has to reach the buyer another way."""
    data: dict[str, object] = {"buyer_id": buyer_id, "reason": reason}
    if order is not None:
        data["order_id"] = order.order_id
        if order.pay_by is not None:
            data["pay_by"] = order.pay_by.isoformat()
    return _report(report_id, "buyer.unreachable", now, data)


def _why(refund: Refund) -> str:
    return "not due" if refund.ours else "made at the gateway"


def handoff(report_id: str, buyer_id: str, order_id: str | None, reason: str, now: datetime) -> Report:
    """`handoff.opened`: a person is wanted."""
    data = {"buyer_id": buyer_id, "reason": reason} | ({"order_id": order_id} if order_id else {})
    return _report(report_id, "handoff.opened", now, data)


def _refund_data(journey: Journey, refund: Refund, charge: Charge) -> dict[str, object]:
    return {
        "buyer_id": journey.buyer_id,
        "payment_id": charge.gateway_id,
        "refund_id": refund.gateway_id,
        "amount": amount(refund.amount),
    }


async def _settled(tx: Transaction, journey: Journey) -> Charge:
    charge = await tx.charge(journey.settled_by or "")
    if charge is None:
        raise UnknownRecord(f"settled charge of {journey.id}")
    return charge


def _order_id(journey: Journey) -> str:
    if journey.order is None:
        raise UnknownRecord(f"order of {journey.id}")
    return journey.order.order_id


def _report(webhook_id: str, kind: str, now: datetime, data: object) -> Report:
    body = json.dumps({"type": kind, "timestamp": now.isoformat(), "data": data}, ensure_ascii=False)
    return Report(webhook_id=webhook_id, body=body)

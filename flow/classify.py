"""From what the gateway states about a charge to the event that it is for the journey."""

from datetime import datetime

from flow import events as on
from flow.journey import DIFFERENCES, Journey
from flow.money import Money
from flow.order import Order
from flow.states import Payment


def settled(journey: Journey, charge_id: str, asked: Money, paid: Money, at: datetime | None) -> on.ChargeEvent:
    """A payment: the expected one, in time or late, a second one, or one of another amount than is due."""
    due = journey.order.total if journey.order else asked
    if journey.settled_by not in (None, charge_id):
        return on.ChargeRepeated(charge_id=charge_id, amount=paid)
    if not paid == asked == due:
        return on.ChargeDiffers(charge_id=charge_id, amount=paid, due=due)
    pay_by = journey.order.pay_by if journey.order else None
    if at is not None and pay_by is not None and at > pay_by:
        return on.ChargeSettledLate(charge_id=charge_id, amount=paid, at=at)
    return on.ChargeSettled(charge_id=charge_id, amount=paid, at=at)


def refused(journey: Journey, charge_id: str, code: str) -> on.ChargeEvent:
    """A final no: it concerns the buyer only while the charge is the current one and nothing else was paid."""
    if journey.charge_id == charge_id and journey.settled_by is None:
        return on.ChargeRefused(charge_id=charge_id, code=code)
    return on.PastChargeRefused(charge_id=charge_id, code=code)


def refunded(journey: Journey, charge_id: str, refund_id: str, amount: Money, *, whole: bool) -> on.Event:
    """Money sent back: a part, or the whole of the charge that counted, or of what came beside it."""
    if not whole:
        return on.PartRefundSettled(refund_id=refund_id, amount=amount)
    event = on.RefundSettled if journey.settled_by == charge_id else on.SurplusRefunded
    return event(refund_id=refund_id, amount=amount)


def bounced(journey: Journey, charge_id: str, refund_id: str, amount: Money) -> on.Event:
    """A confirmed refund that came back: of the charge that counted, or of one that came beside it."""
    event = on.RefundBounced if journey.settled_by == charge_id else on.SurplusBounced
    return event(refund_id=refund_id, amount=amount)


def refund_refused(journey: Journey, charge_id: str, refund_id: str, code: str) -> on.Event:
    """A refund that will not be: of the charge that counted, or of one that came beside it."""
    if journey.settled_by == charge_id:
        return on.RefundRefused(refund_id=refund_id, code=code)
    return on.SurplusRefundRefused(refund_id=refund_id, code=code)


def is_back(journey: Journey, order: Order) -> bool:
    """Whether an order that was thought gone is listed after all, and not by an older list."""
    return journey.state is Payment.GONE and journey.order is not None and journey.order.version <= order.version


def amended(journey: Journey, order: Order) -> on.Event:
    """A version of an order: won or due again, repriced, due at another time, paid by another method, or in words.

    What the buyer must hear outweighs the method, which is remembered with it, unless Alipay is chosen just now.
    """
    old = journey.order
    if old is None or journey.state in _NOT_DUE:
        return on.OrderReopened(order=order) if _has_money(journey) else _won(order)
    if journey.state is Payment.CHOOSING and old.payment_method != "alipay" == order.payment_method:
        return _won(order)
    if old.total != order.total:
        return on.OrderRepriced(order=order)
    if old.pay_by != order.pay_by:
        return on.DeadlineMoved(order=order)
    return _won(order) if old.payment_method != order.payment_method else on.OrderAmended(order=order)


_OVER = frozenset({Payment.CANCELLED, Payment.PAID_ELSEWHERE})

_NOT_DUE = _OVER | {Payment.WATCHING, Payment.WITHDRAWN, Payment.GONE}


def _has_money(journey: Journey) -> bool:
    """Whether money came for an order that is over: it goes back, or waits for a person."""
    return journey.state in _OVER and (journey.settled_by is not None or journey.reason in DIFFERENCES)


def _won(order: Order) -> on.Event:
    if order.payment_method == "alipay":
        return on.WonWithAlipay(order=order)
    return on.WonOtherwise(order=order)

"""What is worth being reached: a simulation that never comes there shows nothing about it."""

from collections.abc import Callable, Iterator

from service.records import DUE
from service.staff import Call
from tests.simulation.invariants import End

SHARE = 0.01
"""In so many of the histories each of these must happen."""

Happened = Callable[[End], bool]


def moved(*events: str, state: str | None = None) -> Happened:
    """One of these events moved a journey, in this state where one is named."""
    states = state.split(" or ") if state else None

    def look(end: End) -> bool:
        return any(s.event in events and (states is None or s.before in states) for s in end.seen.steps)

    return look


def called(why: Call) -> Happened:
    """The support chat was told this."""
    return lambda end: bool(end.called(why))


def told(text: str) -> Happened:
    """A buyer was told this."""
    return lambda end: any(note.text == text for note in end.world.telegram.said)


def taken(kind: str) -> Happened:
    """A fact of this kind came through the door."""
    return lambda end: kind in end.seen.fact_kinds


def paid_after_expiry(end: End) -> bool:
    """A charge was paid after its time."""
    return any(charge.paid_at and charge.paid_at > charge.expires_at for charge in end.charges)


def order_told_elsewhere(end: End) -> bool:
    """The auction house was told of a won item that could not be told in the chat."""
    return any(event["type"] == "buyer.unreachable" for event in end.world.house.outcomes.values())


def several_told_at_once(end: End) -> bool:
    """Several wins went into one message."""
    return any(end.digests.values())


def digest_corrected(end: End) -> bool:
    """A digest was edited, since one of its items is not to be paid any more."""
    return any(line.state != DUE for found in end.digests.values() for digest in found for line in digest.lines)


PAID = ("ChargeSettled", "ChargeSettledLate")

SOMETIMES: dict[str, Happened] = {
    "paid in time": moved("ChargeSettled", state="opened"),
    "paid after the link's time": paid_after_expiry,
    "paid after the deadline": called(Call.CHARGE_LATE),
    "paid after the order was cancelled, or paid elsewhere": moved(*PAID, state="cancelled or paid_elsewhere"),
    "paid after the buyer stepped back": moved(*PAID, state="withdrawn or won or selecting"),
    "paid twice": moved("ChargeRepeated"),
    "paid another amount": moved("ChargeDiffers"),
    "paid while the link was being closed, and sent back by the gateway": moved("ChargeReversed"),
    "the order changed after it was paid": called(Call.ORDER_CHANGED_AFTER_PAYMENT),
    "repriced with a live link": moved("OrderRepriced", state="link_sent or opened"),
    "reminded of a deadline": taken("ReminderDue"),
    "a lost event found": taken("OrdersListed"),
    "an order that was over is due again": moved("WonWithAlipay", "WonOtherwise", state="cancelled or paid_elsewhere"),
    "an order gone at the auction house": moved("OrderGone"),
    "refused by the gateway": moved("ChargeRefused", state="opened"),
    "an old charge refused beside the new one": moved("PastChargeRefused"),
    "success, then the gateway says otherwise": called(Call.CHARGE_CONTRADICTED),
    "a payment that is not ours": called(Call.CHARGE_UNKNOWN_PAID),
    "a refund of a charge that nobody finds": called(Call.REFUND_UNKNOWN),
    "refunded in the portal, whole": moved("RefundSettled", state="paid"),
    "refunded in the portal, in part": moved("PartRefundSettled"),
    "the verification's charge came back": moved("RefundSettled", state="refunding"),
    "the second payment came back": moved("SurplusRefunded"),
    "a refund refused": moved("RefundRefused", "SurplusRefundRefused"),
    "a refund bounced": moved("RefundBounced"),
    "a refund late": called(Call.REFUND_OVERDUE),
    "a cancellation asked for": taken("ChargeClosing"),
    "the buyer asked, and the gateway could not say": moved("ChargeUnclear"),
    "the buyer does not see the refund": moved("RefundMissed"),
    "unlinked in the chat": told("unlinked.here"),
    "unlinked at the auction house before a link was issued": moved("AlipayUnlinked", state="choosing or won"),
    "above the limit": told("limit_exceeded"),
    "the chat closed": taken("ChatClosed"),
    "a won item told another way": order_told_elsewhere,
    "several wins told at once": several_told_at_once,
    "several wins told at once, and one of them over since": digest_corrected,
    "the deadline moved": moved("DeadlineMoved"),
    "a crash": lambda end: end.world.crashes > 0,
    "two processes crashed": lambda end: end.world.crashes > 1,
}


def reached(end: End) -> Iterator[str]:
    """What this history reached."""
    return (name for name, happened in SOMETIMES.items() if happened(end))


def too_rare(counts: dict[str, int], histories: int) -> list[str]:
    """What was reached too rarely in so many histories; fewer than two for each of the least say nothing."""
    least = int(histories * SHARE)
    return [name for name in SOMETIMES if counts.get(name, 0) < least] if least > 1 else []

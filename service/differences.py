"""What the gateway says against what is kept here, one charge or refund at a time. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flow.ledger import Account
from flow.money import Money
from service.records import Charge, ChargeState, Entry, Refund, RefundState
from service.verdicts import CANCELLED, Refused, Return, Settled, Unknown, Verdict


class DifferenceKind(StrEnum):
    """In what the two sides differ."""

    PAID_THERE = "paid_there"
    """Paid at the gateway, not here."""
    NOT_PAID_THERE = "not_paid_there"
    """Paid here; refused at the gateway, or not known there."""
    OTHER_AMOUNT = "other_amount"
    """Moved on both sides, in different amounts."""
    CLOSED_THERE = "closed_there"
    """Ended unpaid at the gateway, open here."""
    REVERSED_THERE = "reversed_there"
    """Closed at the gateway, which sent the money back; here it is still held."""
    RETURNED_THERE = "returned_there"
    """Sent back at the gateway; here not known, or taken for refused."""
    NOT_RETURNED_THERE = "not_returned_there"
    """Sent back here; refused at the gateway, or not known there."""
    REFUND_FINAL_THERE = "refund_final_there"
    """A refund that has its final answer at the gateway and is under way here."""
    NOT_KNOWN_HERE = "not_known_here"
    """A charge of one of our journeys that was lost here: a backup older than it was restored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What one side says: its state in a word, the amount where there is one, the gateway's code for a no."""

    state: str
    amount: Money | None = None
    code: str | None = None


NOT_KNOWN = Side(state="not known")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing in which the gateway and we differ; `refund_id` is set where it is about money that goes back."""

    kind: DifferenceKind
    charge_id: str
    ours: Side
    theirs: Side
    refund_id: str | None = None
    is_mended: bool = False

    @property
    def subject(self) -> str:
        """The id of what it is about."""
        return self.refund_id or self.charge_id


def of_charge(charge: Charge, held: Money, refunds: Mapping[str, Refund], said: Verdict) -> list[Difference]:
    """A charge, and what the gateway lists as sent back of it; `held` is what our books say is still there."""
    ours = Side(state=charge.state.name.lower(), amount=charge.paid or charge.amount)
    kind = _kind_of_charge(charge, held, said)
    found = [Difference(kind=kind, charge_id=charge.id, ours=ours, theirs=_side(said))] if kind else []
    for back in listed(said):
        settled = Settled(gateway_id=back.gateway_id, amount=back.amount, at=None)
        found += of_refund(charge.id, back.refund_id, refunds.get(back.refund_id), settled)
    return found


def of_refund(charge_id: str, refund_id: str, refund: Refund | None, said: Verdict) -> list[Difference]:
    """A refund; None where it is not known here."""
    kind = _kind_of_refund(refund, said)
    if kind is None:
        return []
    ours = Side(state=refund.state.name.lower(), amount=refund.amount) if refund else NOT_KNOWN
    return [Difference(kind=kind, charge_id=charge_id, refund_id=refund_id, ours=ours, theirs=_side(said))]


def of_stranger(charge_id: str, entries: Sequence[Entry], said: Verdict) -> list[Difference]:
    """A charge that has no record of ours, only `entries` in the books, or nothing."""
    if not entries:
        known_there = isinstance(said, Settled | Refused)
        kinds = [DifferenceKind.NOT_KNOWN_HERE] if known_there else []
        return [Difference(kind=kind, charge_id=charge_id, ours=NOT_KNOWN, theirs=_side(said)) for kind in kinds]
    if said == Refused(code=CANCELLED) and balance(entries) == 0:
        return []
    if not isinstance(said, Settled):
        kind, ours = DifferenceKind.NOT_PAID_THERE, Side(state="settled")
        return [Difference(kind=kind, charge_id=charge_id, ours=ours, theirs=_side(said))]
    known = {entry.refund_id for entry in entries}
    return [
        Difference(
            kind=DifferenceKind.RETURNED_THERE,
            charge_id=charge_id,
            refund_id=back.refund_id,
            ours=NOT_KNOWN,
            theirs=Side(state="settled", amount=back.amount),
        )
        for back in said.returns
        if back.refund_id not in known
    ]


def balance(entries: Sequence[Entry]) -> int:
    """What the books say the gateway holds, in smallest units."""
    postings = [posting for entry in entries for posting in entry.postings]
    return sum(posting.amount.value for posting in postings if posting.account is Account.GATEWAY)


def listed(said: Verdict) -> tuple[Return, ...]:
    """What the gateway lists as sent back; nothing where it lists nothing."""
    return said.returns if isinstance(said, Settled) else ()


def _kind_of_charge(charge: Charge, held: Money, said: Verdict) -> DifferenceKind | None:
    is_paid = charge.state is ChargeState.SETTLED
    match said:
        case Settled() if not is_paid:
            return DifferenceKind.PAID_THERE
        case Settled(amount=amount):
            return DifferenceKind.OTHER_AMOUNT if amount != charge.paid else None
        case Refused(code=code) if is_paid and code == CANCELLED:
            return DifferenceKind.REVERSED_THERE if held.value > 0 else None
        case Refused() if is_paid:
            return DifferenceKind.NOT_PAID_THERE
        case Refused() if charge.state < ChargeState.REFUSED:
            return DifferenceKind.CLOSED_THERE
        case Unknown(absent=True) if is_paid:
            return DifferenceKind.NOT_PAID_THERE
        case _:
            return None


def _kind_of_refund(refund: Refund | None, said: Verdict) -> DifferenceKind | None:
    if refund is None:
        return DifferenceKind.RETURNED_THERE
    match said:
        case Settled() | Refused() if refund.state < RefundState.REFUSED:
            return DifferenceKind.REFUND_FINAL_THERE
        case Settled() if refund.state is RefundState.REFUSED:
            return DifferenceKind.RETURNED_THERE
        case Settled(amount=amount) if amount != refund.amount:
            return DifferenceKind.OTHER_AMOUNT
        case Refused() | Unknown(absent=True) if refund.is_settled:
            return DifferenceKind.NOT_RETURNED_THERE
        case _:
            return None


def _side(said: Verdict) -> Side:
    match said:
        case Settled(amount=amount):
            return Side(state="settled", amount=amount)
        case Refused(code=code):
            return Side(state="refused", code=code)
        case Unknown():
            return NOT_KNOWN

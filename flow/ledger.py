"""The books: every charge and refund as a balanced entry of double bookkeeping. Pure, and nothing is ever changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flow.journey import Journey, Kind
from flow.money import Money
from flow.states import KEEPS


class Account(StrEnum):
    """Where money stands. An asset grows with a positive amount, what is owed or earned with a negative one."""

    GATEWAY = "gateway"
    """What the gateway holds for the merchant."""
    DEPOSITS = "deposits"
    """Verification charges, owed to their buyers until they are sent back."""
    SALES = "sales"
    """Won items that were paid."""
    FEES = "fees"
    """The auction house's fees within what was paid for items."""
    RETURNS = "returns"
    """What was sent back of paid items."""
    SUSPENSE = "suspense"
    """Money that was not asked for: paid twice, too late, in another amount; owed back until somebody decides."""


class EntryKind(StrEnum):
    """What moved."""

    CHARGE = "charge"
    REFUND = "refund"
    BOUNCE = "bounce"


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One side of an entry, in smallest units; the postings of an entry add up to nothing in each currency."""

    account: Account
    amount: Money


Postings = tuple[Posting, ...]


def charged(journey: Journey | None, charge_id: str, paid: Money) -> Postings:
    """A settled charge of a journey as it stands after the fact; None where the charge is not one of ours."""
    if journey is None or journey.settled_by != charge_id or journey.state not in KEEPS:
        return _moved(paid, Posting(account=Account.SUSPENSE, amount=-paid))
    if journey.kind is Kind.VERIFICATION:
        return _moved(paid, Posting(account=Account.DEPOSITS, amount=-paid))
    return _moved(paid, *_sold(journey, paid))


def refunded(amount: Money, charge: Sequence[Posting]) -> Postings:
    """Money sent back of a charge that was booked with these postings."""
    back = {Account.DEPOSITS: Account.DEPOSITS, Account.SUSPENSE: Account.SUSPENSE}
    accounts = [back[posting.account] for posting in charge if posting.account in back]
    return _moved(-amount, Posting(account=accounts[0] if accounts else Account.RETURNS, amount=amount))


def bounced(refund: Sequence[Posting]) -> Postings:
    """A refund that came back: its entry the other way round."""
    return tuple(Posting(account=posting.account, amount=-posting.amount) for posting in refund)


def is_balanced(postings: Sequence[Posting]) -> bool:
    """Whether nothing comes from nowhere: the sum is nought in each currency."""
    sums: dict[str, int] = {}
    for posting in postings:
        sums[posting.amount.currency] = sums.get(posting.amount.currency, 0) + posting.amount.value
    return len(postings) > 1 and not any(sums.values())


def _moved(amount: Money, *others: Posting) -> Postings:
    return (Posting(account=Account.GATEWAY, amount=amount), *others)


def _sold(journey: Journey, paid: Money) -> Postings:
    """The fees that the auction house names, and the rest as the sale; the whole as one where that makes no sense."""
    fees = [fee.amount for fee in journey.order.fees] if journey.order else []
    in_fees = sum(fee.value for fee in fees if fee.currency == paid.currency)
    price = Money(paid.currency, paid.value - in_fees)
    if not in_fees or price.value <= 0 or any(fee.currency != paid.currency or fee.value <= 0 for fee in fees):
        return (Posting(account=Account.SALES, amount=-paid),)
    return (
        Posting(account=Account.SALES, amount=-price),
        *(Posting(account=Account.FEES, amount=-fee) for fee in fees),
    )

"""Writes the books: each charge and refund as a balanced entry, in the transaction that settles it."""

from collections.abc import Sequence

from flow import ledger
from flow.journey import Journey
from flow.ledger import Account, EntryKind
from flow.money import Money
from service.errors import UnknownRecord
from service.ports import Clock, Transaction
from service.records import Charge, Entry, Refund
from service.verdicts import Return, Settled


class Books:
    """What the entries hold is decided in `flow.ledger`; here they get their names and their time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def charged(self, tx: Transaction, fact_id: str, journey: Journey, charge: Charge) -> None:
        """A charge that is settled; `journey` as the fact left it."""
        paid, gateway_id = charge.paid or charge.amount, charge.gateway_id or charge.id
        postings = ledger.charged(journey, charge.id, paid)
        await self._post(tx, EntryKind.CHARGE, fact_id, charge.id, gateway_id, postings)

    async def refunded(self, tx: Transaction, fact_id: str, refund: Refund) -> None:
        """A refund that is settled."""
        booked = await _charge_of(tx, refund.charge_id)
        postings = ledger.refunded(refund.amount, booked.postings)
        gateway_id = refund.gateway_id or refund.id
        await self._post(tx, EntryKind.REFUND, fact_id, refund.charge_id, gateway_id, postings, refund.id)

    async def bounced(self, tx: Transaction, fact_id: str, refund: Refund) -> None:
        """A settled refund whose money came back."""
        entries = await tx.entries(charge_id=refund.charge_id)
        [booked] = [e for e in entries if e.refund_id == refund.id and e.kind is EntryKind.REFUND]
        postings = ledger.bounced(booked.postings)
        await self._post(tx, EntryKind.BOUNCE, fact_id, refund.charge_id, booked.gateway_id, postings, refund.id)

    async def stranger_reversed(self, tx: Transaction, fact_id: str, charge_id: str) -> None:
        """The gateway closed a charge that is not one of ours: what it still held went back."""
        entries = await tx.entries(charge_id=charge_id)
        charged = [entry for entry in entries if entry.kind is EntryKind.CHARGE]
        if charged:
            still = _sum(entries, Money(charged[0].postings[0].amount.currency, 0))
            back = Return(refund_id=f"rv-{charge_id}", gateway_id=charged[0].gateway_id, amount=still)
            if still.value > 0:
                await self._stranger_returned(tx, fact_id, charge_id, back)

    async def stranger(self, tx: Transaction, fact_id: str, charge_id: str, paid: Settled) -> None:
        """A charge that is not one of ours, and what was sent back of it; each is booked once."""
        entries = await tx.entries(charge_id=charge_id)
        if not entries:
            postings = ledger.charged(None, charge_id, paid.amount)
            await self._post(tx, EntryKind.CHARGE, fact_id, charge_id, paid.gateway_id, postings, is_ours=False)
        known = {entry.refund_id for entry in entries}
        for back in paid.returns:
            if back.refund_id not in known:
                await self._stranger_returned(tx, fact_id, charge_id, back)

    async def _stranger_returned(self, tx: Transaction, fact_id: str, charge_id: str, back: Return) -> None:
        postings = ledger.refunded(back.amount, (await _charge_of(tx, charge_id)).postings)
        await self._post(
            tx, EntryKind.REFUND, fact_id, charge_id, back.gateway_id, postings, back.refund_id, is_ours=False
        )

    async def _post(
        self,
        tx: Transaction,
        kind: EntryKind,
        fact_id: str,
        charge_id: str,
        gateway_id: str,
        postings: ledger.Postings,
        refund_id: str | None = None,
        *,
        is_ours: bool = True,
    ) -> None:
        entry = Entry(
            kind=kind,
            charge_id=charge_id,
            gateway_id=gateway_id,
            fact_id=fact_id,
            at=self._clock.now(),
            postings=postings,
            refund_id=refund_id,
            is_ours=is_ours,
        )
        await tx.post(entry)


async def held(tx: Transaction, charge: Charge) -> Money:
    """How much of a charge the gateway still holds."""
    nothing = Money((charge.paid or charge.amount).currency, 0)
    return _sum(await tx.entries(charge_id=charge.id), nothing)


async def _charge_of(tx: Transaction, charge_id: str) -> Entry:
    for entry in await tx.entries(charge_id=charge_id):
        if entry.kind is EntryKind.CHARGE:
            return entry
    raise UnknownRecord(f"the books have no charge {charge_id}")


def _sum(entries: Sequence[Entry], nothing: Money) -> Money:
    amounts = [posting.amount for entry in entries for posting in entry.postings if posting.account is Account.GATEWAY]
    return sum((amount for amount in amounts if amount.currency == nothing.currency), nothing)

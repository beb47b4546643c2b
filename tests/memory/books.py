"""The books in memory: entries, and what is asked of them. Each query does what `store/sql/ledger.sql` does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flow.journey import Journey, Kind
from flow.ledger import Account, EntryKind
from flow.money import Money
from flow.states import CLOSED
from service.errors import BrokenRule
from service.records import (
    Balance,
    Charge,
    ChargeState,
    Duty,
    Entry,
    LedgerSummary,
    OpenItem,
    Refund,
    RefundState,
    Unsettled,
)
from service.work import AskCharge, CancelCharge, SendRefund, Work
from store import codec
from tests.memory import columns
from tests.memory.columns import Refusal
from tests.memory.rules import held
from tests.memory.unit import MemoryUnit, statement

UNCLEAR = (ChargeState.OPENING, ChargeState.OPEN)
UNDER_WAY = (RefundState.INTENDED, RefundState.SENT)
WHY = {RefundState.REFUSED: Unsettled.REFUND_REFUSED, RefundState.BOUNCED: Unsettled.REFUND_BOUNCED}


@dataclass(slots=True, kw_only=True)
class Standing:
    """What the books say of a charge in one currency."""

    since: datetime
    gateway_id: str | None = None
    held: int = 0
    suspended: int = 0

    def take(self, entry: Entry, account: Account, value: int) -> None:
        """Count one side of an entry."""
        self.since = min(self.since, entry.at)
        if entry.kind is EntryKind.CHARGE:
            self.gateway_id = entry.gateway_id
        if account is Account.GATEWAY:
            self.held += value
        elif account is Account.SUSPENSE:
            self.suspended -= value


class BooksUnit(MemoryUnit):
    """The statements of a unit of work that concern the books."""

    @statement
    async def post(self, entry: Entry) -> None:
        """Add an entry to the books; what it may be is checked when the transaction commits."""
        columns.check(codec.pack_entry(entry))
        await self._rows.insert(self._tables.entries, entry)
        if any(not posting.amount.value for posting in entry.postings):
            raise Refusal(BrokenRule("posting_amount_check"))

    @statement
    async def entries(
        self, *, charge_id: str | None = None, buyer_id: str | None = None, order_id: str | None = None
    ) -> Sequence[Entry]:
        """The books, in their order."""
        columns.check({"charge_id": charge_id, "buyer_id": buyer_id, "order_id": order_id})

        def is_meant(entry: Entry) -> bool:
            journey = self._journey_of(entry.charge_id)
            order = journey.order if journey else None
            return (buyer_id is None or (journey is not None and journey.buyer_id == buyer_id)) and (
                order_id is None or (order is not None and order.order_id == order_id)
            )

        table = self._tables.entries
        found = self._rows.all(table) if charge_id is None else self._rows.among(table, "charge_id", charge_id)
        return [entry for entry in found if is_meant(entry)]

    @statement
    async def balances(self) -> Sequence[Balance]:
        """What every account holds."""
        sums: dict[tuple[Account, str], int] = {}
        for entry in self._rows.all(self._tables.entries):
            for side in entry.postings:
                key = (side.account, side.amount.currency)
                sums[key] = sums.get(key, 0) + side.amount.value
        return [Balance(account=account, amount=Money(code, value)) for (account, code), value in sorted(sums.items())]

    @statement
    async def open_items(self, now: datetime) -> Sequence[OpenItem]:
        """All money that is not where it ends, oldest first."""
        standings = self._standings()
        items = [*self._open_refunds(standings), *self._unclear_charges(now), *self._suspended(standings)]
        return sorted(items, key=lambda item: (item.since, item.charge_id, item.why))

    @statement
    async def duties(self, *, refund_before: datetime, ask_after: datetime) -> Sequence[Duty]:
        """What the sweep has to do."""
        duties = [*self._charges_to_see_to(ask_after), *self._refunds_to_see_to(refund_before)]
        return sorted(duties, key=lambda duty: (duty.what, duty.subject))

    @statement
    async def attempts(self, since: datetime) -> Sequence[Charge]:
        """Every charge since then that the gateway may know of, oldest first."""
        charges = self._rows.all(self._tables.charges)
        return [charge for charge in charges if charge.issued_at >= since and charge.state > ChargeState.ISSUED]

    @statement
    async def open_journeys(self) -> Sequence[str]:
        """The ids of all journeys in which the buyer has something left to do, oldest first."""
        return [journey.id for journey in self._rows.all(self._tables.journeys) if journey.state not in CLOSED]

    @statement
    async def settled_charges(self, amount: Money, since: datetime, limit: int) -> Sequence[Charge]:
        """Charges that still hold so much, those of exactly this amount first, then the newest."""

        def suits(charge: Charge) -> bool:
            return (
                charge.paid is not None
                and charge.paid.currency == amount.currency
                and charge.issued_at >= since
                and (held(self._rows, self._tables, charge.id) or 0) >= amount.value
            )

        newest_first = reversed(self._rows.all(self._tables.charges))
        found = [charge for charge in newest_first if suits(charge)]
        return sorted(found, key=lambda charge: charge.paid != amount)[:limit]

    @statement
    async def summary(self) -> LedgerSummary:
        """The money, counted."""
        entries = self._rows.all(self._tables.entries)
        moved = [
            (entry.kind, journey.kind)
            for entry in entries
            if (journey := self._journey_of(entry.charge_id)) is not None
        ]
        unclear = [charge for charge in self._rows.all(self._tables.charges) if charge.state in UNCLEAR]
        under_way = [refund for refund in self._rows.all(self._tables.refunds) if refund.state in UNDER_WAY]
        return LedgerSummary(
            verification_charges=moved.count((EntryKind.CHARGE, Kind.VERIFICATION)),
            verification_refunds=moved.count((EntryKind.REFUND, Kind.VERIFICATION)),
            payments=moved.count((EntryKind.CHARGE, Kind.PAYMENT)),
            refunds=moved.count((EntryKind.REFUND, Kind.PAYMENT)),
            unsettled=len(unclear) + len(under_way),
        )

    def _journey_of(self, charge_id: str) -> Journey | None:
        charge = self._rows.get(self._tables.charges, charge_id)
        return self._rows.get(self._tables.journeys, charge.journey_id) if charge else None

    def _standings(self) -> dict[tuple[str, str], Standing]:
        standings: dict[tuple[str, str], Standing] = {}
        for entry in self._rows.all(self._tables.entries):
            for side in entry.postings:
                key = (entry.charge_id, side.amount.currency)
                standings.setdefault(key, Standing(since=entry.at)).take(entry, side.account, side.amount.value)
        return standings

    def _open_refunds(self, standings: dict[tuple[str, str], Standing]) -> Iterator[OpenItem]:
        for refund in self._rows.all(self._tables.refunds):
            standing = standings.get((refund.charge_id, refund.amount.currency))
            if _is_open(refund, standing):
                yield self._item(
                    WHY.get(refund.state, Unsettled.REFUND_UNDER_WAY),
                    refund.charge_id,
                    refund.amount,
                    refund.intended_at,
                    refund_id=refund.id,
                    gateway_id=refund.gateway_id or (standing.gateway_id if standing else None),
                    reason=refund.reason,
                )

    def _unclear_charges(self, now: datetime) -> Iterator[OpenItem]:
        for charge in self._rows.all(self._tables.charges):
            if charge.state in UNCLEAR and charge.expires_at <= now:
                yield self._item(
                    Unsettled.CHARGE_UNCLEAR,
                    charge.id,
                    charge.amount,
                    charge.issued_at,
                    gateway_id=charge.gateway_id,
                    reason=charge.reason,
                )

    def _suspended(self, standings: dict[tuple[str, str], Standing]) -> Iterator[OpenItem]:
        refunds = self._rows.all(self._tables.refunds)
        told = {refund.charge_id for refund in refunds if _waits(refund)}
        for (charge_id, currency), standing in standings.items():
            if standing.suspended and charge_id not in told:
                amount = Money(currency, standing.suspended)
                yield self._item(Unsettled.SUSPENSE, charge_id, amount, standing.since, gateway_id=standing.gateway_id)

    def _item(
        self,
        why: Unsettled,
        charge_id: str,
        amount: Money,
        since: datetime,
        *,
        gateway_id: str | None,
        refund_id: str | None = None,
        reason: str | None = None,
    ) -> OpenItem:
        journey = self._journey_of(charge_id)
        return OpenItem(
            why=why,
            charge_id=charge_id,
            amount=amount,
            since=since,
            buyer_id=journey.buyer_id if journey else None,
            order_id=journey.order.order_id if journey and journey.order else None,
            refund_id=refund_id,
            gateway_id=gateway_id,
            reason=reason,
        )

    def _charges_to_see_to(self, ask_after: datetime) -> Iterator[Duty]:
        for charge in self._rows.all(self._tables.charges):
            if charge.state not in UNCLEAR:
                continue
            if charge.issued_at <= ask_after:
                if not self._is_noted(f"charge:{charge.id}:unresolved"):
                    yield Duty(what="unresolved", subject=charge.id, journey_id=charge.journey_id)
            elif not any(
                isinstance(work, AskCharge | CancelCharge) and work.charge_id == charge.id
                for work in self._work_of(charge.journey_id)
            ):
                yield Duty(what="ask", subject=charge.id, journey_id=charge.journey_id)

    def _refunds_to_see_to(self, refund_before: datetime) -> Iterator[Duty]:
        for refund in self._rows.all(self._tables.refunds):
            charge = self._rows.get(self._tables.charges, refund.charge_id)
            if charge is None or not refund.ours or refund.state not in UNDER_WAY:
                continue
            work = self._work_of(charge.journey_id)
            if not any(isinstance(one, SendRefund) and one.refund_id == refund.id for one in work):
                yield Duty(what="refund", subject=refund.id, journey_id=charge.journey_id)
            if refund.intended_at <= refund_before and not self._is_noted(f"refund:{refund.id}:overdue"):
                yield Duty(what="overdue", subject=refund.id, journey_id=charge.journey_id)

    def _is_noted(self, fact_id: str) -> bool:
        return self._rows.get(self._tables.facts, fact_id) is not None

    def _work_of(self, journey_id: str) -> Sequence[Work]:
        return self._database.queues.work_of(f"journey:{journey_id}")


def _is_open(refund: Refund, standing: Standing | None) -> bool:
    if not _waits(refund):
        return False
    return refund.state in UNDER_WAY or (standing is not None and standing.held > 0)


def _waits(refund: Refund) -> bool:
    is_ours_or_bounced = refund.ours or refund.state is RefundState.BOUNCED
    return is_ours_or_bounced and refund.state is not RefundState.SETTLED

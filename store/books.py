"""The books within one unit of work: entries are added, and everything else about money is read from them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from flow.money import Money
from flow.states import CLOSED
from service.records import Balance, Charge, Duty, Entry, LedgerSummary, OpenItem
from store import codec

Record = TypeVar("Record")


class Books:
    """The part of `service.ports.Transaction` that is about the books."""

    def __init__(self, connection: Any, ledger: Any) -> None:
        self._connection, self._ledger = connection, ledger

    async def post(self, entry: Entry) -> None:
        """Add an entry to the books; what it may be is checked when the transaction commits."""
        await self._ledger.post(self._connection, **codec.pack_entry(entry))

    async def entries(
        self, *, charge_id: str | None = None, buyer_id: str | None = None, order_id: str | None = None
    ) -> Sequence[Entry]:
        """The books, in their order."""
        query = self._ledger.entries
        return await self._read(codec.entry, query, charge_id=charge_id, buyer_id=buyer_id, order_id=order_id)

    async def balances(self) -> Sequence[Balance]:
        """What every account holds."""
        return await self._read(codec.balance, self._ledger.balances)

    async def open_items(self, now: datetime) -> Sequence[OpenItem]:
        """All money that is not where it ends, oldest first."""
        return await self._read(codec.open_item, self._ledger.open_items, now=now)

    async def duties(self, *, refund_before: datetime, ask_after: datetime) -> Sequence[Duty]:
        """What the sweep has to do."""
        query = self._ledger.duties
        return await self._read(codec.duty, query, refund_before=refund_before, ask_after=ask_after)

    async def attempts(self, since: datetime) -> Sequence[Charge]:
        """Every charge since then that the gateway may know of, oldest first."""
        return await self._read(codec.charge, self._ledger.attempts, since=since)

    async def open_journeys(self) -> Sequence[str]:
        """The ids of all journeys in which the buyer has something left to do, oldest first."""
        closed = sorted({state.value for state in CLOSED})
        return await self._read(lambda row: str(row["id"]), self._ledger.open_journeys, closed=closed)

    async def settled_charges(self, amount: Money, since: datetime, limit: int) -> Sequence[Charge]:
        """Charges that still hold so much, those of exactly this amount first, then the newest."""
        values = {"currency": amount.currency, "amount": Decimal(amount.value), "since": since, "count": limit}
        return await self._read(codec.charge, self._ledger.settled_charges, **values)

    async def summary(self) -> LedgerSummary:
        """The money, counted."""
        return codec.summary(await self._ledger.summary(self._connection))

    async def _read(self, read: Callable[[Any], Record], query: Any, **values: object) -> Sequence[Record]:
        return [read(row) async for row in query(self._connection, **values)]

"""What is looked at again, told again, and let go of, within one unit of work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flow.states import CLOSED
from service.records import KeptReport, Passing
from service.work import Work
from store import codec
from store.books import Books


class Upkeep(Books):
    """The part of `service.ports.Transaction` that is about upkeep."""

    def __init__(self, connection: Any, ledger: Any, upkeep: Any) -> None:
        super().__init__(connection, ledger)
        self._upkeep = upkeep
        self.has_new_work = False
        """Whether workers are to be called once this is committed."""

    async def connected_buyers(self) -> int:
        """How many buyers have a chat that is theirs."""
        return int(await self._upkeep.connected_buyers(self._connection))

    async def take_unchecked(self, seen_before: datetime, now: datetime, most: int) -> Sequence[str]:
        """Up to so many connected buyers whose orders were not looked at since then, longest ago first."""
        values = {"seen_before": seen_before, "now": now, "most": most}
        return await self._read(lambda row: str(row["buyer_id"]), self._upkeep.take_unchecked, **values)

    async def note_orders_seen(self, buyer_id: str, at: datetime) -> None:
        """Write down when the buyer's orders were looked at."""
        await self._upkeep.note_orders_seen(self._connection, buyer_id=buyer_id, at=at)

    async def report(self, webhook_id: str) -> KeptReport | None:
        """The outcome event of this id."""
        row = await self._upkeep.report(self._connection, webhook_id=webhook_id)
        return None if row is None else codec.report(row)

    async def reports(self, since: datetime, until: datetime, *, only_dead: bool = False) -> Sequence[KeptReport]:
        """The outcome events made since then and before `until`, oldest first."""
        return await self._read(codec.report, self._upkeep.reports, since=since, until=until, only_dead=only_dead)

    async def save_report(self, report: KeptReport) -> None:
        """Insert, or update what became of it."""
        await self._upkeep.save_report(self._connection, **codec.pack_report(report))

    async def dead_report(self, webhook_id: str) -> int | None:
        """The number of the work that gave this report up, if it is kept still."""
        number: int | None = await self._upkeep.dead_report(self._connection, webhook_id=webhook_id)
        return number

    async def dead_work(self, work_id: int) -> Work | None:
        """The work of this number, if it was given up and is kept still. Raises UnreadableWork."""
        row = await self._upkeep.dead_work(self._connection, id=work_id)
        return None if row is None else codec.unpack_work(row["kind"], row["body"])

    async def drop_dead(self, work_id: int) -> None:
        """Forget work that was given up."""
        await self._upkeep.drop_dead(self._connection, id=work_id)

    async def revive(self, work_id: int) -> Work | None:
        """Let work that was given up be done again. Raises UnreadableWork."""
        row = await self._upkeep.revive(self._connection, id=work_id)
        self.has_new_work = True
        return None if row is None else codec.unpack_work(row["kind"], row["body"])

    async def forget_notes(self, after: str, most: int) -> str | None:
        """Let go of the notes of what is over, among the next so many journeys; the last of them, None at the end."""
        values = {"after": after, "most": most, "closed": sorted({state.value for state in CLOSED})}
        last: str | None = await self._upkeep.forget_notes(self._connection, **values)
        return last

    async def forget(self, what: Passing, before: datetime, most: int) -> int:
        """Delete up to so many that are older, the oldest first, and say how many."""
        values: dict[str, object] = {"before": before, "most": most}
        if what == "deliveries":
            values["closed"] = sorted({state.value for state in CLOSED})
        return int(await getattr(self._upkeep, f"forget_{what}")(self._connection, **values))

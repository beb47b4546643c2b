"""Upkeep in memory: each statement does what `store/sql/upkeep.sql` does; what is forgotten is gone at the commit."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any

from flow.states import CLOSED
from service.auction_events import UnknownEvent
from service.records import KeptReport, Passing
from service.work import ReadAuctionEvent, ReadNotice, ReadUpdate, Work
from store import codec
from tests.memory import columns
from tests.memory.books import BooksUnit
from tests.memory.table import Table
from tests.memory.tables import OrdersSeen
from tests.memory.unit import statement

PASSING_FACTS = ("telegram:", "answer:", "orders:", "remind:")


class UpkeepUnit(BooksUnit):
    """The statements of a unit of work that concern upkeep."""

    @statement
    async def connected_buyers(self) -> int:
        """How many buyers have a chat that is theirs."""
        return len(self._connected())

    @statement
    async def take_unchecked(self, seen_before: datetime, now: datetime, most: int) -> Sequence[str]:
        """Up to so many connected buyers whose orders were not looked at since then, longest ago first."""
        seen = {each.buyer_id: each.at for each in self._rows.all(self._tables.orders_seen)}
        due = [buyer_id for buyer_id in self._connected() if buyer_id not in seen or seen[buyer_id] <= seen_before]
        taken = sorted(due, key=lambda buyer_id: (buyer_id in seen, seen.get(buyer_id, now), buyer_id))[:most]
        for buyer_id in taken:
            await self._note_orders_seen(buyer_id, now)
        return taken

    @statement
    async def note_orders_seen(self, buyer_id: str, at: datetime) -> None:
        """Write down when the buyer's orders were looked at."""
        columns.check({"buyer_id": buyer_id})
        if self._get(self._tables.buyers, buyer_id) is not None:
            await self._note_orders_seen(buyer_id, at)

    @statement
    async def report(self, webhook_id: str) -> KeptReport | None:
        """The outcome event of this id."""
        return self._get(self._tables.reports, webhook_id)

    @statement
    async def reports(self, since: datetime, until: datetime, *, only_dead: bool = False) -> Sequence[KeptReport]:
        """The outcome events made since then and before `until`, oldest first."""
        kept = [report for report in self._rows.all(self._tables.reports) if since <= report.made_at < until]
        found = [report for report in kept if report.dead_at is not None or not only_dead]
        return sorted(found, key=lambda report: (report.made_at, report.webhook_id))

    @statement
    async def save_report(self, report: KeptReport) -> None:
        """Insert, or update what became of it."""
        packed = codec.pack_report(report)
        columns.check({name: value for name, value in packed.items() if name != "body"})
        kept = codec.report(packed)
        await self._rows.upsert(self._tables.reports, kept, lambda old, new: new)

    @statement
    async def dead_report(self, webhook_id: str) -> int | None:
        """The number of the work that gave this report up, if it is kept still."""
        return self._database.queues.dead_report(webhook_id)

    @statement
    async def dead_work(self, work_id: int) -> Work | None:
        """The work of this number, if it was given up and is kept still."""
        return self._given_up(work_id)

    @statement
    async def drop_dead(self, work_id: int) -> None:
        """Forget work that was given up."""
        self._dropped += [work.id for work in self._database.queues.dead if work.id == work_id]

    @statement
    async def revive(self, work_id: int) -> Work | None:
        """Let work that was given up be done again."""
        found = self._given_up(work_id)
        if found is not None:
            self._revived.append(work_id)
        return found

    @statement
    async def forget(self, what: Passing, before: datetime, most: int) -> int:
        """Delete up to so many that are older, the oldest first, and say how many."""
        if what == "work":
            dead = sorted(self._database.queues.dead, key=lambda work: work.dead_at or before)
            old = [work.id for work in dead if work.dead_at and work.dead_at < before][:most]
            self._dropped += old
            return len(old)
        if what == "deliveries":
            return self._forget_deliveries(before, most)
        table, keys = self._old(what, before, most)
        for key in keys:
            self._rows.forget(table, key)
        return len(keys)

    def _given_up(self, work_id: int) -> Work | None:
        changed = (*self._revived, *self._dropped)
        dead = {work.id: work.work for work in self._database.queues.dead if work.id not in changed}
        return dead.get(work_id)

    @statement
    async def forget_notes(self, after: str, most: int) -> str | None:
        """Let go of the notes of what is over, among the next so many journeys; the last of them, None at the end."""
        cards, reminders = self._tables.cards, self._tables.reminders
        noted = sorted({key for key in (*cards.rows, *reminders.rows) if isinstance(key, str) and key > after})[:most]
        for journey_id in filter(self._is_forgettable, noted):
            self._rows.forget(cards, journey_id)
            self._rows.forget(reminders, journey_id)
            for digest in [*self._tables.digests]:
                names = [line.journey_id for line in digest.lines]
                if journey_id in names and all(map(self._is_forgettable, names)):
                    self._rows.forget(self._tables.digests, (digest.chat_id, digest.message_id))
        return noted[-1] if noted else None

    def _is_forgettable(self, journey_id: str) -> bool:
        told = {slot.record.attempt.journey_id for slot in self._tables.deliveries.rows.values()}
        return self._is_closed(journey_id) and journey_id not in told

    def _old(self, what: Passing, before: datetime, most: int) -> tuple[Table[Any], Sequence[Hashable]]:
        match what:
            case "letters":
                read = [key for key in self._tables.inbox.rows if key not in self._waiting_letters()][:most]
                return self._tables.inbox, [k for k in read if self._tables.inbox.rows[k].record.received_at < before]
            case "facts":
                old = [noted for noted in self._tables.facts if noted.at < before]
                facts = {noted.id: noted.at for noted in old if noted.id.startswith(PASSING_FACTS)}
                unknown = [noted.id for noted in old if isinstance(noted.fact, UnknownEvent)]
                return self._tables.facts, [*_first(facts, most), *unknown][:most]
            case "buttons":
                buttons = {b.id: b.expires_at for b in self._tables.buttons if b.expires_at < before}
                return self._tables.buttons, _first(buttons, most)
            case _:
                taken = {r.webhook_id: r.taken_at for r in self._tables.reports if r.taken_at and r.taken_at < before}
                return self._tables.reports, _first(taken, most)

    def _forget_deliveries(self, before: datetime, most: int) -> int:
        """With the last delivery of what is over go its card and reminders, and the digest that shows nothing else."""
        deliveries = self._tables.deliveries.rows
        gone = [key for key in list(deliveries)[:most] if deliveries[key].record.at < before]
        for key in gone:
            self._rows.forget(self._tables.deliveries, key)
            attempt = deliveries[key].record.attempt
            later = [s.record.attempt for s in deliveries.values() if s.number > deliveries[key].number]
            beside = [each for each in later if each.chat_id == attempt.chat_id]
            if self._is_closed(attempt.journey_id) and attempt.journey_id not in {each.journey_id for each in beside}:
                self._rows.forget(self._tables.cards, attempt.journey_id)
                self._rows.forget(self._tables.reminders, attempt.journey_id)
            if attempt.message_id is not None and attempt.message_id not in {each.message_id for each in beside}:
                self._forget_digest(attempt.chat_id, attempt.message_id)
        return len(gone)

    def _forget_digest(self, chat_id: int, message_id: int) -> None:
        digest = self._tables.digests.get((chat_id, message_id))
        if digest is not None and all(self._is_closed(line.journey_id) for line in digest.lines):
            self._rows.forget(self._tables.digests, (chat_id, message_id))

    def _is_closed(self, journey_id: str | None) -> bool:
        journey = self._tables.journeys.get(journey_id)
        return journey is not None and journey.state in CLOSED

    def _waiting_letters(self) -> set[int]:
        works = (queued.work for queued in self._database.queues.work.values())
        return {work.inbox_id for work in works if isinstance(work, ReadUpdate | ReadAuctionEvent | ReadNotice)}

    def _connected(self) -> list[str]:
        return [buyer.buyer_id for buyer in self._rows.all(self._tables.buyers) if buyer.telegram_user_id is not None]

    async def _note_orders_seen(self, buyer_id: str, at: datetime) -> None:
        seen = OrdersSeen(buyer_id=buyer_id, at=at)
        await self._rows.upsert(self._tables.orders_seen, seen, lambda old, new: new)


def _first(times: Mapping[str, datetime], most: int) -> Sequence[Hashable]:
    """The keys of the oldest."""
    return [*sorted(times, key=times.__getitem__)][:most]

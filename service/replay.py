"""The operator's way to have something done again: outcome events with the same id and bytes, and work given up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from service.outbox import line_of
from service.ports import Store, Transaction
from service.records import KeptReport
from service.work import Report, Work

What = Literal["again", "waiting"]
"""It is sent again, or it was on its way already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """An outcome event as it stood, and what is done about it."""

    report: KeptReport
    what: What


class Replay:
    """Safe to repeat: the receiver knows an event by its id, and what is on its way is left alone."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def report(self, webhook_id: str, *, dry_run: bool = False) -> Replayed | None:
        """Send one event again; None where there is no such event."""
        async with self._store.transaction() as tx:
            kept = await tx.report(webhook_id)
            return None if kept is None else await _again(tx, kept, dry_run=dry_run)

    async def window(
        self, since: datetime, until: datetime, *, only_dead: bool = False, dry_run: bool = False
    ) -> Sequence[Replayed]:
        """Send every event made since then and before `until` again, oldest first, so that lines keep their order."""
        async with self._store.transaction() as tx:
            found = await tx.reports(since, until, only_dead=only_dead)
            taken = {line_of(kept) for kept in found if kept.taken_at}
            return [await _again(tx, kept, at_end=line_of(kept) in taken, dry_run=dry_run) for kept in found]

    async def work(self, work_id: int, *, dry_run: bool = False) -> Work | None:
        """Do work again that was given up; None where there is none with this number."""
        async with self._store.transaction() as tx:
            if dry_run:
                return await tx.dead_work(work_id)
            revived = await tx.revive(work_id)
            if isinstance(revived, Report) and (kept := await tx.report(revived.webhook_id)):
                await tx.save_report(_waiting(kept))
            return revived


async def _again(tx: Transaction, kept: KeptReport, *, at_end: bool = False, dry_run: bool) -> Replayed:
    """What was given up takes its old place, before what came later; unless it must follow what was taken before."""
    if kept.is_waiting:
        return Replayed(report=kept, what="waiting")
    if not dry_run:
        await tx.save_report(_waiting(kept))
        given_up = await tx.dead_report(kept.webhook_id)
        if given_up is not None and at_end:
            await tx.drop_dead(given_up)
        if given_up is None or at_end or await tx.revive(given_up) is None:
            await tx.queue(line_of(kept), Report(webhook_id=kept.webhook_id, body=kept.body))
    return Replayed(report=kept, what="again")


def _waiting(kept: KeptReport) -> KeptReport:
    return replace(kept, attempts=0, taken_at=None, dead_at=None, reason=None)

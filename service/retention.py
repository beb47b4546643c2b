"""Lets go of what was kept for long enough, a little at a time, so that the tables in daily use stay small."""

from datetime import datetime, timedelta
from typing import get_args

from service.lines import TIDY
from service.ports import Claim, Clock, Store
from service.records import Passing
from service.rules import Rules
from service.work import Later, Outcome, Tidy

BATCH = 500
"""How many rows a transaction deletes at most: a few milliseconds in which nothing else is held up."""

BREATH = timedelta(milliseconds=200)
"""The pause between batches while there is more."""


class Retention:
    """One piece of work in a line of its own, which comes again for ever; any number of processes share it."""

    def __init__(self, store: Store, rules: Rules, clock: Clock) -> None:
        self._store, self._rules, self._clock = store, rules, clock
        self._looked_at: str | None = None  # not kept: a walk that is lost begins anew, and no harm is done

    async def begin(self) -> None:
        """See that it goes on. Raises Unavailable."""
        async with self._store.transaction() as tx:
            await tx.queue_once(TIDY, Tidy())

    async def run(self, _: Tidy, __: Claim) -> Outcome:
        """A batch of everything, each in a transaction of its own, and then of the notes; soon again while there is
        more."""
        is_more = self._looked_at is None and await self._forget_all()
        is_more = is_more or await self._forget_notes()
        return Later(BREATH if is_more else self._rules.tidy_interval, "again")

    async def _forget_all(self) -> bool:
        """A batch of everything but notes: is there more of anything?"""
        now = self._clock.now()
        return BATCH in [await self._forget(what, now) for what in get_args(Passing)]

    async def _forget_notes(self) -> bool:
        """Those of what ended after its deliveries had gone, found by looking at all, a batch a time: is there more?"""
        async with self._store.transaction() as tx:
            self._looked_at = await tx.forget_notes(self._looked_at or "", BATCH)
        return self._looked_at is not None

    async def _forget(self, what: Passing, now: datetime) -> int:
        """A button that can no longer be pressed is of no use at once."""
        before = now if what == "buttons" else now - self._rules.retention
        async with self._store.transaction() as tx:
            return await tx.forget(what, before, BATCH)

"""Reports outcomes to the auction house, and writes every try down."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from service.auction_house import NotTaken, Taken
from service.desk import Desk
from service.facts import ReportsUnwanted
from service.outbox import kept_of, pay_by
from service.ports import AuctionHouse, Claim, Clock, Store
from service.records import KeptReport
from service.work import Dead, Done, Hold, Outcome, Report

logger = logging.getLogger(__name__)

REPORT_DELAYS = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds between tries of an outcome event: the example schedule of Standard Webhooks 1.0."""

JITTER = 0.2
"""By how much of itself a delay is longer at most, so that what failed together is not tried again together."""

SHORTEST = timedelta(seconds=5)

Chance = Callable[[], float]
"""A number from 0 to below 1, another one each time."""


def delay(attempts: int, chance: float, until_deadline: timedelta | None = None) -> timedelta | None:
    """How long to wait after so many tries; None where there were enough.

    Before a deadline at least half of the time that is left stays for further tries.
    """
    if attempts > len(REPORT_DELAYS):
        return None
    usual = timedelta(seconds=REPORT_DELAYS[attempts - 1] * (1 + JITTER * chance))
    if until_deadline is None or until_deadline <= timedelta(0):
        return usual
    return min(usual, max(until_deadline / 2, SHORTEST))


class Reporter:
    """Each event is the same id and the same bytes until it is taken, in the order of its line."""

    def __init__(self, store: Store, house: AuctionHouse, desk: Desk, clock: Clock, chance: Chance) -> None:
        self._store, self._house, self._desk, self._clock, self._chance = store, house, desk, clock, chance

    async def report(self, work: Report, claim: Claim) -> Outcome:
        """Try once, and write down what came of it."""
        answer = await self._house.report(work.webhook_id, work.body.encode())
        outcome = self._outcome(work, claim, answer)
        await self._note(work, claim.attempts, outcome)
        if isinstance(outcome, Dead):
            logger.error("outcome event given up", extra={"webhook_id": work.webhook_id, "reason": outcome.reason})
        if isinstance(answer, NotTaken) and answer.gone:
            await self._unwanted(work.webhook_id)
        return outcome

    def _outcome(self, work: Report, claim: Claim, answer: Taken | NotTaken) -> Outcome:
        if isinstance(answer, Taken):
            return Done()
        deadline = pay_by(kept_of(work))
        left = deadline - self._clock.now() if deadline else None
        waits = None if answer.gone else delay(claim.attempts, self._chance(), left)
        if waits is None:
            return Dead(answer.reason)
        return Hold(max(waits, timedelta(seconds=answer.retry_after or 0)), answer.reason)

    async def _note(self, work: Report, attempts: int, outcome: Outcome) -> None:
        now = self._clock.now()
        async with self._store.transaction() as tx:
            kept = await tx.report(work.webhook_id) or kept_of(work)
            await tx.save_report(_noted(replace(kept, attempts=attempts, last_tried_at=now), outcome, now))

    async def _unwanted(self, webhook_id: str) -> None:
        """Have somebody called, once a day."""
        day = self._clock.now().date()
        await self._desk.receive(f"reports:unwanted:{day}", ReportsUnwanted(webhook_id=webhook_id))


def _noted(kept: KeptReport, outcome: Outcome, now: datetime) -> KeptReport:
    match outcome:
        case Done():
            return replace(kept, taken_at=now, dead_at=None, reason=None)
        case Dead(reason=reason):
            return replace(kept, dead_at=now, reason=reason)
        case Hold(reason=reason):
            return replace(kept, reason=reason)
        case _:
            return kept

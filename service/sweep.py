"""Looks after all money that is not settled: nothing open is ever without somebody who asks."""

from service.desk import Desk
from service.facts import ChargeUnresolved, Fact, RefundOverdue
from service.lines import SWEEP, journey_line
from service.ports import Claim, Clock, Store
from service.records import Duty
from service.rules import Rules
from service.urgency import Urgency
from service.work import AskCharge, Later, Outcome, SendRefund, Work
from service.work import Sweep as Sweeping


class Sweep:
    """One piece of work in a line of its own, which comes again for ever; any number of processes share it."""

    def __init__(self, store: Store, desk: Desk, rules: Rules, clock: Clock) -> None:
        self._store, self._desk, self._rules, self._clock = store, desk, rules, clock

    async def begin(self) -> None:
        """See that the sweep goes on. Raises Unavailable."""
        async with self._store.transaction(Urgency.MONEY) as tx:
            await tx.queue_once(SWEEP, Sweeping())

    async def run(self, _: Sweeping, __: Claim) -> Outcome:
        """Queue what nobody asks about, and raise each alarm once."""
        now = self._clock.now()
        async with self._store.transaction(Urgency.MONEY) as tx:
            duties = await tx.duties(
                refund_before=now - self._rules.refund_time, ask_after=now - self._rules.inquiry_time
            )
            for duty in duties:
                if work := _work(duty):
                    await tx.queue(journey_line(duty.journey_id), work)
        for duty in duties:
            if alarm := _alarm(duty):
                await self._desk.receive(*alarm)
        return Later(self._rules.sweep_interval, "again")


def _work(duty: Duty) -> Work | None:
    match duty.what:
        case "ask":
            return AskCharge(charge_id=duty.subject, watch=True)
        case "refund":
            return SendRefund(refund_id=duty.subject)
        case _:
            return None


def _alarm(duty: Duty) -> tuple[str, Fact] | None:
    match duty.what:
        case "overdue":
            return f"refund:{duty.subject}:overdue", RefundOverdue(refund_id=duty.subject)
        case "unresolved":
            return f"charge:{duty.subject}:unresolved", ChargeUnresolved(charge_id=duty.subject)
        case _:
            return None

"""Takes what the clock says about deadlines, and what buyers answer to a reminder."""

from dataclasses import replace

from flow.journey import Journey
from flow.reminders import Reminder
from service.errors import UnknownRecord
from service.facts import ReminderDue
from service.lines import chat_line
from service.moves import Mover
from service.ports import Clock, Transaction
from service.receipt import Receipt
from service.reminders import Course, Reminders
from service.rules import Rules
from service.urgency import Urgency
from service.work import ShowReminder


class ReminderDesk:
    """Whoever can be reached is reminded; of the last reminder of all others, the auction house is told."""

    def __init__(self, mover: Mover, reminders: Reminders, rules: Rules, clock: Clock) -> None:
        self._mover, self._reminders, self._rules, self._clock = mover, reminders, rules, clock

    async def due(self, tx: Transaction, _: str, fact: ReminderDue) -> Receipt:
        """A planned time has come: things may stand otherwise by now, so they are looked at again."""
        journey = await _locked(tx, fact.journey_id)
        now, course = self._clock.now(), await self._reminders.course(tx, journey)
        coming = course.plan.next(now) if course else None
        is_due = course is not None and coming is not None and coming.at <= now
        if course is not None and coming is not None and is_due:
            await self._send(tx, journey, course, coming)
        await self._reminders.plan(tx, journey)
        return Receipt.TAKEN if is_due else Receipt.DECLINED

    async def acknowledge(self, tx: Transaction, journey: Journey) -> Receipt:
        """The buyer has read it: only the last reminder still comes."""
        course = await self._reminders.course(tx, journey)
        if course is None:
            return await self._declined(tx, journey)
        await tx.save_reminded(replace(course.reminded, acknowledged=True, snoozed_until=None))
        return await self._answered(tx, journey, Receipt.ACKNOWLEDGED)

    async def snooze(self, tx: Transaction, journey: Journey) -> Receipt:
        """The buyer wants to be reminded later: in time to pay, all the same."""
        course = await self._reminders.course(tx, journey)
        until = course.plan.snooze(self._clock.now(), self._rules.snooze_time) if course else None
        if course is None or (until is None and course.plan.next(self._clock.now()) is None):
            return await self._declined(tx, journey)
        await tx.save_reminded(replace(course.reminded, snoozed_until=until, acknowledged=False))
        return await self._answered(tx, journey, Receipt.SNOOZED)

    async def _send(self, tx: Transaction, journey: Journey, course: Course, coming: Reminder) -> None:
        await tx.save_reminded(replace(course.reminded, sent=coming.lead, snoozed_until=None))
        if course.chat.unreachable_at is not None:
            await self._mover.report_unreachable(tx, journey, "chat closed")
            return
        work = ShowReminder(journey_id=journey.id, pay_by=course.plan.deadline, lead=coming.lead)
        await tx.queue(chat_line(course.chat.chat_id), work, urgency=Urgency.DEADLINE)

    async def _answered(self, tx: Transaction, journey: Journey, receipt: Receipt) -> Receipt:
        await self._reminders.plan(tx, journey)
        await self._mover.refresh(tx, journey)
        return receipt

    async def _declined(self, tx: Transaction, journey: Journey) -> Receipt:
        await self._mover.refresh(tx, journey)
        return Receipt.DECLINED


async def _locked(tx: Transaction, journey_id: str) -> Journey:
    """The journey, read again under its buyer's lock. Raises UnknownRecord."""
    journey = await tx.journey(journey_id)
    if journey is not None:
        await tx.lock(f"buyer:{journey.buyer_id}")
        journey = await tx.journey(journey_id)
    if journey is None:
        raise UnknownRecord(f"journey {journey_id}")
    return journey

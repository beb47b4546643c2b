"""Plans the next reminder of a deadline: one work in a line of its own, planned anew with all that it depends on."""

from dataclasses import dataclass
from datetime import datetime

from flow.journey import Journey, Kind
from flow.reminders import Plan
from flow.states import UNPAID
from service.lines import reminder_line
from service.ports import Clock, Transaction
from service.preferences import preference_of, quiet_of
from service.records import Chat, Reminded, Topic
from service.rules import Rules
from service.urgency import Urgency
from service.work import Remind


def deadline_of(journey: Journey) -> datetime | None:
    """Until when an item has to be paid that can still be paid here; None for everything else."""
    if journey.state not in UNPAID or journey.order is None:
        return None
    return journey.order.pay_by


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where the reminders of one deadline stand, whom they go to, and what the next one depends on."""

    chat: Chat
    reminded: Reminded
    plan: Plan


class Reminders:
    """Keeps at most one reminder of each journey waiting: who is not connected is reminded of nothing."""

    def __init__(self, rules: Rules, clock: Clock) -> None:
        self._rules, self._clock = rules, clock

    async def follow(self, tx: Transaction, before: Journey, after: Journey) -> None:
        """Plan anew where a move has ended the journey's deadline, begun it or moved it."""
        if deadline_of(before) == deadline_of(after):
            return
        if deadline_of(before) is not None:
            await tx.take_back(reminder_line(after.id))
        await self._queue_next(tx, after)

    async def plan(self, tx: Transaction, journey: Journey) -> None:
        """Take the waiting reminder back, and let the next one wait, where one is to come."""
        if journey.kind is Kind.PAYMENT:
            await tx.take_back(reminder_line(journey.id))
            await self._queue_next(tx, journey)

    async def plan_all(self, tx: Transaction, buyer_id: str) -> None:
        """Plan every deadline of a buyer anew."""
        for journey in await tx.journeys(buyer_id, Kind.PAYMENT):
            if deadline_of(journey) is not None:
                await self.plan(tx, journey)

    async def course(self, tx: Transaction, journey: Journey) -> Course | None:
        """Where the reminders of the journey's deadline stand; None where there is nobody to remind of any."""
        pay_by = deadline_of(journey)
        chat = await tx.chat_of_buyer(journey.buyer_id) if pay_by else None
        if pay_by is None or chat is None:
            return None
        reminded = await self._reminded(tx, journey.id, pay_by)
        preference = await preference_of(tx, chat)
        is_muted = reminded.acknowledged or Topic.REMINDERS in preference.muted or chat.unreachable_at is not None
        plan = Plan(
            deadline=pay_by,
            ladder=self._rules.reminder_ladder,
            known_at=reminded.known_at,
            quiet=quiet_of(preference),
            sent=reminded.sent,
            snoozed_until=reminded.snoozed_until,
            last_only=is_muted,
        )
        return Course(chat=chat, reminded=reminded, plan=plan)

    async def _reminded(self, tx: Transaction, journey_id: str, pay_by: datetime) -> Reminded:
        kept = await tx.reminded(journey_id)
        if kept is not None and kept.pay_by == pay_by:
            return kept
        begun = Reminded(journey_id=journey_id, pay_by=pay_by, known_at=self._clock.now())
        await tx.save_reminded(begun)
        return begun

    async def _queue_next(self, tx: Transaction, journey: Journey) -> None:
        course = await self.course(tx, journey)
        coming = course.plan.next(self._clock.now()) if course else None
        if coming is not None:
            work = Remind(journey_id=journey.id)
            await tx.queue(reminder_line(journey.id), work, at=coming.at, urgency=Urgency.DEADLINE)

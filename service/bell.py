"""Carries out what the clock is waited for: rings at the door."""

from service.desk import Desk
from service.facts import ReminderDue
from service.ports import Claim
from service.work import Done, Outcome, Remind


class Bell:
    """Says that a time has come; what follows, the door decides by how things stand then."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def remind(self, work: Remind, claim: Claim) -> Outcome:
        """Say at the door that a reminder is due, once for each that was planned."""
        fact_id = f"remind:{work.journey_id}:{claim.work_id}"
        await self._desk.receive(fact_id, ReminderDue(journey_id=work.journey_id))
        return Done()

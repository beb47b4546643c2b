"""When a buyer is reminded of a deadline: a ladder before it, quiet hours around it, and whoever wants no more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

LEEWAY = timedelta(minutes=15)
"""How long before quiet hours a reminder comes at the latest: many are pulled there, and a short delay must not push
one into the night, where it would not come at all."""

LATEST = timedelta(minutes=10)
"""How long before the deadline a reminder comes at the latest that the buyer put off: there must be time to pay."""

FARTHEST = timedelta(days=3653)
"""Nobody is reminded of what is due in more than ten years."""


def granted_pause(left: timedelta, wanted: timedelta) -> timedelta | None:
    """How long a reminder can be put off with `left` to the deadline: in time to pay; None where it is too near."""
    return min(wanted, left - LATEST) if left > LATEST else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which a phone should not ring: local times of each day, over midnight where `end` is the earlier one."""

    start: time
    end: time
    zone: tzinfo

    def covers(self, moment: datetime) -> bool:
        """Whether a moment lies in quiet hours."""
        local = moment.astimezone(self.zone).time()
        if self.start <= self.end:
            return self.start <= local < self.end
        return local >= self.start or local < self.end

    def eve(self, moment: datetime) -> datetime | None:
        """The last moment, with leeway, before the quiet hours that `moment` lies in; None where there is none."""
        day = moment.astimezone(self.zone).date()
        begins = [
            datetime.combine(day - timedelta(days=back), self.start, self.zone).replace(fold=fold).astimezone(UTC)
            for back in (0, 1)
            for fold in (0, 1)  # an hour that the clocks skip, or have twice
        ]
        eves = [begin - LEEWAY for begin in begins if begin <= moment]
        return max((eve for eve in eves if not self.covers(eve)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminder:
    """One that is to come: when, how long before the deadline its rung is, and whether it is the last."""

    at: datetime
    lead: timedelta
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that the next reminder depends on. Times are aware UTC.

    `ladder` is how long before the deadline the buyer is reminded, `known_at` since when we could remind of it, `sent`
    the nearest rung that was sent. `last_only` where the buyer wants no others.
    """

    deadline: datetime
    ladder: Sequence[timedelta]
    known_at: datetime
    quiet: Quiet | None = None
    sent: timedelta | None = None
    snoozed_until: datetime | None = None
    last_only: bool = False

    def next(self, now: datetime) -> Reminder | None:
        """The next reminder: now or later, before the deadline; None where none is left."""
        if not self.ladder or not timedelta(0) < self.deadline - now <= FARTHEST:
            return None
        return self._again(now) or min(self._ahead(now), key=lambda rung: (rung.at, rung.lead), default=None)

    def snooze(self, now: datetime, pause: timedelta) -> datetime | None:
        """When the next reminder comes that is put off by `pause`; None where the deadline, or the night, is too near
        and the ladder goes on without it, and where there is no ladder."""
        granted = granted_pause(self.deadline - now, pause)
        if granted is None or not self.ladder:
            return None
        until = now + granted
        at = self._heard(until, now)
        if at is not None and at > now:
            return at
        return until if self._is_last(self._merged(until, now)) else None

    def _ahead(self, now: datetime) -> list[Reminder]:
        return [rung for lead in self._open() if (rung := self._rung(lead, now))]

    def _open(self) -> list[timedelta]:
        """The rungs that were not sent: what is farther than one that was is no news."""
        rungs = self.ladder if self.sent is None else [lead for lead in self.ladder if lead < self.sent]
        return [lead for lead in rungs if self._is_last(lead) or not self.last_only]

    def _rung(self, lead: timedelta, now: datetime) -> Reminder | None:
        at = self._heard(self.deadline - lead, self.known_at)
        if at is None or at <= now:
            at = self._belated(lead, at, now)
        return None if at is None else Reminder(at=at, lead=lead, is_last=self._is_last(lead))

    def _belated(self, lead: timedelta, at: datetime | None, now: datetime) -> datetime | None:
        """When a rung comes whose moment `at` is past: at once where we missed it; the last one in any case."""
        if at is not None and at > self.known_at and not self._is_quiet(now):
            return now
        return max(now, self.deadline - lead) if self._is_last(lead) else None

    def _again(self, now: datetime) -> Reminder | None:
        """What was put off, in one with all that would have come meanwhile."""
        if self.snoozed_until is None:
            return None
        at = max(now, self.snoozed_until)
        lead = self._merged(at, now)
        is_last = self._is_last(lead)
        is_wanted = is_last or (not self.last_only and not self._is_quiet(at))
        return Reminder(at=at, lead=lead, is_last=is_last) if is_wanted else None

    def _merged(self, until: datetime, now: datetime) -> timedelta:
        """The nearest rung of those that were sent or come until then."""
        coming = [rung.lead for rung in self._ahead(now) if rung.at <= until]
        return min(coming, default=max(self.ladder) if self.sent is None else self.sent)

    def _heard(self, moment: datetime, known_at: datetime) -> datetime | None:
        """The moment, or the last one before the quiet hours that it lies in; also before those that begin soon after
        it, unless that had passed when it became known."""
        if self.quiet is None:
            return moment
        if self.quiet.covers(moment):
            return self.quiet.eve(moment)
        eve = self.quiet.eve(moment + LEEWAY) if self.quiet.covers(moment + LEEWAY) else None
        return moment if eve is None or eve <= known_at else eve

    def _is_quiet(self, moment: datetime) -> bool:
        return self.quiet is not None and self.quiet.covers(moment)

    def _is_last(self, lead: timedelta) -> bool:
        return lead <= min(self.ladder)

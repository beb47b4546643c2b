"""Lines and their work, as plain values: claims, leases, fences. Every method is one transaction's work at `now`."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from service.lines import is_paced
from service.pace import Pace
from service.ports import Claim
from service.urgency import Urgency
from service.work import Dead, Done, Failed, Hold, Later, Outcome, Report, Work

Queued = tuple[str, Work, datetime, Urgency]
"""A line, its new work, when that may begin, and how urgent it is."""

_LONGEST = timedelta(days=30)
_LONG_AGO, _NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_REASON_LENGTH = 500


@dataclass(slots=True, kw_only=True)
class QueuedWork:
    """Work in its line, or given up: then with `dead_at` and `reason`."""

    id: int
    line: str
    work: Work
    run_at: datetime
    urgency: Urgency
    attempts: int = 0
    failures: int = 0
    dead_at: datetime | None = None
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Line:
    """The row of a key that has work, or of a chat that had a message lately; `work` is what is not dead, in its
    order."""

    key: str
    due: datetime
    urgency: Urgency = Urgency.REST
    held_until: datetime = _LONG_AGO
    free_at: datetime = _LONG_AGO
    urgent_at: datetime = _LONG_AGO
    fence: int = 0
    busy: bool = False
    work: dict[int, QueuedWork] = field(default_factory=dict)

    def no_earlier(self, time: datetime, urgency: Urgency) -> datetime:
        """`time`, but not before the line's hold ends, nor before its chat can bear the next message."""
        return max(time, self.held_until, self.urgent_at if urgency <= Urgency.MONEY else self.free_at)

    def keep_pace(self, pace: Pace, now: datetime) -> None:
        """A message went out: the chat's next one has to wait, an urgent one less."""
        self.free_at = max(self.free_at, now) + pace.gap_of(self.key)
        self.urgent_at = self.free_at - pace.lead_of(self.key)

    def head(self, now: datetime) -> QueuedWork | None:
        """The first work that may run."""
        return next((work for work in self.work.values() if work.run_at <= now), None)


class Queues:
    """What is committed of the lines. `work` holds all work by its number, the dead too, oldest first."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.work: dict[int, QueuedWork] = {}
        self._ids, self._fences = count(1), count(1)
        self._next_at, self._refused, self._refused_until = _LONG_AGO, "", _LONG_AGO

    @property
    def dead(self) -> Sequence[QueuedWork]:
        """The work that was given up, oldest first."""
        return [work for work in self.work.values() if work.dead_at is not None]

    def next_due(self, pace: Pace) -> datetime | None:
        """When any line is due, and for a chat's line also its place."""
        waiting = [line for line in self.lines.values() if line.due < _NEVER]
        free = [line.due for line in waiting if not is_paced(line.key)]
        paced = [line.due for line in waiting if is_paced(line.key)]
        if paced:
            free.append(max(min(paced), self._next_at - pace.ahead if self._next_at > _LONG_AGO else _LONG_AGO))
        return min(free, default=None)

    def has_work(self, key: str) -> bool:
        """Whether a line has work that is not given up."""
        return bool(self.work_of(key))

    def work_of(self, key: str) -> Sequence[Work]:
        """The work of a line that is not given up, in its order."""
        line = self.lines.get(key)
        return [queued.work for queued in line.work.values()] if line else []

    def pass_time(self, time: timedelta) -> None:
        """Let everything that is due after this long be due now, for those whose clock cannot be moved."""
        for work in self.work.values():
            work.run_at -= time
        self._next_at, self._refused_until = _earlier(self._next_at, time), _earlier(self._refused_until, time)
        for line in self.lines.values():
            for name in ("due", "held_until", "free_at", "urgent_at"):
                setattr(line, name, _earlier(getattr(line, name), time))

    def put(self, queued: Iterable[Queued]) -> None:
        """Put work at the end of its lines; a line that nobody holds is due when its new work is, if not before."""
        rows = [
            QueuedWork(id=next(self._ids), line=line, work=work, run_at=at, urgency=urgency)
            for line, work, at, urgency in queued
        ]
        self.work.update({row.id: row for row in rows})
        for row in sorted(rows, key=lambda row: row.line):
            line = self.lines.setdefault(row.line, Line(key=row.line, due=_NEVER))
            line.work[row.id] = row
            if not line.busy:
                line.urgency = min(line.urgency, row.urgency)
                line.due = min(line.due, line.no_earlier(row.run_at, row.urgency))

    def take_back(self, keys: Iterable[str]) -> None:
        """Forget the work of lines, but for what was begun in a line that is busy: it may be under way."""
        for line in filter(None, map(self.lines.get, keys)):
            for row in [row for row in line.work.values() if row.attempts == 0 or not line.busy]:
                del line.work[row.id], self.work[row.id]

    def waiting(self, key: str, now: datetime) -> Sequence[QueuedWork]:
        """The work of a line that may run now, in its order."""
        line = self.lines.get(key)
        return [work for work in line.work.values() if work.run_at <= now] if line else []

    def withdraw(self, key: str, work_ids: Iterable[int]) -> None:
        """Take work out of a line; one that is left without work is given back by whoever claims it next."""
        line = self.lines.get(key)
        for work_id in work_ids:
            if line and line.work.pop(work_id, None):
                del self.work[work_id]

    def dead_report(self, webhook_id: str) -> int | None:
        """The number of the work that gave this report up."""
        found = [w.id for w in self.dead if isinstance(w.work, Report) and w.work.webhook_id == webhook_id]
        return max(found, default=None)

    def drop(self, work_ids: Iterable[int]) -> None:
        """Forget work that was given up."""
        for work_id in work_ids:
            self.work.pop(work_id, None)

    def revive(self, work_id: int, now: datetime) -> None:
        """Work that was given up waits in its old place again; where its twin waits already, it is dropped instead."""
        revived = self.work[work_id]
        if revived.work in self.work_of(revived.line):
            del self.work[work_id]
            return
        revived.dead_at, revived.reason, revived.attempts, revived.failures = None, None, 0, 0
        revived.run_at = now
        line = self.lines.setdefault(revived.line, Line(key=revived.line, due=_NEVER))
        line.work = dict(sorted({**line.work, revived.id: revived}.items()))
        if not line.busy:
            line.urgency = min(line.urgency, revived.urgency)
            line.due = min(line.due, line.no_earlier(now, revived.urgency))

    def claim(self, limit: int, messages: int, lease: timedelta, pace: Pace, now: datetime) -> Sequence[Claim]:
        """Take the heads of due lines, the most urgent first, then those due longest; chats' as the pace allows."""
        first_at, places = max(self._next_at, now), 0
        most = min(messages, (now + pace.ahead - first_at) // pace.spacing + 1)
        claims: list[Claim] = []
        for line in heapq.nsmallest(limit, self._due(most, now), key=lambda line: (line.urgency, line.due)):
            wait = first_at + places * pace.spacing - now if is_paced(line.key) else timedelta(0)
            places += is_paced(line.key)
            line.fence, line.due, line.busy = next(self._fences), now + lease, True
            if head := line.head(now):
                head.attempts += 1
                claims.append(_claim(line, head, wait))
            else:
                self._release(line)
        if places:
            self._next_at = first_at + places * pace.spacing
        return claims

    def _due(self, messages: int, now: datetime) -> Iterator[Line]:
        """The lines that are due; of chats' lines only the first so many."""
        due = [line for line in self.lines.values() if line.due <= now]
        yield from (line for line in due if not is_paced(line.key))
        chats = (line for line in due if is_paced(line.key))
        yield from heapq.nsmallest(messages, chats, key=lambda line: (line.urgency, line.due))

    def renew(self, claims: Sequence[Claim], lease: timedelta, now: datetime) -> None:
        """Hold on to the lines that are still ours."""
        for claim in claims:
            if line := self._ours(claim):
                line.due = now + lease

    def finish(
        self, outcomes: Sequence[tuple[Claim, Outcome]], pace: Pace, now: datetime
    ) -> Sequence[tuple[Claim, Outcome]]:
        """Write down the outcomes of the lines that are still ours, and return those."""
        ours = [(line, claim, outcome) for claim, outcome in outcomes if (line := self._ours(claim))]
        for line, claim, outcome in ours:
            self._write(line, claim.work_id, outcome, now)
        for line, _, outcome in ours:
            if is_paced(line.key) and outcome != Done(idle=True):
                line.keep_pace(pace, now)
            self._release(line)
        self._throttle([(line.key, o) for line, _, o in ours if isinstance(o, Hold) and o.throttled], now)
        return [(claim, outcome) for _, claim, outcome in ours]

    def _ours(self, claim: Claim) -> Line | None:
        line = self.lines.get(claim.line)
        return line if line and line.busy and line.fence == claim.fence else None

    def _write(self, line: Line, work_id: int, outcome: Outcome, now: datetime) -> None:
        if isinstance(outcome, Hold | Failed):
            line.held_until = now + _delay(outcome)
        if (work := self.work.get(work_id)) is None:
            return  # withdrawn meanwhile
        match outcome:
            case Done():
                del self.work[work_id], line.work[work_id]
            case Later():
                work.run_at, work.reason = now + _delay(outcome), _reason(outcome)
                work.failures = 0
            case Hold() | Failed():
                work.reason = _reason(outcome)
                work.failures += isinstance(outcome, Failed)
            case Dead():
                work.dead_at, work.reason = now, _reason(outcome)
                del line.work[work_id]

    def _throttle(self, held: Sequence[tuple[str, Hold]], now: datetime) -> None:
        """The messenger says that we are too fast. Said of two chats at once it means all of them."""
        if not held:
            return
        keys, end = [key for key, _ in held], now + max(_delay(outcome) for _, outcome in held)
        if len(keys) > 1 or (self._refused not in keys and self._refused_until > now):
            self._next_at = max(self._next_at, end)
        self._refused, self._refused_until = keys[0], end

    def _release(self, line: Line) -> None:
        """Give the line back; one without work needs no row, but for a chat's, which keeps its pace."""
        line.busy, line.urgency = False, min((work.urgency for work in line.work.values()), default=Urgency.REST)
        if line.work:
            line.due = line.no_earlier(min(work.run_at for work in line.work.values()), line.urgency)
        elif is_paced(line.key):
            line.due = _NEVER
        else:
            self.lines.pop(line.key, None)


def _earlier(time: datetime, passed: timedelta) -> datetime:
    return time if time in (_LONG_AGO, _NEVER) else time - passed


def _claim(line: Line, head: QueuedWork, wait: timedelta) -> Claim:
    return Claim(
        line=line.key,
        fence=line.fence,
        work_id=head.id,
        work=head.work,
        attempts=head.attempts,
        failures=head.failures,
        wait=wait,
    )


def _delay(outcome: Later | Hold | Failed) -> timedelta:
    return min(max(outcome.delay, timedelta(0)), _LONGEST)


def _reason(outcome: Later | Hold | Failed | Dead) -> str:
    return outcome.reason.replace("\0", "").encode(errors="replace").decode()[:_REASON_LENGTH]

"""Lines and their work, as plain values: claims, leases, fences. Every method is one transaction's work at `now`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from service.ports import Claim
from service.work import Dead, Done, Failed, Hold, Later, Outcome, Work

_LONGEST = timedelta(days=30)
_REASON_LENGTH = 500


@dataclass(slots=True, kw_only=True)
class QueuedWork:
    """Work in its line, or given up: then with `dead_at` and `reason`."""

    id: int
    line: str
    work: Work
    run_at: datetime
    attempts: int = 0
    failures: int = 0
    dead_at: datetime | None = None
    reason: str | None = None


@dataclass(slots=True, kw_only=True)
class Line:
    """The row of a key that has work; `work` is what is not dead, in its order."""

    key: str
    due: datetime
    held_until: datetime | None = None
    fence: int = 0
    busy: bool = False
    work: dict[int, QueuedWork] = field(default_factory=dict)

    def no_earlier(self, time: datetime) -> datetime:
        """`time`, but not before the line's hold ends."""
        return time if self.held_until is None else max(time, self.held_until)

    def head(self, now: datetime) -> QueuedWork | None:
        """The first work that may run."""
        return next((work for work in self.work.values() if work.run_at <= now), None)


class Queues:
    """What is committed of the lines. `work` holds all work by its number, the dead too, oldest first."""

    def __init__(self) -> None:
        self.lines: dict[str, Line] = {}
        self.work: dict[int, QueuedWork] = {}
        self._ids, self._fences = count(1), count(1)

    @property
    def dead(self) -> Sequence[QueuedWork]:
        """The work that was given up, oldest first."""
        return [work for work in self.work.values() if work.dead_at is not None]

    @property
    def next_due(self) -> datetime | None:
        """When any line is due."""
        return min((line.due for line in self.lines.values()), default=None)

    def has_work(self, key: str) -> bool:
        """Whether a line has work that is not given up."""
        return key in self.lines

    def work_of(self, key: str) -> Sequence[Work]:
        """The work of a line that is not given up, in its order."""
        line = self.lines.get(key)
        return [queued.work for queued in line.work.values()] if line else []

    def pass_time(self, time: timedelta) -> None:
        """Let everything that is due after this long be due now, for those whose clock cannot be moved."""
        for work in self.work.values():
            work.run_at -= time
        for line in self.lines.values():
            line.due -= time
            line.held_until = line.held_until and line.held_until - time

    def put(self, queued: Iterable[tuple[str, Work, datetime]]) -> None:
        """Put work at the end of its lines; a line that nobody holds is due when its new work is, if not before."""
        rows = [QueuedWork(id=next(self._ids), line=line, work=work, run_at=at) for line, work, at in queued]
        self.work.update({row.id: row for row in rows})
        for row in sorted(rows, key=lambda row: row.line):
            line = self.lines.setdefault(row.line, Line(key=row.line, due=row.run_at))
            line.work[row.id] = row
            if not line.busy:
                line.due = line.no_earlier(min(line.due, row.run_at))

    def claim(self, limit: int, lease: timedelta, now: datetime) -> Sequence[Claim]:
        """Take the heads of due lines, those due longest first."""
        due = sorted((line for line in self.lines.values() if line.due <= now), key=lambda line: line.due)
        claims = []
        for line in due[:limit]:
            line.fence, line.due, line.busy = next(self._fences), now + lease, True
            if head := line.head(now):
                head.attempts += 1
                claims.append(_claim(line, head))
            else:
                self._release(line)
        return claims

    def renew(self, claims: Sequence[Claim], lease: timedelta, now: datetime) -> None:
        """Hold on to the lines that are still ours."""
        for claim in claims:
            if line := self._ours(claim):
                line.due = now + lease

    def finish(self, outcomes: Sequence[tuple[Claim, Outcome]], now: datetime) -> Sequence[Outcome]:
        """Write down the outcomes of the lines that are still ours, and return those."""
        ours = [(line, claim, outcome) for claim, outcome in outcomes if (line := self._ours(claim))]
        for line, claim, outcome in ours:
            self._write(line, claim.work_id, outcome, now)
        for line, _, _ in ours:
            self._release(line)
        return [outcome for _, _, outcome in ours]

    def _ours(self, claim: Claim) -> Line | None:
        line = self.lines.get(claim.line)
        return line if line and line.busy and line.fence == claim.fence else None

    def _write(self, line: Line, work_id: int, outcome: Outcome, now: datetime) -> None:
        work = self.work[work_id]
        match outcome:
            case Done():
                del self.work[work_id], line.work[work_id]
            case Later():
                work.run_at, work.reason = now + _delay(outcome), _reason(outcome)
                work.failures = 0
            case Hold() | Failed():
                line.held_until, work.reason = now + _delay(outcome), _reason(outcome)
                work.failures += isinstance(outcome, Failed)
            case Dead():
                work.dead_at, work.reason = now, _reason(outcome)
                del line.work[work_id]

    def _release(self, line: Line) -> None:
        """Give the line back; one without work needs no row."""
        line.busy = False
        if line.work:
            line.due = line.no_earlier(min(work.run_at for work in line.work.values()))
        else:
            self.lines.pop(line.key, None)


def _claim(line: Line, head: QueuedWork) -> Claim:
    return Claim(
        line=line.key,
        fence=line.fence,
        work_id=head.id,
        work=head.work,
        attempts=head.attempts,
        failures=head.failures,
    )


def _delay(outcome: Later | Hold | Failed) -> timedelta:
    return min(max(outcome.delay, timedelta(0)), _LONGEST)


def _reason(outcome: Later | Hold | Failed | Dead) -> str:
    return outcome.reason.replace("\0", "").encode(errors="replace").decode()[:_REASON_LENGTH]

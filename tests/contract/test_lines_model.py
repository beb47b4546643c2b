"""Whatever happens in whatever order: the lines do what a few lists would do."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from service.ports import Claim, Lines
from service.work import Dead, Done, Failed, Hold, Later, Outcome, TellStatus
from tests.contract.conftest import Backend, MakeBackend

UNIT = timedelta(minutes=10)
LEASE = 2
OUTCOMES = st.one_of(
    st.just(Done()),
    st.just(Dead("gone")),
    st.builds(Later, st.integers(0, 2).map(lambda units: units * UNIT), st.just("later")),
    st.builds(Hold, st.integers(0, 2).map(lambda units: units * UNIT), st.just("hold")),
    st.builds(Failed, st.integers(0, 2).map(lambda units: units * UNIT), st.just("failed")),
)


@dataclass
class Job:
    number: int
    ready: float
    attempts: int = 0
    failures: int = 0


@dataclass
class Line:
    jobs: list[Job] = field(default_factory=list)
    held_until: float = 0
    lease_end: float = 0
    holder: Claim | None = None

    def head(self, now: float) -> Job | None:
        """What a claim would give, if anything."""
        if now < self.lease_end or now < self.held_until:
            return None
        return next((job for job in self.jobs if job.ready <= now), None)

    def claimed(self, claim: Claim, now: float) -> None:
        self.holder, self.lease_end = claim, now + LEASE

    def finish(self, claim: Claim, outcome: Outcome, now: float) -> None:
        job = next(job for job in self.jobs if job.number == number(claim))
        self.holder, self.lease_end = None, 0
        match outcome:
            case Later(delay=delay):
                job.ready = now + delay / UNIT
                job.failures = 0
            case Hold(delay=delay):
                self.held_until = now + delay / UNIT
            case Failed(delay=delay):
                self.held_until = now + delay / UNIT
                job.failures += 1
            case Done() | Dead():
                self.jobs.remove(job)
        if not self.jobs:
            self.held_until = 0


def number(claim: Claim) -> int:
    assert isinstance(claim.work, TellStatus)
    return claim.work.chat_id


class LinesMachine(RuleBasedStateMachine):
    """Queues, claims, finishes (also late), renews, lets leases run out: the real lines beside their model."""

    make_backend: MakeBackend
    dsn: str
    examples = count()
    claims: "Bundle[Claim]" = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.runner, self.stack = asyncio.Runner(), AsyncExitStack()
        self.backend: Backend = self.runner.run(self.stack.enter_async_context(type(self).make_backend(self.dsn)))
        self.name, self.numbers, self.now = next(self.examples), count(1), 0.0
        self.lines: dict[str, Line] = {}
        self.fence = 0

    @rule(key=st.sampled_from("abc"), delay=st.sampled_from([None, 0, 1, 2]), how_many=st.integers(1, 2))
    def queue(self, key: str, delay: int | None, how_many: int) -> None:
        jobs = [Job(next(self.numbers), self.now + (delay or 0)) for _ in range(how_many)]
        self.lines.setdefault(self.key(key), Line()).jobs += jobs
        self.runner.run(self.queue_now(self.key(key), jobs, delay))

    async def queue_now(self, key: str, jobs: list[Job], delay: int | None) -> None:
        async with self.backend.store.transaction() as tx:
            for job in jobs:
                at = None if delay is None else datetime.now(UTC) + delay * UNIT - timedelta(seconds=1)
                await tx.queue(key, TellStatus(chat_id=job.number), at=at)

    @rule(target=claims, worker=st.sampled_from(["lines", "other_lines"]), limit=st.integers(1, 4))
    def claim(self, worker: str, limit: int) -> MultipleResults[Claim]:
        lines: Lines = getattr(self.backend, worker)
        due = {key: head for key, line in self.lines.items() if (head := line.head(self.now))}
        taken = self.runner.run(claim(lines, limit))
        assert len(taken) == min(limit, len(due))
        for one in taken:
            head = due.pop(one.line)
            head.attempts += 1
            assert (number(one), one.attempts, one.failures) == (head.number, head.attempts, head.failures)
            assert one.fence > self.fence
            self.lines[one.line].claimed(one, self.now)
        self.fence = max([self.fence, *(one.fence for one in taken)])
        return multiple(*taken)

    @rule(one=claims, outcome=OUTCOMES)
    def finish(self, one: Claim, outcome: Outcome) -> None:
        self.runner.run(finish(self.backend.lines, one, outcome))
        if self.lines[one.line].holder is one:
            self.lines[one.line].finish(one, outcome, self.now)

    @rule(one=claims)
    def renew(self, one: Claim) -> None:
        self.runner.run(renew(self.backend.lines, one))
        if self.lines[one.line].holder is one:
            self.lines[one.line].lease_end = self.now + LEASE

    @precondition(lambda self: self.lines)
    @rule(units=st.integers(1, 2))
    def pass_time(self, units: int) -> None:
        self.runner.run(pass_time(self.backend, units))
        self.now += units

    def key(self, name: str) -> str:
        return f"{self.name}:{name}"

    def teardown(self) -> None:
        """Nothing is stranded: in the end everything is carried, and in its order."""
        try:
            left = {key: [job.number for job in line.jobs] for key, line in self.lines.items() if line.jobs}
            assert self.runner.run(self.carry_all()) == left
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()

    async def carry_all(self) -> dict[str, list[int]]:
        await self.backend.pass_time(9 * UNIT)
        carried: dict[str, list[int]] = {}
        while taken := await self.backend.lines.claim(10, UNIT):
            for one in taken:
                carried.setdefault(one.line, []).append(number(one))
            await self.backend.lines.finish([(one, Done()) for one in taken])
        return carried


async def claim(lines: Lines, limit: int) -> list[Claim]:
    return list(await lines.claim(limit, LEASE * UNIT))


async def finish(lines: Lines, one: Claim, outcome: Outcome) -> None:
    await lines.finish([(one, outcome)])


async def renew(lines: Lines, one: Claim) -> None:
    await lines.renew([one], LEASE * UNIT)


async def pass_time(backend: Backend, units: int) -> None:
    await backend.pass_time(units * UNIT)


def test_the_lines_do_what_their_model_does(make_backend: MakeBackend, dsn: str) -> None:
    class Machine(LinesMachine):
        pass

    Machine.make_backend, Machine.dsn = staticmethod(make_backend), dsn
    few = settings(max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Machine, settings=few)

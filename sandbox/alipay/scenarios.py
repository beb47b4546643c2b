"""Scenarios: one misbehaviour each, as data, and the player that goes through their steps."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from typing import Any, Final

from aiohttp import web

from sandbox.alipay.clock import Clock
from sandbox.alipay.faults import Faults
from sandbox.alipay.models import Payment
from sandbox.alipay.portal import CONDITIONS, Deed, NotPossible, Portal
from sandbox.alipay.wishes import read_arming, read_deed

PATIENCE: Final = timedelta(minutes=15)
"""How long a step waits for a charge that allows it."""

_LOOK_EVERY: Final = 0.1  # seconds


class UnknownScenario(Exception):
    """No scenario has this name; `GET /scenarios` lists the names."""

    def __init__(self) -> None:
        super().__init__(self.__doc__)


@dataclass(frozen=True)
class Arm:
    """Arm a fault; `wish` is what `Faults.arm` takes."""

    wish: Mapping[str, Any]


@dataclass(frozen=True)
class Do:
    """Act as the portal on the newest charge that allows it and fulfils `when`; later steps keep to that charge."""

    deed: Deed
    when: str | None


@dataclass(frozen=True)
class Wait:
    seconds: float


Step = Arm | Do | Wait


@dataclass(frozen=True)
class Scenario:
    """`title` and `seen`, which says what the buyer sees, are by language."""

    name: str
    title: Mapping[str, str]
    seen: Mapping[str, str]
    steps: tuple[Step, ...]

    def wire(self) -> dict[str, Any]:
        return {"name": self.name, "title": self.title, "seen": self.seen, "steps": [asdict(s) for s in self.steps]}


@dataclass(eq=False)
class Run:
    """`step` counts from 1; `state` is playing, done, given_up or stopped."""

    scenario: Scenario
    began_at: datetime
    step: int = 1
    state: str = "playing"
    charge: Payment | None = None

    def wire(self) -> dict[str, Any]:
        about = self.charge.order.request_id if self.charge else None
        known = {"name": self.scenario.name, "state": self.state, "step": self.step, "paymentRequestId": about}
        return known | {"beganAt": self.began_at.isoformat()}


class Player:
    """Plays scenarios beside each other, each in a task of its own."""

    def __init__(self, *, faults: Faults, portal: Portal, clock: Clock) -> None:
        self._faults = faults
        self._portal = portal
        self._clock = clock
        self._tasks: dict[asyncio.Task[None], Run] = {}
        self.scenarios = load()
        self.runs: list[Run] = []

    def play(self, name: str) -> Run:
        """Raises `UnknownScenario`."""
        if name not in self.scenarios:
            raise UnknownScenario
        run = Run(self.scenarios[name], self._clock())
        self.runs.append(run)
        task = asyncio.get_running_loop().create_task(self._perform(run))
        self._tasks[task] = run
        task.add_done_callback(lambda ended: self._tasks.pop(ended, None))
        return run

    def stop(self) -> None:
        """End what is playing; what it armed or did so far stays."""
        for task, run in self._tasks.items():
            task.cancel()
            run.state = "stopped"

    async def run(self, _: web.Application) -> AsyncIterator[None]:
        """aiohttp's cleanup context: what is playing ends with the application."""
        yield
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _perform(self, run: Run) -> None:
        for number, step in enumerate(run.scenario.steps, 1):
            run.step = number
            try:
                await self._go(run, step)
            except NotPossible:
                run.state = "given_up"
                return
        run.state = "done"

    async def _go(self, run: Run, step: Step) -> None:
        match step:
            case Arm(wish):
                self._faults.arm(**wish)
            case Wait(seconds):
                await self._wait(seconds)
            case Do(deed):
                run.charge = await self._charge(run, step)
                self._portal.carry_out(deed, run.charge)

    async def _wait(self, seconds: float) -> None:
        end = self._clock() + timedelta(seconds=seconds)
        while True:
            left = (end - self._clock()).total_seconds()
            if left <= 0:
                return
            await asyncio.sleep(min(_LOOK_EVERY, left))

    async def _charge(self, run: Run, step: Do) -> Payment:
        """The charge to act on, once there is one. Raises `NotPossible` when patience is over."""
        end = self._clock() + PATIENCE
        while self._clock() < end:
            for payment in [run.charge] if run.charge else reversed(self._portal.book.payments):
                if self._fits(step, payment):
                    return payment
            await asyncio.sleep(_LOOK_EVERY)
        raise NotPossible

    def _fits(self, step: Do, payment: Payment) -> bool:
        is_there = step.when is None or CONDITIONS[step.when](self._portal.book, payment)
        return is_there and self._portal.allows(step.deed.act, payment)


def load() -> dict[str, Scenario]:
    """The scenarios of `scenarios.json` by name."""
    found = json.loads((files(__package__) / "scenarios.json").read_text("utf-8"))
    return {each["name"]: Scenario(**each | {"steps": tuple(map(_step, each["steps"]))}) for each in found}


def _step(step: Mapping[str, Any]) -> Step:
    """`{"arm": fault, ...}`, `{"portal": act, ..., "when"?: condition}` or `{"wait": seconds}`."""
    match step:
        case {"arm": fault, **more}:
            return Arm(read_arming({"fault": fault, **more}))
        case {"portal": act, **more}:
            return Do(read_deed({"act": act, **{key: more[key] for key in more if key != "when"}}), more.get("when"))
        case _:
            return Wait(step["wait"])

"""What goes wrong, and when: a schedule from a seed, and the one who carries it out."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from tests.soak.database import Database, Mode
from tests.soak.processes import Member
from tests.soak.size import Size
from tests.soak.wire import OUTAGES, OutageKind, Wire

ROLES = ("worker", "web")
MODES: tuple[Mode, ...] = ("immediate", "fast")


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL, and a new process after `pause` seconds."""

    at: float
    role: str
    pause: float


@dataclass(frozen=True, slots=True)
class Stop:
    """SIGTERM."""

    at: float
    role: str


@dataclass(frozen=True, slots=True)
class Restart:
    """PostgreSQL stops, and starts after `pause` seconds."""

    at: float
    mode: Mode
    pause: float


@dataclass(frozen=True, slots=True)
class Outage:
    """Telegram is bad for `seconds`."""

    at: float
    kind: OutageKind
    seconds: float


Blow = Kill | Stop | Restart | Outage


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a message may have been sent twice: what went wrong, and between which moments."""

    what: Literal["kill", "restart"]
    began: float
    ended: float


def schedule(dice: Random, seconds: float, size: Size) -> list[Blow]:
    """All blows of a run in their order, each kind in turn, and the last ones over before the end."""
    blows: list[Blow] = []
    for number, at in _times(dice, seconds, size.kill_every):
        blows.append(Kill(at, ROLES[number % 2], dice.uniform(0, 3)))
    for number, at in _times(dice, seconds, size.stop_every):
        blows.append(Stop(at, ROLES[number % 2]))
    for number, at in _times(dice, seconds, size.restart_every):
        blows.append(Restart(at, MODES[number % 2], dice.uniform(0, 3)))
    for number, at in _times(dice, seconds, size.outage_every):
        blows.append(Outage(at, OUTAGES[number % len(OUTAGES)], dice.uniform(*size.outage)))
    return sorted(blows, key=lambda blow: blow.at)


def _times(dice: Random, seconds: float, every: float) -> Iterator[tuple[int, float]]:
    """One moment in each span, numbered."""
    count = max(1, int(seconds / every))
    span = seconds / count
    return ((number, span * (number + dice.uniform(0.1, 0.8))) for number in range(count))


@dataclass(slots=True)
class Havoc:
    """Carries blows out, and keeps what came of them."""

    members: Sequence[Member]
    database: Database
    wire: Wire
    dice: Random
    farewell: float
    done: Counter[str] = field(default_factory=Counter)
    causes: list[Cause] = field(default_factory=list)
    bad_ends: list[str] = field(default_factory=list)

    async def run(self, blows: Sequence[Blow]) -> None:
        """All of them, each at its time."""
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            for blow in blows:
                await asyncio.sleep(max(0.0, began + blow.at - time.monotonic()))
                group.create_task(self._strike(blow))

    async def _strike(self, blow: Blow) -> None:
        match blow:
            case Kill(role=role, pause=pause):
                self._kill(self._one(role), pause)
            case Stop(role=role):
                problem = await self._one(role).stop(self.farewell)
                self.bad_ends += [problem] if problem else []
            case Restart(mode=mode, pause=pause):
                began = time.monotonic()
                await self.database.restart(mode, pause)
                self.causes.append(Cause("restart", began, time.monotonic()))
            case Outage(kind=kind, seconds=seconds):
                await self.wire.be_bad(kind, seconds)
        self.done[type(blow).__name__.lower()] += 1

    def _kill(self, member: Member, pause: float) -> None:
        member.kill(pause)
        if member.role == "worker":
            self.causes.append(Cause("kill", time.monotonic(), time.monotonic()))

    def _one(self, role: str) -> Member:
        """One of this role; one that lives, where there is one."""
        members = [member for member in self.members if member.role == role]
        return self.dice.choice([member for member in members if member.is_alive] or members)

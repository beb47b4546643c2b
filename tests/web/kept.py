"""A store that only writes down what the web edge asks of it, and pages that only say who asked."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from service.errors import Unavailable
from service.landing import Landing
from service.ports import Letter
from service.urgency import Urgency
from service.verdicts import Device
from service.work import Reading, Work

NOW = datetime(2026, 8, 3, 4, 0, tzinfo=UTC)


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime:
        return NOW


@dataclass
class Kept:
    """What was committed. While `is_away`, nothing can be."""

    letters: list[Letter] = field(default_factory=list)
    queued: list[tuple[str, Work]] = field(default_factory=list)
    is_away: bool = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Unit"]:
        unit = Unit(self.letters)
        yield unit
        if self.is_away:
            raise Unavailable("store")
        self.letters += unit.letters
        self.queued += unit.queued

    async def take_in(self, letter: Letter, line: str, read: type[Reading], urgency: Urgency) -> bool:
        async with self.transaction() as unit:
            inbox_id = await unit.keep(letter)
            if inbox_id is not None:
                await unit.queue(line, read(inbox_id=inbox_id), urgency=urgency)
        return inbox_id is not None


class Unit:
    """One transaction; it commits with its block."""

    def __init__(self, before: Sequence[Letter]) -> None:
        self._before = before
        self.letters: list[Letter] = []
        self.queued: list[tuple[str, Work]] = []

    async def keep(self, letter: Letter) -> int | None:
        names = [(kept.source, kept.source_id) for kept in self._before]
        if (letter.source, letter.source_id) in names:
            return None
        self.letters.append(letter)
        return len(names) + 1

    async def queue(self, line: str, work: Work, *, at: datetime | None = None, urgency: Urgency | None = None) -> None:
        self.queued.append((line, work))


@dataclass
class Shown:
    """Landing pages by token, and every phone that opened one."""

    pages: dict[str, Landing] = field(default_factory=dict)
    opened: list[tuple[str, Device, str | None]] = field(default_factory=list)
    is_away: bool = False

    async def find(self, token: str) -> Landing | None:
        if self.is_away:
            raise Unavailable("store")
        return self.pages.get(token)

    async def open(self, token: str, device: Device, client_ip: str | None) -> Landing | None:
        self.opened.append((token, device, client_ip))
        return await self.find(token)

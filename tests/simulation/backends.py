"""Where a simulated service keeps what it knows: what the world needs of it, and the one in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from flow.journey import Journey
from service.pace import Pace
from service.ports import Store
from service.work import Work
from tests.memory.lines import MemoryLines
from tests.memory.process import Database
from tests.memory.process import Process as DatabaseProcess
from tests.memory.store import MemoryStore
from tests.simulation.loop import SimClock, SimLoop
from tests.simulation.service import Handles


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One move of a journey."""

    journey_id: str
    event: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a store holds beside what its port tells."""

    journeys: Sequence[Journey]
    steps: Sequence[Step]
    fact_ids: frozenset[str]
    fact_kinds: Sequence[str]
    letters: Sequence[tuple[int, str, str]]
    """The number, source and id of each letter."""
    noted: frozenset[tuple[int, int]]
    """The chat and message of each delivery in the log."""
    waiting: Sequence[Work]
    dead: Sequence[tuple[Work, str]]


class Backend(Protocol):
    """A database that processes come to and crash on."""

    def connect(self) -> Handles:
        """The handles of a new process."""
        ...

    @property
    def store(self) -> Store:
        """A store that is never killed."""
        ...

    async def seen(self) -> Seen:
        """What is committed."""
        ...


class InMemory:
    """The backend in memory."""

    def __init__(self, loop: SimLoop) -> None:
        self._database = Database(SimClock(loop))
        self.store = MemoryStore(DatabaseProcess(self._database))

    def connect(self) -> Handles:
        """The handles of a new process."""
        process = DatabaseProcess(self._database)
        store = MemoryStore(process)
        return Handles(store=store, letterbox=store, lines=MemoryLines(process, Pace()), kill=process.kill)

    async def seen(self) -> Seen:
        """What is committed."""
        tables, queues = self._database.tables, self._database.queues
        facts = list(tables.facts)
        return Seen(
            journeys=list(tables.journeys),
            steps=[
                Step(
                    journey_id=move.after.id,
                    event=move.event,
                    before=move.before.state.value,
                    after=move.after.state.value,
                )
                for move in tables.moves
            ],
            fact_ids=frozenset(noted.id for noted in facts),
            fact_kinds=[type(noted.fact).__name__ for noted in facts],
            letters=[(row.number, row.record.source, row.record.source_id) for row in tables.inbox.rows.values()],
            noted=frozenset(
                (row.attempt.chat_id, row.attempt.message_id)
                for row in tables.deliveries
                if row.attempt.message_id is not None
            ),
            waiting=[work.work for work in queues.work.values() if work.dead_at is None],
            dead=[(work.work, work.reason or "") for work in queues.dead],
        )

"""The Store port in memory."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType

from service.errors import UnknownRecord
from service.ports import Letter, Transaction
from service.urgency import Urgency
from service.work import Reading
from tests.memory.columns import Refusal
from tests.memory.process import Process
from tests.memory.transaction import MemoryTransaction


class MemoryStore:
    """A process's units of work."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def transaction(self, urgency: Urgency = Urgency.REST) -> AbstractAsyncContextManager[Transaction]:
        """A unit of work, committed at the end of the block; what it queues is so urgent. Raises Unavailable."""
        return _Block(self._process, urgency)

    async def take_in(self, letter: Letter, line: str, read: type[Reading], urgency: Urgency) -> bool:
        """Keep a letter and queue the reading of it. Raises Unavailable."""
        async with self.transaction(urgency) as tx:
            inbox_id = await tx.keep(letter)
            if inbox_id is not None:
                await tx.queue(line, read(inbox_id=inbox_id))
        return inbox_id is not None

    async def letter(self, inbox_id: int) -> Letter:
        """A kept letter. Raises UnknownRecord, Unavailable."""
        await self._process.step()
        found = self._process.database.tables.inbox.get(inbox_id)
        if found is None:
            raise UnknownRecord(f"letter {inbox_id}")
        return found


class _Block:
    """The block of a unit of work; no generator, since one that is abandoned is finished whenever it is collected."""

    def __init__(self, process: Process, urgency: Urgency) -> None:
        self._process, self._urgency = process, urgency

    async def __aenter__(self) -> Transaction:
        await self._process.step()
        self._transaction = MemoryTransaction(self._process, self._urgency)
        return self._transaction

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            await self._transaction.commit()
            return
        self._transaction.roll_back()
        if isinstance(error, Refusal):
            raise error.told from None

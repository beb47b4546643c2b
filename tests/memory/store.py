"""The Store port in memory."""

from contextlib import AbstractAsyncContextManager
from types import TracebackType

from service.ports import Transaction
from service.urgency import Urgency
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

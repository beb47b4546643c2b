"""The Store port over PostgreSQL."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from flow.journey import Journey, Kind
from service.errors import BrokenRule, Malformed, StaleJourney, Unavailable, UnknownRecord
from service.facts import Fact
from service.ports import Letter, Waiting
from service.records import (
    Attempt,
    Button,
    Buyer,
    Card,
    Charge,
    Chat,
    Digest,
    MovedChat,
    Preference,
    Refund,
    Reminded,
)
from service.timeline import Happening
from service.urgency import Urgency
from service.work import Reading, Work
from store import cases, codec, queries
from store.arrivals import Arrival, Arrivals, columns
from store.calls import Calls
from store.session import Session
from store.upkeep import Upkeep

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Pool = asyncpg.Pool
Record = TypeVar("Record")

ACQUIRE_SECONDS = 2.5
CALL = "notify work"
AWAY = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server's farewell was read, and the connection is not closed yet
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresSystemError,
    asyncpg.InvalidCatalogNameError,
)
"""What PostgreSQL's absence looks like: cut, shut down, full, hung, deadlocked. The work is tried again."""


@contextmanager
def translated() -> Iterator[None]:
    """PostgreSQL's errors in our words. Their own texts can hold values of rows, so none is passed on."""
    try:
        yield
    except AWAY as error:
        if isinstance(error, ValueError):  # asyncpg's word for an argument that no column can hold
            raise Malformed(type(error).__name__) from None
        raise Unavailable(type(error).__name__) from None
    except asyncpg.DataError as error:
        raise Malformed(type(error).__name__) from None
    except asyncpg.IntegrityConstraintViolationError as error:
        raise BrokenRule(str(error.constraint_name or error.column_name)) from None


@asynccontextmanager
async def unit(pool: Pool) -> AsyncIterator[Any]:
    """A connection in a transaction, committed at the end of the block. Raises Unavailable, Malformed, BrokenRule.

    With the pool's `command_timeout`, a database that hangs is Unavailable after at most twice that time.
    """
    with translated():
        async with (
            pool.acquire(timeout=ACQUIRE_SECONDS) as connection,
            connection.transaction(isolation="read_committed"),
        ):
            yield connection


@asynccontextmanager
async def alone(pool: Pool) -> AsyncIterator[Any]:
    """A connection for one statement, which is a transaction by itself. Raises as `unit` does."""
    with translated():
        async with pool.acquire(timeout=ACQUIRE_SECONDS) as connection:
            yield connection


class PostgresStore:
    """Units of work on a pool of connections."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queries = queries.load("records")
        self._ledger = queries.load("ledger")
        self._lines = queries.load("lines")
        self._cases = queries.load("case")
        self._upkeep = queries.load("upkeep")
        self._calls = Calls(self._ring)
        self._arrivals = Arrivals(self._take_in)

    async def ping(self) -> None:
        """Return where the database answers. Raises Unavailable."""
        async with unit(self._pool) as connection:
            await connection.execute("select 1")

    async def dead_work(self) -> Mapping[str, int]:
        """How much work was given up, by kind. Raises Unavailable."""
        async with unit(self._pool) as connection:
            return {row["kind"]: row["count"] async for row in self._lines.dead_by_kind(connection)}

    async def happenings(self, name: str) -> Sequence[Happening]:
        """All about the order, buyer, journey, charge or refund of this name, as it happened. Raises Unavailable."""
        async with unit(self._pool) as connection:
            return await cases.happenings(connection, self._cases, name)

    async def gone_orders(self) -> int:
        """How many orders the auction house does not list as unpaid, and has not told why. Raises Unavailable."""
        async with unit(self._pool) as connection:
            return int(await self._upkeep.gone_orders(connection))

    async def unknown_events(self) -> Mapping[str, int]:
        """How many events came of each type that is not known here, the most frequent first. Raises Unavailable."""
        async with unit(self._pool) as connection:
            return {row["type"]: row["count"] async for row in self._upkeep.unknown_events(connection)}

    @asynccontextmanager
    async def transaction(self, urgency: Urgency = Urgency.REST) -> AsyncIterator["PostgresTransaction"]:
        """A unit of work, committed at the end of the block; what it queues is so urgent. Raises Unavailable."""
        async with alone(self._pool) as connection, AsyncExitStack() as stack:
            transaction = PostgresTransaction(
                Session(connection, stack), self._queries, self._ledger, self._upkeep, self._lines, urgency
            )
            yield transaction
            await transaction.flush()
        if transaction.has_new_work:
            self._calls.call()

    async def take_in(self, letter: Letter, line: str, read: type[Reading], urgency: Urgency) -> bool:
        """Keep a letter and queue the reading of it, both or neither. Raises Unavailable, Malformed."""
        return await self._arrivals.take_in(Arrival(letter, line, read.__name__, urgency))

    async def letter(self, inbox_id: int) -> Letter:
        """A kept letter. Raises UnknownRecord, Unavailable."""
        async with alone(self._pool) as connection:
            row = await self._queries.letter(connection, id=inbox_id)
        if row is None:
            raise UnknownRecord(f"letter {inbox_id}")
        return codec.letter(row)

    async def _take_in(self, arrivals: Sequence[Arrival]) -> Sequence[bool]:
        async with alone(self._pool) as connection:
            found = self._queries.take_in(connection, **columns(arrivals))
            new = {(row["source"], row["source_id"]) async for row in found}
        if new:
            self._calls.call()
        names = [(arrival.letter.source, arrival.letter.source_id) for arrival in arrivals]
        return [name in new and name not in names[:place] for place, name in enumerate(names)]

    async def _ring(self) -> None:
        async with alone(self._pool) as connection:
            await connection.execute(CALL)


class PostgresTransaction(Upkeep):
    """One unit of work. See `service.ports.Transaction`."""

    def __init__(self, connection: Any, records: Any, ledger: Any, upkeep: Any, lines: Any, urgency: Urgency) -> None:
        super().__init__(connection, ledger, upkeep)
        self._records, self._lines, self._urgency = records, lines, urgency
        self._queued: list[tuple[str, str, str, datetime | None, Urgency]] = []
        self._attempts: list[Attempt] = []
        self._taken_back: set[str] = set()
        self._withdrawn: list[tuple[str, int]] = []

    async def flush(self) -> None:
        """Write what can wait until the end, the lines last of all and by name: short locks, and none deadlock."""
        statements = [*self._at_the_end()]
        for place, statement in enumerate(statements, 1):
            await statement(self._connection.alone if place == len(statements) else self._connection)

    def _at_the_end(self) -> Iterator[Callable[[Any], Awaitable[object]]]:
        for attempt in self._attempts:
            yield partial(self._records.note_attempt, **codec.pack_attempt(attempt))
        if cleared := self._taken_back.union(line for line, _ in self._withdrawn):
            touched = cleared.union(queued[0] for queued in self._queued)
            yield partial(self._lines.lock_keys, lines=list(touched))
            yield partial(self._lines.take_back, lines=list(self._taken_back))
        if self._withdrawn:
            lines, ids = (list(column) for column in zip(*self._withdrawn, strict=True))
            yield partial(self._lines.withdraw, lines=lines, ids=ids)
        if self._queued:
            names = ("lines", "kinds", "bodies", "times", "urgencies")
            columns = (list(column) for column in zip(*self._queued, strict=True))
            yield partial(self._lines.queue, **dict(zip(names, columns, strict=True)))
            self.has_new_work = True

    async def lock(self, name: str) -> None:
        """Wait for the lock of this name."""
        await self._records.lock(self._connection, name=name)

    async def note(self, fact_id: str, fact: Fact, at: datetime) -> bool:
        """Write the fact down; False where it was taken before."""
        noted = await self._records.note_fact(self._connection, id=fact_id, at=at, **codec.pack_fact(fact))
        return noted is not None

    async def note_move(self, fact_id: str, before: Journey, after: Journey, event: str) -> None:
        """Write down that a fact moved a journey."""
        await self._records.note_move(
            self._connection,
            fact_id=fact_id,
            journey_id=after.id,
            event=event,
            from_state=before.state.value,
            to_state=after.state.value,
            step=after.step,
        )

    async def queue(self, line: str, work: Work, *, at: datetime | None = None, urgency: Urgency | None = None) -> None:
        """Put work at the end of a line."""
        self._queued.append((line, *codec.pack_work(work), at, self._urgency if urgency is None else urgency))

    async def take_back(self, line: str) -> None:
        """Take the work of a line back that is not under way."""
        self._taken_back.add(line)

    async def queue_once(self, line: str, work: Work) -> bool:
        """Put work into a line that has none, and say whether it had none."""
        await self.lock(f"line:{line}")
        if await self._lines.has_work(self._connection, line=line) or any(line == queued[0] for queued in self._queued):
            return False
        await self.queue(line, work)
        return True

    async def waiting(self, line: str) -> Sequence[Waiting]:
        """The work of a line that may run now, in its order; what cannot be read is left to whoever claims it."""
        found = []
        async for row in self._lines.waiting(self._connection, line=line):
            with suppress(codec.UnreadableWork):
                found.append(Waiting(work_id=row["id"], work=codec.unpack_work(row["kind"], row["body"])))
        return found

    async def withdraw(self, line: str, work_ids: Sequence[int]) -> None:
        """Take work out of a line, as if it was done."""
        self._withdrawn += [(line, work_id) for work_id in work_ids]

    async def keep(self, letter: Letter) -> int | None:
        """Keep a letter; its number, or None where it was kept before."""
        kept: int | None = await self._records.keep_letter(self._connection, **codec.pack_letter(letter))
        return kept

    async def chat(self, chat_id: int) -> Chat | None:
        """The chat of this id."""
        return await self._one(codec.chat, "chat", chat_id=chat_id)

    async def chat_of_user(self, user_id: int) -> Chat | None:
        """The private chat of a Telegram user."""
        return await self._one(codec.chat, "chat_of_user", user_id=user_id)

    async def chat_of_buyer(self, buyer_id: str) -> Chat | None:
        """The private chat of the Telegram user whom the buyer confirmed."""
        return await self._one(codec.chat, "chat_of_buyer", buyer_id=buyer_id)

    async def save_chat(self, chat: Chat) -> None:
        """Insert or update."""
        await self._records.save_chat(self._connection, **codec.pack(chat))

    async def buyer(self, buyer_id: str) -> Buyer | None:
        """The buyer of this id."""
        return await self._one(codec.buyer, "buyer", buyer_id=buyer_id)

    async def buyer_of_user(self, user_id: int) -> Buyer | None:
        """The buyer who confirmed that this Telegram user is theirs."""
        return await self._one(codec.buyer, "buyer_of_user", user_id=user_id)

    async def buyers_of_wallet(self, wallet_id: str) -> Sequence[Buyer]:
        """The buyers who last paid from this Alipay account."""
        return await self._all(codec.buyer, "buyers_of_wallet", wallet_id=wallet_id)

    async def save_buyer(self, buyer: Buyer) -> None:
        """Insert or update."""
        await self._records.save_buyer(self._connection, **codec.pack_buyer(buyer))

    async def journey(self, journey_id: str) -> Journey | None:
        """The journey of this id."""
        return await self._one(codec.journey, "journey", id=journey_id)

    async def journey_of_order(self, order_id: str) -> Journey | None:
        """The payment journey of an order."""
        return await self._one(codec.journey, "journey_of_order", order_id=order_id)

    async def journeys(self, buyer_id: str, kind: Kind | None = None) -> Sequence[Journey]:
        """The buyer's journeys, oldest first."""
        return await self._all(codec.journey, "journeys", buyer_id=buyer_id, kind=kind)

    async def save_journey(self, journey: Journey) -> Journey:
        """Save over the version it was loaded as. Raises StaleJourney."""
        save = self._records.update_journey if journey.version else self._records.insert_journey
        packed = codec.pack_journey(journey)
        if journey.version:
            packed = {name: packed[name] for name in packed if name not in ("kind", "buyer_id")}
        else:
            del packed["version"]
        version = await save(self._connection, **packed)
        if version is None:
            raise StaleJourney(journey.id)
        return replace(journey, version=version)

    async def newer(self, order_id: str, version: int) -> bool:
        """Take `version` as the newest of this order; False where it is not."""
        taken = await self._records.newer(self._connection, order_id=order_id, version=version)
        return taken is not None

    async def charge(self, charge_id: str) -> Charge | None:
        """The charge of this id."""
        return await self._one(codec.charge, "charge", id=charge_id)

    async def charge_of_token(self, token: str) -> Charge | None:
        """The charge behind a landing page."""
        return await self._one(codec.charge, "charge_of_token", token=token)

    async def charges(self, journey_id: str) -> Sequence[Charge]:
        """The journey's charges, oldest first."""
        return await self._all(codec.charge, "charges", journey_id=journey_id)

    async def save_charge(self, charge: Charge) -> None:
        """Insert or update; a state never shrinks."""
        await self._records.save_charge(self._connection, **codec.pack_charge(charge))

    async def refund(self, refund_id: str) -> Refund | None:
        """The refund of this id."""
        return await self._one(codec.refund, "refund", id=refund_id)

    async def refunds(self, charge_id: str) -> Sequence[Refund]:
        """The charge's refunds, oldest first."""
        return await self._all(codec.refund, "refunds", charge_id=charge_id)

    async def save_refund(self, refund: Refund) -> None:
        """Insert or update; a state never shrinks."""
        await self._records.save_refund(self._connection, **codec.pack_refund(refund))

    async def button(self, button_id: str) -> Button | None:
        """What a callback id stands for."""
        return await self._one(codec.button, "button", id=button_id)

    async def save_button(self, button: Button) -> None:
        """Insert."""
        await self._records.save_button(self._connection, **codec.pack(button))

    async def card(self, journey_id: str) -> Card | None:
        """Where the journey's card hangs."""
        return await self._one(codec.card, "card", journey_id=journey_id)

    async def save_card(self, card: Card) -> None:
        """Insert or update."""
        await self._records.save_card(self._connection, **codec.pack_card(card))

    async def digest(self, chat_id: int, message_id: int) -> Digest | None:
        """The digest that hangs there."""
        return await self._one(codec.digest, "digest", chat_id=chat_id, message_id=message_id)

    async def digests(self, journey_id: str) -> Sequence[Digest]:
        """The digests that show the journey's item."""
        return await self._all(codec.digest, "digests", shows=codec.showing(journey_id))

    async def save_digest(self, digest: Digest) -> None:
        """Insert or update."""
        await self._records.save_digest(self._connection, **codec.pack_digest(digest))

    async def reminded(self, journey_id: str) -> Reminded | None:
        """How far the reminders of the journey's deadline have come."""
        return await self._one(codec.reminded, "reminder", journey_id=journey_id)

    async def save_reminded(self, reminded: Reminded) -> None:
        """Insert or update."""
        await self._records.save_reminder(self._connection, **codec.pack(reminded))

    async def preference(self, chat_id: int) -> Preference | None:
        """What the person wants to be told in this chat."""
        return await self._one(codec.preference, "preference", chat_id=chat_id)

    async def save_preference(self, preference: Preference) -> None:
        """Insert or update."""
        await self._records.save_preference(self._connection, **codec.pack_preference(preference))

    async def moved_chat(self, chat_id: int) -> MovedChat | None:
        """Where the group of this id is now, if it moved."""
        return await self._one(codec.moved_chat, "moved_chat", chat_id=chat_id)

    async def save_moved_chat(self, moved: MovedChat) -> None:
        """Insert or update."""
        await self._records.save_moved_chat(self._connection, **codec.pack(moved))

    async def note_attempt(self, attempt: Attempt) -> None:
        """Write down what became of an attempt to bring something to a chat."""
        self._attempts.append(attempt)

    async def _one(self, read: Callable[[Any], Record], query: str, **values: object) -> Record | None:
        row = await getattr(self._records, query)(self._connection, **values)
        return None if row is None else read(row)

    async def _all(self, read: Callable[[Any], Record], query: str, **values: object) -> Sequence[Record]:
        return await self._read(read, getattr(self._records, query), **values)

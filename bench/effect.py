"""The full effect: a stored `bid.won` becomes a journey, its facts and moves, and a queued message."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import aiohttp
import asyncpg

from app.settings import given
from app.wiring import CONNECTIONS, build, leave_as_it_is
from bench.bed import Bed, Service, connections
from bench.harness import Sample, Section, Side, at_least, of_bare, processor, rate, rates, take_turns
from bench.machine import cpu_seconds
from bench.seed import Numbers, hold_chats, is_empty, people, queue_events
from bench.size import Size
from bench.statements import Recorder, Statement
from store.postgres import Pool

TOLD = """\
Events that were acknowledged wait in the lines of as many buyers; one `alipay-bot worker` claims them, reads them, and
commits for each the fact, the buyer's link state, the journey, its move and the queued message, then ends the claim.
The chats are held back, so that nothing is sent. Bare: one transaction an event that says the very same statements as
the reading and the commit of the effect (recorded from the real code, with another buyer's numbers in them), on as many
connections, from one process, without claims, leases and fences."""

LIMIT = """\
The worker's processor: most of it goes into the round trips of one effect (listed under *Round trips*). Workers share
the lines, so more of them multiply it until PostgreSQL is the limit."""

LOOK_SECONDS = 0.01
PATIENCE = 60.0


async def run(bed: Bed, size: Size) -> Section:
    """Compare a worker with its own statements."""
    async with (
        bed.database() as dsn,
        bed.database() as other,
        bed.service(dsn, "worker") as service,
        bare(bed, other, Numbers()) as theirs,
    ):
        found = await take_turns({"ours": ours(service, Numbers()), "bare": theirs}, size, size.effects)
    return Section(
        title="Full effect",
        told=TOLD,
        rows=[
            rates("effects committed by one worker", found["ours"], found["bare"], of_bare(0.5)),
            rate("the same, against what is wanted", found["ours"], at_least(800)),
            processor("processor of the worker", found["ours"]),
        ],
        limit=LIMIT,
    )


def ours(service: Service, numbers: Numbers) -> Side:
    """The service's workers."""

    async def work(count: int) -> Sample:
        taken = numbers.take(count)
        await people(service.pool, taken)
        await hold_chats(service.pool, taken)
        before = cpu_seconds(service.pids)
        seconds = await drained(service.pool, taken)
        return Sample(count=count, seconds=seconds, cpu=cpu_seconds(service.pids) - before)

    return work


async def drained(pool: Pool, numbers: Sequence[int]) -> float:
    """Queue an event for each number; the seconds until all of them were read. Raises TimeoutError."""
    await queue_events(pool, numbers)
    start = time.perf_counter()
    async with asyncio.timeout(PATIENCE + len(numbers) / 20):
        while not await is_empty(pool, "auction:"):
            await asyncio.sleep(LOOK_SECONDS)
    return time.perf_counter() - start


@asynccontextmanager
async def bare(bed: Bed, dsn: str, numbers: Numbers) -> AsyncIterator[Side]:
    """The statements of one effect, said again for each event on as many connections."""
    spoken, said = await recorded(bed, dsn, numbers)
    async with asyncpg.create_pool(dsn, min_size=CONNECTIONS, max_size=CONNECTIONS, reset=leave_as_it_is) as pool:

        async def work(count: int) -> Sample:
            taken = numbers.take(count)
            await people(pool, taken)
            await hold_chats(pool, taken)
            prepared = [[statement.renamed(spoken, str(number)) for statement in said] for number in taken]
            seconds = await _say_all(pool, prepared)
            return Sample(count=count, seconds=seconds)

        yield work


async def recorded(bed: Bed, dsn: str, numbers: Numbers) -> tuple[str, Sequence[Statement]]:
    """What is said for one effect between the claim and the end of it, and the number that stands for its buyer."""
    recorder = Recorder()
    async with connections(dsn) as pool, recording(bed, dsn, recorder):
        for number in numbers.take(2):
            recorder.forget()
            await people(pool, [number])
            await hold_chats(pool, [number])
            await drained(pool, [number])
        name = f"{number}"
        journey_id = await pool.fetchval("select id from journey where buyer_id = $1", f"B{name}")
    working = [said for said in recorder.transactions() if _is_of_effect(said)]
    spoken = [statement for said in working for statement in said if not statement.is_frame]
    return name, [statement.renamed(journey_id, f"p{name}") for statement in spoken]


@asynccontextmanager
async def recording(bed: Bed, dsn: str, recorder: Recorder) -> AsyncIterator[None]:
    """A worker in this process, on one connection that is listened to: what is said first is learnt only once."""
    pool = asyncpg.create_pool(dsn, min_size=1, max_size=1, init=recorder.listen, reset=leave_as_it_is)
    stop = asyncio.Event()
    async with pool, aiohttp.ClientSession() as session, asyncio.TaskGroup() as group:
        assembly = build(given({**bed.variables, "DATABASE_URL": dsn}), dsn, pool, session)
        async with assembly.bot:
            assembly.connected.set()
            group.create_task(assembly.courier.run(stop))
            yield
            stop.set()


def _is_of_effect(said: Sequence[Statement]) -> bool:
    words = " ".join(statement.query for statement in said)
    return "from inbox where id" in words or "insert into fact" in words


async def _say_all(pool: Pool, prepared: Sequence[Sequence[Statement]]) -> float:
    waiting = deque(prepared)

    async def work() -> None:
        async with pool.acquire() as connection:
            while waiting:
                said = waiting.popleft()
                async with connection.transaction():
                    for statement in said:
                        await connection.fetch(statement.query, *statement.values)

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return time.perf_counter() - start

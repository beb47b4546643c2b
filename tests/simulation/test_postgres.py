"""The simulation on a real database: its time, its locks, its crashes, and a few histories with every change."""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from service.errors import Unavailable
from service.ports import Claim, Store
from service.work import TellStatus, Work
from tests.simulation import pg_loop
from tests.simulation.crash import Process
from tests.simulation.loop import START
from tests.simulation.pg_backend import Postgres
from tests.simulation.pg_database import template
from tests.simulation.pg_loop import NoAnswer, PgLoop
from tests.simulation.run import on_postgres, play
from tests.simulation.service import Handles

HOUR = timedelta(hours=1)
SHORT_OF_A_SESSION = 6
"""Steps after which a process asked for a session and has none yet."""
WORK = TellStatus(chat_id=1)


@pytest.fixture(scope="module")
def address(server_dsn: str) -> Iterator[str]:
    with template(server_dsn) as made, made.copy() as address:
        yield address


@pytest.fixture
def loop() -> Iterator[PgLoop]:
    with closing(PgLoop(7)) as loop:
        yield loop


@pytest.fixture
def backend(loop: PgLoop, address: str) -> Postgres:
    backend = Postgres(loop, address)
    loop.run_until_complete(backend.empty())
    return backend


def start(backend: Postgres, name: str) -> tuple[Process, Handles]:
    """A process that is connected to the database until its crash."""
    process, handles = Process(name), backend.connect()
    process.at_crash(handles.kill)
    return process, handles


async def queue(store: Store, work: Work, after: timedelta = timedelta(0)) -> None:
    async with store.transaction() as tx:
        await tx.queue("line", work, at=START + after)


async def claim(handles: Handles) -> list[Claim]:
    return list(await handles.lines.claim(10, HOUR))


def test_the_database_sees_the_virtual_time(loop: PgLoop, backend: Postgres) -> None:
    async def main() -> None:
        await queue(backend.store, WORK, after=HOUR)
        _, handles = start(backend, "p")
        await asyncio.sleep(3599.5)
        assert await claim(handles) == []
        while not (claims := await claim(handles)):
            await handles.lines.wait(2 * HOUR)
        assert loop.time() == 3600
        assert [claimed.work for claimed in claims] == [WORK]

    loop.run_until_complete(main())


def test_virtual_time_stands_still_while_the_database_works(loop: PgLoop, backend: Postgres) -> None:
    async def main() -> None:
        await asyncio.gather(*(queue(backend.store, WORK) for _ in range(20)))
        assert loop.time() == 0

    loop.run_until_complete(main())


def test_queued_work_wakes_every_process(loop: PgLoop, backend: Postgres) -> None:
    async def main() -> None:
        workers = [start(backend, name) for name in "pq"]
        waiting = [loop.spawn(process, handles.lines.wait(HOUR)) for process, handles in workers]
        await asyncio.sleep(60)
        await queue(backend.store, WORK)
        await asyncio.gather(*waiting)
        assert loop.time() == 60

    loop.run_until_complete(main())


def test_a_crash_rolls_back_and_lets_go_of_locks(loop: PgLoop, backend: Postgres) -> None:
    process, handles = start(backend, "p")
    locked = asyncio.Event()

    async def hold() -> None:
        async with handles.store.transaction() as tx:
            await tx.lock("the buyer")
            await tx.queue("line", WORK)
            locked.set()
            await asyncio.Event().wait()

    async def main() -> None:
        loop.spawn(process, hold())
        await locked.wait()
        loop.crash(process)
        async with backend.store.transaction() as tx:
            await tx.lock("the buyer")
        assert (await backend.seen()).waiting == []
        assert loop.time() == 0

    loop.run_until_complete(main())


def test_the_dead_cannot_come_to_the_database(loop: PgLoop, backend: Postgres) -> None:
    process, handles = start(backend, "p")
    loop.crash(process)
    with pytest.raises(Unavailable):
        loop.run_until_complete(queue(handles.store, WORK))
    with pytest.raises(Unavailable):
        loop.run_until_complete(handles.lines.wait(HOUR))


def test_a_session_that_nobody_waits_for_any_more_is_closed_with_the_loop(address: str) -> None:
    async def main(loop: PgLoop, backend: Postgres) -> None:
        process, handles = start(backend, "p")
        loop.spawn(process, queue(handles.store, WORK))
        for _ in range(SHORT_OF_A_SESSION):
            await asyncio.sleep(0)
        loop.crash(process)

    for seed in range(20):
        with closing(PgLoop(seed)) as loop:
            loop.run_until_complete(main(loop, Postgres(loop, address)))
    gc.collect()  # pytest takes the warning of a connection that was left open for an error


def test_a_session_that_comes_after_the_end_is_closed_with_the_loop(address: str) -> None:
    async def main(backend: Postgres) -> None:
        await queue(backend.store, WORK)
        await backend.seen()  # meanwhile workers are called, on a session of their own

    for seed in range(20):
        with closing(PgLoop(seed)) as loop:
            loop.run_until_complete(main(Postgres(loop, address)))
    gc.collect()  # pytest takes the warning of a connection that was left open for an error


def test_a_unit_of_work_that_waits_for_anything_else_is_found(
    loop: PgLoop, backend: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with backend.store.transaction():
            await asyncio.sleep(1)

    monkeypatch.setattr(pg_loop, "PATIENCE", 0.1)
    with pytest.raises(NoAnswer, match=r"test_postgres\.py"):
        loop.run_until_complete(work())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # what crashed complains when collected
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_rule_is_broken(seed: int, address: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("CRITICAL"):
        assert play(seed, on_postgres(address)).broken == {}
        gc.collect()  # here, not in a test that knows nothing of it


def test_nothing_is_left_for_the_next_history(loop: PgLoop, backend: Postgres) -> None:
    async def main() -> None:
        await queue(backend.store, WORK)
        assert (await backend.seen()).waiting == [WORK]
        await backend.empty()
        assert (await backend.seen()).waiting == []

    loop.run_until_complete(main())

"""A worker in a process of its own, to be killed: `python -m tests.store.worker <dsn> <file> <gate>`.

It appends each work's line and number to the file before anything else. Work of the line "busy" takes until the
gate, a file, exists.
"""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

import asyncpg

from service.courier import Courier
from service.pace import UNPACED
from service.ports import Claim
from service.work import Done, Outcome, TellStatus
from store.lines import PostgresLines, listen

LEASE = timedelta(seconds=1)


def is_open(gate: Path) -> bool:
    return gate.exists()


async def work(dsn: str, file: Path, gate: Path) -> None:
    """Carry until killed."""
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND)

    async def carry(work: TellStatus, claim: Claim) -> Outcome:
        os.write(descriptor, f"{claim.line} {work.chat_id}\n".encode())
        await asyncio.sleep(0.005)
        while claim.line == "busy" and not is_open(gate):
            await asyncio.sleep(0.05)
        return Done()

    wake = asyncio.Event()
    async with (
        asyncpg.create_pool(dsn, min_size=1, max_size=4, command_timeout=5) as pool,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(listen(dsn, wake))
        courier = Courier(PostgresLines(pool, wake, UNPACED), {TellStatus: carry}, width=8, lease=LEASE)
        group.create_task(courier.run(asyncio.Event()))


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])))

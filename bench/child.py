"""Programs beside the measured process, so that their time is not its: they answer lines of JSON on standard input."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import uvloop

ROOT = Path(__file__).parents[1]
LONGEST_LINE = 2**28

T = TypeVar("T")

Command = Callable[..., Awaitable[Any]]


class ChildFailed(Exception):
    """A program beside the benchmark ended; its own words stand above."""


class Child:
    """A running program of this package."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """By which /proc knows it."""
        return self._process.pid

    async def ask(self, command: str, **values: Any) -> Any:
        """What the program answers to a command. Raises ChildFailed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"command": command, **values}).encode() + b"\n")
        answer = await self._process.stdout.readline()
        if not answer:
            raise ChildFailed(command)
        return json.loads(answer)


@asynccontextmanager
async def child(module: str) -> AsyncIterator[Child]:
    """Run `python -m module` until the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LONGEST_LINE,
    )
    try:
        yield Child(process)
    finally:
        process.terminate()  # at once: it holds nothing that has to be put away
        await process.wait()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run on the loop that the service runs on, so that none has the better one."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


async def answer(commands: Mapping[str, Command]) -> None:
    """The other end: carry out each command, until there are no more."""
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        values = json.loads(line)
        print(json.dumps(await commands[values.pop("command")](**values)), flush=True)

"""The service's processes, each started again whenever it ends, as a supervisor of services does."""

import asyncio
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from app.stand import free_port

HOST = "127.0.0.1"
LONGEST_START = 90.0
LOOK_SECONDS = 0.1
PAUSE = 0.5
LONGEST_TAIL = 4000
"""Characters of a log that say why a process ended."""


@dataclass(frozen=True, slots=True)
class Fall:
    """A process that ended although nobody asked it to: between which moments it lived, and whether it was ready."""

    name: str
    began: float
    ended: float
    was_ready: bool
    said: str


class Member:
    """One `alipay-bot web` or `alipay-bot worker`, kept running; times are those of the monotonic clock."""

    def __init__(self, role: str, number: int, variables: Mapping[str, str], folder: Path) -> None:
        self.role, self.name, self.port = role, f"{role} {number}", free_port()
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ALIPAY_BOT_")}
        self._environment = {**ours, **variables, "ALIPAY_BOT_LISTEN": f"{HOST}:{self.port}"}
        self._folder, self._lives = folder, 0
        self._process: Process | None = None
        self._meant, self._pause = False, 0.0
        self.falls: list[Fall] = []

    @property
    def url(self) -> str:
        """Where a web process listens."""
        return f"http://{HOST}:{self.port}"

    @property
    def is_ready(self) -> bool:
        """Whether the present process has said so."""
        return self.is_alive and b"ready" in self._log.read_bytes()

    @property
    def is_alive(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.returncode is None

    @property
    def _log(self) -> Path:
        return self._folder / f"{self.name.replace(' ', '-')}-{self._lives:03}.log"

    async def keep(self) -> None:
        """Start the process, and again after each end, for ever; what runs is killed when this is cancelled."""
        try:
            while True:
                await self._live()
                await asyncio.sleep(self._pause)
        finally:
            if self._process is not None and self.is_alive:
                self._process.kill()
                await self._process.wait()

    def kill(self, pause: float) -> None:
        """SIGKILL: no farewell; it is started again after `pause` seconds."""
        if self._process is not None and self.is_alive:
            self._meant, self._pause = True, pause
            self._process.kill()

    async def stop(self, within: float) -> str | None:
        """SIGTERM, once it is ready: what is wrong where it does not end with status 0 in so many seconds."""
        process = await self._once_ready()
        if process is None:
            return f"{self.name}: is not ready after {LONGEST_START:.0f} s; {self._tail()}"
        self._meant, self._pause = True, PAUSE
        process.terminate()
        try:
            async with asyncio.timeout(within):
                status = await process.wait()
        except TimeoutError:
            process.kill()
            return f"{self.name}: still there {within:.0f} s after SIGTERM; {self._tail()}"
        was_good = status in (0, -signal.SIGKILL)  # killed while it was ending
        return None if was_good else f"{self.name}: ended with status {status} after SIGTERM; {self._tail()}"

    async def _once_ready(self) -> Process | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_START):
                while not self.is_ready:
                    await asyncio.sleep(LOOK_SECONDS)
                return self._process
        return None

    async def _live(self) -> None:
        self._lives += 1
        self._meant, self._pause, began = False, PAUSE, time.monotonic()
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(str(Path(sys.executable).with_name("alipay-bot")), self.role),
                cwd=self._folder,
                env=self._environment,
                stderr=log,
                start_new_session=True,  # Ctrl+C is for the soak, which then ends its processes itself
            )
        await self._process.wait()
        if not self._meant:
            was_ready = b"ready" in self._log.read_bytes()
            self.falls.append(Fall(self.name, began, time.monotonic(), was_ready, self._tail()))

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-LONGEST_TAIL:].strip()


@asynccontextmanager
async def processes(roles: Sequence[str], variables: Mapping[str, str], folder: Path) -> AsyncIterator[list[Member]]:
    """A process for each role, all of them ready; ended at the end."""
    members = [Member(role, number, variables, folder) for number, role in enumerate(roles, start=1)]
    async with AsyncExitStack() as stack:
        for member in members:
            stack.push_async_callback(_ended, asyncio.create_task(member.keep()))
        async with asyncio.timeout(LONGEST_START):
            while not all(member.is_ready for member in members):
                await asyncio.sleep(LOOK_SECONDS)
        yield members


async def _ended(keeping: "asyncio.Task[None]") -> None:
    keeping.cancel()
    await asyncio.wait([keeping])

"""What the figures were taken on, and what a process uses of it; read from /proc (man 5 proc)."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import asyncpg

from bench.child import ROOT

TICKS = os.sysconf("SC_CLK_TCK")
PACKAGES = ("asyncpg", "aiohttp", "python-telegram-bot", "uvloop")
MIB = 2**20


async def facts(dsn: str) -> Mapping[str, str]:
    """Machine, versions, commit and date."""
    connection = await asyncpg.connect(dsn)
    try:
        server = await connection.fetchval("show server_version")
    finally:
        await connection.close()
    return {
        "machine": f"{os.cpu_count()} cores of {_processor()}, {_memory_gib():.0f} GiB, {platform.system()}",
        "load before": f"{os.getloadavg()[0]:.1f}",
        "versions": ", ".join(
            [f"Python {platform.python_version()}", f"PostgreSQL {server}", *(f"{p} {version(p)}" for p in PACKAGES)]
        ),
        "commit": _commit(),
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    }


def cpu_seconds(pids: Sequence[int]) -> float:
    """The processor time that the processes have used so far."""
    return sum(_ticks(pid) for pid in pids) / TICKS


def resident_mib(pid: int) -> float:
    """The memory that a process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MIB


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _processor() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found[1] if found else platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def _commit() -> str:
    words = ("git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12")
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout.strip() or "unknown"  # noqa: S603

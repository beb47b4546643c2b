"""A copy of the tree, and a database server for its tests: what one worker needs."""

import asyncio
import compileall
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from py_compile import PycInvalidationMode

from store.embedded import EmbeddedServer
from tests.mutants.catalogue import ROOT, Mutant
from tests.mutants.checks import Check

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
ENOUGH = 4 * 2**30
"""Bytes that the copies and servers of a few workers never fill."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where mutants are planted, one at a time."""

    tree: Path
    environment: Mapping[str, str]

    @contextmanager
    def planted(self, mutant: Mutant) -> Iterator[None]:
        """The tree with a fault in it, until the end of the block. Raises StaleMutant."""
        path = self.tree / mutant.file
        whole = path.read_text(encoding="utf-8")
        path.write_text(mutant.applied(whole), encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(whole, encoding="utf-8")

    def run(self, check: Check) -> str | None:
        """What is red, if anything."""
        return check.run(self.tree, self.environment)


@contextmanager
def workshop() -> Iterator[Workshop]:
    """A workshop that leaves nothing behind; in memory where there is room, since each test makes a database."""
    with tempfile.TemporaryDirectory(prefix="mutants-", dir=_place()) as name:
        folder = Path(name)
        folder.chmod(0o711)
        server = EmbeddedServer(folder / "data")
        (folder / "data").mkdir(mode=0o711)
        tree = _copy(folder / "tree")
        try:
            yield Workshop(tree, _environment(tree, asyncio.run(server.start())))
        finally:
            asyncio.run(server.stop())


def _place() -> Path | None:
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ENOUGH else None


def _copy(to: Path) -> Path:
    shutil.copytree(ROOT, to, ignore=shutil.ignore_patterns(".*", "__pycache__", "docs"))
    # Valid by their content: a fault that leaves a file's size and second alone must not meet the old bytecode.
    compileall.compile_dir(to, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
    return to


def _environment(tree: Path, dsn: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", "DATABASE_URL": dsn}

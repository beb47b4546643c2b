"""The checks that a mutant has to pass by: parts of the test suite, and the simulation."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

PYTEST = ("pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=no", "--hypothesis-seed=1")
FAILED = re.compile(r"(?:FAILED|ERROR) (?P<by>.+?)(?: - .*)?$")
BROKEN = re.compile(r"    (?P<by>\w+): ")
UNBROKEN = re.compile(r"histories=\d+ violations=0$")

SECONDS = 600.0
"""How long a check may take on a busy machine; one that hangs has caught the mutant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A command. A line of its output that fits `red` tells what caught the mutant, and ends it.

    One that fits `green` says that all is well, whatever else the command looks at when it ends. `sees` are the parts
    of the tree that it imports, `but_not` those that it has doubles for.
    """

    name: str
    command: Sequence[str]
    red: re.Pattern[str] = field(default=FAILED)
    green: re.Pattern[str] | None = None
    sees: tuple[str, ...] = ("",)
    but_not: tuple[str, ...] = ()

    def concerns(self, file: str) -> bool:
        """Whether a fault in this file can make a difference to the check."""
        return file.startswith(self.sees) and not file.startswith(self.but_not)

    def run(self, folder: Path, environment: Mapping[str, str]) -> str | None:
        """What is red in `folder`: a test, a rule of the simulation, a hang; None where all is well."""
        command = [sys.executable, "-m", *self.command]
        with subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, process_group=0
        ) as process:
            return self._watch(process)

    def _watch(self, process: subprocess.Popen[bytes]) -> str | None:
        hung = threading.Event()

        def give_up() -> None:
            hung.set()
            _end(process)

        timer = threading.Timer(SECONDS, give_up)
        timer.start()
        try:
            by = self._first_red(process)
        finally:
            timer.cancel()
            _end(process)
        return "hangs" if hung.is_set() else by

    def _first_red(self, process: subprocess.Popen[bytes]) -> str | None:
        assert process.stdout is not None
        for line in (line.decode(errors="replace").rstrip() for line in process.stdout):
            if found := self.red.match(line):
                return found["by"]
            if self.green is not None and self.green.match(line):
                return None
        code = process.wait()
        return f"ends with {code}" if code else None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the command and whatever it started."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _pytest(name: str, *tests: str, sees: tuple[str, ...] = ("",)) -> Check:
    return Check(name=name, command=[*PYTEST, *tests], sees=sees)


def _files(folder: str, *names: str) -> list[str]:
    return [f"tests/{folder}/test_{name}.py" for name in names]


MONEY = ("paying", "refunds", "reversals", "orders", "alarms", "strangers", "unlinking", "cashier", "desk", "inbox")

CHECKS = (
    _pytest("antom", "tests/gateway/antom", sees=("gateway/",)),
    _pytest("flow", "tests/flow", sees=("flow/",)),
    _pytest("web", *_files("web", "antom", "edge"), sees=("web/", "gateway/", "service/", "store/")),
    _pytest("money", *_files("service", *MONEY)),
    _pytest("service", "tests/service", *(f"--ignore={path}" for path in _files("service", *MONEY))),
    _pytest("books", *_files("contract", "books", "open_money"), "tests/store/test_books.py"),
    _pytest("store", *_files("contract", "store", "lines", "lines_model")),
    _pytest("memory", "tests/memory"),
    Check(
        name="simulation",
        command=("tests.simulation", "--histories", "400", "--seed", "1", "--jobs", "1"),
        red=BROKEN,
        green=UNBROKEN,
        but_not=("store/", "web/"),
    ),
    _pytest("postgres", "tests/store", "--ignore=tests/store/embedded", "--ignore=tests/store/test_books.py"),
)
"""In order of speed."""

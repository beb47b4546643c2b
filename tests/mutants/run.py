"""Plants the mutants, on all cores, and says which were caught."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from os import cpu_count
from queue import SimpleQueue
from time import monotonic
from typing import TypeVar

from tests.mutants.catalogue import ROOT, Mutant, load
from tests.mutants.checks import CHECKS, Check
from tests.mutants.report import Fate, share_caught, totals, write_page
from tests.mutants.workshop import Workshop, workshop

ENOUGH = 0.95

Subject = TypeVar("Subject")
Answer = TypeVar("Answer")


class Workers:
    """Workshops that are used by one piece of work at a time."""

    def __init__(self, workshops: Sequence[Workshop]) -> None:
        self._jobs, self._free = len(workshops), SimpleQueue[Workshop]()
        for each in workshops:
            self._free.put(each)

    def map(self, work: Callable[[Workshop, Subject], Answer], subjects: Sequence[Subject]) -> Iterator[Answer]:
        """The answers, in the order of the subjects."""

        def take(subject: Subject) -> Answer:
            workshop = self._free.get()
            try:
                return work(workshop, subject)
            finally:
                self._free.put(workshop)

        with ThreadPoolExecutor(self._jobs) as pool:
            yield from pool.map(take, subjects)


def checks_for(mutant: Mutant) -> list[Check]:
    """The checks that can see the mutant: the one that is likeliest to, then the others in order of speed."""
    seeing = [check for check in CHECKS if check.concerns(mutant.file)]
    return sorted(seeing, key=lambda check: check.name != mutant.first)


def judge(workshop: Workshop, mutant: Mutant) -> Fate:
    """Plant one mutant, and try check after check until one is red."""
    began = monotonic()
    check, by = None, None
    with workshop.planted(mutant):
        for each in checks_for(mutant):
            if by := workshop.run(each):
                check = each.name
                break
    return Fate(mutant=mutant, check=check, by=by, seconds=monotonic() - began)


def is_whole(workers: Workers) -> bool:
    """Whether every check is green where nothing is planted; without that a red one says nothing."""
    reds = workers.map(lambda workshop, check: workshop.run(check), CHECKS)
    red = {check.name: by for check, by in zip(CHECKS, reds, strict=True) if by}
    for name, by in red.items():
        print(f"red without a mutant: {name}: {by}")
    return not red


def main() -> int:
    """Plant what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="ID", help="these mutants; the documentation is left alone")
    parser.add_argument("--jobs", type=int, default=cpu_count() or 1)
    given = parser.parse_args()
    mutants = [mutant for mutant in load() if given.only is None or mutant.id in given.only]
    for mutant in mutants:
        mutant.applied((ROOT / mutant.file).read_text(encoding="utf-8"))
    with ExitStack() as stack:
        workers = Workers([stack.enter_context(workshop()) for _ in range(given.jobs)])
        if not is_whole(workers):
            return 1
        fates = []
        for fate in workers.map(judge, mutants):
            print(fate.row, flush=True)
            fates.append(fate)
    if given.only is None:
        write_page(fates)
    print(totals(fates))
    return 0 if share_caught(fates) >= ENOUGH else 1

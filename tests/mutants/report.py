"""What became of the mutants: a row each on the terminal, and a page in the documentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.catalogue import ROOT, Mutant

PAGE = ROOT / "docs" / "mutants.md"

HEAD = """\
# Mutants

Faults planted by hand in the code that handles money, one at a time, and what caught each: a test, or a rule of the
simulation. `make mutants` plants them in a copy of the tree and writes this page; they are data, in
`tests/mutants/catalogue`. A mutant that its likeliest check does not see is shown to all others before it counts as
a survivor.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a mutant: the check that caught it and what was red there, or neither; and the seconds it took."""

    mutant: Mutant
    check: str | None
    by: str | None
    seconds: float

    @property
    def row(self) -> str:
        """The line of the table on the terminal."""
        caught = f"{self.check}: {self.by}" if self.check else "SURVIVED"
        return f"{self.mutant.id:<40} {self.seconds:6.1f} s  {caught}"


def share_caught(fates: Sequence[Fate]) -> float:
    """The share of the mutants that were caught."""
    return sum(fate.check is not None for fate in fates) / len(fates)


def totals(fates: Sequence[Fate]) -> str:
    """The last line of a run."""
    caught = sum(fate.check is not None for fate in fates)
    return f"mutants={len(fates)} caught={caught} survived={len(fates) - caught}"


def write_page(fates: Sequence[Fate], path: Path = PAGE) -> None:
    """Write the page anew."""
    survivors = [fate.mutant for fate in fates if fate.check is None]
    parts = [HEAD, f"{totals(fates)}\n", "## Survivors\n", _survivors(survivors), "## All\n"]
    files = list(dict.fromkeys(fate.mutant.file for fate in fates))
    parts += [_table(file, [fate for fate in fates if fate.mutant.file == file]) for file in files]
    path.write_text("\n".join(parts), encoding="utf-8")


def _survivors(survivors: Sequence[Mutant]) -> str:
    if not survivors:
        return "None.\n"
    lines = [
        f"- `{each.id}` ({each.file}): {each.means} {each.survives or 'No check looks at it.'}" for each in survivors
    ]
    return "\n".join(lines) + "\n"


def _table(file: str, fates: Sequence[Fate]) -> str:
    rows = [f"| `{fate.mutant.id}` | {fate.mutant.means} | {_caught(fate)} |" for fate in fates]
    return "\n".join([f"### {file}\n", "| mutant | what it would mean | caught by |", "|---|---|---|", *rows]) + "\n"


def _caught(fate: Fate) -> str:
    if fate.check is None:
        return "survived"
    name = (fate.by or "").rpartition("::")[2].partition("[")[0]
    return f"{fate.check}: {name.replace('_', ' ').removeprefix('test ')}"

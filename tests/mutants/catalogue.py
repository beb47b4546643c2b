"""The mutants as data: `catalogue/*.toml`, one table a mutant; `first` stands above those that share it."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
CATALOGUE = Path(__file__).parent / "catalogue"


class StaleMutant(Exception):
    """The code has moved on, or the mutant is no Python: mend it in tests/mutants/catalogue, or drop it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One fault: in `file`, `old` becomes `new`. `means` says what it does to the money.

    `first` is the check that is tried first, `survives` why no check can see it, where none can.
    """

    id: str
    file: str
    old: str
    new: str
    means: str
    first: str
    survives: str | None = None

    def applied(self, text: str) -> str:
        """The file's text with the fault in it. Raises StaleMutant."""
        if (times := text.count(self.old)) != 1:
            raise StaleMutant(f"{self.id}: the old text occurs {times} times in {self.file}")
        mutated = text.replace(self.old, self.new)
        if mutated == text:
            raise StaleMutant(f"{self.id}: changes nothing")
        if self.file.endswith(".py"):
            _check_syntax(self, mutated)
        return mutated


def load() -> list[Mutant]:
    """All mutants, by file and in their order. Raises StaleMutant where an id is taken twice."""
    tables = [table for path in sorted(CATALOGUE.glob("*.toml")) for table in _tables(path)]
    mutants = [Mutant(**table) for table in tables]
    ids = [mutant.id for mutant in mutants]
    if twice := {name for name in ids if ids.count(name) > 1}:
        raise StaleMutant(f"ids taken twice: {', '.join(sorted(twice))}")
    return mutants


def _tables(path: Path) -> list[dict[str, str]]:
    page = tomllib.loads(path.read_text(encoding="utf-8"))
    return [{"first": page["first"], **table} for table in page["mutant"]]


def _check_syntax(mutant: Mutant, text: str) -> None:
    try:
        compile(text, mutant.file, "exec")
    except SyntaxError as error:
        raise StaleMutant(f"{mutant.id}: {error}") from None

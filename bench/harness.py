"""Rounds, medians, ratios: what makes figures of a noisy machine comparable.

The sides of a comparison take turns, and a ratio is the median of the rounds' own ratios: what slows the machine down
slows down both sides of a round.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from statistics import median

from bench.size import Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One round of one side: so many units of work in so many seconds.

    `cpu` is what the measured processes used of the processor, `latencies` how long each unit took; all in seconds.
    `repeated` counts the units that were done more often than once.
    """

    count: int
    seconds: float
    cpu: float = 0.0
    latencies: Sequence[float] = ()
    repeated: int = 0

    @property
    def rate(self) -> float:
        """Units a second."""
        return self.count / self.seconds


Side = Callable[[int], Awaitable[Sample]]
"""Does that many units of work, and says how long they took."""

Samples = Mapping[str, Sequence[Sample]]


async def take_turns(sides: Mapping[str, Side], size: Size, count: int) -> Samples:
    """The samples of each side: a round to warm up, which does not count, then those that do, every other backwards."""
    taken: dict[str, list[Sample]] = {name: [] for name in sides}
    for number in range(size.warm_up + size.rounds):
        names = list(sides) if number % 2 else list(sides)[::-1]
        for name in names:
            taken[name].append(await sides[name](count))
    return {name: samples[size.warm_up :] for name, samples in taken.items()}


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure over several rounds."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return number(self.middle)
        return f"{number(self.middle)} ({number(self.low)}-{number(self.high)})"


@dataclass(frozen=True, slots=True)
class Floor:
    """What a figure, or its ratio to the bare bound, has to reach: `at_least`, or `at_most`."""

    limit: float
    kind: str = "at least"
    of_ratio: bool = False

    def is_met(self, row: "Row") -> bool:
        """Whether the median reaches it."""
        spread = row.ratio if self.of_ratio else row.figure
        if spread is None:
            return False
        return spread.middle >= self.limit if self.kind == "at least" else spread.middle <= self.limit

    def __str__(self) -> str:
        return f"{self.kind} {number(self.limit)}{' of the bare bound' if self.of_ratio else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of a table: a figure, where there is one its bare bound, and what it has to reach."""

    what: str
    figure: Spread
    unit: str
    bare: Spread | None = None
    ratio: Spread | None = None
    floor: Floor | None = None

    @property
    def is_missed(self) -> bool:
        """Whether the floor is not reached."""
        return self.floor is not None and not self.floor.is_met(self)

    def cells(self) -> Sequence[str]:
        """The row as texts."""
        verdict = "" if self.floor is None else "MISSED" if self.is_missed else "met"
        bare, ratio = (str(spread or "") for spread in (self.bare, self.ratio))
        return (self.what, f"{self.figure} {self.unit}".strip(), bare, ratio, str(self.floor or ""), verdict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """What one benchmark found; `told` says what is measured against what, `limit` what holds the figure down."""

    title: str
    told: str
    rows: Sequence[Row]
    limit: str = ""


def spread(values: Sequence[float]) -> Spread:
    """The median with the least and the most."""
    return Spread(median(values), min(values), max(values))


def at_least(limit: float) -> Floor:
    """A floor of the figure itself."""
    return Floor(limit)


def at_most(limit: float) -> Floor:
    """A ceiling of the figure itself."""
    return Floor(limit, "at most")


def of_bare(limit: float) -> Floor:
    """A floor of the ratio."""
    return Floor(limit, of_ratio=True)


def at_most_of_bare(limit: float) -> Floor:
    """A ceiling of the ratio."""
    return Floor(limit, "at most", of_ratio=True)


def rates(what: str, ours: Sequence[Sample], bare: Sequence[Sample], floor: Floor | None = None) -> Row:
    """Units a second, ours beside the bare ones of the same rounds."""
    return Row(
        what=what,
        unit="/s",
        figure=spread([sample.rate for sample in ours]),
        bare=spread([sample.rate for sample in bare]),
        ratio=spread([mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)]),
        floor=floor,
    )


def rate(what: str, ours: Sequence[Sample], floor: Floor | None = None) -> Row:
    """Units a second, by themselves."""
    return Row(what=what, unit="/s", figure=spread([sample.rate for sample in ours]), floor=floor)


def processor(what: str, ours: Sequence[Sample], bare: Sequence[Sample] = ()) -> Row:
    """Microseconds of the processor that a unit costs the measured processes."""
    mine, theirs = ([1e6 * sample.cpu / sample.count for sample in samples] for samples in (ours, bare))
    ratios = [m / t for m, t in zip(mine, theirs, strict=True) if t] if theirs else []
    return Row(
        what=what,
        unit="µs",
        figure=spread(mine),
        bare=spread(theirs) if theirs else None,
        ratio=spread(ratios) if ratios else None,
    )


def percentile(
    what: str, share: float, ours: Sequence[Sample], bare: Sequence[Sample] = (), floor: Floor | None = None
) -> Row:
    """How many milliseconds that share of the units took at most, over all rounds."""
    mine, theirs = (_at(share, samples) for samples in (ours, bare))
    return Row(
        what=what,
        unit="ms",
        figure=Spread(mine, mine, mine),
        bare=Spread(theirs, theirs, theirs) if bare else None,
        ratio=Spread(mine / theirs, mine / theirs, mine / theirs) if bare and theirs else None,
        floor=floor,
    )


def _at(share: float, samples: Sequence[Sample]) -> float:
    """In milliseconds."""
    values = sorted(chain.from_iterable(sample.latencies for sample in samples))
    return 1e3 * values[min(int(share * len(values)), len(values) - 1)] if values else 0.0


HEAD = ("", "figure", "bare bound", "ratio", "floor", "")


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table that reads well as it is."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(HEAD))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(line, widths) for line in (HEAD, rule, *lines[1:]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"


def number(value: float) -> str:
    """Three digits that matter, and thousands apart."""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"

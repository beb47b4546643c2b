"""The command line: `python -m bench --help`."""

import logging
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Literal

import typer

from bench import effect, growth, intake, latency, machine, memory, press, report, scale, sending, trips
from bench.bed import Bed, make_bed
from bench.child import run
from bench.harness import Section
from bench.size import DEFAULT, FULL, SMALL, SMOKE, Size

Benchmark = Callable[[Bed, Size], Awaitable[Section]]

BENCHMARKS: Mapping[str, Benchmark] = {
    "intake": intake.run,
    "effect": effect.run,
    "press": press.run,
    "sending": sending.run,
    "latency": latency.run,
    "growth": growth.run,
    "memory": memory.run,
    "scale": scale.run,
    "trips": trips.run,
}
"""In the order of the page."""


def main(
    only: Annotated[list[str] | None, typer.Option(help="one benchmark; may be given several times")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="rounds that count")] = DEFAULT.rounds,
    grown: Annotated[Literal["full", "small"], typer.Option("--growth", help="a million buyers, or few")] = "full",
    events: Annotated[int, typer.Option(min=10, help="events for the memory's slope")] = DEFAULT.events,
    smoke: Annotated[bool, typer.Option(help="tiny numbers: whether all runs, not how fast")] = False,
    strict: Annotated[bool, typer.Option(help="exit code 1 where a floor is missed")] = False,
) -> None:
    """Measure, print, and write docs/benchmarks.md, unless only some benchmarks were asked for."""
    unknown = set(only or ()) - set(BENCHMARKS)
    if unknown:
        raise typer.BadParameter(f"one of {', '.join(BENCHMARKS)}", param_hint="--only")
    logging.basicConfig(level=logging.WARNING)
    sized = Size(rounds=rounds, events=events, growth=FULL if grown == "full" else SMALL)
    sections = run(_measure(only or list(BENCHMARKS), SMOKE if smoke else sized, is_whole=not only and not smoke))
    missed = [f"{section.title}: {row.what}" for section in sections for row in section.rows if row.is_missed]
    typer.echo("\n".join(f"missed: {each}" for each in missed) or "every floor is met")
    sys.exit(1 if strict and missed else 0)


async def _measure(names: Sequence[str], size: Size, *, is_whole: bool) -> Sequence[Section]:
    sections = []
    async with make_bed() as bed:
        facts = await machine.facts(bed.server)
        typer.echo("\n".join(f"{name}: {value}" for name, value in facts.items()))
        for name in names:
            sections.append(await BENCHMARKS[name](bed, size))
            typer.echo(f"\n{report.section_text(sections[-1])}")
    if is_whole:
        report.write(facts, sections)
    return sections


if __name__ == "__main__":
    typer.run(main)

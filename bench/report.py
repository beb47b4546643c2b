"""The page of results, docs/benchmarks.md."""

from collections.abc import Mapping, Sequence

from bench.child import ROOT
from bench.harness import Section, table

PAGE = ROOT / "docs" / "benchmarks.md"

HEAD = """\
# Benchmarks

Written by `make bench`, which takes some minutes; `make bench ONLY=intake` prints one benchmark and writes nothing.

Load generator, stubs, PostgreSQL (flushing to disk at each commit) and the measured processes share the machine below.
So the figures are lower than on machines of their own, and move with whatever else runs; **the ratios count**. A bare
bound is the least program that could do the work, in a process of its own on uvloop as ours are, in turns with them:
round by round, after a round that warms up. Figures are medians of the rounds, with the least and the most; a ratio is
the median of the rounds' own ratios. µs are the processor time of the measured processes for each unit. Where *load
before* is well above nothing, others used the machine meanwhile: measure again.
"""


def write(facts: Mapping[str, str], sections: Sequence[Section]) -> None:
    """Put the page in place of the last one."""
    PAGE.write_text(page(facts, sections), encoding="utf-8")


def page(facts: Mapping[str, str], sections: Sequence[Section]) -> str:
    """The whole page."""
    known = "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items())])
    return "\n".join([HEAD, known, *(f"\n{section_text(section)}" for section in sections)]) + "\n"


def section_text(section: Section) -> str:
    """One benchmark: what is measured, the figures, what limits them."""
    limit = f"\n\nWhat limits it: {section.limit[0].lower()}{section.limit[1:]}" if section.limit else ""
    return f"## {section.title}\n\n{section.told}\n\n{table(section.rows)}{limit}"

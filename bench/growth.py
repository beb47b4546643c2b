"""Growth: the same figures on a database that has seen a million buyers."""

from collections.abc import Sequence

from bench import effect, intake, latency, press, sending
from bench.bed import Bed
from bench.fill import fill
from bench.harness import Row, Section, Side, at_most_of_bare, of_bare, percentile, rates, take_turns
from bench.seed import Numbers, forget
from bench.size import Size

TOLD = """\
The figures from above on a database with {buyers:,} buyers, {finished:,} finished and {open:,} open journeys with their
letters, facts, charges and entries, and {reminders:,} future reminders. The bound is the same figure on an empty
database, taken in turns."""

LIMIT = """\
Deeper indexes, and a cache that no longer holds them all. Every statement on the way finds its rows by an index, so the
number of rows does not enter otherwise."""

LEAP = 1_000_000
"""Numbers that the first half may have used."""


async def run(bed: Bed, size: Size) -> Section:
    """Each figure on the grown database and on an empty one."""
    grown = size.growth
    async with bed.database() as large, bed.database() as empty:
        await fill(large, grown)
        rows = [*await _taken_in(bed, size, large, empty), *await _carried_out(bed, size, large, empty)]
    told = TOLD.format(buyers=grown.buyers, finished=grown.finished, open=grown.open, reminders=grown.reminders)
    return Section(title="Growth", told=told, rows=rows, limit=LIMIT)


async def _taken_in(bed: Bed, size: Size, large: str, empty: str) -> Sequence[Row]:
    numbers = Numbers()
    async with bed.service(large, "web") as grown, bed.service(empty, "web") as fresh:
        sides = [intake.ours(bed, size, service, numbers) for service in (grown, fresh)]
        row = await _compared("events acknowledged", sides, size, size.letters)
        for service in (grown, fresh):
            await forget(service.pool, "auction:")
    return [row]


async def _carried_out(bed: Bed, size: Size, large: str, empty: str) -> Sequence[Row]:
    """No figure leaves work for the next one."""
    numbers = Numbers()
    numbers.take(LEAP)
    async with bed.service(large, "web", "worker") as grown, bed.service(empty, "web", "worker") as fresh:
        both = (grown, fresh)
        waits = [latency.ours(bed, size, service, numbers) for service in both]
        return [
            *await _waited(waits, size),
            await _compared("cards sent", [sending.cards(bed, s, numbers) for s in both], size, size.effects),
            await _compared("presses answered", [press.ours(bed, size, s, numbers) for s in both], size, size.presses),
            await _compared("texts sent", [sending.texts(bed, s, numbers) for s in both], size, size.messages),
            await _compared("effects committed", [effect.ours(s, numbers) for s in both], size, size.effects),
        ]


async def _waited(sides: Sequence[Side], size: Size) -> Sequence[Row]:
    found = await take_turns(dict(zip(("grown", "empty"), sides, strict=True)), size, latency.count_of(size))
    return [
        percentile(f"won to told, {name}", share, found["grown"], found["empty"], at_most_of_bare(1 / 0.8))
        for name, share in (("p50", 0.5), ("p99", 0.99))
    ]


async def _compared(what: str, sides: Sequence[Side], size: Size, count: int) -> Row:
    found = await take_turns(dict(zip(("grown", "empty"), sides, strict=True)), size, count)
    return rates(what, found["grown"], found["empty"], of_bare(0.8))

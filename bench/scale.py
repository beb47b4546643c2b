"""Scale: more workers on one database, while Telegram takes its time to answer."""

from collections.abc import Mapping

from bench.bed import Bed
from bench.harness import Row, Sample, Samples, Section, Side, of_bare, spread, take_turns
from bench.seed import Numbers
from bench.sending import BOT_LIMIT, texts
from bench.size import Size

TOLD = """\
Texts, sent as in *Sending*, to a stub that answers after 50 ms, by 1, 2 and 4 workers. The bound is what one worker
reached in the same round, times the workers, at most the bot's 1,000 a second."""

LIMIT = """\
A worker has as many messages under way as a quarter of the rate and 48 more, so at 50 ms it is the bot's limit that
ends the growth; on two cores, workers beside each other take the processors from the stub and from PostgreSQL."""

LATENCY = 0.05


async def run(bed: Bed, size: Size) -> Section:
    """The same messages with each number of workers."""
    sides: Mapping[str, Side] = {str(workers): _side(bed, workers) for workers in size.crews}
    found = await take_turns(sides, size, size.messages)
    return Section(title="Scale", told=TOLD, rows=[_row(found, workers) for workers in size.crews], limit=LIMIT)


def _side(bed: Bed, workers: int) -> Side:
    """Workers of their own for each round, since idle ones would take from the others' processor."""

    async def work(count: int) -> Sample:
        async with bed.database() as dsn, bed.service(dsn, *["worker"] * workers) as service:
            side = texts(bed, service, Numbers(), LATENCY)
            await side(max(2, count // 10))
            return await side(count)

    return work


def _row(found: Samples, workers: int) -> Row:
    mine = [sample.rate for sample in found[str(workers)]]
    bounds = [min(BOT_LIMIT, workers * sample.rate) for sample in found["1"]]
    return Row(
        what=f"texts sent by {workers}",
        unit="/s",
        figure=spread(mine),
        bare=spread(bounds),
        ratio=spread([rate / bound for rate, bound in zip(mine, bounds, strict=True)]),
        floor=of_bare(0.8) if workers > 1 else None,
    )

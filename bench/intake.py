"""Intake: a signed `bid.won`, stored with the work of reading it, and acknowledged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench.bed import Bed, Service
from bench.child import child
from bench.harness import Sample, Section, Side, at_most, of_bare, percentile, processor, rates, take_turns
from bench.machine import cpu_seconds
from bench.seed import Numbers
from bench.size import Size

TOLD = """\
Signed `bid.won` events over 64 kept-alive connections, each its next one as soon as the last is acknowledged, to one
`alipay-bot web`: the signature is verified, the event checked, stored, and the work of reading it queued, in one
statement. Bare: an aiohttp handler in a process of its own that verifies the signature and inserts one row with a
unique key, on as many connections to the database."""

LIMIT = """\
The processor of the one web process, then PostgreSQL's: the one statement inserts into three tables instead of one,
and the event's shape is checked. More web processes behind a balancer multiply it until PostgreSQL is the limit."""


async def run(bed: Bed, size: Size) -> Section:
    """Compare the web process with the bare handler."""
    numbers = Numbers()
    async with bed.database() as dsn, bed.service(dsn, "web") as service, bare(bed, dsn, size, numbers) as theirs:
        sides = {"ours": ours(bed, size, service, numbers), "bare": theirs}
        found = await take_turns(sides, size, size.letters)
    return Section(
        title="Intake",
        told=TOLD,
        rows=[
            rates("acknowledged", found["ours"], found["bare"], of_bare(0.7)),
            percentile("until acknowledged, p50", 0.5, found["ours"], found["bare"]),
            percentile("until acknowledged, p99", 0.99, found["ours"], found["bare"], at_most(100)),
            processor("processor of the web process", found["ours"], found["bare"]),
        ],
        limit=LIMIT,
    )


def ours(bed: Bed, size: Size, service: Service, numbers: Numbers) -> Side:
    """The real web process."""
    return _side(bed, size, f"{service.url}/auction/events", service.pids[0], numbers)


@asynccontextmanager
async def bare(bed: Bed, dsn: str, size: Size, numbers: Numbers) -> AsyncIterator[Side]:
    """The bare handler on a database."""
    async with child("bench.bare.web") as handler:
        url = await handler.ask("start", dsn=dsn, secret=secret(bed))
        yield _side(bed, size, f"{url}/auction/events", handler.pid, numbers)


def secret(bed: Bed) -> str:
    """With which the auction house signs."""
    return bed.variables["ALIPAY_BOT_AUCTION_WEBHOOK_SECRET"]


def _side(bed: Bed, size: Size, url: str, pid: int, numbers: Numbers) -> Side:
    async def post(count: int) -> Sample:
        taken, before = numbers.take(count), cpu_seconds([pid])
        span = (taken.start, taken.stop)
        told = await bed.load.ask("won", url=url, secret=secret(bed), numbers=span, connections=size.connections)
        assert not told["refused"]
        used = cpu_seconds([pid]) - before
        return Sample(count=count, seconds=told["seconds"], cpu=used, latencies=told["latencies"])

    return post

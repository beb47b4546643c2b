"""Memory: what the web process and the worker hold after many events."""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.bed import Bed, Service
from bench.harness import Row, Section, Spread, at_most
from bench.intake import secret
from bench.machine import MIB, resident_mib
from bench.seed import Numbers, people
from bench.sending import received
from bench.size import Size

TOLD = """\
So many won bids, each for another buyer, go all the way: posted to one `alipay-bot web`, carried out by one
`alipay-bot worker`, received by the stub. What each process holds is looked at ten times on the way; the slope is that
of the last half, by least squares."""

LIMIT = """\
What a Python process with the service's libraries needs; nothing is kept between events but bounded caches. A slope
within a few tens of bytes an event is the allocator's."""

LOOKS = 10


@dataclass(frozen=True, slots=True)
class Look:
    """What the processes held after so many events, in MiB."""

    events: int
    web: float
    worker: float


async def run(bed: Bed, size: Size) -> Section:
    """Let events through, and look."""
    looks = await _looks(bed, size)
    rows = [row for role in ("web", "worker") for row in _rows(role, looks)]
    return Section(title=f"Memory after {looks[-1].events:,} events", told=TOLD, rows=rows, limit=LIMIT)


async def _looks(bed: Bed, size: Size) -> Sequence[Look]:
    numbers, each, looks = Numbers(), max(1, size.events // LOOKS), []
    async with bed.database() as dsn, bed.service(dsn, "web", "worker") as service:
        for done in range(1, LOOKS + 1):
            await _let_through(bed, size, service, numbers.take(each))
            looks.append(Look(done * each, *(resident_mib(pid) for pid in service.pids)))
    return looks


async def _let_through(bed: Bed, size: Size, service: Service, taken: range) -> None:
    await people(service.pool, taken)
    await bed.bot_api.ask("reset")
    span, url = (taken.start, taken.stop), f"{service.url}/auction/events"
    await bed.load.ask("won", url=url, secret=secret(bed), numbers=span, connections=size.connections)
    await received(bed, len(taken))


def _rows(role: str, looks: Sequence[Look]) -> Sequence[Row]:
    held = [getattr(look, role) for look in looks]
    half = len(looks) // 2
    slope = MIB * _slope([look.events for look in looks[half:]], held[half:])
    return [
        Row(what=f"{role} process", unit="MiB", figure=Spread(held[-1], min(held), max(held)), floor=at_most(150)),
        Row(what=f"{role} process, slope", unit="bytes an event", figure=Spread(slope, slope, slope)),
    ]


def _slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)

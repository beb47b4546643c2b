"""Latency: from the acknowledged win to the message at Telegram, at a steady rate."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from bench.bare.tables import TABLES
from bench.bed import Bed, Service, connections
from bench.child import child
from bench.harness import Sample, Section, Side, at_most, percentile, take_turns
from bench.intake import secret
from bench.seed import Numbers, people
from bench.sending import received
from bench.size import Size

TOLD = """\
Won bids come in at 50 a second, each for another buyer, to one `alipay-bot web`, with one `alipay-bot worker` beside
it; the time runs from the answer 202 to the arrival of `sendMessage` at the stub. It passes through two lines: the
event's, and the chat's. Bare: the bare handler also inserts the message and calls the bare loop (`NOTIFY`), which
claims, sends and marks."""

LIMIT = """\
Two claims, each called by PostgreSQL's `NOTIFY`, and the statements between them; at this rate nothing queues up."""


async def run(bed: Bed, size: Size) -> Section:
    """Compare the two ways."""
    async with (
        bed.database() as dsn,
        bed.service(dsn, "web", "worker") as service,
        _bare(bed, dsn, size) as theirs,
    ):
        found = await take_turns({"ours": ours(bed, size, service, Numbers()), "bare": theirs}, size, count_of(size))
    mine, bare = found["ours"], found["bare"]
    return Section(
        title="Latency",
        told=TOLD,
        rows=[
            percentile("acknowledged to received, p50", 0.5, mine, bare, at_most(15)),
            percentile("acknowledged to received, p90", 0.9, mine, bare),
            percentile("acknowledged to received, p99", 0.99, mine, bare, at_most(100)),
        ],
        limit=LIMIT,
    )


def count_of(size: Size) -> int:
    """Events in a round."""
    return max(2, int(size.latency_seconds * size.latency_rate))


def ours(bed: Bed, size: Size, service: Service, numbers: Numbers) -> Side:
    """The service's web server and worker."""

    async def tell(count: int) -> Sample:
        taken = numbers.take(count)
        await people(service.pool, taken)
        return await _told(bed, size, f"{service.url}/auction/events", taken)

    return tell


@asynccontextmanager
async def _bare(bed: Bed, dsn: str, size: Size) -> AsyncIterator[Side]:
    numbers = Numbers()
    async with connections(dsn) as pool, child("bench.bare.web") as handler, child("bench.bare.sender") as sender:
        await pool.execute(TABLES)
        url = await handler.ask("start", dsn=dsn, secret=secret(bed))
        await sender.ask("start", dsn=dsn, api=bed.variables["ALIPAY_BOT_TELEGRAM_API_URL"])

        async def tell(count: int) -> Sample:
            serving = asyncio.create_task(sender.ask("serve", count=count))
            sample = await _told(bed, size, f"{url}/won", numbers.take(count))
            await serving
            return sample

        yield tell


async def _told(bed: Bed, size: Size, url: str, taken: range) -> Sample:
    await bed.bot_api.ask("reset")
    span = (taken.start, taken.stop)
    sending = bed.load.ask(
        "won", url=url, secret=secret(bed), numbers=span, connections=size.connections, rate=size.latency_rate
    )
    sent, shown = await asyncio.gather(sending, received(bed, len(taken)))
    assert not sent["refused"]
    return Sample(count=len(taken), seconds=sent["seconds"], latencies=_between(sent, shown, taken))


def _between(sent: Mapping[str, Any], shown: Mapping[str, Any], taken: range) -> list[float]:
    """A message can be there before its event's sender has the answer; that is no time at all."""
    came = {chat_id: at for at, chat_id, _ in reversed(shown["shown"])}
    return [max(0.0, came[number] - at) for number, at in zip(taken, sent["answered"], strict=True)]

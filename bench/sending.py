"""Sending: work that waits in the chats' lines becomes messages at Telegram, durable and in order."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from bench.bare.tables import TABLES
from bench.bed import Bed, Service, connections
from bench.child import child
from bench.effect import PATIENCE, drained
from bench.harness import (
    Row,
    Sample,
    Section,
    Side,
    Spread,
    at_least,
    at_most,
    of_bare,
    processor,
    rate,
    rates,
    take_turns,
)
from bench.machine import cpu_seconds
from bench.seed import Numbers, hold_chats, let_go, people, queue_texts
from bench.size import Size
from store.postgres import Pool

TOLD = """\
Messages wait in the lines of as many chats, and `alipay-bot worker` sends them to a stub of the Bot API server: *texts*
are works that hold their words, *cards* are won items whose card is drawn from the journey as it then stands, with a
button that is committed first. Both sides send at most 1,000 a second, as Telegram takes of one bot with paid
broadcasts. Bare: a loop that claims 32 rows with SKIP LOCKED, sends them at once over aiohttp, marks them and commits;
it keeps no order within a chat, and one message that takes long holds up 31. Free mode: the rate as it comes (30 a
second), against a stub as strict as Telegram (30 a second over all, 1 a second in a chat, each with a small burst) that
answers 429 to what is too much."""

LIMIT = """\
One worker comes to that limit but for the moment before the first message is claimed, which a round counts too; beyond
it, the worker's processor: the library's parsing of answers, and the round trips before and after each message. Two
workers on two cores share them with PostgreSQL and the stub. In free mode, Telegram's own limit."""

FREE_RATE = 30
BOT_LIMIT = 1000
"""Messages a second that Telegram takes from one bot with paid broadcasts."""
TEXT = "Buyer, your account is connected. When you win an item, you hear of it here."


async def run(bed: Bed, size: Size) -> Section:
    """Each number of workers beside as many bare loops, then the free mode."""
    rows = [row for workers in size.crews[:2] for row in await _paid(bed, size, workers)]
    return Section(title="Sending", told=TOLD, rows=[*rows, *await _free(bed, size)], limit=LIMIT)


async def _paid(bed: Bed, size: Size, workers: int) -> Sequence[Row]:
    async with (
        bed.database() as dsn,
        bed.service(dsn, *["worker"] * workers) as service,
        bare(bed, dsn, Numbers(), workers) as theirs,
    ):
        numbers = Numbers()
        sides = {"texts": texts(bed, service, numbers), "bare": theirs}
        found = await take_turns(sides, size, size.messages)
        drawn = await take_turns({"cards": cards(bed, service, numbers)}, size, size.effects)
    who = "one worker" if workers == 1 else f"{workers} workers"
    return [
        rates(f"texts sent by {who}", found["texts"], found["bare"], of_bare(0.6)),
        rate("the same, against what is wanted", found["texts"], at_least(BOT_LIMIT)),
        Row(
            what="texts that came twice",
            unit="",
            figure=_just(sum(s.repeated for s in found["texts"])),
            floor=at_most(0),
        ),
        processor(f"processor of {who}, a text", found["texts"], found["bare"]),
        rate(f"cards sent by {who}", drawn["cards"]),
        processor(f"processor of {who}, a card", drawn["cards"]),
    ]


def texts(bed: Bed, service: Service, numbers: Numbers, latency: float = 0.0) -> Side:
    """The service's workers; each round has two texts for each chat, whose order is checked."""

    async def work(count: int) -> Sample:
        taken = numbers.take(count // 2)
        await people(service.pool, taken)
        await bed.bot_api.ask("reset", latency=latency)
        start, before = time.monotonic(), cpu_seconds(service.pids)
        await queue_texts(service.pool, taken, each=2)
        told = await received(bed, 2 * len(taken))
        assert is_in_order(told)
        used = cpu_seconds(service.pids) - before
        return Sample(count=2 * len(taken), seconds=last(told) - start, cpu=used, repeated=repeated(told))

    return work


def cards(bed: Bed, service: Service, numbers: Numbers) -> Side:
    """The service's workers; each round has the cards of items whose win was taken while the chats were held."""

    async def work(count: int) -> Sample:
        await won_cards(service.pool, numbers.take(count))
        await bed.bot_api.ask("reset")
        start, before = time.monotonic(), cpu_seconds(service.pids)
        await let_go(service.pool)
        told = await received(bed, count)
        return Sample(count=count, seconds=last(told) - start, cpu=cpu_seconds(service.pids) - before)

    return work


async def won_cards(pool: Pool, numbers: Sequence[int]) -> None:
    """Items that were won, their cards waiting in chats that are held."""
    await people(pool, numbers)
    await hold_chats(pool, numbers)
    await drained(pool, numbers)


@asynccontextmanager
async def bare(bed: Bed, dsn: str, numbers: Numbers, workers: int = 1) -> AsyncIterator[Side]:
    """So many bare loops, each in a process of its own."""
    async with connections(dsn) as pool, AsyncExitStack() as stack:
        await pool.execute(TABLES)
        loops = [await stack.enter_async_context(child("bench.bare.sender")) for _ in range(workers)]
        for loop in loops:
            await loop.ask("start", dsn=dsn, api=bed.variables["ALIPAY_BOT_TELEGRAM_API_URL"])

        async def work(count: int) -> Sample:
            jobs = [(number, TEXT) for number in numbers.take(count)]
            await pool.executemany("insert into bare_job (chat_id, text) values ($1, $2)", jobs)
            await bed.bot_api.ask("reset")
            pids = [loop.pid for loop in loops]
            start, before = time.monotonic(), cpu_seconds(pids)
            await asyncio.gather(*(loop.ask("drain", rate=BOT_LIMIT / workers) for loop in loops))
            told = await received(bed, count)
            return Sample(count=count, seconds=last(told) - start, cpu=cpu_seconds(pids) - before)

        yield work


async def _free(bed: Bed, size: Size) -> Sequence[Row]:
    """The rate as the service comes, for a while; what is sent beyond the stub's burst tells the pace."""
    count = max(2, int(size.free_seconds * FREE_RATE))
    async with bed.database() as dsn, bed.service(dsn, "worker", "worker", send_rate=str(FREE_RATE)) as service:
        taken = Numbers().take(count)
        await people(service.pool, taken)
        await bed.bot_api.ask("reset", strict=True)
        await queue_texts(service.pool, taken)
        told = await received(bed, count)
    times = [at for at, _, _ in told["shown"]]
    pace = (len(times) - 1) / (times[-1] - times[0])
    return [
        Row(what="free mode, two workers", unit="/s", figure=_just(pace), floor=at_least(29)),
        Row(what="free mode, the busiest second", unit="", figure=_just(_busiest(times))),
        Row(what="free mode, answers 429", unit="", figure=_just(told["refused"]), floor=at_most(0)),
    ]


async def received(bed: Bed, count: int) -> Mapping[str, Any]:
    """What the Bot API's stub was told, once so many messages were sent to it. Raises TimeoutError."""
    if not await bed.bot_api.ask("wait_for_messages", count=count, seconds=PATIENCE + count / 20):
        raise TimeoutError(f"{count} messages")
    told: Mapping[str, Any] = await bed.bot_api.ask("told")
    return told


def last(told: Mapping[str, Any]) -> float:
    """When the last message came, by the machine's monotonic clock."""
    return float(told["shown"][-1][0])


def is_in_order(told: Mapping[str, Any]) -> bool:
    """Whether each chat's numbered texts came in their order; one that came twice is where it came first."""
    chats: defaultdict[int, dict[str, None]] = defaultdict(dict)
    for _, chat_id, text in told["shown"]:
        chats[chat_id].setdefault(text.split("#")[1])
    return all(list(places) == sorted(places, key=int) for places in chats.values())


def repeated(told: Mapping[str, Any]) -> int:
    """How many messages came more often than once."""
    return len(told["shown"]) - len({(chat_id, text) for _, chat_id, text in told["shown"]})


def _busiest(times: Sequence[float]) -> int:
    return max(sum(start <= at < start + 1 for at in times) for start in times)


def _just(value: float) -> Spread:
    return Spread(value, value, value)

"""A press: Telegram posts it, the press is answered, and the card is edited in its place."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bench import events
from bench.bed import Bed, Service
from bench.child import child
from bench.effect import PATIENCE
from bench.harness import Sample, Section, Side, of_bare, processor, rates, take_turns
from bench.machine import cpu_seconds
from bench.seed import Numbers, let_go
from bench.sending import received, won_cards
from bench.size import Size

TOLD = """\
As many buyers as there are presses each press *Pay for this item* under the card of an item that they won. The updates
are posted over 64 connections; the clock stops once every press is answered and every card edited. Ours: `alipay-bot
web` keeps each update, `alipay-bot worker` reads it, moves the journey, answers the press and edits the card, drawn
anew. Bare: one process in which an aiohttp handler feeds python-telegram-bot, whose handler inserts one row, answers
and edits, with our aiohttp request class below it."""

LIMIT = """\
The worker's processor: each press is two works (read it, move the journey, answer; draw the card), each claimed,
carried out and ended in units of work of its own, so that a crash between any two loses nothing and an edit waits for
its chat's turn; the bare handler does all of it in one go, and forgets it when it is killed. More workers multiply
it."""

PAUSE_SECONDS = 1.1
"""A chat takes one message or edit a second."""


async def run(bed: Bed, size: Size) -> Section:
    """Compare the service with the bare library."""
    async with (
        bed.database() as dsn,
        bed.service(dsn, "web", "worker") as service,
        bare(bed, dsn, size) as theirs,
    ):
        sides = {"ours": ours(bed, size, service, Numbers()), "bare": theirs}
        found = await take_turns(sides, size, size.presses)
    return Section(
        title="Press",
        told=TOLD,
        rows=[
            rates("presses answered, cards edited", found["ours"], found["bare"], of_bare(0.5)),
            processor("processor of web and worker", found["ours"], found["bare"]),
        ],
        limit=LIMIT,
    )


def ours(bed: Bed, size: Size, service: Service, numbers: Numbers) -> Side:
    """A web process and a worker."""

    async def press(count: int) -> Sample:
        await won_cards(service.pool, numbers.take(count))
        await bed.bot_api.ask("reset")
        await let_go(service.pool)
        await received(bed, count)
        await asyncio.sleep(PAUSE_SECONDS)
        presses = [events.press(*button) for button in await bed.bot_api.ask("buttons")]
        return await _pressed(bed, size, f"{service.url}/telegram", service.pids, presses)

    return press


@asynccontextmanager
async def bare(bed: Bed, dsn: str, size: Size) -> AsyncIterator[Side]:
    """The bare library."""
    numbers = Numbers()
    async with child("bench.bare.press") as bot:
        url = await bot.ask("start", dsn=dsn, api=bed.variables["ALIPAY_BOT_TELEGRAM_API_URL"])

        async def press(count: int) -> Sample:
            presses = [events.press(number, 1, "a" * 22) for number in numbers.take(count)]
            return await _pressed(bed, size, f"{url}/telegram", [bot.pid], presses)

        yield press


async def _pressed(bed: Bed, size: Size, url: str, pids: Sequence[int], updates: Sequence[str]) -> Sample:
    secret = bed.variables["ALIPAY_BOT_TELEGRAM_SECRET"]
    await bed.bot_api.ask("reset")
    start, before = time.monotonic(), cpu_seconds(pids)
    sending = bed.load.ask("updates", url=url, secret=secret, updates=updates, connections=size.connections)
    told, *done = await asyncio.gather(sending, _called(bed, len(updates)))
    assert not told["refused"]
    assert all(done)
    return Sample(count=len(updates), seconds=time.monotonic() - start, cpu=cpu_seconds(pids) - before)


async def _called(bed: Bed, count: int) -> bool:
    """Whether so many presses were answered and so many cards edited."""
    methods = ("answerCallbackQuery", "editMessageText")
    return all([await bed.bot_api.ask("wait", method=method, count=count, seconds=PATIENCE) for method in methods])

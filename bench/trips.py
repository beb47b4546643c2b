"""Round trips: what is said to the database for one won item and one press, counted in the real code."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

from bench import events
from bench.bed import Bed, connections
from bench.effect import LOOK_SECONDS, PATIENCE, recording
from bench.harness import Row, Section, Spread
from bench.seed import Numbers, is_empty, people, queue_events
from bench.size import Size
from bench.statements import Recorder, Statement
from service.arrivals import take_in, update_arrival
from store.postgres import Pool, PostgresStore

TOLD = """\
What a worker says to PostgreSQL for one won item by itself, from the claim of its event to the end of its card's work,
and for one press on that card; a row is a transaction. Under load the claims and the ends of work are shared by up to
32 pieces of work; the rest is each one's own. A transaction's begin and its commit are two of its round trips; what is
only read, and what is read before it begins, is a row of its own."""

STEPS = {
    "from inbox where id": "read the letter",
    "insert into fact": "take it through the door: move the journey, queue its card",
    "with gate as materialized": "claim",
    "select line.key, line.fence": "end of work",
    "insert into card": "note where the card hangs",
    "insert into button": "draw the card: look up, commit its buttons",
    "select extract(epoch": "look when the next work is due",
    "notify work": "call the workers",
    "select": "read before anything is written",
}
"""A phrase that only this kind of transaction has, or the first to have it, and what the transaction is for."""

Heard = Sequence[Sequence[Statement]]


async def run(bed: Bed, _: Size) -> Section:
    """Let one item through, and one press, on a connection that has learnt all statements by earlier ones."""
    won, pressed = await record(bed)
    return Section(title="Round trips", told=TOLD, rows=[*_rows("won", won), *_rows("press", pressed)])


async def record(bed: Bed) -> tuple[Heard, Heard]:
    """What a worker says for a won item, from its event to the end of its card, and for a press; by transaction."""
    recorder, numbers = Recorder(), Numbers()
    async with bed.database() as dsn, connections(dsn) as pool, recording(bed, dsn, recorder):
        await _won_and_pressed(bed, pool, recorder, numbers.take(1))
        return await _won_and_pressed(bed, pool, recorder, numbers.take(1))


async def _won_and_pressed(bed: Bed, pool: Pool, recorder: Recorder, taken: range) -> tuple[Heard, Heard]:
    await bed.bot_api.ask("reset")
    await people(pool, taken)
    await queue_events(pool, taken)
    won = await _heard(bed, pool, recorder, "sendMessage")
    (button,) = await bed.bot_api.ask("buttons")
    await _queue_press(pool, events.press(*button))
    return won, await _heard(bed, pool, recorder, "editMessageText")


async def _heard(bed: Bed, pool: Pool, recorder: Recorder, method: str) -> Heard:
    """What was said until Telegram was told and nothing is left to do."""
    await bed.bot_api.ask("wait", method=method, count=1, seconds=PATIENCE)
    while not await is_empty(pool, ""):
        await asyncio.sleep(LOOK_SECONDS)
    said = recorder.transactions()
    recorder.forget()
    return said


async def _queue_press(pool: Pool, update: str) -> None:
    await take_in(PostgresStore(pool), update_arrival(update.encode(), datetime.now(UTC)))


def _rows(what: str, heard: Heard) -> Sequence[Row]:
    found = {step: [len(said) for said in heard if step_of(said) == step] for step in STEPS.values()}
    return [_row(f"{what}: {step}", trips) for step, trips in found.items() if trips]


def step_of(said: Sequence[Statement]) -> str:
    """What a transaction is for."""
    words = " ".join(statement.query for statement in said)
    return next((step for phrase, step in STEPS.items() if phrase in words), "")


def _row(what: str, trips: Sequence[int]) -> Row:
    """Claims that found nothing are counted, too; the longest of a kind is the one that did."""
    return Row(
        what=what, unit=f"x {len(trips)}" if len(trips) > 1 else "", figure=Spread(max(trips), min(trips), max(trips))
    )

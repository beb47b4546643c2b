"""Round trips: what is said to the database for one won item, counted in the real code."""

import asyncio
import re
from collections import Counter
from collections.abc import Sequence

from bench.bed import Bed, connections
from bench.effect import LOOK_SECONDS, recording
from bench.harness import Row, Section, Spread
from bench.seed import Numbers, is_empty, people, queue_events
from bench.sending import received
from bench.size import Size
from bench.statements import Recorder, Statement

TOLD = """\
One won item by itself, from the claim of its event to the end of its card's work. Under load the claims and the ends of
work are shared by up to 32 items; the rest is each item's own. A transaction's begin, its commit, and the reset of its
connection as it goes back to the pool are three of its round trips."""

STEPS = {
    "from inbox where id": "read the event",
    "insert into fact": "take it through the door: journey, move, queued card",
    "with due as materialized": "claim (idle claims not counted)",
    "select line.key, line.fence": "end of work",
    "insert into card": "note where the card hangs",
    "insert into button": "draw the card: look up, commit its buttons",
}
"""A phrase that only this kind of transaction has, and what the transaction is for."""


async def run(bed: Bed, _: Size) -> Section:
    """Let one item through, on a connection that has learnt all statements by another one."""
    heard = await record(bed)
    counted: Counter[str] = Counter()
    longest: dict[str, int] = {}
    for said in heard:
        step = step_of(said)
        counted[step] += 1
        longest[step] = max(longest.get(step, 0), len(said))
    rows = [_row(step, counted[step], longest[step]) for step in STEPS.values() if counted[step]]
    return Section(title="Round trips", told=TOLD, rows=rows)


async def record(bed: Bed) -> Sequence[Sequence[Statement]]:
    """What is said for one item from its event to the end of its card, by transaction."""
    recorder, numbers = Recorder(), Numbers()
    await bed.bot_api.ask("reset")
    async with bed.database() as dsn, connections(dsn) as pool, recording(bed, dsn, recorder):
        for place in (1, 2):
            taken = numbers.take(1)
            await people(pool, taken)
            recorder.forget()
            await queue_events(pool, taken)
            await received(bed, place)
            while not await is_empty(pool, ""):
                await asyncio.sleep(LOOK_SECONDS)
    return recorder.transactions()


def step_of(said: Sequence[Statement]) -> str:
    """What a transaction is for."""
    words = " ".join(statement.query for statement in said)
    return next((step for phrase, step in STEPS.items() if phrase in words), "")


def told(said: Sequence[Statement]) -> str:
    """A transaction as lines to read: `python -m bench.trips` prints all of them."""
    lines = [re.sub(r"\s+", " ", statement.query)[:100] for statement in said]
    return "\n".join([f"{len(said)} round trips: {step_of(said)}", *(f"    {line}" for line in lines)])


def _row(step: str, times: int, trips: int) -> Row:
    return Row(what=step, unit=f"x {times}" if times > 1 else "", figure=Spread(trips, trips, trips))

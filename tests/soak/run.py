"""Runs a soak: starts everything, lets the load and the havoc loose, waits until all is drained, and judges."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from app.stand import Ports, Stand, stand
from bot import catalogue
from sandbox.auction.signing import decode_secret
from store.migrate import migrate
from store.postgres import Pool
from tests.journeys.fleet import balancer
from tests.journeys.test_kills import nothing_is_due
from tests.soak.database import Database, database
from tests.soak.evidence import Charge, Evidence, Message, kept
from tests.soak.havoc import Cause, Havoc, schedule
from tests.soak.house import House, house
from tests.soak.judge import twice_told, violations
from tests.soak.load import Load, chat_of
from tests.soak.processes import Fall, Member, processes
from tests.soak.sender import Sender
from tests.soak.size import FULL, Size
from tests.soak.told import Reader
from tests.soak.wire import Call, Wire, wire

ROLES = ("web", "web", "worker", "worker")
PROGRESS_SECONDS = 30.0
LOOK_SECONDS = 0.5
WALKS_END_WITHIN = 240.0
INTERRUPTED = 130

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a soak runs on."""

    opened: Stand
    database: Database
    members: Sequence[Member]
    wire: Wire
    house: House
    session: aiohttp.ClientSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of a soak: what was done how often, what was sent twice and why, and every violation."""

    counts: Mapping[str, int]
    doubled: Sequence[str]
    violations: Sequence[str]

    def __str__(self) -> str:
        counts = {**self.counts, "violations": len(self.violations)}
        return " ".join(f"{name}={count}" for name, count in counts.items())


@asynccontextmanager
async def ground(dice: Random) -> AsyncIterator[Ground]:
    """Everything started, and ended at the end: the simulators, the database, the fleet behind its balancer."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="alipay-bot-soak-")))
        opened = await stack.enter_async_context(stand(folder, Ports(), webhook=True))
        server = await stack.enter_async_context(database())
        await migrate(server.dsn)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        telegram, between = await stack.enter_async_context(wire(opened.addresses.telegram, dice))
        auction, stub = await stack.enter_async_context(house())
        own = {
            "DATABASE_URL": server.dsn,
            "ALIPAY_BOT_TELEGRAM_API_URL": telegram,
            "ALIPAY_BOT_AUCTION_URL": auction,
        }
        await _be_strict(opened, session)
        members = await stack.enter_async_context(processes(ROLES, opened.environment | own, folder))
        behind = [member.url for member in members if member.role == "web"]
        await stack.enter_async_context(balancer(urlsplit(opened.service).port or 0, behind))
        yield Ground(opened=opened, database=server, members=members, wire=between, house=stub, session=session)


async def _be_strict(opened: Stand, session: aiohttp.ClientSession) -> None:
    async with session.put(f"{opened.addresses.telegram}/limits", json={"enabled": True}) as answer:
        answer.raise_for_status()


async def soak(seconds: float, seed: int, size: Size, say: Say = print) -> Verdict:
    """One soak, from its start to its verdict."""
    async with ground(_dice(seed, "wire")) as on:
        load = _load(on, _dice(seed, "load"), size)
        havoc = Havoc(on.members, on.database, on.wire, _dice(seed, "havoc"), size.farewell)
        telling = asyncio.create_task(_tell(on, load, havoc, say))
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_within(load.run(seconds), seconds + WALKS_END_WITHIN))
                group.create_task(havoc.run(schedule(_dice(seed, "schedule"), seconds, size)))
            async with asyncpg.create_pool(on.database.dsn, min_size=1, max_size=2) as pool:
                say("the havoc is over; draining")
                left = await _drained(pool, size.drain)
                return _verdict(await _evidence(on, load, havoc, pool, left), load, havoc)
        finally:
            telling.cancel()


def _load(on: Ground, dice: Random, size: Size) -> Load:
    key = decode_secret(on.opened.environment["ALIPAY_BOT_AUCTION_WEBHOOK_SECRET"])
    sender = Sender(f"{on.opened.service}/auction/events", key, on.session)
    return Load(on.opened.addresses, sender, on.house, on.session, dice, size)


async def _within(work: Coroutine[None, None, None], seconds: float) -> None:
    """What is not finished by then is left to the judgement, which names what is missing."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work


async def _drained(pool: Pool, seconds: float) -> list[str]:
    """Wait until nothing is left to do; what is wrong where that does not come."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not await nothing_is_due(pool):
                await asyncio.sleep(LOOK_SECONDS)
            return []
    return [f"not drained after {seconds:.0f} s"]


async def _evidence(on: Ground, load: Load, havoc: Havoc, pool: Pool, left: Sequence[str]) -> Evidence:
    async with on.session.get(f"{on.opened.addresses.alipay}/ledger.json") as answer:
        ledger = await answer.json()
    falls = [fall for member in on.members for fall in member.falls if not _is_excused(fall, havoc.causes)]
    return Evidence(
        kept=await kept(pool),
        deals=load.deals,
        chats={order: chat_of(deal.buyer) for order, deal in load.deals.items()},
        told=load.sender.told,
        messages=_messages(on.wire.calls),
        causes=havoc.causes,
        too_fast=[f"chat {call.chat_id}: 429 to {call.method}" for call in on.wire.calls if call.status == 429],
        walked=load.walks,
        charges=[Charge(c["referenceOrderId"], c["paid"] != "0", int(c["net"])) for c in ledger["charges"]],
        reported=on.house.paid(),
        other=[*load.sender.refused, *load.failures, *havoc.bad_ends, *map(_fell, falls), *left],
    )


def _is_excused(fall: Fall, causes: Sequence[Cause]) -> bool:
    """A process that comes up while the database is away may give up; it is started again."""
    away = (cause for cause in causes if cause.what == "restart")
    return not fall.was_ready and any(cause.began <= fall.ended and cause.ended >= fall.began for cause in away)


def _fell(fall: Fall) -> str:
    return f"{fall.name}: ended by itself {'once it was ready' if fall.was_ready else 'at its start'}; {fall.said}"


def _messages(calls: Sequence[Call]) -> list[Message]:
    reader = Reader(catalogue.texts())
    return [
        Message(
            at=call.at,
            chat_id=call.chat_id,
            is_new=call.is_new,
            is_lost=call.is_lost,
            text=call.text,
            tellings=reader.read(call.text),
            is_greeting=reader.is_greeting(call.text),
        )
        for call in calls
        if call.status == 200
    ]


def _verdict(end: Evidence, load: Load, havoc: Havoc) -> Verdict:
    told = {telling.order for message in end.messages for telling in message.tellings}
    twice = twice_told(end)
    unreached = [order for order, chat_id in end.chats.items() if chat_id in end.kept.closed and order not in told]
    counts = {
        "events": len(load.sender.told),
        "accepted": len(load.sender.accepted),
        "tries": load.sender.tries,
        "orders": len(load.deals),
        "kills": havoc.done["kill"],
        "stops": havoc.done["stop"],
        "restarts": havoc.done["restart"],
        "outages": havoc.done["outage"],
        "delivered": len(told),
        "unreached": len(unreached),
        "dead": len(end.kept.dead),
        "paid": len(load.walks),
        "messages": sum(message.is_new for message in end.messages),
        "lost": sum(message.is_lost for message in end.messages),
        "doubled": len(twice),
    }
    return Verdict(counts=counts, doubled=twice, violations=violations(end))


async def _tell(on: Ground, load: Load, havoc: Havoc, say: Say) -> None:
    """A line of progress every now and then."""
    began = time.monotonic()
    while True:
        await asyncio.sleep(PROGRESS_SECONDS)
        done = " ".join(f"{what}s={count}" for what, count in sorted(havoc.done.items()))
        told, accepted = len(load.sender.told), len(load.sender.accepted)
        sent = sum(call.is_new for call in on.wire.calls)
        seconds = time.monotonic() - began
        say(f"{seconds:.0f} s: events={told} accepted={accepted} messages={sent} paid={len(load.walks)} {done}")


def _dice(seed: int, name: str) -> Random:
    """Dice of its own for each part, so that none disturbs another."""
    return Random(f"{seed} {name}")  # noqa: S311 - repeatable, not secret


def main() -> int:
    """Soak as the command line says."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1, help="of what is told, and of what goes wrong and when")
    given = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    try:
        verdict = asyncio.run(soak(given.minutes * 60, given.seed, FULL, lambda line: print(line, flush=True)))
    except KeyboardInterrupt:
        return INTERRUPTED
    for line in (*verdict.doubled, *(f"VIOLATION {violation}" for violation in verdict.violations)):
        print(line)
    print(f"minutes={given.minutes:g} seed={given.seed} {verdict}")
    return 1 if verdict.violations else 0


if __name__ == "__main__":
    sys.exit(main())

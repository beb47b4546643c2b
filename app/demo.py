"""The demo: the stand and the real service in one process, for a browser or played by itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path

import asyncpg
import typer

from app import logs
from app.process import on_signals
from app.process import play as play_roles
from app.settings import default_data_dir, given
from app.stand import Ports, Stand, stand
from app.wiring import assemble
from sandbox import journeys
from sandbox.journeys import Walk, WalkFailed
from service.errors import AssistantError
from service.records import LedgerSummary
from store.embedded import EmbeddedServer
from store.postgres import PostgresStore

ITEM = "t1194609512"
NEXT_ITEM = "t1194613083"
LINKED, NEW = "B10001", "B10002"


class StandTaken(AssistantError):
    """A port of the stand is taken, perhaps by another stand; choose another with --port."""


async def show(port: int, language: str) -> bool:
    """Open the stand until it is stopped; the address of the browser chat goes to stdout."""
    logs.configure("WARNING", "text")
    stop = asyncio.Event()
    on_signals(stop)
    async with _running(_ports(port), stop) as (opened, _):
        typer.echo(f"ready: {opened.addresses.telegram}/?lang={language}")
        typer.echo(f"  the auction house  {opened.addresses.auction}/")
        typer.echo(f"  the wallet         {opened.addresses.alipay}/ledger")
        typer.echo(f"  the switchboard    {opened.addresses.alipay}/switchboard")
        typer.echo("Stop with Ctrl+C.")
        await stop.wait()
    return True


async def play(port: int, language: str, *, as_json: bool) -> bool:
    """Play both journeys; whether each completed and each verification charge came back."""
    logs.configure("WARNING", "text")
    stop = asyncio.Event()
    async with _running(_ports(port), stop) as (opened, dsn):
        walks = [walk async for walk in _walks(opened, language)]
        ledger = await _ledger(dsn)
        stop.set()
    typer.echo(_as_json(walks, ledger) if as_json else _as_text(walks, ledger))
    return is_good(walks, ledger)


def is_good(walks: Sequence[Walk], ledger: LedgerSummary) -> bool:
    """Whether both journeys completed and every verification charge was sent back."""
    completed = [walk.kind for walk in walks if walk.steps[-1:] == ["completed"]]
    back = ledger.verification_charges == ledger.verification_refunds == 1
    return sorted(completed) == ["first_time", "returning"] and back and ledger.unsettled == 0


async def _walks(opened: Stand, language: str) -> AsyncIterator[Walk]:
    try:
        yield await journeys.returning(opened.addresses, language, LINKED, ITEM)
        yield await journeys.first_time(opened.addresses, language, NEW, NEXT_ITEM)
    except WalkFailed as error:
        typer.echo(str(error), err=True)
        yield error.walk


@asynccontextmanager
async def _running(ports: Ports, stop: asyncio.Event) -> AsyncIterator[tuple[Stand, str]]:
    """The stand with the service running beside it, on a database of its own that begins empty."""
    folder = default_data_dir()
    async with (
        EmbeddedServer(folder) as server,
        _fresh_database(server, f"demo_{ports.telegram}") as dsn,
        _opened(folder / "stand", ports) as opened,
    ):
        settings = given(opened.environment | {"DATABASE_URL": dsn})
        ready = asyncio.Event()
        async with assemble(settings) as assembly, asyncio.TaskGroup() as group:
            group.create_task(play_roles(assembly, frozenset({"web", "worker", "poll"}), stop, ready))
            await ready.wait()
            await assembly.connected.wait()
            try:
                yield opened, dsn
            finally:
                stop.set()


@asynccontextmanager
async def _opened(folder: Path, ports: Ports) -> AsyncIterator[Stand]:
    try:
        async with stand(folder, ports) as opened:
            yield opened
    except OSError as error:
        raise StandTaken(str(error)) from error


@asynccontextmanager
async def _fresh_database(server: str, name: str) -> AsyncIterator[str]:
    """A database that begins empty; the simulators forget everything at their end, and so must the service."""
    connection = await asyncpg.connect(server)
    try:
        await connection.execute(f"drop database if exists {name} with (force)")
        await connection.execute(f"create database {name}")
        yield server.replace("/alipay_bot?", f"/{name}?")
        await connection.execute(f"drop database if exists {name} with (force)")
    finally:
        await connection.close()


async def _ledger(dsn: str) -> LedgerSummary:
    async with asyncpg.create_pool(dsn, min_size=1, max_size=1) as pool, PostgresStore(pool).transaction() as tx:
        return await tx.summary()


def _ports(first: int) -> Ports:
    return Ports(telegram=first, auction=first + 1, alipay=first + 2, service=first + 3)


def _as_json(walks: Sequence[Walk], ledger: LedgerSummary) -> str:
    seen = [(walk.buyer, message) for walk in walks for message in walk.seen]
    return json.dumps(
        {
            "journeys": [
                {"buyer": walk.buyer, "kind": walk.kind, "steps": walk.steps, "seconds": walk.seconds} for walk in walks
            ],
            "ledger": asdict(ledger),
            "messages": [
                {"buyer": buyer, "step": message.step, "text": message.text, "buttons": list(message.buttons)}
                for buyer, message in seen
            ],
        },
        ensure_ascii=False,
        indent=2,
    )


def _as_text(walks: Sequence[Walk], ledger: LedgerSummary) -> str:
    lines: list[str] = []
    for walk in walks:
        lines.append(f"== {walk.kind}: buyer {walk.buyer}, {len(walk.steps)} steps, {walk.seconds} s")
        for message in walk.seen:
            lines.append(f"\n[{message.step or 'before'}]\n{message.text}")
            lines += [f"    [ {label} ]" for label in message.buttons]
        lines.append("")
    lines.append("== ledger")
    lines += [f"{name.replace('_', ' ')}: {count}" for name, count in asdict(ledger).items()]
    return "\n".join(lines)

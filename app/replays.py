"""The operator's command to have something done again: what the auction house is told, and work that was given up."""

from collections.abc import Sequence
from datetime import datetime

import typer

from app.books import assembled
from service.errors import AssistantError
from service.records import KeptReport
from service.replay import Replay, Replayed


class NothingToReplay(AssistantError):
    """There is no outcome event and no given-up work with this id; `alipay-bot replay --since 7d --dry-run` lists the
    events, and docs/operating.md shows how to list the work."""


async def replay_one(name: str, *, dry_run: bool) -> bool:
    """One outcome event by its id, or one piece of given-up work by its number. Raises NothingToReplay."""
    async with assembled() as assembly:
        replay = Replay(assembly.store)
        if found := await replay.report(name, dry_run=dry_run):
            _say([found], dry_run=dry_run)
            return True
        is_number = name.isascii() and name.isdigit() and len(name) < 19
        work = await replay.work(int(name), dry_run=dry_run) if is_number else None
        if work is None:
            raise NothingToReplay(name)
    typer.echo(f"{name}: {type(work).__name__} {'would be' if dry_run else 'is'} done again")
    return True


async def replay_window(since: datetime, until: datetime, *, only_dead: bool, dry_run: bool) -> bool:
    """Every outcome event of a time, oldest first."""
    async with assembled() as assembly:
        found = await Replay(assembly.store).window(since, until, only_dead=only_dead, dry_run=dry_run)
    _say(found, dry_run=dry_run)
    return True


def _say(found: Sequence[Replayed], *, dry_run: bool) -> None:
    for each in found:
        typer.echo(line(each))
    again = sum(each.what == "again" for each in found)
    typer.echo(f"{again} {'would be' if dry_run else 'are'} sent again, {len(found) - again} on their way already")


def line(replayed: Replayed) -> str:
    """One event as the operator sees it, as it stood before."""
    report = replayed.report
    about = report.order_id or report.buyer_id
    return "  ".join(
        (report.webhook_id, report.type, about, report.made_at.isoformat(timespec="seconds"), _state(report))
    )


def _state(report: KeptReport) -> str:
    if report.taken_at is not None:
        return "taken"
    if report.dead_at is not None:
        return f"given up after {report.attempts}: {report.reason}"
    return f"waiting, tried {report.attempts}" + (f": {report.reason}" if report.reason else "")

"""The command line. Exit codes: 0 done, 1 failed, 2 usage."""

import asyncio
import re
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import typer
import uvloop

from app.clock import SystemClock
from service.errors import AssistantError

LENGTH = re.compile(r"(\d{1,4})([mhd])", re.ASCII)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}

cli = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


def main() -> None:
    """Run the command line; an error of ours ends it with its own message and 1."""
    try:
        cli()
    except AssistantError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _since(text: str) -> datetime:
    """A moment in the past, also by its distance from now."""
    now = SystemClock().now()
    if length := LENGTH.fullmatch(text):
        return now - timedelta(**{UNITS[length[2]]: int(length[1])})
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None and at <= now:
            return at.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise typer.BadParameter("give a past time with its zone, as 2026-08-03T00:00:00Z, or a length, as 24h or 7d")


@cli.command()
def demo(
    port: Annotated[int, typer.Option(min=1024, max=65532, help="port of the browser chat; three more follow")] = 8700,
    lang: Annotated[str, typer.Option(help="the buyer's language, as Telegram tags it")] = "zh-hans",
    autoplay: Annotated[bool, typer.Option(help="play both journeys without a browser")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="with --autoplay: one JSON object on stdout")] = False,
) -> None:
    """Open the stand on this machine: database, simulators, and the real service."""
    from app import demo as stand

    _finish(stand.play(port, lang, as_json=as_json) if autoplay else stand.show(port, lang))


@cli.command()
def run() -> None:
    """Serve everything in one process: web, workers, and polling where no public URL is set."""
    _serve("web", "worker", "poll")


@cli.command()
def web() -> None:
    """Serve the web routes only; as many as wanted on one PostgreSQL."""
    _serve("web")


@cli.command()
def worker() -> None:
    """Carry out queued work only; as many as wanted on one PostgreSQL."""
    _serve("worker")


@cli.command()
def migrate() -> None:
    """Bring the database's schema to this release."""
    from app.upkeep import migrate as bring_up

    _finish(bring_up())


@cli.command()
def check() -> None:
    """Check settings and connections, with a clear answer for each."""
    from app.upkeep import check as look

    _finish(look())


@cli.command()
def ledger(
    buyer: Annotated[str | None, typer.Option(metavar="ID", help="every entry about this buyer")] = None,
    order: Annotated[str | None, typer.Option(metavar="ID", help="every entry about this order")] = None,
    is_open: Annotated[bool, typer.Option("--open", help="all money that is not where it ends, oldest first")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Print the books: what all accounts hold, one buyer's or order's entries, or what is open.

    With --open, the exit code is 1 where anything is open for longer than ALIPAY_BOT_REFUND_ALARM_MINUTES.
    """
    from app import books

    is_statement = buyer is not None or order is not None
    if is_open and is_statement:
        raise typer.BadParameter("--open goes with neither --buyer nor --order")
    if is_open:
        _finish(books.open_items(as_json=as_json))
    elif is_statement:
        _finish(books.statement(buyer, order, as_json=as_json))
    else:
        _finish(books.balances(as_json=as_json))


@cli.command()
def case(
    name: Annotated[str, typer.Argument(metavar="ORDER", help="an order, buyer, journey, charge or refund, by its id")],
    as_json: Annotated[bool, typer.Option("--json", help="a list of JSON objects on stdout")] = False,
) -> None:
    """Print all that happened to one item or one buyer, oldest first, and what still waits."""
    from app import cases

    _finish(cases.case(name, as_json=as_json))


@cli.command()
def reconcile(
    since: Annotated[datetime, typer.Option(metavar="TIME", parser=_since, help="2026-08-03T00:00:00Z, or 24h, 7d")],
    mend: Annotated[
        bool, typer.Option("--mend", help="take in what the gateway says; else nothing is changed")
    ] = False,
    lost: Annotated[
        bool, typer.Option("--lost", help="after a restored backup: look in every open journey for lost charges")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
) -> None:
    """Ask the gateway about every charge since then, with its refunds, and compare with the books.

    The exit code is 0 where nothing differs, or all was mended, and nothing is unclear.
    """
    from app import books

    _finish(books.reconcile(since, lost=lost, mend=mend, as_json=as_json))


@cli.command()
def refund_returned(
    refund_id: Annotated[str, typer.Argument(metavar="REFUND_ID", help="our id of the refund")],
) -> None:
    """Note that a confirmed refund came back, as the gateway's settlement file says."""
    from app import books

    _finish(books.refund_returned(refund_id))


@cli.command()
def replay(
    name: Annotated[
        str | None, typer.Argument(metavar="ID", help="an outcome event, or the number of given-up work")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(metavar="TIME", parser=_since, help="2026-08-03T00:00:00Z, or 24h, 7d")
    ] = None,
    until: Annotated[datetime | None, typer.Option(metavar="TIME", parser=_since, help="now, if not given")] = None,
    dead: Annotated[bool, typer.Option("--dead", help="of the window, only what was given up")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="list what would be sent again, and change nothing")
    ] = False,
) -> None:
    """Send outcome events to the auction house again, with the same ids and bytes: one, or all made in a window.

    What is on its way already is left alone. With a number, any other work that was given up is done again.
    """
    from app import replays

    if (name is None) == (since is None):
        raise typer.BadParameter("give either one ID or --since")
    if name is not None and (until or dead):
        raise typer.BadParameter("--until and --dead go with --since")
    if since is not None:
        _finish(replays.replay_window(since, until or SystemClock().now(), only_dead=dead, dry_run=dry_run))
    elif name is not None:
        _finish(replays.replay_one(name, dry_run=dry_run))


@cli.command()
def flow(
    form: Annotated[Literal["mermaid", "text"], typer.Option("--format", help="how to draw them")] = "mermaid",
) -> None:
    """Print the journeys' diagrams, made from the tables."""
    from flow import diagram
    from flow.journey import Kind

    draw = diagram.mermaid if form == "mermaid" else diagram.text
    typer.echo("\n\n".join(draw(kind).rstrip() for kind in Kind))


def _serve(*roles: Literal["web", "worker", "poll"]) -> None:
    from app import logs, settings
    from app.process import serve

    loaded = settings.load()
    logs.configure(loaded.log_level, loaded.log_format)
    _finish(serve(loaded, frozenset(roles)))


def _finish(command: Coroutine[Any, Any, bool]) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if not runner.run(command):
            raise typer.Exit(1)

"""The command line. Exit codes: 0 done, 1 failed, 2 usage."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Annotated, Any, Literal

import typer

from service.errors import AssistantError

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
    if not asyncio.run(command):
        raise typer.Exit(1)

"""Logging: structured lines on stderr, for people or as JSON; the libraries that print secrets are kept quiet."""

import logging
import sys
from typing import Literal

import structlog
from structlog.typing import EventDict, WrappedLogger

QUIET = {
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "telegram": logging.INFO,
    "asyncio": logging.WARNING,
    "alembic": logging.WARNING,
}
"""httpx logs the bot token at INFO, telegram at DEBUG."""


def configure(level: str, form: Literal["text", "json"]) -> None:
    """Send every record of every library through one renderer to stderr."""
    renderer = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_values,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name, quiet in QUIET.items():
        logging.getLogger(name).setLevel(max(quiet, root.level))


def _without_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop what `ExtraAdder` takes over from asyncio's debug records: it may hold whole objects."""
    event.pop("taskName", None)
    return event

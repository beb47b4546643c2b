"""The operator's question about one item or one buyer: what happened, in the order of time."""

import json

import typer

from app import timelines
from app.books import assembled
from service.errors import AssistantError


class NoSuchCase(AssistantError):
    """Nothing is known by this name; give the id of an order, a buyer, a journey, a charge or a refund."""


async def case(name: str, *, as_json: bool) -> bool:
    """Everything about it. Raises NoSuchCase."""
    async with assembled() as assembly:
        found = await assembly.store.happenings(name)
    if not found:
        raise NoSuchCase(name)
    typer.echo(json.dumps(timelines.as_json(found), indent=2) if as_json else "\n".join(timelines.lines(found)))
    return True

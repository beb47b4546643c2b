"""What arrives is kept before it is acknowledged, and read later from its line; how a Telegram update finds its line.

The webhook and polling both come through here, so an update that both bring is taken once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from service.errors import Malformed
from service.ports import Letter, Letterbox, Transaction
from service.urgency import OF_SOURCES
from service.work import Reading, ReadUpdate

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A letter at the door, the line it will be read in, and the work of reading it."""

    letter: Letter
    line: str
    read: type[Reading]


async def take_in(letterbox: Letterbox, arrival: Arrival) -> bool:
    """Keep the letter and queue its reading; False where it was kept before, and then nothing is queued."""
    return await letterbox.take_in(arrival.letter, arrival.line, arrival.read, OF_SOURCES[arrival.letter.source])


async def keep(tx: Transaction, arrival: Arrival) -> bool:
    """The same for one of several letters that are kept together."""
    inbox_id = await tx.keep(arrival.letter)
    if inbox_id is None:
        return False
    await tx.queue(arrival.line, arrival.read(inbox_id=inbox_id), urgency=OF_SOURCES[arrival.letter.source])
    return True


@dataclass(frozen=True, slots=True)
class Envelope:
    """An update's own number, and the line that keeps it in order with the others of its chat."""

    update_id: int
    line: str


def read_envelope(body: bytes) -> Envelope:
    """The envelope of an update as Telegram sent it; what is inside is left to the reader. Raises Malformed."""
    update = _parse(body)
    if not isinstance(update, dict):
        raise Malformed("body: is not an object")
    update_id = _id(update.get("update_id"))
    if update_id is None or update_id < 0:
        raise Malformed("update_id: is not a whole number")
    contents = next((part for part in update.values() if isinstance(part, dict)), {})
    return Envelope(update_id, f"telegram:{_speaker(contents)}")


def update_arrival(body: bytes, at: datetime) -> Arrival:
    """An update as Telegram sent it, received `at` (aware, UTC). Raises Malformed."""
    envelope = read_envelope(body)
    letter = Letter(source="telegram", source_id=str(envelope.update_id), body=body, headers={}, received_at=at)
    return Arrival(letter=letter, line=envelope.line, read=ReadUpdate)


def _speaker(contents: Mapping[str, object]) -> int | str:
    """The chat of an update, or who acts where there is none (core.telegram.org/bots/api#update)."""
    for key in ("chat", "from", "user"):
        party = contents.get(key)
        found = _id(party.get("id")) if isinstance(party, dict) else None
        if found is not None:
            return found
    return "other"


def _id(value: object) -> int | None:
    return value if type(value) is int and abs(value) <= LARGEST_ID else None


def _parse(body: bytes) -> object:
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Malformed("body: is not JSON") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)

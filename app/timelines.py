"""A case as an operator reads it: one line for each thing that happened, and values for JSON."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from app.printed import Json, aligned, rfc3339, utc
from flow.money import Money
from service.timeline import Happening

Details = Mapping[str, object]

_HASH = re.compile(r"([0-9a-f]{8})[0-9a-f]{56}$")
"""A notice is named after its bytes; on a line, its beginning tells it from others."""


def as_json(happenings: Sequence[Happening]) -> list[Json]:
    """One object for each."""
    return [{"at": rfc3339(each.at), "kind": each.kind, "id": each.subject, **each.details} for each in happenings]


def lines(happenings: Sequence[Happening]) -> list[str]:
    """One line for each, aligned."""
    rows = [(utc(each.at), each.kind, _name(each.subject), WORDS[each.kind](each.details)) for each in happenings]
    return aligned(["time (UTC)", "what", "of", ""], rows)


def _name(subject: str) -> str:
    return _HASH.sub(r"\1...", subject)


def _event(details: Details) -> str:
    return f"{details['type']} from {details['from']}"


def _fact(details: Details) -> str:
    return str(details["type"])


def _move(details: Details) -> str:
    way = f"{details['from']} -> {details['to']}" if details["from"] != details["to"] else f"stays {details['to']}"
    return f"{way} by {details['event']}"


def _link(details: Details) -> str:
    return _joined(_money(details), _until(details), details["state"], "void" if details["void"] else None, details)


def _amount(details: Details) -> str:
    return _joined(_money(details), details["state"], details.get("gateway_id"), details)


def _entry(details: Details) -> str:
    return f"{details['entry']}: {_money(details)} {details['account']}"


def _message(details: Details) -> str:
    number = f"#{details['message_id']}" if "message_id" in details else None
    return _joined(details.get("says", details["view"]), details["result"], number, _until(details), details)


def _report(details: Details) -> str:
    return _joined(details["type"], details["state"], f"{details['attempts']} tries", details)


def _work(details: Details) -> str:
    letter = f" of {details['from']} {_name(str(details['letter_id']))}" if "letter_id" in details else ""
    return _joined(f"{details['work']}{letter}", details["state"], f"{details['attempts']} tries", details)


WORDS: dict[str, Callable[[Details], str]] = {
    "event": _event,
    "fact": _fact,
    "move": _move,
    "link": _link,
    "charge": _amount,
    "refund": _amount,
    "entry": _entry,
    "message": _message,
    "report": _report,
    "work": _work,
}
"""How each kind is told on one line."""


def _joined(*parts: object) -> str:
    """The parts that there are; of the details at the end, the reason."""
    *told, details = parts
    reason = details.get("reason") if isinstance(details, Mapping) else None
    words = ", ".join(str(part) for part in told if part is not None)
    return f"{words}: {reason}" if reason else words


def _money(details: Details) -> str:
    return str(Money(str(details["currency"]), int(str(details["value"]))))


def _until(details: Details) -> str | None:
    return (
        f"until {datetime.fromisoformat(str(details['until'])).astimezone(UTC):%H:%M:%S}"
        if "until" in details
        else None
    )

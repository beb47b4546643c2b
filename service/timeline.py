"""One thing that happened, or waits to, as an operator reads it when a case is looked into."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

HappeningKind = Literal["event", "fact", "move", "link", "charge", "refund", "entry", "message", "report", "work"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What happened at `at`, and to what: a letter, journey, charge, refund, webhook or line, by its id.

    `details` are plain values without the words of a message and without a link. What still waits stands at the time
    when it is tried next.
    """

    at: datetime
    kind: HappeningKind
    subject: str
    details: Mapping[str, object]

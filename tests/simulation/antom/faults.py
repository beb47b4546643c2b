"""What may go wrong, how often, and the dice that decide."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """Probabilities from 0 to 1, and how long what lasts may last (seconds, the longest; less is likelier).

    Those of a call exclude each other, so that their sum is at most 1. "Before" and "after" its execution.
    """

    lost_request: float = 0
    late_request: float = 0
    lost_reply: float = 0
    unknown_before: float = 0
    unknown_after: float = 0
    broken_before: float = 0
    broken_after: float = 0
    too_many: float = 0
    garbage: float = 0
    wrongly_signed: float = 0
    slow: float = 0
    late_seconds: float = 300
    slow_seconds: float = 20

    outage: float = 0
    outage_seconds: float = 3600

    pending_payment: float = 0
    failed_pending: float = 0
    late_payment: float = 0
    slow_refund: float = 0
    failed_refund: float = 0
    quote: float = 0
    decision_seconds: float = 1800

    notice_lost: float = 0
    notice_repeated: float = 0
    notice_delayed: float = 0
    notice_after_cancel: float = 0
    contradiction: float = 0
    notice_seconds: float = 4 * 3600


class CallFault(StrEnum):
    """What goes wrong with one call; named as in Faults."""

    LOST_REQUEST = "lost_request"
    LATE_REQUEST = "late_request"
    LOST_REPLY = "lost_reply"
    UNKNOWN_BEFORE = "unknown_before"
    UNKNOWN_AFTER = "unknown_after"
    BROKEN_BEFORE = "broken_before"
    BROKEN_AFTER = "broken_after"
    TOO_MANY = "too_many"
    GARBAGE = "garbage"
    WRONGLY_SIGNED = "wrongly_signed"
    SLOW = "slow"


CALM = Faults()


class Weather:
    """Draws from `faults`, which may be changed at any time."""

    def __init__(self, faults: Faults, random: Random) -> None:
        self.faults, self._random = faults, random

    def strikes(self, probability: float) -> bool:
        """Whether something of this probability happens now."""
        return self._random.random() < probability

    def strikes_call(self) -> CallFault | None:
        """What goes wrong with the next call, if anything."""
        roll = self._random.random()
        for fault in CallFault:
            roll -= getattr(self.faults, fault)
            if roll < 0:
                return fault
        return None

    def leg(self) -> float:
        """How long a message is under way, in seconds."""
        return self._random.uniform(0.005, 0.2)

    def up_to(self, longest: float) -> float:
        """A duration, as often of each order of magnitude from a tenth of a second."""
        return 0.1 * math.pow(longest / 0.1, self._random.random())

    def between(self, least: int, most: int) -> int:
        """A number, both ends included."""
        return self._random.randint(least, most)

    def choice(self, values: Sequence[T]) -> T:
        """One of the values."""
        return self._random.choice(values)

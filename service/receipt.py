"""What became of a fact at the door."""

from enum import StrEnum


class Receipt(StrEnum):
    """The answer to the one who brought the fact."""

    TAKEN = "taken"
    SEEN = "seen"
    DECLINED = "declined"
    EXPIRED = "expired"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"

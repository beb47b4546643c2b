"""What is known of a buyer's Alipay account at the auction house, and the path that follows from it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from flow.money import Money
from flow.steps import Path


class Alipay(StrEnum):
    """Whether the buyer's Alipay account is linked. `UNKNOWN` is asked about again, never guessed."""

    UNKNOWN = "unknown"
    LINKED = "linked"
    NOT_LINKED = "not_linked"
    NOT_OFFERED = "not_offered"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkState:
    """The newest fact about the link: what it says, when it was true (aware UTC), and the limit that came with it."""

    alipay: Alipay = Alipay.UNKNOWN
    at: datetime | None = None
    limit: Money | None = None

    def told(self, alipay: Alipay, at: datetime, limit: Money | None = None) -> "LinkState":
        """The state after one more fact: the newest fact wins, whatever the order of arrival."""
        if alipay is Alipay.UNKNOWN or (self.at is not None and at < self.at):
            return self
        return replace(self, alipay=alipay, at=at, limit=limit)


def path_for(alipay: Alipay, *, verified: int, first_payments: int) -> Path:
    """Which column of the article a buyer follows: the first-time one until the first payment after a verification.

    `verified` counts the verifications that were charged here, `first_payments` the first-time items that were paid.
    """
    is_first = alipay is Alipay.NOT_LINKED or verified > first_payments
    return Path.FIRST_TIME if is_first else Path.RETURNING

"""How fast messages may go out: over all processes, and to one chat."""

import math
from dataclasses import dataclass
from datetime import timedelta

from service.lines import is_group, is_paced


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What Telegram bears: 30 messages a second, one a second to a chat, 20 a minute to a group; short bursts to one
    chat are allowed (core.telegram.org/bots/faq), and are kept for answers and for words about money. A group has none.

    `ahead` is how long before its place a message may be taken up, so that none is lost to a worker that wakes late.
    """

    per_second: float = 30.0
    gap: timedelta = timedelta(seconds=1)
    group_gap: timedelta = timedelta(seconds=3)
    burst: int = 3
    ahead: timedelta = timedelta(milliseconds=100)

    @property
    def spacing(self) -> timedelta:
        """The time between two messages, whatever their chats; rounded up, so that no second holds one too many."""
        return timedelta(microseconds=math.ceil(1_000_000 / self.per_second))

    def gap_of(self, line: str) -> timedelta:
        """The time between two messages of a line."""
        if not is_paced(line):
            return timedelta(0)
        return self.group_gap if is_group(line) else self.gap

    def lead_of(self, line: str) -> timedelta:
        """How much sooner than others the urgent messages of a line may go."""
        return timedelta(0) if is_group(line) else (self.burst - 1) * self.gap_of(line)


UNPACED = Pace(per_second=1_000_000, gap=timedelta(0), group_gap=timedelta(0))
"""For what is measured or tried without waiting."""

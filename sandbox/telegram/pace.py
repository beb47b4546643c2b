"""Telegram's send limits (core.telegram.org/bots/faq): off until switched on."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.telegram.errors import too_many_requests
from sandbox.telegram.timing import Clock


@dataclass(frozen=True)
class Rate:
    """`burst` calls at once, then `per_second`."""

    per_second: float
    burst: int


PRIVATE_CHAT = Rate(per_second=1, burst=3)
GROUP = Rate(per_second=20 / 60, burst=20)
ALL_CHATS = Rate(per_second=30, burst=30)


@dataclass
class _Bucket:
    rate: Rate
    since: datetime
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.rate.burst

    def refill(self, now: datetime) -> None:
        passed = (now - self.since).total_seconds()
        self.tokens = min(self.rate.burst, self.tokens + passed * self.rate.per_second)
        self.since = now

    @property
    def seconds_short(self) -> float:
        return max(0.0, (1 - self.tokens) / self.rate.per_second)


class Pace:
    """Token buckets: one a chat and one for all. Raises 429 with the seconds until the next place."""

    def __init__(self, clock: Clock, *, enabled: bool = False, all_chats: Rate = ALL_CHATS) -> None:
        self._clock, self._all_chats = clock, all_chats
        self._buckets: dict[int, _Bucket] = {}
        self.enabled = enabled

    def spend(self, chat_id: int) -> None:
        if not self.enabled:
            return
        buckets = [self._bucket(0, self._all_chats), self._bucket(chat_id, PRIVATE_CHAT if chat_id > 0 else GROUP)]
        short = max(bucket.seconds_short for bucket in buckets)
        if short:
            raise too_many_requests(math.ceil(short))
        for bucket in buckets:
            bucket.tokens -= 1

    def _bucket(self, key: int, rate: Rate) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.setdefault(key, _Bucket(rate, now))
        bucket.refill(now)
        return bucket

"""Telegram's send limits (core.telegram.org/bots/faq): off until switched on."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sandbox.telegram.errors import too_many_requests
from sandbox.telegram.timing import Clock


@dataclass(frozen=True)
class Rate:
    """`burst` calls at once, then `per_second`."""

    per_second: float
    burst: int


PRIVATE_CHAT = Rate(per_second=1, burst=3)
ALL_CHATS = Rate(per_second=30, burst=30)

GROUP_CALLS, GROUP_SECONDS = 20, 60.0
"""So many calls to a group within any so many seconds."""


class _Limit(Protocol):
    def seconds_short(self, now: datetime) -> float:
        """How long until a call fits; 0 where one does."""

    def spend(self, now: datetime) -> None:
        """Note a call."""


@dataclass
class _Bucket:
    rate: Rate
    since: datetime
    tokens: float = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = self.rate.burst

    def seconds_short(self, now: datetime) -> float:
        passed = (now - self.since).total_seconds()
        self.tokens = min(self.rate.burst, self.tokens + passed * self.rate.per_second)
        self.since = now
        return max(0.0, (1 - self.tokens) / self.rate.per_second)

    def spend(self, _: datetime) -> None:
        self.tokens -= 1


@dataclass
class _Window:
    calls: deque[datetime] = field(default_factory=deque)

    def seconds_short(self, now: datetime) -> float:
        while self.calls and (now - self.calls[0]).total_seconds() >= GROUP_SECONDS:
            self.calls.popleft()
        if len(self.calls) < GROUP_CALLS:
            return 0.0
        return GROUP_SECONDS - (now - self.calls[0]).total_seconds()

    def spend(self, now: datetime) -> None:
        self.calls.append(now)


class Pace:
    """The limit of all chats together and each chat's own. Raises 429 with the seconds until the next place."""

    def __init__(self, clock: Clock, *, enabled: bool = False, all_chats: Rate = ALL_CHATS) -> None:
        self._clock, self._all_chats = clock, all_chats
        self._limits: dict[int, _Limit] = {}
        self.enabled = enabled

    def spend(self, chat_id: int) -> None:
        if not self.enabled:
            return
        now = self._clock()
        limits = [self._limit(0, now), self._limit(chat_id, now)]
        if short := max(limit.seconds_short(now) for limit in limits):
            raise too_many_requests(math.ceil(short))
        for limit in limits:
            limit.spend(now)

    def _limit(self, chat_id: int, now: datetime) -> _Limit:
        if chat_id not in self._limits:
            rate = PRIVATE_CHAT if chat_id else self._all_chats
            self._limits[chat_id] = _Window() if chat_id < 0 else _Bucket(rate, now)
        return self._limits[chat_id]

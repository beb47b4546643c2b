"""Updates that wait for the bot, in lines: the next of a line goes out only after the former was taken.

Messages of a chat share a line; callback queries stand in a line per user, the bot's own membership in one per chat
(tdlib/telegram-bot-api, `add_update`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.telegram import rules
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.timing import Clock

FIRST_UPDATE_ID = 100_000_001
DEFAULT_KINDS = rules.UPDATE_KINDS - rules.UPDATE_KINDS_ON_REQUEST


def chat_line(chat_id: int) -> int:
    return chat_id


def callback_line(user_id: int) -> int:
    return user_id + (3 << 33)


def member_line(chat_id: int) -> int:
    return chat_id + (5 << 33)


@dataclass(frozen=True)
class Update:
    id: int
    kind: str
    body: Json
    line: int
    expires: datetime

    def to_json(self) -> Json:
        return {"update_id": self.id, self.kind: self.body}


class Updates:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(FIRST_UPDATE_ID)
        self._pending: dict[int, Update] = {}
        self._lines: dict[int, dict[int, Update]] = {}
        self._kinds = DEFAULT_KINDS
        self._listeners: list[Callable[[Update], None]] = []

    def listen(self, listener: Callable[[Update], None]) -> None:
        """Called after each new update."""
        self._listeners.append(listener)

    @property
    def kinds(self) -> frozenset[str]:
        return self._kinds

    def allow(self, kinds: list[str] | None) -> None:
        """`allowed_updates`: None keeps the former choice, an empty list means the usual kinds."""
        if kinds is not None:
            self._kinds = frozenset(kinds) & rules.UPDATE_KINDS or DEFAULT_KINDS

    def add(self, kind: str, body: Json, line: int, lifetime: timedelta = rules.UPDATE_LIFETIME) -> None:
        if kind not in self._kinds:
            return
        update = Update(next(self._ids), kind, body, line, self._clock() + lifetime)
        self._pending[update.id] = update
        self._lines.setdefault(line, {})[update.id] = update
        for listener in self._listeners:
            listener(update)

    def take(self, offset: int, limit: int) -> list[Update]:
        """getUpdates: an offset forgets what lies below it; a negative one counts from the end."""
        self._drop_expired()
        ids = list(self._pending)
        first = offset if offset >= 0 else (ids[offset:] or [0])[0]
        for update_id in ids:
            if update_id < first:
                self.forget(update_id)
        return list(itertools.islice(self._pending.values(), limit))

    def forget(self, update_id: int) -> None:
        update = self._pending.pop(update_id, None)
        if update is None:
            return
        line = self._lines[update.line]
        del line[update_id]
        if not line:
            del self._lines[update.line]

    def forget_all(self) -> None:
        self._pending.clear()
        self._lines.clear()

    def lines(self) -> Iterator[int]:
        return iter(list(self._lines))

    def first(self, line: int) -> Update | None:
        """The oldest update of the line that has not expired."""
        for update in list(self._lines.get(line, {}).values()):
            if update.expires > self._clock():
                return update
            self.forget(update.id)
        return None

    def __len__(self) -> int:
        self._drop_expired()
        return len(self._pending)

    def _drop_expired(self) -> None:
        now = self._clock()
        for update in [update for update in self._pending.values() if update.expires <= now]:
            self.forget(update.id)

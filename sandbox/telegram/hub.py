"""Live events for those who watch a chat: messages, edits, deletions, typing, callback answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.telegram.jsontypes import Json

Events = asyncio.Queue[Json | None]


class Hub:
    def __init__(self) -> None:
        self._watchers: dict[int, set[Events]] = {}

    @contextmanager
    def watch(self, chat_id: int) -> Iterator[Events]:
        """The chat's events from now on; None means the emulator stops."""
        events: Events = asyncio.Queue()
        watchers = self._watchers.setdefault(chat_id, set())
        watchers.add(events)
        try:
            yield events
        finally:
            watchers.discard(events)

    def publish(self, chat_id: int, kind: str, body: Json) -> None:
        for events in self._watchers.get(chat_id, ()):
            events.put_nowait({"type": kind, **body})

    def close(self) -> None:
        for watchers in self._watchers.values():
            for events in watchers:
                events.put_nowait(None)

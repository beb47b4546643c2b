"""Callback queries: each is answered once, within 150 seconds."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from datetime import datetime

from sandbox.telegram import rules
from sandbox.telegram.errors import Words, bad_request
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.timing import Clock

FIRST_QUERY_ID = 4_000_000_000_000_001


@dataclass(frozen=True)
class CallbackQuery:
    id: str
    expires: datetime
    answer: asyncio.Future[Json]


class CallbackQueries:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ids = itertools.count(FIRST_QUERY_ID)
        self._open: dict[str, CallbackQuery] = {}

    def ask(self) -> CallbackQuery:
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        query = CallbackQuery(str(next(self._ids)), self._clock() + rules.CALLBACK_LIFETIME, answer)
        self._open[query.id] = query
        return query

    def answer(self, query_id: str, answer: Json) -> None:
        """Raises Refused when the query is unknown, answered or too old."""
        query = self._open.pop(query_id, None)
        if query is None or query.expires <= self._clock():
            raise bad_request(Words.QUERY_TOO_OLD)
        if not query.answer.done():
            query.answer.set_result(answer)

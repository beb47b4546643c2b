"""Webhook delivery: one line after another's acknowledgement, with retries (tdlib/telegram-bot-api, `WebhookActor`)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.telegram import rules
from sandbox.telegram.jsontypes import Json, decode
from sandbox.telegram.timing import Clock, Sleep
from sandbox.telegram.updates import Update, Updates
from sandbox.telegram.web import Answer, LoopbackClient, Unreachable

ANSWER_BYTES = 1 << 20
GONE_AFTER = timedelta(hours=23)
NOT_IN_ANSWERS = frozenset({"setwebhook", "deletewebhook", "close", "logout"})

Execute = Callable[[str, Json], Awaitable[None]]


@dataclass(frozen=True)
class Settings:
    url: str
    secret: str = ""
    max_connections: int = rules.WEBHOOK_DEFAULT_CONNECTIONS


@dataclass(frozen=True)
class Failure:
    at: datetime
    words: str
    retry_after: int = 0


class Webhook:
    """Sends updates to the bot's address while one is set. `execute` runs the calls found in its answers."""

    def __init__(self, updates: Updates, client: LoopbackClient, clock: Clock, sleep: Sleep, execute: Execute) -> None:
        self._updates = updates
        self._client = client
        self._clock = clock
        self._sleep = sleep
        self._execute = execute
        self._workers: dict[int, asyncio.Task[None]] = {}
        self._connections = asyncio.Semaphore(rules.WEBHOOK_DEFAULT_CONNECTIONS)
        self._gone_since: datetime | None = None
        self.settings: Settings | None = None
        self.last_failure: Failure | None = None
        updates.listen(lambda update: self._wake(update.line))

    def set(self, settings: Settings) -> None:
        """Deliver to this address from now on, beginning with what waits."""
        self.unset()
        self.settings = settings
        self._connections = asyncio.Semaphore(settings.max_connections)
        for line in self._updates.lines():
            self._wake(line)

    def unset(self) -> None:
        """Stop delivering; what is not acknowledged stays pending."""
        self.settings = self.last_failure = self._gone_since = None
        for worker in self._workers.values():
            worker.cancel()
        self._workers.clear()

    async def close(self) -> None:
        workers = list(self._workers.values())
        self.unset()
        await asyncio.gather(*workers, return_exceptions=True)

    def _wake(self, line: int) -> None:
        """Give the line a worker, unless it has one."""
        if self.settings and line not in self._workers:
            self._workers[line] = asyncio.create_task(self._serve(line, self.settings))

    async def _serve(self, line: int, settings: Settings) -> None:
        while update := self._updates.first(line):
            await self._deliver(update, settings)
            self._updates.forget(update.id)
        self._workers.pop(line, None)

    async def _deliver(self, update: Update, settings: Settings) -> None:
        """Until acknowledged or expired. The first repeat comes at once, then after 2, 4, 8 ... seconds."""
        failures = 0
        while failure := await self._attempt(update, settings):
            delay = failure.retry_after or _back_off(failures)
            failures += 1
            if self._clock() + timedelta(seconds=delay) > update.expires:
                return
            await self._sleep(delay)

    async def _attempt(self, update: Update, settings: Settings) -> Failure | None:
        headers = {"X-Telegram-Bot-Api-Secret-Token": settings.secret} if settings.secret else {}
        async with self._connections:
            try:
                answer = await self._client.post(settings.url, update.to_json(), headers, ANSWER_BYTES)
            except Unreachable as unreachable:
                return self._failed(f"Connection failed: {unreachable}")
        if not 200 <= answer.status <= 299:
            return self._refused(answer)
        self._gone_since = None
        await self._run_reply(answer)
        return None

    def _refused(self, answer: Answer) -> Failure:
        retry_after = answer.headers.get("Retry-After", "")
        seconds = min(int(retry_after), rules.WEBHOOK_LONGEST_RETRY_AFTER) if retry_after.isdecimal() else 0
        failure = self._failed(f"Wrong response from the webhook: {answer.status}", seconds)
        self._gone_since = (self._gone_since or failure.at) if answer.status == 410 else None
        if self._gone_since and failure.at - self._gone_since > GONE_AFTER:
            self.unset()
        return failure

    def _failed(self, words: str, retry_after: int = 0) -> Failure:
        self.last_failure = Failure(self._clock(), words, retry_after)
        return self.last_failure

    async def _run_reply(self, answer: Answer) -> None:
        """A `method` in the answer's body is executed as a call; its result is never seen."""
        if answer.content_type != "application/json" or not answer.body:
            return
        try:
            call = decode(answer.body)
        except ValueError:
            return
        method = str(call.pop("method", "")) if isinstance(call, dict) else ""
        allowed = method.lower() not in NOT_IN_ANSWERS and not method.lower().startswith("get")
        if method and allowed:
            await self._execute(method, call)


def _back_off(failures: int) -> int:
    return 0 if failures == 0 else min(2**failures, rules.WEBHOOK_LONGEST_DELAY)

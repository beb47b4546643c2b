"""Our own getUpdates loop: an update is acknowledged to Telegram only after it was kept.

`telegram.ext.Updater` acknowledges what it only holds in memory, so a crash would lose it.
An offset acknowledges every update below it (core.telegram.org/bots/api#getupdates), so it moves after `keep`
returned. Updates can arrive twice, after a restart for instance; `keep` knows them by their `update_id`.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from secrets import SystemRandom
from typing import Any, NoReturn, TypeGuard, TypeVar
from urllib.parse import urlencode

from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.request import BaseRequest

from bot.errors import RetryLater, outcome_of

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class RawUpdate:
    """One update as Telegram sent it: `body` is its compact JSON in UTF-8."""

    update_id: int
    body: bytes


Keep = Callable[[Sequence[RawUpdate]], Awaitable[None]]
"""Commits updates, those already known included; what it raises means that none of them is acknowledged."""


class UnreadableUpdates(Exception):
    """All updates came without an id and cannot be acknowledged; look at what getUpdates answers."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Pauses after failures, in seconds: from `first` doubling up to `longest`, or `conflict` after a 409."""

    first: float = 1.0
    longest: float = 30.0
    conflict: float = 30.0

    def pause(self, error: Exception, failures: int) -> float:
        """How long to wait after the given number of failures in a row; the second half of it is random."""
        doubled = self.first * 2.0 ** min(failures - 1, 32)
        full = self.conflict if isinstance(error, Conflict) else min(self.longest, doubled)
        return _asked_for(error) + SystemRandom().uniform(full / 2, full)


DEFAULT_PACE = Pace()


def _asked_for(error: Exception) -> float:
    outcome = outcome_of(error) if isinstance(error, TelegramError) else None
    return outcome.seconds if isinstance(outcome, RetryLater) else 0.0


class LongPoll:
    """The two calls that polling needs, raw: an update that the library cannot parse holds up no other.

    `base_url` is `telegram.Bot.base_url`; `request` best is one of its own, since a poll holds a connection.
    """

    def __init__(
        self, request: BaseRequest, base_url: str, *, allowed_updates: Sequence[str], wait_seconds: int = 30
    ) -> None:
        self._request = request
        self._base_url = base_url
        self._allowed_updates = json.dumps(list(allowed_updates))
        self._wait_seconds = wait_seconds

    async def delete_webhook(self) -> None:
        """Takes the webhook away, since getUpdates is refused beside one; pending updates stay."""
        await self._call("deleteWebhook", drop_pending_updates="false")

    async def updates_from(self, offset: int) -> Sequence[RawUpdate]:
        """Waits for updates and acknowledges all below `offset`; 0 asks for the earliest not acknowledged.

        Raises TelegramError, or UnreadableUpdates where all that came lacks an id.
        """
        result = await self._call(
            "getUpdates",
            self._wait_seconds,
            offset=str(offset),
            timeout=str(self._wait_seconds),
            allowed_updates=self._allowed_updates,
        )
        return _raw_updates(result)

    async def _call(self, method: str, wait_seconds: int = 0, **parameters: str) -> object:
        return await self._request.post(
            f"{self._base_url}/{method}?{urlencode(parameters)}",
            read_timeout=wait_seconds + (self._request.read_timeout or 0),
        )


async def poll(telegram: LongPoll, keep: Keep, pace: Pace = DEFAULT_PACE) -> NoReturn:
    """Hands every update to `keep` until cancelled; a cancelled poll acknowledges nothing that was not kept.

    Any failure but a refused token (InvalidToken) is tried again, however long it lasts.
    """
    await _persist(telegram.delete_webhook, pace)
    offset = 0
    while True:
        offset = await _persist(partial(_advance, telegram, keep, offset), pace)


async def _advance(telegram: LongPoll, keep: Keep, offset: int) -> int:
    updates = await telegram.updates_from(offset)
    if not updates:
        return 0  # all below the offset is acknowledged now, and ids start anew after a quiet week
    await keep(updates)
    return max(update.update_id for update in updates) + 1


async def _persist(step: Callable[[], Awaitable[Result]], pace: Pace) -> Result:
    failures = 0
    last: type[Exception] | None = None
    while True:
        try:
            result = await step()
        except InvalidToken:
            raise
        except Exception as error:  # noqa: BLE001 - whatever failed, Telegram still has the updates
            failures += 1
            if type(error) is not last:
                logger.warning("Polling fails and goes on trying: %s", _safe(error))
            last, pause = type(error), pace.pause(error, failures)
        else:
            if failures:
                logger.info("Polling works again after %d failures", failures)
            return result
        await asyncio.sleep(pause)


def _safe(error: Exception) -> str:
    """A store's error may quote the update, so only Telegram's errors are given in full."""
    return str(error) if isinstance(error, TelegramError | UnreadableUpdates) else type(error).__name__


def _raw_updates(result: object) -> Sequence[RawUpdate]:
    entries = result if isinstance(result, list) else [result]
    updates = [RawUpdate(entry["update_id"], _compact(entry)) for entry in entries if _has_id(entry)]
    if entries and not updates:
        raise UnreadableUpdates(UnreadableUpdates.__doc__)
    if len(updates) < len(entries):
        logger.error("Skipped %d updates without an id", len(entries) - len(updates))
    return updates


def _has_id(entry: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(entry, dict) and type(entry.get("update_id")) is int


def _compact(entry: object) -> bytes:
    text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")  # a lone surrogate becomes its JSON escape again

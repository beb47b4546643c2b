"""What became of a call to Telegram, in our words. Telegram's own words stand here and nowhere else.

The words are those of github.com/tdlib/telegram-bot-api (`Client.cpp`), which promises none of them:
an unknown one is `Rejected` or `Unclear`, never a success.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from telegram import error as telegram_error

UnreachableReason = Literal["blocked", "deactivated", "not_started", "removed", "no_rights", "not_found", "forbidden"]


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Too many calls: not sent; send again after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Nothing can be sent to this chat until its people change something: stop, and tell who waits for it."""

    reason: UnreachableReason


@dataclass(frozen=True, slots=True)
class NotModified:
    """The message already looks like this: as good as sent."""


@dataclass(frozen=True, slots=True)
class MessageGone:
    """The message to edit or delete is not there or can no longer be changed: send a new one."""


@dataclass(frozen=True, slots=True)
class TopicGone:
    """The forum topic was deleted: create it again, then send."""


@dataclass(frozen=True, slots=True)
class QueryExpired:
    """The button press is too old to be answered, or was answered before: nothing is left to do."""


@dataclass(frozen=True, slots=True)
class BadMarkup:
    """Telegram cannot parse our HTML: not sent; send as plain text."""


@dataclass(frozen=True, slots=True)
class ChatMigrated:
    """The group became a supergroup: send to `new_chat_id`, and remember it."""

    new_chat_id: int


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """Telegram does not know our token: hold every send and tell the operator."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused for good: not sent, and the same call will be refused again. `reason` is safe to log."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unclear:
    """No answer that says yes or no: maybe sent. `reason` is safe to log."""

    reason: str


Outcome = (
    RetryLater
    | Unreachable
    | NotModified
    | MessageGone
    | TopicGone
    | QueryExpired
    | BadMarkup
    | ChatMigrated
    | TokenRefused
    | Rejected
    | Unclear
)

WORDS: tuple[tuple[str, Outcome], ...] = (
    ("message is not modified", NotModified()),
    ("message to edit not found", MessageGone()),
    ("message can't be edited", MessageGone()),
    ("there is no text in the message to edit", MessageGone()),
    ("there is no caption in the message to edit", MessageGone()),
    ("message to delete not found", MessageGone()),
    ("message can't be deleted", MessageGone()),
    ("message_id_invalid", MessageGone()),
    ("message thread not found", TopicGone()),
    ("topic_deleted", TopicGone()),
    ("topic_id_invalid", TopicGone()),
    ("can't parse entities", BadMarkup()),
    ("query is too old", QueryExpired()),
    ("query id is invalid", QueryExpired()),
    ("query_id_invalid", QueryExpired()),
    ("bot was blocked by the user", Unreachable("blocked")),
    ("user is deactivated", Unreachable("deactivated")),
    ("bot can't initiate conversation", Unreachable("not_started")),
    ("bot was kicked", Unreachable("removed")),
    ("bot is not a member", Unreachable("removed")),
    ("group chat was deleted", Unreachable("not_found")),
    ("chat not found", Unreachable("not_found")),
    ("user not found", Unreachable("not_found")),
    ("peer_id_invalid", Unreachable("not_found")),
    ("not enough rights to send", Unreachable("no_rights")),
    ("have no rights to send", Unreachable("no_rights")),
    ("need administrator rights", Unreachable("no_rights")),
    ("chat_write_forbidden", Unreachable("no_rights")),
    ("chat_restricted", Unreachable("no_rights")),
)
"""Lower-case pieces of the descriptions of 400 and 403 answers, and their meaning; the first match counts."""

_QUOTED = re.compile(r"""(?<!\w)(["']).*\1(?!\w)|\S+://\S+""", re.DOTALL)


def outcome_of(error: telegram_error.TelegramError) -> Outcome:
    """The outcome that the error of a call to Telegram stands for."""
    match error:
        case telegram_error.RetryAfter():
            return RetryLater(_seconds(error.retry_after))
        case telegram_error.ChatMigrated():
            return ChatMigrated(error.new_chat_id)
        case telegram_error.InvalidToken():
            return TokenRefused()
        case telegram_error.BadRequest():
            return _by_words(error) or Rejected(_safe(error))
        case telegram_error.Forbidden():
            return _by_words(error) or Unreachable("forbidden")
        case telegram_error.EndPointNotFound():
            return Rejected(_safe(error))
        case _:
            return Unclear(_safe(error))


def _by_words(error: telegram_error.TelegramError) -> Outcome | None:
    said = error.message.casefold()
    return next((outcome for words, outcome in WORDS if words in said), None)


def _seconds(wait: int | timedelta) -> float:
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)


def _safe(error: telegram_error.TelegramError) -> str:
    """Telegram quotes from messages and links what it refuses; neither may reach a log."""
    return _QUOTED.sub("...", error.message)

"""The clock's shape, and the true one."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives aware UTC datetimes."""


def utc_now() -> datetime:
    return datetime.now(UTC)

"""Time in the test's hand."""

from datetime import UTC, datetime, timedelta


class MovedClock:
    """A clock on a whole second that moves when told to."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 23, 5, 32, tzinfo=UTC)

    def now(self) -> datetime:
        return self._now

    def pass_time(self, time: timedelta) -> None:
        self._now += time

"""The machine's own time and randomness, behind the service's ports."""

import secrets
from datetime import UTC, datetime

_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        return datetime.now(UTC)


class RandomNames:
    """Names from the operating system's randomness."""

    def short(self) -> str:
        """16 characters of `a-z0-9`."""
        return "".join(secrets.choice(_ALPHABET) for _ in range(16))

    def token(self) -> str:
        """22 characters of `A-Za-z0-9_-`, 128 bits."""
        return secrets.token_urlsafe(16)

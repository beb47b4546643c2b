"""Keys of both sides, made once, and a clock that stands still."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

NOW = datetime(2026, 11, 23, 5, 32, tzinfo=UTC)


@dataclass(frozen=True)
class StoppedClock:
    """A clock that always shows the same time."""

    moment: datetime = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(scope="session")
def our_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


@pytest.fixture(scope="session")
def their_key() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)

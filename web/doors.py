"""What the web edge is given by the composition root; it knows no adapter beside it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from prometheus_client import CollectorRegistry

from service.landing import Landing
from service.ports import Clock, EventReader, Letterbox
from service.statements import Figures
from service.texts import Texts
from service.verdicts import Device, Notice


class VerifyEvent(Protocol):
    """Checks a message of the auction house over its raw bytes."""

    def __call__(self, headers: Mapping[str, str], body: bytes, now: datetime, /) -> str:
        """The id by which the message is deduplicated. Raises BadSignature."""
        ...


class ReadNotice(Protocol):
    """Verifies a notice of the gateway over its raw bytes, then translates it."""

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes, /) -> Notice:
        """The notice. Raises BadSignature or Malformed."""
        ...


class LandingPages(Protocol):
    """The use case behind the pages."""

    async def find(self, token: str, /) -> Landing | None:
        """The page as things stand; creates nothing."""
        ...

    async def open(self, token: str, device: Device, client_ip: str | None, /) -> Landing | None:
        """The page for a phone: commits the attempt and waits a moment for the gateway's link."""
        ...


Ready = Callable[[], Awaitable[None]]
"""Returns where letters can be stored, raises Unavailable where not."""

Look = Callable[[], Awaitable[Figures]]
"""The money's figures of this moment. Raises Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """The collaborators of the web edge.

    `telegram_secrets` is empty where updates are polled; `public_url` and `bot_link` (https://t.me/<bot>) have no
    slash at the end. The seconds bound how long a sender may take for a body, and the store for its answer.
    """

    letterbox: Letterbox
    landings: LandingPages
    verify_event: VerifyEvent
    parse_event: EventReader
    read_notice: ReadNotice
    telegram_secrets: tuple[bytes, ...]
    texts: Texts
    clock: Clock
    ready: Ready
    figures: Look
    registry: CollectorRegistry
    public_url: str
    bot_link: str
    body_seconds: float = 10.0
    store_seconds: float = 4.0
    ready_seconds: float = 2.0

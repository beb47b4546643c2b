"""How a letter comes in: read within bounds, kept with the work of reading it, and only then acknowledged."""

import asyncio
from collections.abc import Mapping

from aiohttp import StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError

from service.arrivals import Arrival, take_in
from service.errors import Malformed, Unavailable
from web.doors import Doors
from web.metrics import Metrics

TELEGRAM_LIMIT = 1024 * 1024
LIMIT = 256 * 1024


class Intake:
    """Takes letters in, for all routes."""

    def __init__(self, doors: Doors, metrics: Metrics) -> None:
        self._doors, self._metrics = doors, metrics

    async def body(self, request: web.Request, limit: int = LIMIT) -> bytes:
        """The raw body. Raises the answers 408, 413 and 415, and Malformed where it breaks off."""
        if request.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise web.HTTPUnsupportedMediaType(text="Send the body without a content encoding.")
        if (request.content_length or 0) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(self._doors.body_seconds):
                return await _read(request.content, limit)
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="The body did not arrive in time; send it again.") from None
        except (web.RequestPayloadError, HttpProcessingError, ConnectionError):
            raise Malformed("body: broke off") from None

    async def keep(self, arrival: Arrival) -> None:
        """Commit a letter and the reading of it; one that was kept before changes nothing. Raises Unavailable."""
        try:
            async with asyncio.timeout(self._doors.store_seconds):
                is_new = await take_in(self._doors.letterbox, arrival)
        except TimeoutError:
            raise Unavailable("store") from None
        self._metrics.letters.labels(arrival.letter.source, "kept" if is_new else "duplicate").inc()

    def count_unread(self, source: str) -> None:
        """Count a letter of a type that is not known here; it is kept all the same."""
        self._metrics.unread.labels(source).inc()


def pick(headers: Mapping[str, str], *names: str) -> dict[str, str]:
    """The headers worth keeping beside a body, with lower-case names."""
    return {name: headers[name] for name in names if name in headers}


async def _read(content: StreamReader, limit: int) -> bytes:
    body = bytearray()
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> web.HTTPRequestEntityTooLarge:
    return web.HTTPRequestEntityTooLarge(limit, limit, text=f"The body is larger than {limit} bytes.")

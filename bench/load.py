"""The load generator: `python -m bench.load`. Requests are made before the clock starts, answers only counted."""

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit

from bench.child import answer, run
from bench.events import won
from sandbox.auction.signing import decode_secret, sign


class Connection(asyncio.Protocol):
    """One kept-alive HTTP/1.1 connection with one request under way; leaner than a client that reads all of HTTP."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[int] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio calls this."""
        self._transport = cast("asyncio.Transport", transport)  # which uvloop's is in all but name

    def data_received(self, data: bytes) -> None:
        """Asyncio calls this."""
        self._received += data
        head, _, body = self._received.partition(b"\r\n\r\n")
        if self._answer is not None and self._received != head and len(body) >= _length(head):
            self._received = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        """Asyncio calls this."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError())

    async def post(self, request: bytes) -> int:
        """The status of the answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()


@dataclass(frozen=True, slots=True)
class Answered:
    """One request: its place, its status, and when it was sent and answered by the machine's monotonic clock."""

    place: int
    status: int
    sent: float
    at: float


async def send_won(
    url: str, secret: str, numbers: tuple[int, int], connections: int, rate: float | None = None
) -> dict[str, Any]:
    """Post one signed `bid.won` for each number from the first up to the second, in turn or at `rate` a second."""
    key = decode_secret(secret)
    requests = [_signed(url, key, number) for number in range(*numbers)]
    return await _send(url, requests, connections, rate)


async def send_updates(url: str, secret: str, updates: Sequence[str], connections: int) -> dict[str, Any]:
    """Post Telegram's updates."""
    head = {"X-Telegram-Bot-Api-Secret-Token": secret}
    return await _send(url, [_request(url, update.encode(), head) for update in updates], connections, None)


def _signed(url: str, key: bytes, number: int) -> bytes:
    body = json.dumps(won(number)).encode()
    return _request(url, body, sign(key, f"msg_{number}", datetime.now(UTC), body))


def _request(url: str, body: bytes, headers: dict[str, str]) -> bytes:
    parts = urlsplit(url)
    lines = [
        f"POST {parts.path} HTTP/1.1",
        f"Host: {parts.netloc}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _send(url: str, requests: Sequence[bytes], connections: int, rate: float | None) -> dict[str, Any]:
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    host, port = parts.hostname or "", parts.port or 80
    made = [await loop.create_connection(Connection, host, port) for _ in range(connections)]
    start, places = time.monotonic(), iter(range(len(requests)))

    async def work(connection: Connection) -> list[Answered]:
        answered = []
        for place in places:
            due = start + place / rate if rate else time.monotonic()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            sent = time.monotonic()
            answered.append(Answered(place, await connection.post(requests[place]), sent, time.monotonic()))
        return answered

    answered = [each for found in await asyncio.gather(*(work(c) for _, c in made)) for each in found]
    for _, connection in made:
        connection.close()
    return _told(answered, start)


def _told(answered: Sequence[Answered], start: float) -> dict[str, Any]:
    ordered = sorted(answered, key=lambda each: each.place)
    return {
        "seconds": max(each.at for each in ordered) - start,
        "latencies": [each.at - each.sent for each in ordered],
        "answered": [each.at for each in ordered],
        "refused": sum(each.status >= 300 for each in ordered),
    }


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


if __name__ == "__main__":
    run(answer({"won": send_won, "updates": send_updates}))

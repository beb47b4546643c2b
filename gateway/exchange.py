"""One HTTP exchange with a system outside: bounded in time and size, and a value whatever happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
from yarl import URL

LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What to send; the path and query of `url` go out exactly as written."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back, whatever its status; at most `LARGEST` bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class NoReply:
    """Nothing usable came back; `reason` holds no address and no secret."""

    reason: str


class Exchange(Protocol):
    """The way to a system outside."""

    async def __call__(self, call: Call, *, seconds: float) -> Reply | NoReply:
        """Send `call` and read the whole answer within `seconds`."""
        ...


async def exchange(session: aiohttp.ClientSession, call: Call, *, seconds: float) -> Reply | NoReply:
    """Send `call` and read the whole answer within `seconds`; redirects are not followed."""
    try:
        async with session.request(
            call.method,
            URL(call.url, encoded=True),
            headers={"Accept-Encoding": "identity", **call.headers},
            data=call.body or None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=seconds),
        ) as response:
            body = await _read(response.content)
    except TimeoutError:
        return NoReply("timeout")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return NoReply(f"no exchange: {type(error).__name__}")
    return (
        NoReply("answer too large")
        if body is None
        else Reply(status=response.status, headers=response.headers, body=body)
    )


async def _read(content: aiohttp.StreamReader) -> bytes | None:
    body = bytearray()
    async for chunk in content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)

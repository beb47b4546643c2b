"""Servers that break an exchange off, whatever is spoken over it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus

Raw = bytes | None
"""What a server writes before it hangs up; None where it says nothing and keeps the line open."""


def http(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A whole answer."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


BROKEN: Mapping[str, Raw] = {
    "hangs up": b"",
    "breaks off": b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}",
    "speaks no HTTP": b"rubbish\r\n\r\n",
    "answers with a page": http(200, b"<html>Welcome</html>", {"Content-Type": "text/html"}),
    "answers with another object": http(200, b'{"hello": "world"}', {"Content-Type": "application/json"}),
    "answers with deep brackets": http(200, b"[" * 100_000, {"Content-Type": "application/json"}),
    "answers with other bytes": http(200, b"\xff\xfe\x00", {"Content-Type": "application/json"}),
    "fails": http(500, b"Internal Server Error"),
    "is a proxy without a server": http(502, b"<html>Bad Gateway</html>"),
    "leads elsewhere": http(302, b"", {"Location": "http://127.0.0.1:9/"}),
    "is silent": None,
}


@asynccontextmanager
async def answering(raw: Raw) -> AsyncIterator[str]:
    """The address of a server that takes any request and writes `raw`."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            if raw is None:
                await reader.read()
            else:
                writer.write(raw)
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

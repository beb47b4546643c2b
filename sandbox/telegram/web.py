"""The emulator's own HTTP client: webhooks and pictures by URL. It reaches this machine only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar

from sandbox.telegram.jsontypes import Json
from sandbox.telegram.links import is_loopback

TIMEOUT = ClientTimeout(total=60)
REDIRECTS = 5
REDIRECT_CODES = frozenset({301, 302, 303, 307, 308})


class Unreachable(Exception):
    """The address is not on this machine, did not answer, or answered too much; the message says which."""


@dataclass(frozen=True)
class Answer:
    """A whole answer. `location` is set when it redirects to where we do not follow."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    location: str | None = None

    @property
    def content_type(self) -> str:
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


class LoopbackClient:
    """Plain http to 127.0.0.1, localhost and ::1, nothing else, redirects included."""

    def __init__(self) -> None:
        self._session: ClientSession | None = None

    async def start(self) -> None:
        self._session = ClientSession(timeout=TIMEOUT, cookie_jar=DummyCookieJar(), trust_env=False)

    async def close(self) -> None:
        if self._session:
            await self._session.close()

    async def get(self, url: str, headers: Mapping[str, str], limit: int) -> Answer:
        """Fetch, following redirects on this machine. Raises Unreachable."""
        for _ in range(REDIRECTS):
            answer = await self._request("GET", url, headers=headers, limit=limit)
            if answer.status not in REDIRECT_CODES or not answer.location:
                return answer
            if not is_loopback(answer.location):
                return answer
            url = answer.location
        raise Unreachable("too many redirects")

    async def post(self, url: str, body: Json, headers: Mapping[str, str], limit: int) -> Answer:
        """Post JSON. Raises Unreachable."""
        return await self._request("POST", url, headers=headers, limit=limit, json=body)

    async def _request(
        self, method: str, url: str, *, headers: Mapping[str, str], limit: int, json: Json | None = None
    ) -> Answer:
        if self._session is None or not is_loopback(url):
            raise Unreachable("only http on this machine")
        try:
            async with self._session.request(method, url, headers=headers, json=json, allow_redirects=False) as got:
                body = await got.content.read(limit + 1)
                while not got.content.at_eof() and len(body) <= limit:
                    body += await got.content.read(limit + 1 - len(body))
                location = got.headers.get("Location")
                target = urljoin(url, location) if location else None
                answer = Answer(url, got.status, dict(got.headers), body, target)
        except (ClientError, TimeoutError, ValueError) as failure:
            raise Unreachable("no answer") from failure
        if len(answer.body) > limit:
            raise Unreachable("the answer is too long")
        return answer

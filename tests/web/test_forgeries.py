"""No forged notice comes in by the web server; a genuine one that is repeated is acknowledged and changes nothing."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from aiohttp.test_utils import TestServer

from gateway.antom.notices import NoticeReader
from gateway.antom.signing import Verifier
from service.pace import UNPACED
from service.work import Done
from store.lines import PostgresLines
from store.postgres import Pool, PostgresStore
from tests.gateway.antom.families import FAMILIES, Family, by_name, few, from_the_seed
from tests.gateway.antom.forgeries import addressed_otherwise, time_taken_for_body
from tests.gateway.antom.genuine import CLIENT_ID, PATH, TIMES, Gateway, Sent, respelt
from tests.web.kept import Kept
from web.doors import Doors
from web.server import application, connection_options

SAMPLE = 220
"""How many of a family go through the web server."""

REFUSED = {400, 401, 413}
NOT_HERE = {404, 405}
"""What else a forgery may hear that was sent to another address."""

SENT_AGAIN = tuple(timedelta(minutes=m) for m in (0, 2, 12, 22, 82, 202, 562, 1462, 25 * 60, 90 * 24 * 60))
"""How long after the first time: as the gateway repeats what is not acknowledged, and as an attacker might."""


@dataclass
class Days:
    """A clock that is set by hand."""

    moment: datetime = datetime(2026, 11, 23, 5, 32, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@from_the_seed
@pytest.mark.parametrize("family", [*FAMILIES, time_taken_for_body], ids=by_name)
async def test_no_forgery_comes_through_the_web_server(family: Family, seed: int, doors: Doors, kept: Kept) -> None:
    gateway = Gateway(seed)
    allowed = REFUSED | NOT_HERE if family is addressed_otherwise else REFUSED

    async with listening(serving(doors, gateway)) as server:
        answers = [(await status(server, sent), sent) for sent in sample(family(gateway), seed)]
        genuine = [await status(server, sent) for sent in gateway.notices]

    assert few(answer for answer in answers if answer[0] not in allowed) == []
    assert set(genuine) == {200}
    assert [letter.body for letter in kept.letters] == [sent.body for sent in gateway.notices]


@from_the_seed
async def test_a_genuine_notice_has_one_effect_whoever_repeats_it_and_how(
    seed: int, doors: Doors, pool: Pool, store: PostgresStore
) -> None:
    gateway, clock = Gateway(seed), Days()
    lines = PostgresLines(pool, asyncio.Event(), UNPACED)
    async with listening(replace(serving(doors, gateway), letterbox=store, clock=clock)) as server:
        first = [await status(server, sent) for sent in gateway.notices]
        letters, works = await pool.fetch("select * from inbox order by id"), await taken(lines)
        start, again = clock.moment, []
        for delay in SENT_AGAIN:
            clock.moment = start + delay
            again += [await status(server, sent) for sent in gateway.notices]
        again += [await status(server, sent) for sent in (*respelt(gateway), *stamped_anew(gateway))]

    assert set(first) == set(again) == {200}
    assert len(letters) == works == len(gateway.notices)
    assert await pool.fetch("select * from inbox order by id") == letters
    assert await taken(lines) == 0


def stamped_anew(gateway: Gateway) -> Iterator[Sent]:
    """What only the gateway can do: the same facts sent again under another time or to another address of ours."""
    for number, sent in enumerate(gateway.notices):
        yield gateway.send(TIMES[number % 4].format(59), sent.body)
        yield gateway.send(sent["request-time"], sent.body, path=f"{PATH}?from=%E7%A7%98")
        yield replace(sent, headers=(*sent.headers, ("Accept-Encoding", "gzip"), ("Content-Type", "text/plain")))


async def taken(lines: PostgresLines) -> int:
    """How many letters a worker finds to read, and reads."""
    count = 0
    while claims := await lines.claim(100, timedelta(minutes=1)):
        count += len(claims)
        await lines.finish([(claim, Done()) for claim in claims])
    return count


def sample(sent: Iterator[Sent], seed: int) -> list[Sent]:
    """A few thousand of all the families, and the same ones every time."""
    everything = list(sent)
    return Random(seed).sample(everything, min(SAMPLE, len(everything)))  # noqa: S311 - for tests, to be repeated


def serving(doors: Doors, gateway: Gateway) -> Doors:
    """The doors for the notices of a gateway."""
    return replace(doors, read_notice=NoticeReader(CLIENT_ID, Verifier([gateway.key.public_key()])).read)


@asynccontextmanager
async def listening(doors: Doors) -> AsyncIterator[TestServer]:
    server = TestServer(application(doors))
    await server.start_server(**connection_options())
    try:
        yield server
    finally:
        await server.close()


async def status(server: TestServer, sent: Sent) -> int:
    """What the server answers to exactly these bytes, which no HTTP client would send."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(as_http(sent))
    answer = await reader.readline()
    writer.close()
    return int(answer.split()[1])


def as_http(sent: Sent) -> bytes:
    fixed: Mapping[str, str] = {"Host": "pay.auction.example", "Connection": "close"}
    headers = [*fixed.items(), ("Content-Length", str(len(sent.body))), *sent.headers]
    head = "\r\n".join(
        [f"{sent.method} {sent.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    )
    return head.encode("utf-8", "surrogateescape") + sent.body

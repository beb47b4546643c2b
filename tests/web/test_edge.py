import asyncio
import logging
from dataclasses import replace
from typing import cast

import pytest
from aiohttp.test_utils import TestServer
from aiohttp.web import TCPSite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.ports import Letterbox
from tests.web.conftest import Client, Connect
from tests.web.kept import Kept
from web.doors import Doors
from web.server import application, connection_options, runner

SECRET = {"X-Telegram-Bot-Api-Secret-Token": "new-secret"}
CANARY = "canary" * 2
POSTS = ("/telegram", "/auction/events", "/antom/notify")


class Hanging:
    """A store that never answers."""

    async def take_in(self, *_: object) -> bool:
        return await asyncio.Event().wait()


async def test_no_such_address_is_a_short_clear_404(client: Client) -> None:
    answer = await client.get("/nowhere")

    assert (answer.status, set(await answer.json())) == (404, {"error"})
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


async def test_a_body_that_dribbles_is_408(connect: Connect, doors: Doors) -> None:
    client = await connect(replace(doors, body_seconds=0.05))

    answer = await exchange(client, b"POST /auction/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")

    assert answer.split()[1] == b"408"


async def test_a_body_that_breaks_its_chunks_is_400(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /auction/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"

    answer = await exchange(client, head + b"5\r\nhello\r\nZZ\r\n")

    assert answer.split()[1] == b"400"
    assert not caplog.records


async def test_what_is_no_http_is_400_and_not_worth_a_log_line(
    client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "web"):
        answer = await exchange(client, b"\x16\x03\x01 nonsense\r\n\r\n")

    assert answer.split()[1] == b"400"
    assert not caplog.records


async def test_a_store_that_hangs_is_503(connect: Connect, doors: Doors) -> None:
    client = await connect(replace(doors, letterbox=cast("Letterbox", Hanging()), store_seconds=0.05))

    answer = await client.post("/telegram", data=b'{"update_id": 1}', headers=SECRET)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")


async def test_what_is_our_fault_is_500_and_logged_without_its_values(
    connect: Connect, doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        raise RuntimeError(CANARY)

    client = await connect(replace(doors, ready=broken))
    answer = await client.get("/readyz")

    assert answer.status == 500
    assert "RuntimeError" in caplog.text
    assert CANARY not in caplog.text + await answer.text()


header_values = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x7f"), max_size=300)
headers = st.dictionaries(
    st.sampled_from(
        [
            "X-Telegram-Bot-Api-Secret-Token",
            "webhook-id",
            "webhook-timestamp",
            "webhook-signature",
            "client-id",
            "request-time",
            "signature",
            "Content-Encoding",
        ]
    ),
    header_values | st.sampled_from(["new-secret", "identity", "gzip", "1785729600", "v1,AAAA"]),
)


@given(path=st.sampled_from(POSTS), headers=headers, body=st.binary(max_size=2000))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_garbage_is_refused_by_a_clear_answer(
    client: Client, kept: Kept, path: str, headers: dict[str, str], body: bytes
) -> None:
    answer = await client.post(path, data=body, headers=headers)

    assert answer.status in (400, 401, 415)
    assert set(await answer.json()) == {"error"}
    assert not kept.letters


async def test_a_sender_who_hangs_up_is_not_worth_a_log_line(doors: Doors, caplog: pytest.LogCaptureFixture) -> None:
    as_in_service = runner(application(doors))
    await as_in_service.setup()
    await TCPSite(as_in_service, "127.0.0.1", 0).start()
    _, writer = await asyncio.open_connection(*as_in_service.addresses[0])
    writer.write(b"POST /auction/events HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
    while not (as_in_service.server and as_in_service.server.requests_count):
        await asyncio.sleep(0.01)

    writer.close()
    while not doors.registry.get_sample_value("web_requests_total", {"route": "/auction/events", "status": "400"}):
        await asyncio.sleep(0.01)

    await as_in_service.cleanup()
    assert not caplog.records


@pytest.mark.parametrize("sent", [b"", b"POST /telegram HTTP/1.1\r\nHost: x\r\nX-Half"], ids=["silent", "half a head"])
async def test_a_connection_that_asks_for_nothing_is_closed(doors: Doors, sent: bytes) -> None:
    server = TestServer(application(doors))
    await server.start_server(**{**connection_options(), "keepalive_timeout": 0.05})
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(sent)

    assert await reader.read() == b""
    writer.close()
    await server.close()


async def exchange(client: Client, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(request)
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer

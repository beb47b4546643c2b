"""The relay behind the phone pane: a phone's eyes, this machine only."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sandbox.telegram.phone import PAGE_BYTES, with_base
from tests.sandbox.telegram.stand import Stand


@pytest.fixture
async def shop() -> AsyncIterator[str]:
    """A product's pages; returns their root."""

    async def page(request: web.Request) -> web.Response:
        seen = f"{request.headers['User-Agent']} {request.headers.get('Accept-Language')}"
        return web.Response(status=410, text=f"<html><head><title>x</title></head>{seen}", content_type="text/html")

    async def leads(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": request.query["to"]})

    async def loop(_request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/loop"})

    async def big(_request: web.Request) -> web.Response:
        return web.Response(body=b"x" * (PAGE_BYTES + 1), content_type="text/html")

    async def picture(_request: web.Request) -> web.Response:
        return web.Response(body=b"x", content_type="image/png")

    app = web.Application()
    app.add_routes(
        [
            web.get("/go/1", page),
            web.get("/leads", leads),
            web.get("/loop", loop),
            web.get("/big", big),
            web.get("/png", picture),
        ]
    )
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


async def opened(stand: Stand, url: str) -> tuple[int, str]:
    headers = {"Accept-Language": "zh-CN", "User-Agent": "Desktop"}
    async with stand.client.get("/phone", params={"url": url}, headers=headers) as response:
        assert response.headers["Content-Security-Policy"].startswith("sandbox ")
        assert "allow-same-origin" not in response.headers["Content-Security-Policy"]
        return response.status, await response.text()


async def test_a_page_is_seen_as_by_a_phone_with_its_status(stand: Stand, shop: str) -> None:
    status, page = await opened(stand, f"{shop}/go/1")
    assert status == 410
    assert page.startswith(f'<html><head><base href="{shop}/go/1"><title>')
    assert "Android" in page
    assert "Mobile" in page
    assert "zh-CN" in page
    assert "Desktop" not in page


async def test_redirects_on_this_machine_are_followed(stand: Stand, shop: str) -> None:
    status, page = await opened(stand, f"{shop}/leads?to=/go/1")
    assert (status, f'<base href="{shop}/go/1">' in page) == (410, True)


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("https://example.com/&quot;x", 'leads to <a href="https://example.com/&amp;quot;x"'),
        ("alipays://pay?<b>", "opens an app: alipays://pay?&lt;b&gt;"),
    ],
)
async def test_redirects_elsewhere_are_shown_but_not_followed(stand: Stand, shop: str, target: str, shown: str) -> None:
    status, page = await opened(stand, f"{shop}/leads?to={target.replace('&', '%26').replace('?', '%3F')}")
    assert (status, shown in page) == (200, True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://127.0.0.1/",
        "http://example.com/",
        "http://127.0.0.1.example.com/",
        "http://127.0.0.1@example.com/",
        "http://10.0.0.1/",
        "http://0.0.0.0/",
        "http://[::ffff:10.0.0.1]/",
        "http://127.0.0.1:99999/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
    ],
)
async def test_no_other_host_and_no_other_scheme(stand: Stand, url: str) -> None:
    assert (await opened(stand, url))[0] == 403


async def test_too_long_endless_missing_and_no_page(stand: Stand, shop: str) -> None:
    assert (await opened(stand, f"{shop}/big"))[0] == 502
    assert (await opened(stand, f"{shop}/loop"))[0] == 502
    assert (await opened(stand, "http://127.0.0.1:9/"))[0] == 502
    assert (await opened(stand, f"{shop}/png"))[0] == 415
    async with stand.client.post("/phone", params={"url": f"{shop}/go/1"}) as response:
        assert response.status == 405


def test_a_base_is_put_first_where_there_is_no_head() -> None:
    assert with_base(b"<p>x", 'http://127.0.0.1/"') == b'<base href="http://127.0.0.1/&quot;"><p>x'

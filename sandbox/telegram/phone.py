"""`GET /phone?url=...`: a page of this machine as a phone sees it.

The pane beside the chat plays a phone, but the visitor's browser is a desktop. So the first page is fetched here with
a phone's User-Agent; its links load directly. Only plain http to a loopback host, GET, HTML, at most 1 MiB; the page
runs in a sandbox without this origin's rights.
"""

from __future__ import annotations

import re
from html import escape

from aiohttp import web

from sandbox.telegram.keys import BACKEND
from sandbox.telegram.links import is_loopback
from sandbox.telegram.web import Answer, Unreachable

USER_AGENT = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)
PAGE_BYTES = 1 << 20
HEADERS = {
    "Content-Security-Policy": "sandbox allow-forms allow-scripts allow-popups allow-popups-to-escape-sandbox",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_HEAD = re.compile(rb"<head(?:\s[^>]*)?>", re.IGNORECASE)
_NOTE = """<!doctype html><html><head><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<style>body{{font:16px system-ui;margin:2rem;overflow-wrap:anywhere}}</style>
</head><body><p>{words}</p></body></html>"""


def routes() -> list[web.AbstractRouteDef]:
    return [web.get("/phone", show, allow_head=False)]


async def show(request: web.Request) -> web.Response:
    url = request.query.get("url", "")
    if not is_loopback(url):
        return _note(403, "Only pages of this machine open here.")
    headers = {"User-Agent": USER_AGENT, "Accept": "text/html"}
    if languages := request.headers.get("Accept-Language"):
        headers["Accept-Language"] = languages
    try:
        answer = await request.app[BACKEND].client.get(url, headers, PAGE_BYTES)
    except Unreachable as unreachable:
        return _note(502, f"The page could not be loaded: {unreachable}.")
    return _page(answer)


def _page(answer: Answer) -> web.Response:
    if answer.location:
        return _link(answer.location)
    if answer.content_type != "text/html":
        return _note(415, "This is not a page.")
    headers = {**HEADERS, "Content-Type": answer.headers["Content-Type"]}
    return web.Response(status=answer.status, body=with_base(answer.body, answer.url), headers=headers)


def with_base(page: bytes, url: str) -> bytes:
    """The page with a `<base>`, so that its relative links lead to where it came from."""
    base = f'<base href="{escape(url)}">'.encode()
    head = _HEAD.search(page)
    at = head.end() if head else 0
    return page[:at] + base + page[at:]


def _link(url: str) -> web.Response:
    address = escape(url)
    if not url.startswith(("http://", "https://")):
        return _note(200, f"This page opens an app: {address}", is_html=True)
    return _note(
        200, f'This page leads to <a href="{address}" target="_blank" rel="noopener">{address}</a>', is_html=True
    )


def _note(status: int, words: str, *, is_html: bool = False) -> web.Response:
    text = _NOTE.format(words=words if is_html else escape(words))
    return web.Response(status=status, text=text, content_type="text/html", headers=HEADERS)

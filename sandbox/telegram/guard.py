"""Who may use the people's side: pages and programs of this machine, not another website in the visitor's browser."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from sandbox.telegram.asking import problem
from sandbox.telegram.errors import Refused
from sandbox.telegram.links import LOOPBACK_HOSTS, split
from sandbox.telegram.world import UnknownName

BOT_PATHS = ("/bot", "/file/bot")
SAME_SITE = frozenset({"same-origin", "none"})


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign host names (rebound DNS) and foreign pages; turn unknown names into 404."""
    if request.path.startswith(BOT_PATHS):
        return await handler(request)
    address = split(f"//{request.host}")
    if address is None or address.hostname not in LOOPBACK_HOSTS:
        raise problem(403, "open this page by its loopback address")
    if request.method != "GET" and request.headers.get("Sec-Fetch-Site", "none") not in SAME_SITE:
        raise problem(403, "another site may not act for the people here")
    try:
        return await handler(request)
    except UnknownName as unknown:
        raise problem(404, str(unknown)) from unknown
    except Refused as refused:
        raise problem(400, refused.description) from refused

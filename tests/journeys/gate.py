"""Stands between the service and the auction house, so that the house can be away or lose an answer."""

from contextlib import AsyncExitStack

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

KEPT = ("Authorization", "Content-Type", "Accept-Language", "webhook-id", "webhook-timestamp", "webhook-signature")


class Gate:
    """Passes every call on, but for the next `away` (answered 500) and the next `losing` (done, answer lost)."""

    def __init__(self, house: str, closing: AsyncExitStack) -> None:
        self.away = 0
        self.losing: list[str] = []
        self.closing = closing
        self._house = house

    async def open(self) -> str:
        """Begin to listen; the address."""
        self._session = await self.closing.enter_async_context(aiohttp.ClientSession())
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._pass)
        server = await self.closing.enter_async_context(TestServer(application))
        return str(server.make_url("")).rstrip("/")

    async def _pass(self, request: web.Request) -> web.Response:
        if self.away:
            self.away -= 1
            return web.Response(status=500)
        headers = {name: request.headers[name] for name in KEPT if name in request.headers}
        body, url = await request.read(), f"{self._house}{request.raw_path}"
        async with self._session.request(request.method, url, data=body, headers=headers) as answer:
            if request.path in self.losing and request.transport:
                self.losing.remove(request.path)
                request.transport.abort()
            return web.Response(status=answer.status, body=await answer.read(), content_type=answer.content_type)

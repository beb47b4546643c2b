"""For the operator's machines: alive, ready, metrics, and the description of the routes."""

import asyncio
from pathlib import Path

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from service.errors import Unavailable
from service.statements import Figures
from web.doors import Doors
from web.metrics import MoneyMetrics

OPENAPI = Path(__file__).with_name("openapi.json")


class HealthRoutes:
    """`GET /livez`, `/readyz`, `/metrics`, `/openapi.json`"""

    def __init__(self, doors: Doors) -> None:
        self._doors, self._money = doors, MoneyMetrics(doors.registry)
        self._openapi = OPENAPI.read_bytes()

    async def livez(self, _: web.Request) -> web.Response:
        """The process answers; touches nothing else, so that an outage elsewhere restarts no healthy process."""
        return web.json_response({"status": "alive"})

    async def readyz(self, _: web.Request) -> web.Response:
        """Whether letters can be stored; the gateway and Telegram may be away."""
        try:
            async with asyncio.timeout(self._doors.ready_seconds):
                await self._doors.ready()
        except TimeoutError:
            raise Unavailable("store") from None
        return web.json_response({"status": "ready"})

    async def metrics(self, _: web.Request) -> web.Response:
        """Prometheus' text format; without the money's figures while the store is away."""
        self._money.show(await self._figures())
        body = generate_latest(self._doors.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def _figures(self) -> Figures | None:
        try:
            async with asyncio.timeout(self._doors.ready_seconds):
                return await self._doors.figures()
        except (TimeoutError, Unavailable):
            return None

    async def openapi(self, _: web.Request) -> web.Response:
        """The description of all routes."""
        return web.Response(body=self._openapi, content_type="application/json")

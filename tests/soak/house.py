"""The auction house that the service asks and reports to: it knows the orders that were told, and takes all reports."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.soak.deals import Event, utc_now

HOST = "127.0.0.1"


@dataclass(slots=True)
class House:
    """`newest` is each order's newest event, `reports` what was reported, by its id."""

    newest: dict[str, Event] = field(default_factory=dict)
    reports: dict[str, Any] = field(default_factory=dict)

    def happens(self, event: Event) -> None:
        """From now on the order stands so."""
        known = self.newest.get(event.order)
        if known is None or known.version < event.version:
            self.newest[event.order] = event

    async def buyer(self, request: web.Request) -> web.Response:
        """`GET /buyers/{buyer_id}`"""
        buyer = request.match_info["buyer"]
        return web.json_response({"buyer_id": buyer, "display_name": buyer, "alipay": "linked"})

    async def orders(self, request: web.Request) -> web.Response:
        """`GET /buyers/{buyer_id}/orders`"""
        buyer, now = request.match_info["buyer"], utc_now()
        unpaid = [event for event in self.newest.values() if event.buyer == buyer and not self._is_over(event)]
        return web.json_response([event.data(now) for event in unpaid])

    async def report(self, request: web.Request) -> web.Response:
        """`POST /events`"""
        self.reports[request.headers["webhook-id"]] = json.loads(await request.read())
        return web.Response(status=204)

    def paid(self) -> list[str]:
        """The orders that were reported as paid, once for each report."""
        reports = [report for report in self.reports.values() if report["type"] == "payment.completed"]
        return [report["data"]["order_id"] for report in reports]

    def _is_over(self, event: Event) -> bool:
        return event.ends or event.order in self.paid()


@asynccontextmanager
async def house() -> AsyncIterator[tuple[str, House]]:
    """A running auction house, and its address."""
    made, application = House(), web.Application()
    application.router.add_get("/buyers/{buyer}", made.buyer)
    application.router.add_get("/buyers/{buyer}/orders", made.orders)
    application.router.add_post("/events", made.report)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0).start()
        host, port = runner.addresses[0]
        yield f"http://{host}:{port}", made
    finally:
        await runner.cleanup()

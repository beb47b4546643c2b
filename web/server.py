"""The web edge: it takes letters in and shows pages; it runs no handler of what the letters say."""

import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from web.antom import AntomRoute
from web.auction import AuctionRoute
from web.doors import Doors
from web.health import HealthRoutes
from web.intake import LIMIT, Intake
from web.landing import LandingRoutes
from web.metrics import Metrics
from web.middlewares import answer_errors, close_what_is_not_needed, counting
from web.pages import Painter
from web.telegram import TelegramRoute

IDLE_SECONDS = 15.0
"""How long a connection may be silent, or dribble a request's head, before it is closed."""

LINGER_SECONDS = 2.0
"""How long the rest of a refused body is read and thrown away."""


def application(doors: Doors) -> web.Application:
    """The aiohttp application of all routes; nothing is connected by making it."""
    metrics, painter = Metrics(doors.registry), Painter(doors)
    app = web.Application(middlewares=[counting(metrics), answer_errors], client_max_size=LIMIT)
    app.on_response_prepare.append(close_what_is_not_needed)
    painter.set_up(app)
    app.add_routes(_routes(doors, Intake(doors, metrics), painter))
    return app


def runner(app: web.Application, *, shutdown_seconds: float = 10.0) -> web.AppRunner:
    """A runner with time limits on silent clients, no access log (addresses of pages are secrets), raw bodies."""
    return web.AppRunner(app, shutdown_timeout=shutdown_seconds, **connection_options())


def connection_options() -> dict[str, Any]:
    """How connections are treated, in aiohttp's words."""
    return {
        "access_log": None,
        "logger": _wire_logger(),
        "auto_decompress": False,
        "keepalive_timeout": IDLE_SECONDS,
        "lingering_time": LINGER_SECONDS,
    }


def _routes(doors: Doors, intake: Intake, painter: Painter) -> list[web.RouteDef]:
    landing, health = LandingRoutes(doors, painter), HealthRoutes(doors)
    return [
        web.post("/telegram", TelegramRoute(doors, intake).post),
        web.post("/auction/events", AuctionRoute(doors, intake).post),
        web.post("/antom/notify", AntomRoute(doors, intake).post),
        web.get("/go/{token}", landing.go),
        web.get("/back/{token}", landing.back),
        web.get("/livez", health.livez),
        web.get("/readyz", health.readyz),
        web.get("/metrics", health.metrics),
        web.get("/openapi.json", health.openapi),
    ]


def _wire_logger() -> logging.Logger:
    logger = logging.getLogger("web.wire")
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    """Whether a record is worth a line: bytes that are no HTTP are answered with 400 and are not."""
    return not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError))

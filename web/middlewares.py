"""What every answer goes through: counted, errors as short clear JSON, headers that close what is not needed."""

import logging
import time
import traceback

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from service.errors import BadSignature, Refused, Unavailable
from web.metrics import Metrics

logger = logging.getLogger(__name__)

RETRY_AFTER = 5
"""Seconds after which a sender should try again; Telegram and Standard Webhooks keep to it."""

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def counting(metrics: Metrics) -> Middleware:
    """Counts and times the answers by route."""

    @web.middleware
    async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        route, start = resource.canonical if resource else "none", time.perf_counter()
        response = await handler(request)
        metrics.requests.labels(route, response.status).inc()
        metrics.seconds.labels(route).observe(time.perf_counter() - start)
        return response

    return count


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Every error as `{"error": ...}`; what is our fault is logged by kind and place, without the values."""
    try:
        return await handler(request)
    except Refused as error:
        return _problem(401 if isinstance(error, BadSignature) else 400, str(error))
    except Unavailable as error:
        return _problem(503, str(error), {"Retry-After": str(RETRY_AFTER)})
    except web.HTTPException as error:
        headers = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        return _problem(error.status, error.text or error.reason, headers)
    except Exception as error:  # noqa: BLE001 - the last net: an answer that tells nothing, a log without values
        place = "".join(traceback.format_tb(error.__traceback__))
        logger.error("Unexpected %s\n%s", type(error).__name__, place)
        return _problem(500, "This should not happen; it was logged.")


async def close_what_is_not_needed(_: web.Request, response: web.StreamResponse) -> None:
    """The security headers, where a page did not set its own; and no word about the software."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)


def _problem(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": text}, status=status, headers=headers)

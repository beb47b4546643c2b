"""Updates from Telegram (core.telegram.org/bots/api#setwebhook)."""

import hmac

from aiohttp import web

from service.arrivals import update_arrival
from service.errors import BadSignature
from web.doors import Doors
from web.intake import TELEGRAM_LIMIT, Intake

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name


class TelegramRoute:
    """`POST /telegram`"""

    def __init__(self, doors: Doors, intake: Intake) -> None:
        self._doors, self._intake = doors, intake

    async def post(self, request: web.Request) -> web.Response:
        """Keep an update. The answer is empty, since the Bot API server would execute a JSON body as a call."""
        self._authenticate(request)
        body = await self._intake.body(request, TELEGRAM_LIMIT)
        await self._intake.keep(update_arrival(body, self._doors.clock.now()))
        return web.Response()

    def _authenticate(self, request: web.Request) -> None:
        given = request.headers.getall(SECRET_HEADER, [])
        if len(given) != 1:
            raise BadSignature(f"header {SECRET_HEADER} is {'given twice' if given else 'missing'}")
        secret = given[0].encode("utf-8", "surrogateescape")
        matches = [hmac.compare_digest(secret, ours) for ours in self._doors.telegram_secrets]
        if not any(matches):
            raise BadSignature(f"header {SECRET_HEADER} does not fit")

"""Notices of the payment gateway (docs.antom.com/ac/ams/paymentrn_online, /notify_refund)."""

import hashlib

from aiohttp import web

from service.arrivals import Arrival
from service.ports import Letter
from service.verdicts import ChargeNotice, Notice, RefundNotice, UnlinkNotice, UnreadNotice
from service.work import ReadNotice
from web.doors import Doors
from web.intake import Intake, pick

SOURCE = "antom"
KEPT_HEADERS = ("client-id", "request-time", "signature")
TAKEN = b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'
"""The one body that keeps the gateway from sending a notice again."""


class AntomRoute:
    """`POST /antom/notify`"""

    def __init__(self, doors: Doors, intake: Intake) -> None:
        self._doors, self._intake = doors, intake

    async def post(self, request: web.Request) -> web.Response:
        """Verify the raw bytes, check the shape, keep the notice. A notice has no id, so its bytes name it."""
        body = await self._intake.body(request)
        notice = self._doors.read_notice(request.method, request.raw_path, request.headers, body)
        letter = Letter(
            source=SOURCE,
            source_id=hashlib.sha256(body).hexdigest(),
            body=body,
            headers=pick(request.headers, *KEPT_HEADERS),
            received_at=self._doors.clock.now(),
        )
        await self._intake.keep(Arrival(letter=letter, line=line_of(notice), read=ReadNotice))
        if isinstance(notice, UnreadNotice):
            self._intake.count_unread(SOURCE)
        return web.Response(body=TAKEN, content_type="application/json")


def line_of(notice: Notice) -> str:
    """The line of a notice: one a charge and one a refund."""
    match notice:
        case ChargeNotice():
            return f"notice:{notice.charge_id}"
        case RefundNotice():
            return f"notice:{notice.refund_id}"
        case UnlinkNotice() | UnreadNotice():
            return "notice:other"

"""Events of the auction house, signed as Standard Webhooks."""

import logging

from aiohttp import web

from service.arrivals import Arrival
from service.auction_events import AuctionEvent, BidWon, OrderChanged, UnknownEvent
from service.ports import Letter
from service.work import ReadAuctionEvent
from web.doors import Doors
from web.intake import Intake, pick

logger = logging.getLogger(__name__)

SOURCE = "auction"
KEPT_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")


class AuctionRoute:
    """`POST /auction/events`"""

    def __init__(self, doors: Doors, intake: Intake) -> None:
        self._doors, self._intake = doors, intake

    async def post(self, request: web.Request) -> web.Response:
        """Verify the raw bytes, check the shape, keep the event."""
        body, now = await self._intake.body(request), self._doors.clock.now()
        webhook_id = self._doors.verify_event(request.headers, body, now)
        event = self._doors.parse_event(body)
        headers = pick(request.headers, *KEPT_HEADERS)
        letter = Letter(source=SOURCE, source_id=webhook_id, body=body, headers=headers, received_at=now)
        await self._intake.keep(Arrival(letter=letter, line=line_of(event), read=ReadAuctionEvent))
        if isinstance(event, UnknownEvent):
            self._intake.count_unread(SOURCE)
            logger.warning("an event of an unknown type is kept", extra={"webhook_id": webhook_id, "type": event.type})
        return web.Response(status=202)


def line_of(event: AuctionEvent) -> str:
    """The line of an event: one a buyer, so that what happened to them is read in order."""
    match event:
        case UnknownEvent():
            return "auction:other"
        case BidWon() | OrderChanged():
            return f"auction:{event.order.buyer_id}"
        case _:
            return f"auction:{event.buyer_id}"

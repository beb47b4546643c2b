"""The JSON interface that the bot calls: with a bearer key, its events with a signature."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, Field, StringConstraints, ValidationError

from sandbox.auction.errors import BadInput, HouseError
from sandbox.auction.events import buyer_data, item_data, order_data
from sandbox.auction.house import House
from sandbox.auction.inbox import Inbox
from sandbox.auction.languages import choose
from sandbox.auction.world import OrderState

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class LinkRequest(BaseModel):
    """Body of `POST /telegram-links`."""

    code: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    telegram_user_id: Annotated[int, Field(strict=True, gt=0, lt=2**52)]
    telegram_name: Annotated[str, StringConstraints(min_length=1, max_length=256)]


@dataclass(frozen=True)
class Api:
    """Answers are exactly the contract's; an error is `{"error": reason}`."""

    house: House
    inbox: Inbox
    api_key: str

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/telegram-links", answered(self._keyed(self.link))),
            web.get("/buyers/{buyer_id}", answered(self._keyed(self.buyer))),
            web.get("/buyers/{buyer_id}/orders", answered(self._keyed(self.orders))),
            web.get("/items/{auction_id}", answered(self._keyed(self.item))),
            web.post("/events", answered(self.event)),
        ]

    async def link(self, request: web.Request) -> web.StreamResponse:
        body = _read_link_request(await request.read())
        buyer = self.house.accounts.request(body.code, body.telegram_user_id, body.telegram_name)
        return web.json_response({"display_name": buyer.display_name}, status=202)

    async def buyer(self, request: web.Request) -> web.StreamResponse:
        return web.json_response(buyer_data(self.house.world.buyer(request.match_info["buyer_id"])))

    async def orders(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("state") != "unpaid":
            raise BadInput("state")
        buyer = self.house.world.buyer(request.match_info["buyer_id"])
        unpaid = [order for order in self.house.world.orders_of(buyer) if order.state is OrderState.UNPAID]
        return web.json_response([order_data(order, self.house.addresses.public_url) for order in unpaid])

    async def item(self, request: web.Request) -> web.StreamResponse:
        """The title is the seller's own unless an Accept-Language asks for another."""
        item = self.house.world.item(request.match_info["auction_id"])
        title = item.good.titles[choose(None, request.headers.get("Accept-Language", "ja"))]
        return web.json_response(item_data(item, title, self.house.addresses.public_url))

    async def event(self, request: web.Request) -> web.StreamResponse:
        self.inbox.receive(request.headers, await request.read())
        return web.Response(status=202)

    def _keyed(self, handler: Handler) -> Handler:
        expected = f"Bearer {self.api_key}".encode()

        async def checked(request: web.Request) -> web.StreamResponse:
            given = request.headers.get("Authorization", "").encode(errors="surrogateescape")
            if not hmac.compare_digest(given, expected):
                return web.json_response({"error": "key"}, status=401, headers={"WWW-Authenticate": "Bearer"})
            return await handler(request)

        return checked


def answered(handler: Handler) -> Handler:
    """The house's errors as JSON."""

    async def answering(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except HouseError as error:
            return web.json_response({"error": error.reason}, status=error.status)

    return answering


def _read_link_request(body: bytes) -> LinkRequest:
    try:
        return LinkRequest.model_validate_json(body)
    except ValidationError:
        raise BadInput("body") from None

"""Calls to the auction house. Each returns a value, whatever happens on the way."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from gateway.auction import wire
from gateway.auction.signing import Webhooks
from gateway.exchange import Call, Exchange, NoReply, Reply
from service.auction_house import (
    BuyerAnswer,
    CodeUnknown,
    CodeUsed,
    ItemAnswer,
    LinkRequested,
    NotFound,
    NotTaken,
    OrdersAnswer,
    RedeemAnswer,
    ReportAnswer,
    Taken,
    Unavailable,
)
from service.ports import Clock

SECONDS = 5.0
REPORT_SECONDS = 15.0
"""Standard Webhooks lets a receiver take 15 to 30 seconds."""

LONGEST_WAIT = 3600.0

T = TypeVar("T")

BUYER = TypeAdapter(wire.BuyerWire)
ORDERS = TypeAdapter(list[wire.OrderWire])
ITEM = TypeAdapter(wire.ItemWire)
LINK = TypeAdapter(wire.LinkWire)


OTHER_ID = Unavailable(reason="the answer is about another id")

CODE_REFUSED: Mapping[int, CodeUnknown | CodeUsed] = {
    HTTPStatus.NOT_FOUND: CodeUnknown(),
    HTTPStatus.CONFLICT: CodeUsed(),
}


NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class AuctionHouse:
    """The auction house at `url`. The key goes out as a bearer token, and nowhere else."""

    def __init__(self, exchange: Exchange, *, url: str, api_key: str, webhooks: Webhooks, clock: Clock) -> None:
        self._exchange = exchange
        self._url = url.rstrip("/")
        self._authorization = {"Authorization": f"Bearer {api_key}"}
        self._webhooks = webhooks
        self._clock = clock

    async def redeem_code(self, code: str, user_id: int, name: str) -> RedeemAnswer:
        """Pass on the one-time code that a buyer came with; the buyer then confirms over there."""
        body = json.dumps({"code": code, "telegram_user_id": user_id, "telegram_name": name}).encode()
        reply = await self._post("/telegram-links", body, {}, SECONDS)
        if isinstance(reply, Reply) and reply.status in CODE_REFUSED:
            return CODE_REFUSED[reply.status]
        answer = _read(reply, LINK, HTTPStatus.ACCEPTED)
        return answer if isinstance(answer, Unavailable) else LinkRequested(display_name=answer.display_name)

    async def buyer(self, buyer_id: str) -> BuyerAnswer:
        """The buyer as the auction house sees them now."""
        answer = await self._get(f"/buyers/{_segment(buyer_id)}", BUYER)
        if not isinstance(answer, wire.BuyerWire):
            return answer
        return answer.state() if answer.buyer_id == buyer_id else OTHER_ID

    async def unpaid_orders(self, buyer_id: str) -> OrdersAnswer:
        """The orders that the buyer still has to pay."""
        answer = await self._get(f"/buyers/{_segment(buyer_id)}/orders?state=unpaid", ORDERS)
        if not isinstance(answer, list):
            return answer
        mine = all(order.buyer_id == buyer_id for order in answer)
        return tuple(order.order() for order in answer) if mine else OTHER_ID

    async def item(self, auction_id: str, language: str) -> ItemAnswer:
        """A product of the auction house, its title in `language` where there is one."""
        wanted = {"Accept-Language": language.replace("_", "-")}
        answer = await self._get(f"/items/{_segment(auction_id)}", ITEM, wanted)
        if not isinstance(answer, wire.ItemWire):
            return answer
        return answer.item() if answer.auction_id == auction_id else OTHER_ID

    async def report(self, webhook_id: str, body: bytes) -> ReportAnswer:
        """Hand over an outcome event: exactly these bytes, signed anew; the id tells repeats apart."""
        signed = self._webhooks.sign(webhook_id, self._clock.now(), body)
        reply = await self._post("/events", body, signed, REPORT_SECONDS)
        if isinstance(reply, NoReply):
            return NotTaken(reason=reply.reason)
        if 200 <= reply.status < 300:
            return Taken()
        gone = reply.status == HTTPStatus.GONE
        return NotTaken(reason=f"HTTP {reply.status}", retry_after=_retry_after(reply.headers), gone=gone)

    async def _get(
        self, path: str, kind: TypeAdapter[T], headers: Mapping[str, str] = NO_HEADERS
    ) -> T | NotFound | Unavailable:
        call = Call(method="GET", url=self._url + path, headers={**self._authorization, **headers})
        reply = await self._exchange(call, seconds=SECONDS)
        if isinstance(reply, Reply) and reply.status == HTTPStatus.NOT_FOUND:
            return NotFound()
        return _read(reply, kind, HTTPStatus.OK)

    async def _post(self, path: str, body: bytes, signed: Mapping[str, str], seconds: float) -> Reply | NoReply:
        headers = {"Content-Type": "application/json", **self._authorization, **signed}
        call = Call(method="POST", url=self._url + path, headers=headers, body=body)
        return await self._exchange(call, seconds=seconds)


def _read(reply: Reply | NoReply, kind: TypeAdapter[T], expected: HTTPStatus) -> T | Unavailable:
    if isinstance(reply, NoReply):
        return Unavailable(reason=reply.reason)
    if reply.status != expected:
        return Unavailable(reason=f"HTTP {reply.status}", retry_after=_retry_after(reply.headers))
    try:
        return kind.validate_python(wire.parse_json(reply.body))
    except ValueError:  # pydantic's ValidationError is one, and so is bad JSON
        return Unavailable(reason="the answer is not well formed")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, as given and at most an hour; the form with a date is not used."""
    value = headers.get("Retry-After", "")
    return min(float(value), LONGEST_WAIT) if value.isascii() and value.isdigit() else None


def _segment(name: str) -> str:
    return quote(name, safe="")

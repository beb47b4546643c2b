"""The switchboard over JSON: faults to arm, acts of the portal, scenarios to play.

| route | does |
|---|---|
| `GET /faults`, `POST /faults`, `DELETE /faults`, `DELETE /faults/{fault}` | lists, arms, clears the misbehaviour |
| `GET /portal` | each charge by the merchant's request id, with the acts that it allows |
| `POST /portal/{paymentRequestId}` | acts on a charge |
| `GET /scenarios`, `POST /scenarios/{name}`, `DELETE /scenarios` | lists, plays, stops |
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from sandbox.alipay.faults import Faults, UnknownFault
from sandbox.alipay.portal import ACTS, NotPossible, Portal, UnknownAct
from sandbox.alipay.rendering import see
from sandbox.alipay.results import Refused
from sandbox.alipay.scenarios import Player, UnknownScenario
from sandbox.alipay.wishes import BadWish, read_arming, read_deed, read_object

Handler = Callable[[web.Request], Awaitable[web.Response]]

_STATUS: Final[dict[type[Exception], int]] = {
    BadWish: 400,
    UnknownFault: 400,
    UnknownAct: 400,
    Refused: 404,
    UnknownScenario: 404,
    NotPossible: 409,
}


class Switchboard:
    def __init__(self, *, faults: Faults, portal: Portal, player: Player) -> None:
        self._faults = faults
        self._portal = portal
        self._player = player

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/faults", self._list_faults),
            web.post("/faults", _explained(self._arm)),
            web.delete("/faults", self._clear),
            web.delete("/faults/{fault}", self._clear),
            web.get("/portal", self._list_charges),
            web.post("/portal/{request_id}", _explained(self._act)),
            web.get("/scenarios", self._list_scenarios),
            web.post("/scenarios/{name}", _explained(self._play)),
            web.delete("/scenarios", self._stop),
        ]

    async def _list_faults(self, _: web.Request) -> web.Response:
        return web.json_response(self._faults.listing())

    async def _arm(self, request: web.Request) -> web.Response:
        self._faults.arm(**read_arming(read_object(await request.read())))
        return web.json_response(self._faults.listing())

    async def _clear(self, request: web.Request) -> web.Response:
        self._faults.clear(request.match_info.get("fault"))
        return web.json_response(self._faults.listing())

    async def _list_charges(self, _: web.Request) -> web.Response:
        self._portal.book.settle_due()
        allowed = {payment.order.request_id: self._portal.allowed(payment) for payment in self._portal.book.payments}
        return web.json_response({"acts": list(ACTS), "charges": allowed})

    async def _act(self, request: web.Request) -> web.Response:
        deed = read_deed(read_object(await request.read()))
        self._portal.book.settle_due()
        payment = self._portal.book.payment(None, request.match_info["request_id"])
        self._portal.carry_out(deed, payment)
        return web.json_response({"status": payment.status, "allowed": self._portal.allowed(payment)})

    async def _list_scenarios(self, _: web.Request) -> web.Response:
        return web.json_response(self._scenarios())

    async def _play(self, request: web.Request) -> web.Response:
        """A browser's button is led back to the page."""
        run = self._player.play(request.match_info["name"])
        if "text/html" in request.headers.get("Accept", ""):
            return see("/switchboard#running")
        return web.json_response(run.wire(), status=202)

    async def _stop(self, _: web.Request) -> web.Response:
        self._player.stop()
        return web.json_response(self._scenarios())

    def _scenarios(self) -> dict[str, Any]:
        scenarios = [scenario.wire() for scenario in self._player.scenarios.values()]
        return {"scenarios": scenarios, "runs": [run.wire() for run in self._player.runs]}


def _explained(handler: Handler) -> Handler:
    """What was asked for and cannot be is answered with its reason."""

    async def answer(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except tuple(_STATUS) as error:
            return web.json_response({"error": str(error)}, status=_STATUS[type(error)])

    return answer

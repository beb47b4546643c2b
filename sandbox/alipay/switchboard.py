"""`/faults`: arms, lists and clears the misbehaviour."""

import json
from typing import Any

from aiohttp import web

from sandbox.alipay.faults import Faults, UnknownFault

_MOST = 1000  # occasions, copies, or seconds


class Switchboard:
    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/faults", self._list),
            web.post("/faults", self._arm),
            web.delete("/faults", self._clear),
        ]

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response(self._faults.listing())

    async def _arm(self, request: web.Request) -> web.Response:
        """`{"fault": name, "times"?: 1.., "on"?: call or notify type, "value"?: copies or seconds}`"""
        try:
            self._faults.arm(**_read(await request.read()))
        except (ValueError, RecursionError, UnknownFault) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response(self._faults.listing())

    async def _clear(self, _: web.Request) -> web.Response:
        self._faults.clear()
        return web.json_response(self._faults.listing())


def _read(body: bytes) -> dict[str, Any]:
    wish = json.loads(body)
    if not isinstance(wish, dict) or "fault" not in wish or not all(map(_is_valid, wish, wish.values())):
        raise ValueError("Send an object with fault (text) and, if wanted, times, on (text) and value.")
    return wish


def _is_valid(name: str, value: object) -> bool:
    match name, value:
        case "fault" | "on", str():
            return True
        case "times" | "value", bool():
            return False
        case "times", int(number):
            return 1 <= number <= _MOST
        case "value", int(number) | float(number):
            return 0 <= number <= _MOST
        case _:
            return False

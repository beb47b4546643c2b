"""The switchboard as a page, for a person who watches the demo. No JavaScript: forms and redirects."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from aiohttp import web

from sandbox.alipay.faults import CALL_FAULTS, GROUPS, NOTICE_FAULTS, Faults, UnknownFault
from sandbox.alipay.models import Kind, Payment
from sandbox.alipay.money import FEN_PER_UNIT
from sandbox.alipay.notices import Notice
from sandbox.alipay.operations import OPERATIONS
from sandbox.alipay.portal import ACTS, NotPossible, Portal, UnknownAct
from sandbox.alipay.rendering import Renderer, about, see
from sandbox.alipay.results import Refused
from sandbox.alipay.scenarios import Player
from sandbox.alipay.wishes import BadWish, read_arming, read_deed

_WHOLE: Final = re.compile(r"[0-9]{1,15}")

_OFTEN: Final[Mapping[str, dict[str, Any]]] = {
    "once": {"times": 1},
    "thrice": {"times": 3},
    "minute": {"times": None, "seconds": 60},
    "always": {"times": None},
}

_UNITS: Final[Mapping[str, str]] = {
    "notice_repeated": "copies",
    "notice_delayed": "seconds",
    "notice_wrong_amount": "more",
    "payment_pending": "seconds",
    "refund_in_process": "seconds",
}
"""What the value of a fault counts, where it has one."""


class Panel:
    def __init__(
        self, *, renderer: Renderer, faults: Faults, portal: Portal, player: Player, notices: Iterable[Notice]
    ) -> None:
        self._renderer = renderer
        self._faults = faults
        self._portal = portal
        self._player = player
        self._notices = notices

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/switchboard", self._show),
            web.post("/switchboard/faults", self._arm),
            web.post("/switchboard/faults/clear", self._clear),
            web.post("/switchboard/charges/{request_id}", self._act),
            web.post("/switchboard/scenarios/stop", self._stop),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        return self._page(request)

    async def _arm(self, request: web.Request) -> web.Response:
        wish = _read(await request.post())
        often = _OFTEN.get(str(wish.pop("often", "")), {})
        try:
            self._faults.arm(**read_arming(wish | often))
        except (BadWish, UnknownFault):
            return self._page(request, status=400, problem="problem_wish")
        return see("/switchboard#armed")

    async def _clear(self, request: web.Request) -> web.Response:
        form = await request.post()
        self._faults.clear(str(form["fault"]) if form.get("fault") else None)
        return see("/switchboard#armed")

    async def _act(self, request: web.Request) -> web.Response:
        request_id = request.match_info["request_id"]
        wish = _read(await request.post())
        self._portal.book.settle_due()
        try:
            self._portal.carry_out(read_deed(wish), self._portal.book.payment(None, request_id))
        except (BadWish, UnknownAct):
            return self._page(request, status=400, problem="problem_wish")
        except (NotPossible, Refused):
            return self._page(request, status=409, problem="problem_act")
        return see(f"/switchboard#charge-{request_id}")

    async def _stop(self, _: web.Request) -> web.Response:
        self._player.stop()
        return see("/switchboard#running")

    def _page(self, request: web.Request, *, status: int = 200, problem: str | None = None) -> web.Response:
        book = self._portal.book
        book.settle_due()
        return self._renderer.page(
            request,
            "switchboard.html",
            status=status,
            problem=problem,
            armed=self._faults.armed,
            runs=self._player.runs[:-6:-1],
            scenarios=self._player.scenarios.values(),
            groups=GROUPS,
            often=_OFTEN,
            units=_UNITS,
            occasions=_occasions(),
            payments=book.payments[::-1],
            notices_about=about(self._notices),
            allowed=self._allowed,
            acts=ACTS,
            currencies=FEN_PER_UNIT,
            is_latest=book.is_latest,
        )

    def _allowed(self, payment: Payment) -> list[str]:
        return self._portal.allowed(payment)


def _occasions() -> dict[str, list[str]]:
    """What a fault can be limited to."""
    calls, notices = list(OPERATIONS), [kind.value for kind in Kind]
    return dict.fromkeys(CALL_FAULTS, calls) | dict.fromkeys(NOTICE_FAULTS, notices)


def _read(form: Mapping[str, object]) -> dict[str, object]:
    """A form's fields without the empty ones, with whole numbers where the field is one."""
    return {name: _value(name, value) for name, value in form.items() if value != ""}


def _value(name: str, value: object) -> object:
    return int(value) if name == "value" and isinstance(value, str) and _WHOLE.fullmatch(value) else value

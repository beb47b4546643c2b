"""The pages of a payment link: `/go` leads to Alipay, `/back` is where Alipay leads to."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from service.errors import Unavailable
from service.landing import Landing
from service.languages import language_of
from service.verdicts import Device
from web.agents import client_ip, device_of, is_preview
from web.doors import Doors
from web.middlewares import RETRY_AFTER
from web.pages import Page, Painter, is_loopback, qr_code

TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
PAGE_SECONDS = 8.0
PREPARING_REFRESH, BACK_REFRESH, DESKTOP_REFRESH = 2, 3, 10

Kind = Literal[
    "unknown", "ended", "unsure", "unconfirmed", "paid", "paid_returned", "verified", "verified_returned", "away"
]
Mood = Literal["good", "wait", "over"]


@dataclass(frozen=True, slots=True)
class PlainPage:
    """A page that only says how things stand; its words are `notice.<kind>.title` and `.text`."""

    kind: Kind
    mood: Mood
    status: int = 200
    refresh: int | None = None


UNKNOWN = PlainPage("unknown", "over", status=404)
ENDED = PlainPage("ended", "over", status=410)
UNSURE = PlainPage("unsure", "wait", refresh=DESKTOP_REFRESH)
UNCONFIRMED = PlainPage("unconfirmed", "wait", refresh=BACK_REFRESH)
AWAY = PlainPage("away", "wait", status=503, refresh=RETRY_AFTER)
PAID, PAID_RETURNED = PlainPage("paid", "good"), PlainPage("paid_returned", "over")
VERIFIED, VERIFIED_RETURNED = (
    PlainPage("verified", "good", refresh=BACK_REFRESH),
    PlainPage("verified_returned", "good"),
)

Drawing = Callable[[web.Request, str], Awaitable[Page]]


class LandingRoutes:
    """`GET /go/{token}` and `GET /back/{token}`"""

    def __init__(self, doors: Doors, painter: Painter) -> None:
        self._landings, self._painter = doors.landings, painter
        self._public_url = doors.public_url
        self._is_stand = is_loopback(doors.public_url)

    async def go(self, request: web.Request) -> web.Response:
        """The way to Alipay: on a phone a button, elsewhere a QR code of this very address."""
        return await self._answer(request, self._go)

    async def back(self, request: web.Request) -> web.Response:
        """The true state, whatever the return address claims; what is not confirmed is never shown as failed."""
        return await self._answer(request, self._back)

    async def _answer(self, request: web.Request, draw: Drawing) -> web.Response:
        token = request.match_info["token"]
        try:
            async with asyncio.timeout(PAGE_SECONDS):
                page = await draw(request, token) if TOKEN.fullmatch(token) else _notice(UNKNOWN, _asked_for(request))
        except (Unavailable, TimeoutError):
            page = _notice(AWAY, _asked_for(request))
        response = self._painter.draw(request, page)
        if page.status == AWAY.status:
            response.headers["Retry-After"] = str(RETRY_AFTER)
        return response

    async def _go(self, request: web.Request, token: str) -> Page:
        device = self._device(request)
        if device == "desktop" or request.method != "GET" or is_preview(request.headers):
            landing = await self._landings.find(token)
        else:
            landing = await self._landings.open(token, device, client_ip(request))
        if landing is None:
            return _notice(UNKNOWN, _asked_for(request))
        match landing.standing:
            case "settled":
                return _of(landing, _settled(landing))
            case "ended":
                return _of(landing, ENDED)
            case "waiting" | "ready":
                return self._desktop(landing) if device == "desktop" else _phone(landing, device)

    async def _back(self, request: web.Request, token: str) -> Page:
        landing = await self._landings.find(token)
        if landing is None:
            return _notice(UNKNOWN, _asked_for(request))
        match landing.standing:
            case "settled":
                return _of(landing, _settled(landing))
            case "ended":
                return _of(landing, UNSURE)
            case "waiting" | "ready":
                return _of(landing, UNCONFIRMED)

    def _device(self, request: web.Request) -> Device:
        """On the demo stand a frame is a phone; elsewhere nobody may frame these pages."""
        is_framed = self._is_stand and request.headers.get("Sec-Fetch-Dest") == "iframe"
        return "android" if is_framed else device_of(request.headers)

    def _desktop(self, landing: Landing) -> Page:
        values = {"landing": landing, "qr": qr_code(f"{self._public_url}/go/{landing.token}")}
        return Page(
            template="desktop.html", values=values, language=landing.language, refresh=DESKTOP_REFRESH, is_wide=True
        )


def _phone(landing: Landing, device: Device) -> Page:
    refresh = PREPARING_REFRESH if landing.standing == "waiting" else None
    values = {"landing": landing, "device": device}
    return Page(template="phone.html", values=values, language=landing.language, refresh=refresh)


def _settled(landing: Landing) -> PlainPage:
    if landing.is_verification:
        return VERIFIED_RETURNED if landing.refunded else VERIFIED
    return PAID_RETURNED if landing.refunded else PAID


def _of(landing: Landing, notice: PlainPage) -> Page:
    return _notice(notice, landing.language, landing)


def _notice(notice: PlainPage, language: str, landing: Landing | None = None) -> Page:
    return Page(
        template="notice.html",
        values={"notice": notice, "landing": landing},
        language=language,
        status=notice.status,
        refresh=notice.refresh,
    )


def _asked_for(request: web.Request) -> str:
    first = request.headers.get("Accept-Language", "").partition(",")[0].partition(";")[0]
    return language_of(first.strip())

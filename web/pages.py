"""Pages for buyers: HTML without scripts, one inline stylesheet that the policy names by its hash."""

import base64
import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp_jinja2
import jinja2
import segno
from aiohttp import web
from markupsafe import Markup

from service.languages import language_of
from service.texts import Texts
from web.doors import Doors

TEMPLATES = Path(__file__).with_name("templates")
LOCALES = Path(__file__).with_name("locales")

LOOPBACK_ORIGINS = "http://127.0.0.1:* http://localhost:*"


def texts() -> Texts:
    """The words of the pages, in all their languages."""
    return Texts(LOCALES, "pages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page to be drawn: its template, the values for it, and what the answer says to machines."""

    template: str
    values: Mapping[str, object]
    language: str
    status: int = 200
    refresh: int | None = None
    is_wide: bool = False


class Painter:
    """Draws pages."""

    def __init__(self, doors: Doors) -> None:
        self._texts, self._bot_link = doors.texts, doors.bot_link
        self._host = urlsplit(doors.public_url).netloc
        self._style = (TEMPLATES / "style.css").read_text()
        self._policy = _policy(self._style, doors.public_url)

    def set_up(self, app: web.Application) -> None:
        """Give the application its templates."""
        aiohttp_jinja2.setup(
            app,
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def draw(self, request: web.Request, page: Page) -> web.Response:
        """The answer that shows a page."""
        language = language_of(page.language, self._texts.languages)
        values = {**self._words(language), "refresh": page.refresh, "is_wide": page.is_wide, **page.values}
        response = aiohttp_jinja2.render_template(page.template, request, values, status=page.status)
        response.headers["Content-Security-Policy"] = self._policy
        response.headers["Content-Language"] = _tag(language)
        return response

    def _words(self, language: str) -> dict[str, object]:
        return {
            "t": partial(self._texts, language),
            "money": partial(self._texts.money, language),
            "moment": partial(self._texts.moment, language),
            "language": _tag(language),
            "host": self._host,
            "host_of": host_of,
            "bot_link": self._bot_link,
            "style": Markup(self._style),  # noqa: S704 - our own file
        }


def host_of(url: str) -> str:
    """The host that a link leads to, as the address bar will show it."""
    return urlsplit(url).netloc


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this very machine: the demo stand."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def qr_code(url: str) -> Markup:
    """A QR code as inline SVG, dark on light whatever the colours around it, since scanners need that."""
    svg = segno.make(url, error="m", micro=False).svg_inline(omitsize=True, dark="#000", light="#fff")
    return Markup(svg)  # noqa: S704 - paths and numbers alone


def _policy(style: str, public_url: str) -> str:
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    framing = LOOPBACK_ORIGINS if is_loopback(public_url) else "'none'"
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {framing}"
    )


def _tag(language: str) -> str:
    return language.replace("_", "-")

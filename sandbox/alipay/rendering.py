"""Pages from templates, in the browser's language, with the headers that every page has."""

from collections.abc import Iterable
from importlib.resources import files
from typing import Final

import jinja2
from aiohttp import web

from sandbox.alipay.accounts import DEMO_ACCOUNTS
from sandbox.alipay.money import Amount
from sandbox.alipay.notices import Notice
from sandbox.alipay.texts import Catalog

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors http://127.0.0.1:* http://localhost:*"
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Renderer:
    def __init__(self, merchant_name: str) -> None:
        self._merchant_name = merchant_name
        self._catalog = Catalog()
        self._templates = _environment()
        self.style = (files(__package__) / "templates" / "style.css").read_text("utf-8")

    def page(self, request: web.Request, template: str, *, status: int = 200, **values: object) -> web.Response:
        texts = self._catalog.choose(request.headers.get("Accept-Language", ""))
        page = self._templates.get_template(template).render(
            t=texts, merchant=self._merchant_name, demo_accounts=DEMO_ACCOUNTS, **values
        )
        return web.Response(text=page, status=status, content_type="text/html", headers=_HEADERS)


def see(place: str) -> web.Response:
    return web.Response(status=303, headers={"Location": place})


def about(notices: Iterable[Notice]) -> dict[str, list[Notice]]:
    """The notices by the merchant's request id."""
    found: dict[str, list[Notice]] = {}
    for notice in notices:
        found.setdefault(notice.about, []).append(notice)
    return found


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("sandbox.alipay"), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["signed"] = _signed
    environment.filters["yuan"] = lambda fen: str(Amount("CNY", fen))
    environment.filters["total"] = lambda value, currency: str(Amount(currency, int(value)))
    return environment


def _signed(amount: Amount) -> str:
    return f"+{amount}" if amount.value > 0 else str(amount).replace("-", "\N{MINUS SIGN}")

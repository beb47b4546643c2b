"""What every page and form has in common: the visitor's language and buyer, the cookie, the errors' page."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.auction.api import Handler
from sandbox.auction.errors import BadInput, HouseError, NotSignedIn
from sandbox.auction.house import House
from sandbox.auction.languages import LANGUAGES, Languages, Words, choose
from sandbox.auction.world import Buyer

BUYER_COOKIE = "buyer"
LANGUAGE_COOKIE = "lang"
SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors http://127.0.0.1:* http://localhost:*",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True)
class Visit:
    """One request of a person: who they act as, and in which language."""

    request: web.Request
    buyer: Buyer
    words: Words
    signed_in: bool

    def name(self, key: str) -> str:
        return self.request.match_info[key]


Page = Callable[[Visit], web.Response]
Form = Callable[[Visit, Mapping[str, str]], str]
SigningIn = Callable[[Visit, Mapping[str, str]], tuple[Buyer, str]]


class Visits:
    """Turns pages (visit -> response) and forms (visit, fields -> where to go next) into handlers."""

    def __init__(self, house: House, languages: Languages) -> None:
        self._house = house
        self._languages = languages
        self._templates = Environment(
            loader=FileSystemLoader(Path(__file__).parent / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["json"] = _json

    def page(self, page: Page) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            visit = self._visit(request)
            try:
                response = page(visit)
            except HouseError as error:
                response = self._refusal(visit, error)
            return self._remember(visit, response)

        return handle

    def form(self, form: Form) -> Handler:
        def respond(visit: Visit, fields: Mapping[str, str]) -> web.Response:
            return _go_to(form(visit, fields))

        return self._handled(respond)

    def signing_in(self, form: SigningIn) -> Handler:
        """A form after which the visitor acts as another buyer."""

        def respond(visit: Visit, fields: Mapping[str, str]) -> web.Response:
            buyer, location = form(visit, fields)
            response = _go_to(location)
            _set_cookie(response, BUYER_COOKIE, buyer.buyer_id)
            return response

        return self._handled(respond)

    def _handled(self, respond: Callable[[Visit, Mapping[str, str]], web.Response]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            visit = self._visit(request)
            try:
                _check_signed_in(visit)
                response = respond(visit, await _read_fields(request))
            except HouseError as error:
                response = self._refusal(visit, error)
            return self._remember(visit, response)

        return handle

    def render(self, visit: Visit, template: str, status: int = 200, **values: object) -> web.Response:
        text = self._templates.get_template(template).render(
            t=visit.words,
            buyer=visit.buyer,
            buyers=self._house.world.buyers.values(),
            languages=LANGUAGES,
            path=visit.request.path,
            **values,
        )
        return web.Response(text=text, content_type="text/html", status=status)

    def _visit(self, request: web.Request) -> Visit:
        asked = request.query.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
        language = choose(asked, request.headers.get("Accept-Language", ""))
        buyers = self._house.world.buyers
        named = buyers.get(request.cookies.get(BUYER_COOKIE, ""))
        buyer = named or next(iter(buyers.values()))
        return Visit(request, buyer, self._languages.words(language), signed_in=named is not None)

    def _refusal(self, visit: Visit, error: HouseError) -> web.Response:
        return self.render(visit, "refused.html", error.status, reason=f"refused_{error.reason}")

    def _remember(self, visit: Visit, response: web.Response) -> web.Response:
        response.headers.update(SECURITY_HEADERS)
        if visit.request.method == "GET" and not visit.signed_in:
            _set_cookie(response, BUYER_COOKIE, visit.buyer.buyer_id)
        if "lang" in visit.request.query:
            _set_cookie(response, LANGUAGE_COOKIE, visit.words.language)
        return response


def field(fields: Mapping[str, str], name: str, longest: int = 60) -> str:
    """A filled-in field. Raises BadInput."""
    text = fields.get(name, "").strip()
    if not 0 < len(text) <= longest:
        raise BadInput("field")
    return text


def yen(fields: Mapping[str, str], name: str) -> int:
    """A whole amount above nothing; people type separators. Raises BadInput."""
    digits = field(fields, name, 15).replace(",", "")
    if not re.fullmatch(r"[0-9]{1,9}", digits) or int(digits) == 0:
        raise BadInput("amount")
    return int(digits)


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False)


async def _read_fields(request: web.Request) -> dict[str, str]:
    try:
        posted = await request.post()
    except (ValueError, LookupError):  # a broken multipart body, an unknown charset
        raise BadInput("field") from None
    return {name: text for name, text in posted.items() if isinstance(text, str)}


def _go_to(location: str) -> web.Response:
    return web.Response(status=303, headers={"Location": location})


def _check_signed_in(visit: Visit) -> None:
    # The cookie is SameSite=Lax: another site's form arrives without it.
    if not visit.signed_in:
        raise NotSignedIn("not_signed_in")


def _set_cookie(response: web.Response, name: str, value: str) -> None:
    response.set_cookie(name, value, path="/", httponly=True, samesite="Lax")

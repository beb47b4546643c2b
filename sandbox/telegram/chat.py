"""The browser chat: `GET /` (`?person=ID&lang=zh-hans&start=CODE`), its files, and the way in from t.me links."""

from __future__ import annotations

from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

from sandbox.telegram.asking import number
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.keys import BACKEND
from sandbox.telegram.people import bot_card
from sandbox.telegram.wording import LANGUAGES, language_of, wording

HERE = Path(__file__).parent
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        "frame-src http://127.0.0.1:* http://localhost:*; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def routes() -> list[web.AbstractRouteDef]:
    return [
        web.get("/", page),
        web.get("/t.me/{username}", from_link),
        web.get("/media/{file_id}", media),
        web.static("/static", HERE / "static"),
    ]


def set_up(app: web.Application) -> None:
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True)


async def page(request: web.Request) -> web.StreamResponse:
    language = language_of(_wished_language(request))
    context: Json = {
        "language": language,
        "languages": LANGUAGES,
        "words": wording(language),
        "bot": bot_card(request.app[BACKEND], language),
    }
    response = aiohttp_jinja2.render_template("chat.html", request, context)
    response.headers.update(SECURITY)
    return response


def _wished_language(request: web.Request) -> str:
    """As asked for, or the person's, or the browser's."""
    person = request.app[BACKEND].world.people.get(number(request.query.get("person") or "0"))
    accepted = request.headers.get("Accept-Language", "").partition(",")[0]
    return request.query.get("lang") or (person and person.language_code) or accepted


async def from_link(request: web.Request) -> web.Response:
    """Where `https://t.me/<bot>?start=CODE` leads on this stand."""
    if request.match_info["username"].lower() != (request.app[BACKEND].bot.username or "").lower():
        raise web.HTTPNotFound
    kept = {name: request.query[name] for name in ("start", "person", "lang") if name in request.query}
    raise web.HTTPFound(request.rel_url.with_path("/").with_query(kept))


async def media(request: web.Request) -> web.Response:
    """A file for the chat; only pictures are shown, the rest is saved."""
    stored = request.app[BACKEND].files.find(request.match_info["file_id"])
    if stored is None:
        raise web.HTTPNotFound
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}
    if stored.picture:
        return web.Response(body=stored.upload.data, content_type=stored.picture.mime, headers=headers)
    headers["Content-Disposition"] = "attachment"
    return web.Response(body=stored.upload.data, content_type="application/octet-stream", headers=headers)

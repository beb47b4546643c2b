"""`/bot<token>/<method>` and `/file/bot<token>/<path>`: the door the bot comes through."""

from __future__ import annotations

import hmac

from aiohttp import web

from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import Refused, too_large, unauthorized, unknown_method
from sandbox.telegram.faults import Fault
from sandbox.telegram.files import Upload
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.keys import BACKEND
from sandbox.telegram.methods import METHODS
from sandbox.telegram.methods.method import Described
from sandbox.telegram.params import check, read_call

LOGGED_OUT = Refused(400, "Logged out")


def routes() -> list[web.AbstractRouteDef]:
    return [
        web.route("*", "/bot{token}/{method}", call_method),
        web.get("/file/bot{token}/{path:.+}", download),
    ]


async def call_method(request: web.Request) -> web.StreamResponse:
    backend = request.app[BACKEND]
    try:
        _authenticate(backend, request)
        arguments, uploads = await read_call(request)
        return await _answer(request, arguments, uploads)
    except Refused as refused:
        return refusal(refused)
    except web.HTTPRequestEntityTooLarge:
        return refusal(too_large())


async def _answer(request: web.Request, arguments: Json, uploads: dict[str, Upload]) -> web.StreamResponse:
    backend, method = request.app[BACKEND], request.match_info["method"]
    fault = backend.faults.meet(method, str(arguments.get("chat_id", "")))
    if fault and fault.kind == "timeout":
        return await _hold(request, backend, fault)
    if fault and (refused := fault.refusal()):
        raise refused
    result = await perform(backend, method, arguments, uploads)
    if fault:
        return _hang_up(request)
    if isinstance(result, Described):
        return web.json_response({"ok": True, "result": True, "description": result.description})
    return web.json_response({"ok": True, "result": result})


async def perform(backend: Backend, name: str, arguments: Json, uploads: dict[str, Upload]) -> object:
    """Check the parameters and do the work. Raises Refused."""
    method = METHODS.get(name.lower())
    if method is None:
        raise unknown_method()
    if backend.logged_out:
        raise LOGGED_OUT
    return await method.run(backend, check(method.params, arguments, uploads))


async def execute(backend: Backend, name: str, arguments: Json) -> None:
    """A call whose result nobody sees, refused or not."""
    try:
        await perform(backend, name, arguments, {})
    except Refused:
        return


async def download(request: web.Request) -> web.Response:
    backend = request.app[BACKEND]
    try:
        _authenticate(backend, request)
    except Refused as refused:
        return refusal(refused)
    stored = backend.files.at(request.match_info["path"])
    if stored is None:
        return refusal(Refused(404, "Not Found"))
    return web.Response(body=stored.upload.data, content_type="application/octet-stream")


def refusal(refused: Refused) -> web.Response:
    body: Json = {"ok": False, "error_code": refused.code, "description": refused.description}
    if refused.parameters:
        body["parameters"] = refused.parameters
    return web.json_response(body, status=refused.code)


def _authenticate(backend: Backend, request: web.Request) -> None:
    given = request.match_info["token"].encode()
    if not hmac.compare_digest(given, backend.token.encode()):
        raise unauthorized()


async def _hold(request: web.Request, backend: Backend, fault: Fault) -> web.StreamResponse:
    await backend.sleep(fault.seconds)
    return _hang_up(request)


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer."""
    if request.transport:
        request.transport.abort()
    return web.Response()

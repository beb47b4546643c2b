"""The signed API over HTTP, with the faults that were armed for it."""

from collections.abc import Callable

from aiohttp import web

from sandbox.alipay.book import Book
from sandbox.alipay.clock import Clock
from sandbox.alipay.envelopes import Answer
from sandbox.alipay.faults import Faults
from sandbox.alipay.fields import Fields
from sandbox.alipay.operations import OPERATIONS
from sandbox.alipay.results import Refused
from sandbox.alipay.signing import Message, Signer, Verifier

RootUrl = Callable[[web.Request], str]


class Api:
    """Business refusals are HTTP 200 with their result, as with Antom."""

    def __init__(
        self,
        *,
        client_id: str,
        merchant: Verifier,
        signer: Signer,
        book: Book,
        clock: Clock,
        faults: Faults,
        root_url: RootUrl,
    ) -> None:
        self._client_id = client_id
        self._merchant = merchant
        self._signer = signer
        self._book = book
        self._clock = clock
        self._faults = faults
        self._root_url = root_url

    def routes(self) -> list[web.RouteDef]:
        return [web.route("*", "/ams/{prefix:(?:sandbox/)?}api/v1/{call:.+}", self._handle)]

    async def _handle(self, request: web.Request) -> web.Response:
        body = await request.read()
        self._book.settle_due()
        fault = self._faults.for_call(request.match_info["call"].removeprefix("payments/"))
        if fault is None:
            return self._respond(request, self._execute(request, body))
        answer = self._execute(request, body) if fault.executes else Answer()
        return self._respond(request, fault.spoil(answer))

    def _execute(self, request: web.Request, body: bytes) -> Answer:
        try:
            self._authenticate(request, body)
            return Answer.of(self._operate(request, body))
        except Refused as refused:
            return Answer.of({"result": refused.result.wire()})

    def _operate(self, request: web.Request, body: bytes) -> dict[str, object]:
        operation = OPERATIONS.get(request.match_info["call"].removeprefix("payments/"))
        if operation is None or not request.match_info["call"].startswith("payments/"):
            raise Refused("NO_INTERFACE_DEF")
        if request.method != "POST":
            raise Refused("METHOD_NOT_SUPPORTED")
        return operation(self._book, Fields.parse(body), self._root_url(request)).document()

    def _authenticate(self, request: web.Request, body: bytes) -> None:
        headers = request.headers
        message = Message(
            path=request.raw_path,
            client_id=headers.get("client-id", ""),
            time=headers.get("request-time", ""),
            body=body,
            method=request.method,
        )
        if message.client_id != self._client_id:
            raise Refused("CLIENT_INVALID")
        if not message.time:
            raise Refused("PARAM_ILLEGAL", "Request-Time")
        if not self._merchant.accepts(message, headers.get("signature", "")):
            raise Refused("INVALID_SIGNATURE")

    def _respond(self, request: web.Request, answer: Answer) -> web.Response:
        if answer.lost and request.transport:
            request.transport.abort()
        headers = {} if answer.signed is None else self._signature(request, answer.signed)
        return web.Response(
            body=answer.body, status=answer.status, headers=headers, content_type="application/json", charset="UTF-8"
        )

    def _signature(self, request: web.Request, signed: bytes) -> dict[str, str]:
        time = self._clock().isoformat(timespec="seconds")
        message = Message(request.raw_path, self._client_id, time, signed, request.method)
        return {"client-id": self._client_id, "response-time": time, "signature": self._signer.header(message)}

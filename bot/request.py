"""python-telegram-bot's HTTP layer over aiohttp.

The token is part of every URL (core.telegram.org/bots/api#making-requests), and aiohttp's errors name the
URL. So their words end here: what leaves this module names the kind of failure only.
"""

import errno
import io
import json
from datetime import timedelta
from typing import Any, TypeAlias

import aiohttp
from telegram.error import NetworkError, RetryAfter, TimedOut
from telegram.request import BaseRequest, RequestData

TimeoutArgument: TypeAlias = object
"""Seconds, None (no limit), or `BaseRequest.DEFAULT_NONE` (the request's own default)."""


class NotInitialized(RuntimeError):
    """This request has no session; call `initialize()` first, or use it with `async with`."""


class FloodWait(RetryAfter):
    """Telegram asks to wait; `retry_after` is a timedelta, with or without `PTB_TIMEDELTA`."""

    def __init__(self, retry_after: float | timedelta) -> None:
        self._wait = retry_after if isinstance(retry_after, timedelta) else timedelta(seconds=retry_after)
        super().__init__(self._wait)

    @property
    def retry_after(self) -> timedelta:
        return self._wait


class AiohttpRequest(BaseRequest):
    """Carries calls to Telegram over one aiohttp session; can be initialized again after a shutdown.

    The timeouts are in seconds, None means no limit. aiohttp cannot limit the writing alone, so a whole call
    may take the sum of the four. A download has no such limit, as its size is not known.
    """

    def __init__(
        self,
        connection_pool_size: int = 256,
        *,
        read_timeout: float | None = 5.0,
        write_timeout: float | None = 5.0,
        connect_timeout: float | None = 5.0,
        pool_timeout: float | None = 1.0,
        media_write_timeout: float | None = 20.0,
    ) -> None:
        self._connection_pool_size = connection_pool_size
        self._read_timeout = read_timeout
        self._write_timeout = write_timeout
        self._connect_timeout = connect_timeout
        self._pool_timeout = pool_timeout
        self._media_write_timeout = media_write_timeout
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float | None:
        """The default limit, in seconds, between two pieces of an answer."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Opens the session; connections are made with the first call."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connection_pool_size),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
            )

    async def shutdown(self) -> None:
        """Closes the session and its connections."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: TimeoutArgument = BaseRequest.DEFAULT_NONE,
        write_timeout: TimeoutArgument = BaseRequest.DEFAULT_NONE,
        connect_timeout: TimeoutArgument = BaseRequest.DEFAULT_NONE,
        pool_timeout: TimeoutArgument = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Sends one request; gives the answer's status and body. Raises TimedOut, NetworkError, FloodWait."""
        uploads = request_data is not None and request_data.contains_files
        limits = _limits(
            read=_given(read_timeout, self._read_timeout),
            write=_given(write_timeout, self._media_write_timeout if uploads else self._write_timeout),
            connect=_given(connect_timeout, self._connect_timeout),
            pool=_given(pool_timeout, self._pool_timeout),
            whole=method == "POST",
        )
        status, body = await self._exchange(method, url, _form(request_data), limits)
        if not 200 <= status < 300:
            _check_refusal(status, body)
        return status, body

    async def _exchange(
        self, method: str, url: str, form: aiohttp.FormData | None, limits: aiohttp.ClientTimeout
    ) -> tuple[int, bytes]:
        if self._session is None:
            raise NotInitialized(NotInitialized.__doc__)
        try:
            # A redirect would carry the token to wherever it points.
            async with self._session.request(method, url, data=form, timeout=limits, allow_redirects=False) as response:
                return response.status, await response.read()
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error) from None  # its text and its attributes hold the URL

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer's object; unlike the base class, shows nothing of a body that is not Telegram's."""
        answer = _answer(payload)
        if answer is None:
            raise NetworkError("The answer is not in Telegram's form")
        return answer


def _given(timeout: TimeoutArgument, default: float | None) -> float | None:
    if timeout is None:
        return None
    return timeout if isinstance(timeout, int | float) else default


def _limits(
    *, read: float | None, write: float | None, connect: float | None, pool: float | None, whole: bool
) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=_sum(pool, connect, write, read) if whole else None,
        connect=_sum(pool, connect),
        sock_connect=connect,
        sock_read=read,
    )


def _sum(*limits: float | None) -> float | None:
    """The limit of several steps in turn: none where one of them has none."""
    return None if None in limits else sum(limit for limit in limits if limit is not None)


def _form(request_data: RequestData | None) -> aiohttp.FormData | None:
    """The parameters as a form: URL-encoded, or multipart as soon as there are files."""
    if request_data is None:
        return None
    form = aiohttp.FormData(quote_fields=False)  # else Telegram shows file names percent-encoded
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value.encode("utf-8", "replace").decode())  # lone surrogates have no UTF-8
    for name, (filename, content, mimetype) in request_data.multipart_data.items():
        file = io.BytesIO(content) if isinstance(content, bytes) else content  # written in pieces
        form.add_field(name, file, filename=filename, content_type=mimetype)
    return form


def _translated(error: Exception) -> NetworkError:
    kind = type(error).__name__
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return TimedOut(f"No free connection in time, the request was not sent ({kind})")
    if isinstance(error, TimeoutError):
        return TimedOut(f"No answer in time ({kind})")
    code = errno.errorcode.get((error.errno if isinstance(error, OSError) else None) or 0)
    return NetworkError(f"{kind}, {code}" if code else kind)


def _check_refusal(status: int, body: bytes) -> None:
    """Raises where the base class would quote the body (a proxy's page may show the URL) or would warn."""
    answer = _answer(body)
    if answer is None:
        raise NetworkError(f"HTTP {status}, and the answer is not in Telegram's form")
    parameters = answer.get("parameters")
    if isinstance(parameters, dict) and isinstance(parameters.get("retry_after"), int | float):
        raise FloodWait(parameters["retry_after"])


def _answer(payload: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(payload.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if isinstance(answer, dict) and ("result" in answer or isinstance(answer.get("description"), str)):
        return answer
    return None

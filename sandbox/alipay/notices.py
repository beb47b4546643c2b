"""Notices to the merchant, repeated until the merchant answers with the fixed success body."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import aiohttp
from aiohttp import web
from yarl import URL

from sandbox.alipay.clock import Clock
from sandbox.alipay.envelopes import Delivery
from sandbox.alipay.faults import Faults
from sandbox.alipay.signing import Message, Signer

ANTOM_DELAYS: Final[Sequence[float]] = (0, 120, 600, 600, 3600, 7200, 21600, 54000)
"""Seconds before each try: docs.antom.com/ac/ams/notify_refund."""
DEMO_DELAYS: Final[Sequence[float]] = (0, 1, 2, 5, 10, 20, 40, 60)
"""Eight tries as well, for people who do not wait a day."""

_TIMEOUT = aiohttp.ClientTimeout(total=5)


@dataclass(frozen=True)
class Try:
    at: datetime
    outcome: str


@dataclass(eq=False)
class Notice:
    """`about` is the merchant's request id; `outcome` is waiting, accepted or given_up."""

    kind: str
    about: str
    url: str
    document: dict[str, Any]
    outcome: str = "waiting"
    tries: list[Try] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return sum(1 for attempt in self.tries if attempt.outcome != "lost")


class Notifier:
    def __init__(
        self, *, client_id: str, signer: Signer, clock: Clock, delays: Sequence[float], faults: Faults
    ) -> None:
        self._client_id = client_id
        self._signer = signer
        self._clock = clock
        self._delays = tuple(delays)
        self._faults = faults
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.notices: list[Notice] = []

    async def run(self, _: web.Application) -> AsyncIterator[None]:
        """aiohttp's cleanup context: open while the application runs."""
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            self._session = session
            yield
            await self._stop()
        self._session = None

    def send(self, notice: Notice) -> None:
        self.notices.append(notice)
        task = asyncio.get_running_loop().create_task(self._deliver(notice))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, notice: Notice) -> None:
        for delay in self._delays:
            await asyncio.sleep(delay)
            if await self._try(notice):
                notice.outcome = "accepted"
                return
        notice.outcome = "given_up"

    async def _try(self, notice: Notice) -> bool:
        delivery = self._faults.bend(Delivery(notice.document), notice.kind)
        await asyncio.sleep(delivery.delay)
        if not delivery.copies:
            notice.tries.append(Try(self._clock(), "lost"))
        accepted = [await self._send_once(notice, delivery) for _ in range(delivery.copies)]
        return any(accepted)

    async def _send_once(self, notice: Notice, delivery: Delivery) -> bool:
        at = self._clock()
        try:
            outcome = await self._post(notice.url, delivery)
        except (aiohttp.ClientError, TimeoutError) as error:
            outcome = type(error).__name__
        notice.tries.append(Try(at, outcome))
        return outcome == "accepted"

    async def _post(self, address: str, delivery: Delivery) -> str:
        if self._session is None:
            raise aiohttp.ClientConnectionError
        url = URL(address, encoded=True)
        headers = self._headers(url.raw_path_qs, delivery)
        async with self._session.post(url, data=delivery.body, headers=headers, allow_redirects=False) as answer:
            if answer.status == 200 and _says_success(await answer.read()):
                return "accepted"
            return f"refused ({answer.status})"

    def _headers(self, path: str, delivery: Delivery) -> dict[str, str]:
        signed = delivery.body if delivery.signed is None else delivery.signed
        message = Message(path, self._client_id, self._clock().isoformat(timespec="seconds"), signed)
        return {
            "content-type": "application/json; charset=UTF-8",
            "client-id": message.client_id,
            "request-time": message.time,
            "signature": self._signer.header(message),
        }


def _says_success(body: bytes) -> bool:
    try:
        answer = json.loads(body)["result"]
        return (answer["resultCode"], answer["resultStatus"]) == ("SUCCESS", "S")
    except (ValueError, TypeError, KeyError, RecursionError):
        return False

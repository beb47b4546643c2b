"""Notices to the merchant: repeated until acknowledged, and whatever may happen to them on their way."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from gateway.exchange import Call, NoReply, Reply
from tests.simulation.antom.faults import Weather
from tests.simulation.antom.wire import Document, Keys, pack, path_of, sign, stamp
from tests.simulation.loop import SimClock, SimLoop

PAUSES = (0, 120, 600, 600, 3600, 7200, 21600, 54000)
"""Seconds before each try (docs.antom.com/ac/ams/notify_refund)."""

PATIENCE = 10.0
"""Seconds that Antom waits for an acknowledgement."""

Deliver = Callable[[Call], Awaitable[Reply | NoReply]]
"""The way to the merchant's door: a POST, answered as HTTP would. Cancelled when Antom waits no longer."""


@dataclass(eq=False, slots=True)
class Notice:
    """One notice, of which every try sends the same bytes."""

    url: str
    body: bytes
    tries: int = 0
    acknowledged: bool = False
    then: Callable[[], None] | None = field(default=None, repr=False)


class Notifier:
    """Sends notices, and keeps them all to be read."""

    def __init__(
        self, loop: SimLoop, client_id: str, keys: Keys, weather: Weather, is_out: Callable[[], bool], deliver: Deliver
    ) -> None:
        self._loop, self._clock = loop, SimClock(loop)
        self._client_id, self._keys = client_id, keys
        self._weather, self._is_out, self._deliver = weather, is_out, deliver
        self.sent: list[Notice] = []

    def send(self, url: str, document: Document, then: Callable[[], None] | None = None) -> None:
        """Tell the merchant, and call `then` once it acknowledged."""
        notice = Notice(url, pack(document), then=then)
        self.sent.append(notice)
        self._loop.outside(self._insist(notice), name=f"notice {len(self.sent)}")

    async def _insist(self, notice: Notice) -> None:
        for pause in PAUSES:
            await asyncio.sleep(pause)
            await self._try(notice)
            if notice.acknowledged:
                return

    async def _try(self, notice: Notice) -> None:
        notice.tries += 1
        weather, faults = self._weather, self._weather.faults
        if self._is_out() or weather.strikes(faults.notice_lost):
            return
        copies = 1 + (weather.between(1, 3) if weather.strikes(faults.notice_repeated) else 0)
        await asyncio.wait([self._loop.outside(self._carry(notice)) for _ in range(copies)], timeout=PATIENCE)

    async def _carry(self, notice: Notice) -> None:
        """Bring one copy to the door; one that is late is not waited for, yet arrives."""
        weather = self._weather
        if weather.strikes(weather.faults.notice_delayed):
            await asyncio.sleep(weather.up_to(weather.faults.notice_seconds))
        await asyncio.sleep(weather.leg())
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._deliver(self._call(notice))
        except TimeoutError:
            return
        if _acknowledges(answer) and not notice.acknowledged:
            notice.acknowledged = True
            if notice.then is not None:
                notice.then()

    def _call(self, notice: Notice) -> Call:
        time = stamp(self._clock.now()) or ""
        headers = {
            "content-type": "application/json; charset=UTF-8",
            "client-id": self._client_id,
            "request-time": time,
            "signature": sign(self._keys.antom, path_of(notice.url), self._client_id, time, notice.body),
        }
        return Call(method="POST", url=notice.url, headers=headers, body=notice.body)


def _acknowledges(answer: Reply | NoReply) -> bool:
    if isinstance(answer, NoReply) or answer.status != 200:
        return False
    try:
        said = json.loads(answer.body)["result"]
        return (said["resultCode"], said["resultStatus"]) == ("SUCCESS", "S")
    except (ValueError, TypeError, KeyError):
        return False

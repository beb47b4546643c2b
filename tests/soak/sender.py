"""The auction house's sender: each event is told until it is taken, as Standard Webhooks has it, in shorter times."""

import asyncio
import json
import time
from dataclasses import dataclass, field

import aiohttp

from sandbox.auction.signing import sign
from tests.soak.deals import Event, Json, utc_now

PAUSES = (0.2, 0.5, 1.0, 2.0)
"""Seconds until the next try; the last one stays."""
LONGEST_TRY = aiohttp.ClientTimeout(total=10)
CORRECT_IT = range(400, 500)
TRY_AGAIN = (408, 429)


@dataclass(slots=True)
class Told:
    """What became of one event: when it was first told, and when it was taken (202); by the monotonic clock."""

    first: float
    taken: float | None = None


@dataclass(slots=True)
class Sender:
    """Tells events at `url`, signed with `key`; `told` is by the `webhook-id`."""

    url: str
    key: bytes
    session: aiohttp.ClientSession
    told: dict[str, Told] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    tries: int = 0

    @property
    def accepted(self) -> frozenset[str]:
        """The ids of what was answered with 202."""
        return frozenset(webhook_id for webhook_id, told in self.told.items() if told.taken is not None)

    async def tell(self, event: Event) -> None:
        """An event about an order, until it is taken, or refused for good."""
        await self.post(event.id, event.body(utc_now()))

    async def post(self, webhook_id: str, event: Json) -> None:
        """Any event, until it is taken, or refused for good."""
        body, tries = json.dumps(event).encode(), 0
        told = self.told.setdefault(webhook_id, Told(time.monotonic()))
        while (status := await self._try(webhook_id, body)) != 202:
            if status in CORRECT_IT and status not in TRY_AGAIN:
                self.refused.append(f"{webhook_id}: answered {status}")
                return
            await asyncio.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1
        told.taken = told.taken or time.monotonic()

    async def _try(self, webhook_id: str, body: bytes) -> int:
        """The answer's status; 0 where there was none."""
        self.tries += 1
        headers = {"Content-Type": "application/json", **sign(self.key, webhook_id, utc_now(), body)}
        try:
            async with self.session.post(self.url, data=body, headers=headers, timeout=LONGEST_TRY) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return 0

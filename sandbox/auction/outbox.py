"""Events out: signed, and sent again with the same id and body until the bot answers 2xx."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from sandbox.auction.events import Json, rfc3339
from sandbox.auction.settings import Addresses
from sandbox.auction.signing import sign
from sandbox.auction.world import Clock


@dataclass
class Delivery:
    """One event on its way; `status` is the last HTTP answer, None before the first."""

    message_id: str
    type: str
    data: Json
    body: bytes
    attempts: int = 0
    status: int | None = None

    @property
    def delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


@dataclass
class Outbox:
    """Each event has a sender task of its own, so that one refused event holds up no other.

    The next event of each type in `losing` is lost: it is listed, and never sent.
    """

    addresses: Addresses
    key: bytes
    clock: Clock
    retry_delays: Sequence[float]
    deliveries: list[Delivery] = field(default_factory=list)
    losing: list[str] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def send(self, event_type: str, data: Json) -> None:
        """Queue an event; must be called while `running`."""
        envelope = {"type": event_type, "timestamp": rfc3339(self.clock()), "data": data}
        body = json.dumps(envelope, ensure_ascii=False).encode()
        delivery = Delivery(f"msg_{secrets.token_hex(12)}", event_type, data, body)
        self.deliveries.append(delivery)
        if event_type in self.losing:
            self.losing.remove(event_type)
            return
        task = asyncio.create_task(self._deliver(delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def running(self, _app: web.Application) -> AsyncIterator[None]:
        """A cleanup context: on leaving, senders that still wait are cancelled and awaited."""
        yield
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, delivery: Delivery) -> None:
        async with ClientSession(timeout=ClientTimeout(total=15)) as session:
            for delay in chain(self.retry_delays, repeat(self.retry_delays[-1])):
                await self._attempt(session, delivery)
                if delivery.delivered:
                    return
                await asyncio.sleep(delay)

    async def _attempt(self, session: ClientSession, delivery: Delivery) -> None:
        delivery.attempts += 1
        headers = sign(self.key, delivery.message_id, self.clock(), delivery.body)
        headers["Content-Type"] = "application/json"
        try:
            async with session.post(
                self.addresses.events_url, data=delivery.body, headers=headers, allow_redirects=False
            ) as answer:
                delivery.status = answer.status
        except (ClientError, TimeoutError):
            delivery.status = None

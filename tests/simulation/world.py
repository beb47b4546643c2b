"""One history: processes that crash, people who act, an unreliable gateway; then calm, in which all must settle."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

from gateway.exchange import Call, NoReply, Reply
from service.reconciliation import Reconciled
from tests.simulation import telegram
from tests.simulation.antom import Faults, SimAntom, keys
from tests.simulation.backends import Backend
from tests.simulation.crash import Process
from tests.simulation.house import SimHouse
from tests.simulation.loop import SimClock, SimLoop
from tests.simulation.people import Buyer, House, Portal
from tests.simulation.service import CLIENT_ID, PAY_HOST, Outsides, Service, SimNames
from tests.simulation.telegram import SimTelegram, Trouble

T = TypeVar("T")

PROCESSES = 2
NOTHING = Reconciled(checked=0, differences=(), unclear=())

LOST = 0.04
"""The share of events about orders that never arrive."""

REST = 5 * 3600.0
"""Virtual seconds of calm, after which everything is settled that ever will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """How rough a history is."""

    faults: Faults
    trouble: Trouble
    house_trouble: float
    crash_rate: float
    acts: int


ROUGH = Climate(
    faults=Faults(
        lost_request=0.05,
        late_request=0.02,
        lost_reply=0.07,
        unknown_before=0.03,
        unknown_after=0.03,
        broken_before=0.02,
        broken_after=0.02,
        too_many=0.02,
        garbage=0.02,
        wrongly_signed=0.02,
        slow=0.05,
        outage=0.01,
        pending_payment=0.1,
        failed_pending=0.3,
        late_payment=0.5,
        slow_refund=0.45,
        decision_seconds=3600,
        failed_refund=0.08,
        quote=0.3,
        notice_lost=0.15,
        notice_repeated=0.2,
        notice_delayed=0.2,
        notice_after_cancel=0.5,
        contradiction=0.05,
    ),
    trouble=Trouble(not_sent=0.03, answer_lost=0.03, gone=0.02),
    house_trouble=0.05,
    crash_rate=0.001,
    acts=26,
)


class World:
    """Everything in one simulated world, on one backend."""

    def __init__(self, loop: SimLoop, backend: Backend, climate: Climate = ROUGH, *, buyers: int = 2) -> None:
        self.loop, self.backend, self.climate = loop, backend, climate
        self.random = loop.random("world")
        self.antom = SimAntom(
            loop, client_id=CLIENT_ID, keys=keys(), deliver=self._notify, faults=climate.faults, pay_host=PAY_HOST
        )
        self.house = SimHouse(SimClock(loop), loop.random("house"), climate.house_trouble)
        self.telegram = SimTelegram(loop.random("telegram"), climate.trouble)
        self.buyers = [Buyer(self, number) for number in range(1, buyers + 1)]
        self.most_orders = 3 * buyers
        self.update_ids, self._event_ids = count(1), count(1)
        self.crashes = 0
        self._deaf_until = 0.0
        self.unannounced: set[str] = set()
        """Charges that were changed in the gateway's portal, which no notice tells of."""
        self.reconciled = self.reconciled_again = NOTHING
        self._crash_rate = climate.crash_rate
        self.staff = House(self)
        self._names = SimNames(loop.random("names"))
        self._services: dict[int, Service] = {}

    async def play(self) -> None:
        """The whole history."""
        for number in range(PROCESSES):
            self._start(number)
        async with asyncio.TaskGroup() as group:
            for buyer in self.buyers:
                group.create_task(self._live(buyer))
            group.create_task(self.staff.live(self.climate.acts // 2))
            group.create_task(Portal(self).live(self.climate.acts // 3))
        self._calm()
        await asyncio.sleep(REST)
        self.reconciled = await self.insist(lambda service: service.reconcile("evening"))
        await asyncio.sleep(3600)
        self.reconciled_again = await self.insist(lambda service: service.reconcile(None))

    async def ask(self, request: Callable[[Service], Coroutine[Any, Any, T]]) -> T | None:
        """One request to any process that lives; None where it comes to nothing."""
        if not self._services:
            return None
        service = self.random.choice([self._services[number] for number in sorted(self._services)])
        return await service.ask(lambda: request(service))

    async def insist(self, request: Callable[[Service], Coroutine[Any, Any, T]]) -> T:
        """The same request until it is answered."""
        while (answer := await self.ask(request)) is None:
            await asyncio.sleep(self.random.uniform(0.5, 20))
        return answer

    async def tell_of_order(self, body: bytes) -> None:
        """Send an event about an order, unless it is lost: then only the auction house's list tells of it."""
        if self.random.random() >= LOST:
            await self.tell(body)

    async def tell(self, body: bytes) -> None:
        """Send an event of the auction house: late, out of order, more than once, but surely."""
        event_id = f"msg_{next(self._event_ids)}"
        for _ in range(1 + (self.random.random() < 0.2)):
            self.loop.outside(self._deliver(event_id, body))

    async def _deliver(self, event_id: str, body: bytes) -> None:
        await asyncio.sleep(0.1 * 6000 ** self.random.random() if self.random.random() < 0.3 else 0.05)
        await self.insist(lambda service: service.told(event_id, body))

    async def _live(self, buyer: Buyer) -> None:
        await buyer.come()
        await self.staff.greet(buyer)
        await buyer.live(self.climate.acts)

    def go_deaf(self, seconds: float) -> None:
        """For a while the gateway takes payments, but whoever asks about one, or waits for a notice, hears nothing."""
        self._deaf_until = self.loop.time() + seconds

    @property
    def is_deaf(self) -> bool:
        """Whether nothing is heard now."""
        return self.loop.time() < self._deaf_until

    async def _exchange(self, call: Call, *, seconds: float) -> Reply | NoReply:
        if self.is_deaf and call.url.endswith(("/inquiryPayment", "/cancel")):
            await asyncio.sleep(seconds)
            return NoReply("timeout")
        return await self.antom(call, seconds=seconds)

    async def _notify(self, call: Call) -> Reply | NoReply:
        if self.is_deaf:
            return NoReply("timeout")
        answer = await self.ask(lambda service: service.notified(call))
        return NoReply("connection refused") if answer is None else answer

    def _start(self, number: int) -> None:
        process = Process(f"service {number}", crash_rate=self._crash_rate)
        process.at_crash(lambda: self._crashed(number))
        outsides = Outsides(antom=self._exchange, house=self.house, telegram=self.telegram)
        self._services[number] = Service(self.loop, process, self.backend.connect(), outsides, self._names)

    def _crashed(self, number: int) -> None:
        if self.loop.world.alive and number in self._services:
            del self._services[number]
            self.crashes += 1
            self.loop.outside(self._restart(number))

    async def _restart(self, number: int) -> None:
        await asyncio.sleep(self.random.uniform(0.1, 120))
        self._start(number)

    def _calm(self) -> None:
        self._crash_rate = 0
        for service in self._services.values():
            service.process.crash_rate = 0
        self.antom.calm()
        self._deaf_until = 0.0
        self.house.trouble = 0
        self.telegram.trouble = telegram.CALM

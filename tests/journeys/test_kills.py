"""The service is killed again and again while buyers walk; every charge, refund and outcome still happens once."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import pytest

from app.stand import Ports, Stand, free_port, stand
from sandbox.journeys import FIRST_TIME, RETURNING, Walk, first_time, returning
from store.postgres import Pool, PostgresStore
from tests.haste import HASTE
from tests.journeys.conftest import MODES
from tests.journeys.killed import Service, front_door
from tests.journeys.stage import until

SEED = "JOURNEYS_KILL_SEED"
"""The environment variable that replays a run by the seed that it printed."""

KILLS = 10
LONGEST_LIFE = 1.0
PATIENCE = 45.0

Json = Mapping[str, Any]
Journey = Callable[..., Awaitable[Walk]]


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
async def test_no_kill_loses_or_doubles_anything(keys: Path, dsn: str, pool: Pool, tmp_path: Path, mode: str) -> None:
    seed = int(os.environ.get(SEED) or random.SystemRandom().randrange(10**6))
    print(f"\n{SEED}={seed}")
    async with AsyncExitStack() as stack:
        port = free_port()
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
        opened = await stack.enter_async_context(stand(keys, Ports(), webhook=mode == "webhook"))
        await stack.enter_async_context(front_door(urlsplit(opened.service).port or 0, port))
        variables = opened.environment | HASTE | {"DATABASE_URL": dsn, "ALIPAY_BOT_LISTEN": f"127.0.0.1:{port}"}
        service = Service(variables, tmp_path, f"http://127.0.0.1:{port}")
        stack.push_async_callback(service.kill)

        town = Town(opened, session)
        await kill_while_they_walk(service, town, random.Random(seed))  # noqa: S311 - repeatable, not secret

        await until(lambda: nothing_is_due(pool))
        await assert_each_thing_happened_once(town, pool)
    assert Counter(walk.kind for walk in town.walks).keys() == {"first_time", "returning"}


@dataclass(slots=True)
class Town:
    """The buyers who come one after another, in two queues, until the town sleeps."""

    opened: Stand
    session: aiohttp.ClientSession
    walks: list[Walk] = field(default_factory=list)
    asleep: bool = False
    taken: set[str] = field(default_factory=set)

    async def live(self) -> None:
        """Walk both journeys at once, over and over."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._queue(returning, "linked"))
            group.create_task(self._queue(first_time, "not_linked"))

    async def _queue(self, journey: Journey, alipay: str) -> None:
        while not self.asleep:
            buyer, item = await self._newcomer(alipay), await self._item()
            self.walks.append(await journey(self.opened.addresses, "en", buyer, item, patience=PATIENCE))

    async def _newcomer(self, alipay: str) -> str:
        """A new buyer of the auction house, whose account there is linked or not."""
        name = f"买家 {uuid4().hex[:8]}"
        await self._submit("/join", {"name": name})
        buyers = (await self.see("auction", "backoffice.json"))["buyers"]
        buyer: str = next(buyer["buyer_id"] for buyer in buyers if buyer["display_name"] == name)
        await self._submit(f"/backoffice/buyers/{buyer}/alipay", {"alipay": alipay})
        return buyer

    async def _item(self) -> str:
        """An item that is still open and that nobody else here is after."""
        items = (await self.see("auction", "backoffice.json"))["items"]
        item: str = next(i["auction_id"] for i in items if not i["sold"] and i["auction_id"] not in self.taken)
        self.taken.add(item)
        return item

    async def see(self, who: str, path: str) -> Json:
        """What a simulator has to show."""
        async with self.session.get(f"{getattr(self.opened.addresses, who)}/{path}") as answer:
            found: Json = await answer.json()
            return found

    async def _submit(self, path: str, fields: Mapping[str, str]) -> None:
        house = self.opened.addresses.auction
        async with self.session.get(f"{house}/"), self.session.post(f"{house}{path}", data=fields) as answer:
            assert answer.ok


async def kill_while_they_walk(service: Service, town: Town, dice: random.Random) -> None:
    """Kill and restart, at moments that the dice choose; then let everybody come home."""
    walking = asyncio.create_task(town.live())
    try:
        for _ in range(KILLS):
            await service.start(town.session)
            await asyncio.sleep(dice.uniform(0.0, LONGEST_LIFE))
            assert not walking.done(), walking.exception()
            await service.kill()
        town.asleep = True
        await service.start(town.session)
        await walking
    finally:
        walking.cancel()


async def nothing_is_due(pool: Pool) -> bool:
    """Whether all work is done that is not for later; what waits in a chat waits for its turn alone."""
    waiting = "select count(*) from line where busy or due <= now() or (paced and due < 'infinity')"
    return not await pool.fetchval(waiting)


async def assert_each_thing_happened_once(town: Town, pool: Pool) -> None:
    """Every walk was whole, and all three books agree."""
    kinds = {"first_time": list(FIRST_TIME), "returning": list(RETURNING)}
    assert [walk.steps for walk in town.walks] == [kinds[walk.kind] for walk in town.walks]
    firsts = [walk for walk in town.walks if walk.kind == "first_time"]
    await assert_money_moved_once(town, len(firsts))
    await assert_outcomes_came_once(town, len(firsts))
    async with PostgresStore(pool).transaction() as tx:
        ledger = await tx.summary()
    counts = (ledger.verification_charges, ledger.verification_refunds, ledger.payments, ledger.refunds)
    assert counts == (len(firsts), len(firsts), len(town.walks), 0)
    assert ledger.unsettled == 0
    assert await pool.fetch("select kind, reason from work where dead_at is not null") == []
    later = ["AskCharge", "EndCharge", "Sweep", "CheckOrders", "AskOrders", "Tidy"]
    assert await pool.fetch("select kind from work where kind <> all($1)", later) == []


async def assert_money_moved_once(town: Town, verifications: int) -> None:
    """At Alipay: each verification charge came back once, each order was paid once and nothing of it came back."""
    charges = (await town.see("alipay", "ledger.json"))["charges"]
    orders = {order["order_id"]: order for order in (await town.see("auction", "backoffice.json"))["orders"]}
    small = [charge for charge in charges if charge["referenceOrderId"] not in orders]
    assert [(charge["paid"], charge["net"], len(charge["refunds"])) for charge in small] == [
        ("5", "0", 1)
    ] * verifications
    paid = {charge["referenceOrderId"]: charge["net"] for charge in charges if charge["referenceOrderId"] in orders}
    assert paid == {order_id: order["total"]["value"] for order_id, order in orders.items()}
    assert len(charges) == verifications + len(orders)


async def assert_outcomes_came_once(town: Town, verifications: int) -> None:
    """At the auction house: one event of each kind for each buyer, without a problem, and every order paid."""
    house = await town.see("auction", "backoffice.json")
    assert [event["problem"] for event in house["events_received"]] == [None] * len(house["events_received"])
    assert Counter(event["type"] for event in house["events_received"]) == {
        "verification.completed": verifications,
        "verification.refunded": verifications,
        "payment.completed": len(town.walks),
    }
    assert {order["state"] for order in house["orders"]} == {"paid"}

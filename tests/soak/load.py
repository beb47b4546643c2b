"""Who keeps the service busy: buyers who connect, auctions that end, buyers who pay for what they won."""

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import aiohttp

from sandbox.person import Addresses
from tests.soak.deals import Deal, Event, bought, bursts, utc_now
from tests.soak.house import House
from tests.soak.sender import Sender
from tests.soak.shopper import Shopper, WalkFailed
from tests.soak.size import Size

FIRST_CHAT = 700_100_000
FIRST_BOUGHT = 10_000_000
"""Numbers of orders: those that are paid in the chat begin here."""
ARRIVALS_A_SECOND = 15
CLOSED_AFTER = 5.0


def chat_of(buyer: str) -> int:
    """The chat of a buyer, by the number that both bear."""
    return FIRST_CHAT + int(buyer[1:])


@dataclass(slots=True)
class Load:
    """`deals` are all orders so far, `walks` those whose buyers came to the end, `failures` what they waited for."""

    addresses: Addresses
    sender: Sender
    house: House
    session: aiohttp.ClientSession
    dice: Random
    size: Size
    deals: dict[str, Deal] = field(default_factory=dict)
    walks: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    over: bool = False

    async def run(self, seconds: float) -> None:
        """Everybody comes; then auctions end for so long; then all that was begun is finished."""
        names = [f"B{number}" for number in range(1, self.size.buyers + 1)]
        shoppers, others = names[: self.size.shoppers], names[self.size.shoppers :]
        async with asyncio.TaskGroup() as group:
            ending = group.create_task(self._end_after(seconds))
            for number, buyer in enumerate(shoppers):
                group.create_task(self._shop(buyer, number))
            for buyer in others:
                group.create_task(self._come(buyer))
                await asyncio.sleep(1 / ARRIVALS_A_SECOND)
            group.create_task(self._close(others[:2]))
            await self._auctions(group, others)
            await ending

    async def _end_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.over = True

    async def _come(self, buyer: str) -> None:
        chat_id, telegram = chat_of(buyer), self.addresses.telegram
        person = {"id": chat_id, "first_name": buyer, "language_code": "en"}
        await self._act(f"{telegram}/people", person)
        await self._act(f"{telegram}/people/{chat_id}/start", {})
        data = {"buyer_id": buyer, "telegram_user_id": chat_id, "display_name": buyer}
        event = {"type": "buyer.connected", "timestamp": utc_now().isoformat(), "data": data}
        await self.sender.post(f"msg_{buyer}_connected", event)

    async def _auctions(self, group: asyncio.TaskGroup, buyers: Sequence[str]) -> None:
        for burst in bursts(self.dice, list(buyers)):
            if self.over:
                return
            events = [event for deal in burst for event in deal.events]
            self.deals |= {deal.order: deal for deal in burst}
            for event in events:
                group.create_task(self._happen(event))
            await asyncio.sleep(len(events) / self.size.events_a_second)

    async def _happen(self, event: Event) -> None:
        """Tell it at its time, and again where the sender is so minded."""
        await asyncio.sleep(event.after)
        self.house.happens(event)
        async with asyncio.TaskGroup() as group:
            group.create_task(self.sender.tell(event))
            if event.again is not None:
                await asyncio.sleep(event.again)
                group.create_task(self.sender.tell(event))

    async def _shop(self, buyer: str, number: int) -> None:
        """Win an item, pay for it, and so on."""
        await self._come(buyer)
        async with Shopper.of(self.addresses, chat_of(buyer), buyer) as shopper:
            for place in itertools.count():
                if self.over:
                    return
                deal = bought(f"O{FIRST_BOUGHT + 1000 * number + place}", buyer)
                self.deals[deal.order] = deal
                await self._happen(deal.last)
                try:
                    await shopper.buy(deal)
                except WalkFailed as failure:
                    self.failures.append(f"{deal.order}: {failure}")
                    return
                self.walks.append(deal.order)

    async def _close(self, buyers: Sequence[str]) -> None:
        """One buyer blocks the bot, another one's account is deleted."""
        await asyncio.sleep(CLOSED_AFTER)
        for buyer, act in zip(buyers, ("block", "deactivate"), strict=True):
            await self._act(f"{self.addresses.telegram}/people/{chat_of(buyer)}/{act}", {})

    async def _act(self, url: str, body: dict[str, object]) -> None:
        async with self.session.post(url, json=body) as answer:
            answer.raise_for_status()

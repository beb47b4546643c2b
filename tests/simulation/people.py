"""Who acts in the simulated world, each as their dice want it: buyers, the auction house's staff, the gateway's."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from itertools import count
from random import Random
from typing import TYPE_CHECKING, Any

from flow.linked import Alipay
from flow.money import Money
from flow.offers import Act
from flow.order import Order
from service.facts import BounceTold, Command
from service.records import RefundState
from service.views import CardView, DigestView, LinkButton, NoteView, PressButton
from tests.simulation.antom import Charge
from tests.simulation.service import PUBLIC_URL, Service

if TYPE_CHECKING:
    from tests.simulation.world import World

Deed = Callable[[], Coroutine[Any, Any, None]]

LANDING = f"{PUBLIC_URL}/go/"


async def live(random: Random, acts: dict[Deed, float], number: int) -> None:
    """Do so many of the acts, each as often as its weight says, with pauses from moments to half an hour."""
    for _ in range(number):
        await asyncio.sleep(0.5 * 2000 ** random.random())
        [act] = random.choices(list(acts), list(acts.values()))
        await act()


class Buyer:
    """A buyer with a chat and a wallet."""

    def __init__(self, world: "World", number: int) -> None:
        self.world, self.buyer_id, self.chat_id = world, f"b{number}", number
        self.random = world.loop.random(f"buyer {number}")
        self._links: list[str] = []
        self._saying = asyncio.Lock()

    async def live(self, number: int) -> None:
        """Press, open, pay and talk."""
        acts: dict[Deed, float] = {
            self.press: 10,
            self.press_anything: 2,
            self.open: 8,
            self.pay: 6,
            self.pay_while_it_changes: 3,
            self.pay_all: 1,
            self.pay_twice: 5,
            self.talk: 2,
            self.block: 0.3,
        }
        await live(self.random, acts, number)

    async def come(self) -> None:
        """Open the chat, and confirm the connection at the auction house."""
        await self.say({"command": Command.START})
        await self.world.tell(self.world.house.connect(self.buyer_id, self.chat_id))

    async def say(self, message: dict[str, str]) -> None:
        """Send an update, again and again until it is taken, in the order of the chat."""
        async with self._saying:
            body = json.dumps(
                {"update_id": next(self.world.update_ids), "message": {"chat": {"id": self.chat_id}, **message}}
            ).encode()
            await self.world.insist(lambda service: service.updated(body))

    async def press(self) -> None:
        """Press a button of the newest message that has one."""
        rows = [[b for b in view.buttons if isinstance(b, PressButton)] for view in reversed(self.views())]
        if buttons := next(filter(None, rows), None):
            await self.say({"press": self._likely(buttons).id})

    async def press_anything(self) -> None:
        """Press any button that hangs in the chat."""
        buttons = [b for view in self.views() for b in view.buttons if isinstance(b, PressButton)]
        if buttons:
            await self.say({"press": self.random.choice(buttons).id})

    async def open(self) -> None:
        """Open a payment link on the phone: mostly the newest."""
        urls = [b.url for view in self.views() for b in view.buttons if isinstance(b, LinkButton)]
        tokens = [url.removeprefix(LANDING) for url in urls if url.startswith(LANDING)]
        if not tokens:
            return
        token = tokens[-1] if self.random.random() < 0.8 else self.random.choice(tokens)
        landing = await self.world.ask(lambda service: service.landed(token))
        if landing is not None and landing.url is not None and landing.url not in self._links:
            self._links.append(landing.url)

    async def pay(self) -> None:
        """Pay, mostly the newest link; now and then another amount arrives, or the buyer turns it down."""
        if not self._links:
            return
        self._settle(self._links[-1] if self.random.random() < 0.7 else self.random.choice(self._links))

    async def pay_while_it_changes(self) -> None:
        """Pay just before, while or just after something else happens to the order or its link."""
        if not self._links:
            return
        link = self._links[-1]
        order_id = self.world.antom.book.find(link).order.reference
        changes = (
            lambda: self.world.staff.end(order_id),
            lambda: self.world.staff.change(order_id),
            self.press_anything,
            self.press_anything,
            lambda: self.say({"command": Command.CANCEL}),
        )
        self.world.loop.outside(self.random.choice(changes)())
        await asyncio.sleep(self.random.choice((0.05, 0.1, 0.2, 0.4, 1.5, 20)))
        self._settle(link)

    async def pay_twice(self) -> None:
        """Pay, hear nothing, take a new link, and pay that one as well."""
        if not self._links:
            return
        self.world.go_deaf(self.random.uniform(60, 600))
        self._settle(self._links[-1])
        again = [b for view in self.views() for b in view.buttons if b.act == Act.NEW_LINK]
        if again and isinstance(again[-1], PressButton):
            await self.say({"press": again[-1].id})
            await asyncio.sleep(self.random.uniform(1, 60))
            await self.open()
            await asyncio.sleep(self.random.uniform(1, 30))
            self._settle(self._links[-1])

    async def pay_all(self) -> None:
        """Pay every link that still takes money: no harm is meant."""
        for link in self._links[-3:]:
            self._settle(link)
            await asyncio.sleep(self.random.uniform(0, 30))

    def _settle(self, link: str) -> None:
        antom, roll = self.world.antom, self.random.random()
        if roll < 0.05:
            antom.pay_wrong(link, self.random.randrange(1, 90_000), self.random.choice(("JPY", "JPY", "USD")))
        elif roll < 0.12:
            antom.decline(link)
        else:
            antom.pay(link, f"2088{self.chat_id}")

    async def talk(self) -> None:
        """Give a command."""
        commands = (Command.START, Command.VERIFY, Command.VERIFY, Command.PAYMENTS, Command.CANCEL, Command.UNLINK)
        await self.say({"command": self.random.choice(commands)})

    async def block(self) -> None:
        """Block the bot, and come back after a while."""
        self.world.telegram.blocked.add(self.chat_id)
        await asyncio.sleep(self.random.uniform(10, 3600))
        self.world.telegram.blocked.discard(self.chat_id)
        await self.say({"command": Command.START})

    def views(self) -> list[CardView | NoteView | DigestView]:
        """What hangs in the chat, oldest first."""
        shown = self.world.telegram.shown.get(self.chat_id, {})
        return [view for view in shown.values() if isinstance(view, CardView | NoteView | DigestView)]

    def _likely(self, buttons: list[PressButton]) -> PressButton:
        return buttons[0] if self.random.random() < 0.7 else self.random.choice(buttons)


class House:
    """The auction house's staff."""

    def __init__(self, world: "World") -> None:
        self.world, self.random = world, world.loop.random("house staff")
        self._numbers = count(1)

    async def live(self, number: int) -> None:
        """Sell, change, cancel, and think better of it."""
        acts: dict[Deed, float] = {self.sell: 3, self.change: 3, self.end: 1.5, self.reopen: 1, self.relink: 1.5}
        await live(self.random, acts, number)

    async def greet(self, buyer: Buyer) -> None:
        """A buyer who just came wins an item, verifies, or both."""
        if self.random.random() < 0.7:
            await self.world.tell(self.world.house.relink(buyer.buyer_id, Alipay.NOT_LINKED))
            await buyer.say({"command": Command.VERIFY})
        if self.random.random() < 0.8:
            await self.world.tell_of_order(self.world.house.win(buyer.buyer_id, next(self._numbers)))

    async def sell(self) -> None:
        """A buyer wins an item, or several when an evening ends."""
        buyer = self.random.choice(self.world.buyers)
        for _ in range(self.random.choice((1, 1, 3))):
            if len(self.world.house.versions) < self.world.most_orders:
                await self.world.tell_of_order(self.world.house.win(buyer.buyer_id, next(self._numbers)))

    async def change(self, order_id: str = "") -> None:
        """An order changes."""
        if order := self._order(order_id):
            await self.world.tell_of_order(self.world.house.change(order))

    async def end(self, order_id: str = "") -> None:
        """An order is cancelled, or paid elsewhere; also one that is paid here already."""
        if order := self._order(order_id):
            end = self.random.choice((self.world.house.cancel, self.world.house.pay_elsewhere))
            await self.world.tell_of_order(end(order))

    async def reopen(self) -> None:
        """An order that was over is due again."""
        if over := list(self.world.house.over.values()):
            await self.world.tell_of_order(self.world.house.reopen(self.random.choice(over)))

    def _order(self, order_id: str) -> Order | None:
        orders = self.world.house.sold
        return orders.get(order_id) or (self.random.choice(list(orders.values())) if orders else None)

    async def relink(self) -> None:
        """A buyer's link state changes at the auction house."""
        buyer = self.random.choice(self.world.buyers).buyer_id
        alipay = self.random.choice((Alipay.LINKED, Alipay.NOT_LINKED, Alipay.NOT_LINKED, Alipay.NOT_OFFERED))
        limit = Money("JPY", 20_000) if self.random.random() < 0.2 else None
        if limit:
            self.world.house.limits[buyer] = limit
        await self.world.tell(self.world.house.relink(buyer, alipay, limit))


class Portal:
    """The gateway's own portal, and the settlement file, in the hands of the merchant's staff."""

    def __init__(self, world: "World") -> None:
        self.world, self.random = world, world.loop.random("portal")
        self._numbers = count(1)

    async def live(self, number: int) -> None:
        """Refund, cancel, take money that nobody asked for, find bounced refunds."""
        acts: dict[Deed, float] = {self.refund: 3, self.cancel: 1, self.stray: 0.5, self.bounce: 3}
        await live(self.random, acts, number)

    async def refund(self) -> None:
        """A charge is refunded, whole or in part."""
        if charge := self._paid():
            whole = charge.refundable
            value = whole if self.random.random() < 0.6 or whole < 2 else self.random.randrange(1, whole)
            self.world.antom.portal_refund(charge, value)

    async def cancel(self) -> None:
        """A paid charge is taken back."""
        if (charge := self._paid()) and self.world.antom.portal_cancel(charge):
            self.world.unannounced.add(charge.id)

    async def stray(self) -> None:
        """A payment comes in that the service never asked for."""
        self.world.antom.portal_charge(f"PORTAL-{next(self._numbers)}", self.random.randrange(1, 10_000))

    async def bounce(self) -> None:
        """The settlement file shows a confirmed refund that came back."""
        async with self.world.backend.store.transaction() as tx:
            entries = await tx.entries()
            ids = sorted({entry.refund_id for entry in entries if entry.refund_id and entry.is_ours})
            refunds = [await tx.refund(refund_id) for refund_id in ids]
        settled = [r for r in refunds if r and r.state is RefundState.SETTLED and r.ours]
        if settled and self.random.random() < 0.5:
            refund = self.random.choice(settled)
            fact = BounceTold(refund_id=refund.id)
            await self.world.insist(lambda service: _bounced(service, refund.id, fact))

    def _paid(self) -> Charge | None:
        charges = [c for c in self.world.antom.book.charges.values() if c.refundable > 0]
        return self.random.choice(charges) if charges else None


async def _bounced(service: Service, refund_id: str, fact: BounceTold) -> bool:
    await service.desk.receive(f"refund:{refund_id}:bounced", fact)
    return True

"""A buyer who pays in the chat for what they win, as patiently as a person in bad times."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from bot import catalogue
from flow.offers import Act
from sandbox.person import Addresses, Json, Person, Walk, WalkFailed, browser, labels, links, words
from tests.journeys.buyers import Buyer
from tests.soak.deals import Deal, title

__all__ = ["Shopper", "WalkFailed"]

PATIENCE = 180.0
PAUSE = 0.5
AGAIN = 1.5
"""Seconds after which a press without an effect is made again."""
MOST_PRESSES = 60


class Shopper:
    """One person with a chat and a wallet."""

    def __init__(self, buyer: Buyer) -> None:
        self._buyer, self._person = buyer, buyer.person

    @classmethod
    @asynccontextmanager
    async def of(cls, addresses: Addresses, chat_id: int, buyer_id: str) -> AsyncIterator["Shopper"]:
        """The buyer with this chat."""
        async with browser() as session:
            person = Person(addresses, session, Walk(buyer_id, "shopping"), patience=PATIENCE, pause=PAUSE)
            person.id = chat_id
            yield cls(Buyer(person=person, texts=catalogue.texts(), name=buyer_id))

    async def buy(self, deal: Deal) -> None:
        """Press for the link, open it, pay, and hear of it. Raises WalkFailed."""
        about = title(deal.order, deal.last.version)
        await self._press(about, Act.PAY)
        await self._press(about, Act.USE_ALIPAY)
        card = await self._see(about, lambda card: any("/go/" in url for url in links(card)), "link")
        await self._person.pay(await self._person.open_link(card))
        await self._see(about, lambda card: self._buyer.says(card, "payment.paid"), "word that it is paid")

    async def _press(self, about: str, act: Act) -> None:
        """Press the newest such button, again where nothing follows."""
        label = self._buyer.label(act)
        card = await self._see(about, lambda card: label in labels(card), f"button {label}")
        for _ in range(MOST_PRESSES):
            with suppress(WalkFailed):  # the card was edited under the finger
                await self._buyer.press_on(card, act)
            await asyncio.sleep(AGAIN)
            card = (await self._about(about))[-1]
            if label not in labels(card):
                return
        raise WalkFailed(self._person.walk, f"effect of {label}", about)

    async def _see(self, about: str, is_there: Callable[[Json], bool], what: str) -> Json:
        """The newest message about the order, once it is as expected."""

        def found(seen: list[Json]) -> bool:
            mine = _about(about, seen)
            return bool(mine) and is_there(mine[-1])

        await self._person.look(found, f"{what} of {about}")
        return (await self._about(about))[-1]

    async def _about(self, about: str) -> list[Json]:
        return _about(about, await self._person.messages())


def _about(about: str, seen: list[Json]) -> list[Json]:
    return [message for message in seen if about in words(message)]

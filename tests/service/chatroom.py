"""The story's chat as it looks on a phone: the real lines, carriers and messenger, before the Bot API simulator."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from app.clock import RandomNames
from service import work
from service.cards import Cards
from service.courier import Carrier
from service.errors import Unavailable
from service.facts import Pressed
from service.lines import chat_line, reopening_line
from service.pace import UNPACED
from service.ports import Claim, Messenger
from service.views import CardView, Delivery, DigestView, Undeliverable, View
from service.work import Hold, Later, Outcome
from store.lines import PostgresLines
from tests.contract.messengers import Phones, Seen, on_telegram
from tests.service.story import CHAT, PERSON, Story

LEASE = timedelta(minutes=1)
AWAY = timedelta(days=1)
LINES = [chat_line(CHAT), reopening_line(CHAT)]


class Watched:
    """A messenger that counts its calls; where it is told to, it dies after the next one, or refuses it for good.

    `closed` where the person has blocked us; `unfit` is the title of an item that it never takes; `meanwhile` is what
    happens once, while the next call is under way.
    """

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger
        self.calls: Counter[str] = Counter()
        self.dies = self.refuses = self.closed = False
        self.unfit: str | None = None
        self.meanwhile: Callable[[], Awaitable[None]] | None = None

    async def deliver(self, view: View, *, replacing: int | None = None) -> Delivery:
        call = "send" if replacing is None else "edit"
        delivering = self._messenger.deliver(view, replacing=replacing)
        return await self._told(call, delivering, refused=self.unfit is not None and self.unfit in _titles(view))

    async def amend(self, view: View, message_id: int) -> Delivery:
        return await self._told("amend", self._messenger.amend(view, message_id))

    async def retire(self, view: CardView, message_id: int) -> Delivery:
        return await self._told("retire", self._messenger.retire(view, message_id))

    async def _told(self, call: str, delivering: Coroutine[Any, Any, Delivery], *, refused: bool = False) -> Delivery:
        self.calls[call] += 1
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        if self.closed:
            delivering.close()
            return Undeliverable(reason="bot was blocked by the user", unreachable=True)
        if refused:
            delivering.close()
            return Undeliverable(reason="message is not fit")
        delivery = await delivering
        if self.refuses:
            return Undeliverable(reason="message is too old")
        if self.dies:
            self.dies = False
            raise Unavailable("killed after the call")
        return delivery


def _titles(view: View) -> list[str]:
    """The titles of the items that a message shows."""
    journeys = view.journeys if isinstance(view, DigestView) else [view.journey] if isinstance(view, CardView) else []
    return [journey.order.title for journey in journeys if journey.order]


class ChatRoom:
    """What is queued for the chat, or to catch up there, is carried out one by one; all other work is left aside."""

    def __init__(self, story: Story, phones: Phones) -> None:
        self.phones, self._story = phones, story
        self.messenger = Watched(phones.messenger)
        self._lines = PostgresLines(story.pool, asyncio.Event(), UNPACED)
        cards = Cards(
            story.store, self.messenger, story.desk, story.rules, story.clock, RandomNames(), ("en", "zh_Hans")
        )
        self._carriers: dict[type, Carrier] = {
            work.ShowCard: cards.card,
            work.RetireCard: cards.retire,
            work.RedrawDigest: cards.digests.redraw,
            work.CatchUp: cards.catching_up.run,
            work.ShowReminder: cards.reminder,
            work.ShowSettings: cards.settings,
            work.Say: cards.say,
            work.TellPayments: cards.payments,
        }

    async def turn(self) -> Outcome | None:
        """The outcome of the next work of the chat; None where nothing waits."""
        while claims := await self._lines.claim(1, LEASE):
            [claim] = claims
            if claim.line not in LINES:
                await self._lines.finish([(claim, Later(AWAY, "not here"))])
                continue
            outcome = await self._carry(claim)
            await self._lines.finish([(claim, outcome)])
            return outcome
        return None

    async def catch_up(self) -> Counter[str]:
        """Carry out all that waits; which calls it took. No work takes more than one."""
        before = Counter(self.messenger.calls)
        while True:
            calls = self.messenger.calls.total()
            outcome = await self.turn()
            assert self.messenger.calls.total() <= calls + 1
            if outcome is None and not await self._is_due():
                return self.messenger.calls - before

    async def pass_time(self) -> None:
        """Let what was held be due."""
        await self._story.pool.execute("update work set run_at = run_at - $1::interval", timedelta(hours=1))
        held = "update line set due = due - $1::interval, held_until = held_until - $1::interval"
        await self._story.pool.execute(held, timedelta(hours=1))

    async def seen(self) -> list[Seen]:
        """All messages that hang in the chat, oldest first."""
        return await self.phones.seen(CHAT)

    async def waiting(self) -> list[str]:
        """The kinds of work that wait in the chat's line."""
        rows = await self._story.pool.fetch(
            "select kind from work where line = $1 and dead_at is null order by id", f"chat:{CHAT}"
        )
        return [row["kind"] for row in rows]

    async def log(self, *columns: str) -> list[tuple[Any, ...]]:
        """These columns of the delivery log, oldest first."""
        rows = await self._story.pool.fetch("select * from delivery order by id")
        return [tuple(row[name] for name in columns) for row in rows]

    async def press(self, target: str) -> None:
        """The button that comes back to us under this id."""
        await self._story.take(Pressed(person=PERSON, button_id=target))

    async def _is_due(self) -> bool:
        due = "select exists (select from line where key = any($1) and due <= now())"
        return bool(await self._story.pool.fetchval(due, LINES))

    async def _carry(self, claim: Claim) -> Outcome:
        try:
            return await self._carriers[type(claim.work)](claim.work, claim)
        except Unavailable as error:
            return Hold(timedelta(0), str(error))


@asynccontextmanager
async def chatroom(story: Story) -> AsyncIterator[ChatRoom]:
    """The chat of the story's buyer."""
    async with on_telegram() as phones:
        await phones.person(person_id=CHAT)
        yield ChatRoom(story, phones)

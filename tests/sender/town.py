"""Workers of the real service that send to a strict Telegram in virtual time."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from telegram.ext import ExtBot

from bot import catalogue
from bot.messenger import TelegramMessenger
from service.cards import Cards
from service.courier import Courier
from service.desk import Desk
from service.lines import chat_line
from service.pace import Pace
from service.ports import Store
from service.records import Chat
from service.urgency import Urgency
from service.work import Say
from tests.memory.lines import MemoryLines
from tests.memory.process import Database
from tests.memory.process import Process as DatabaseProcess
from tests.memory.store import MemoryStore
from tests.sender.wire import TOKEN, Weather, Wire, WiredRequest
from tests.simulation.crash import Process
from tests.simulation.loop import SimClock, SimLoop
from tests.simulation.service import RULES, SimNames

Result = TypeVar("Result")


@dataclass(slots=True)
class Town:
    """Chats, messages for them, and the workers that bring them; all of it a seed's."""

    loop: SimLoop
    wire: Wire
    database: Database
    pace: Pace
    store: Store
    workers: list[Process] = field(default_factory=list)

    def start_worker(self) -> Process:
        """One more worker process."""
        process, handle = Process("worker"), DatabaseProcess(self.database)
        process.at_crash(handle.kill)
        self.loop.spawn(process, self._work(handle))
        self.workers.append(process)
        return process

    def stop(self) -> None:
        """Kill all workers."""
        for worker in self.workers:
            self.loop.crash(worker)

    async def _work(self, handle: DatabaseProcess) -> None:
        clock, texts, store = SimClock(self.loop), catalogue.texts(), MemoryStore(handle)
        names = SimNames(self.loop.random("names"))
        desk = Desk(store, RULES, clock, names, texts.languages)
        bot = ExtBot(TOKEN, request=WiredRequest(self.wire), get_updates_request=WiredRequest(self.wire))
        messenger = TelegramMessenger(bot, texts, RULES.shop)
        cards = Cards(store, messenger, desk, RULES, clock, names, texts.languages)
        lines = MemoryLines(handle, self.pace)
        courier = Courier(lines, {Say: cards.say}, lease=timedelta(seconds=30), rest=timedelta(minutes=5))
        await courier.run(asyncio.Event())

    async def open_chats(self, *chat_ids: int) -> None:
        """People who have started the bot."""
        async with self.store.transaction() as tx:
            for chat_id in chat_ids:
                self.wire.open_chat(chat_id)
                await tx.save_chat(Chat(chat_id=chat_id, user_id=chat_id, name="林", language="en"))

    async def say(self, chat_id: int, words: str, urgency: Urgency = Urgency.WIN) -> None:
        """Queue a message whose words can be told from all others."""
        async with self.store.transaction(urgency) as tx:
            await tx.queue(chat_line(chat_id), Say(chat_id=chat_id, text="code.confirm", values={"name": words}))

    async def settle(self) -> None:
        """Wait until nothing waits any more."""
        while any(line.work for line in self.database.queues.lines.values()):
            await asyncio.sleep(1)


Story = Callable[[Town], Awaitable[Result]]


def play(seed: int, story: Story[Result], weather: Weather | None = None) -> Result:
    """What comes of a story in a town of its own."""
    loop = SimLoop(seed)
    clock = SimClock(loop)
    database = Database(clock)
    wire = Wire(loop, clock, weather or Weather())
    town = Town(loop, wire, database, Pace(), MemoryStore(DatabaseProcess(database)))
    try:
        result = loop.run_until_complete(story(town))
        town.stop()
        return result
    finally:
        loop.close()

"""Everything one emulated bot's Telegram knows, and the few acts that both sides share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

from sandbox.telegram.faults import Faults
from sandbox.telegram.files import Files, StoredFile
from sandbox.telegram.hub import Hub
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.pace import Pace
from sandbox.telegram.polling import Polling
from sandbox.telegram.profile import Profile
from sandbox.telegram.queries import CallbackQueries
from sandbox.telegram.timing import Clock, Sleep
from sandbox.telegram.updates import Updates, chat_line
from sandbox.telegram.web import LoopbackClient
from sandbox.telegram.webhook import Webhook
from sandbox.telegram.world import Chat, Message, User, World

Execute = Callable[["Backend", str, Json], Awaitable[None]]


class Backend:
    """`execute` runs a Bot API call that a webhook answer asked for."""

    def __init__(self, token: str, bot: User, *, clock: Clock, sleep: Sleep, execute: Execute) -> None:
        self.token = token
        self.bot = bot
        self.clock = clock
        self.sleep = sleep
        self.logged_out = False
        self.world = World()
        self.files = Files()
        self.previews: dict[str, StoredFile] = {}
        self.hub = Hub()
        self.profile = Profile(names={"": bot.first_name})
        self.faults = Faults()
        self.pace = Pace(clock)
        self.queries = CallbackQueries(clock)
        self.client = LoopbackClient()
        self.updates = Updates(clock)
        self.polling = Polling(self.updates, sleep)
        self.webhook = Webhook(
            self.updates, self.client, clock, sleep, lambda method, call: execute(self, method, call)
        )

    def now(self) -> datetime:
        return self.clock()

    def add_message(self, chat: Chat, sender: User, content: Json) -> Message:
        """A new message, not yet shown: fill it in, then `show` it."""
        message = Message(chat.next_message_id(), chat, sender, self.now(), content)
        chat.messages[message.id] = message
        return message

    def show(self, message: Message) -> None:
        """Tell those who watch the chat and, unless it wrote the message itself, the bot."""
        self.hub.publish(message.chat.id, "message", {"message": message.view()})
        if message.sender is not self.bot:
            self.updates.add("message", message.to_json(), chat_line(message.chat.id))

    def show_edited(self, message: Message) -> None:
        self.hub.publish(message.chat.id, "edited", {"message": message.view()})
        if message.sender is not self.bot:
            self.updates.add("edited_message", message.to_json(), chat_line(message.chat.id))

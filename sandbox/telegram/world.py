"""The people, chats, topics and messages of the emulated Telegram. No I/O, no clock."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sandbox.telegram import rules
from sandbox.telegram.jsontypes import Json

FIRST_PERSON_ID = 700_000_001
FIRST_GROUP_ID = -1_000_000_000_001
PRESENT = frozenset({"creator", "administrator", "member"})


class UnknownName(LookupError):
    """No such person, group or message; the argument says which."""


@dataclass
class User:
    id: int
    first_name: str
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False
    deactivated: bool = False

    def to_json(self) -> Json:
        optional = {"username": self.username, "language_code": self.language_code}
        known = {name: value for name, value in optional.items() if value}
        return {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name, **known}


@dataclass
class Topic:
    id: int
    name: str
    icon_color: int
    closed: bool = False


@dataclass
class Chat:
    """A private chat with the bot, a supergroup, or a group, which has `moved_to` once it became one.

    `members` maps user ids to Telegram's status words.
    """

    id: int
    type: str
    title: str
    username: str | None = None
    is_forum: bool = False
    members: dict[int, str] = field(default_factory=dict)
    topics: dict[int, Topic] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    opened: bool = False
    blocked: bool = False
    last_message_id: int = 0
    moved_to: int | None = None

    @property
    def is_private(self) -> bool:
        return self.type == "private"

    def to_json(self) -> Json:
        name = {"first_name": self.title} if self.is_private else {"title": self.title}
        username = {"username": self.username} if self.username else {}
        forum = {"is_forum": True} if self.is_forum else {}
        return {"id": self.id, "type": self.type, **name, **username, **forum}

    def next_message_id(self) -> int:
        self.last_message_id += 1
        return self.last_message_id


@dataclass
class Message:
    """`content` holds Telegram's own fields: text and entities, photo and caption, a service fact."""

    id: int
    chat: Chat
    sender: User
    sent: datetime
    content: Json
    keyboard: Json | None = None
    reply_keyboard: Json | None = None
    preview: Json | None = None
    thread_id: int | None = None
    reply_to: int | None = None
    edited: datetime | None = None
    forward_origin: Json | None = None
    album: str | None = None
    protected: bool = False
    reaction: list[Json] = field(default_factory=list)

    @property
    def is_service(self) -> bool:
        return not self.content.keys() & {"text", "photo", "document"}

    def to_json(self, *, with_reply: bool = True) -> Json:
        optional: Json = {
            "message_thread_id": self.thread_id,
            "is_topic_message": bool(self.thread_id),
            "edit_date": int(self.edited.timestamp()) if self.edited else None,
            "forward_origin": self.forward_origin,
            "media_group_id": self.album,
            "has_protected_content": self.protected,
            "reply_markup": self.keyboard,
            "reply_to_message": self._replied() if with_reply else None,
        }
        return {
            "message_id": self.id,
            "from": self.sender.to_json(),
            "chat": self.chat.to_json(),
            "date": int(self.sent.timestamp()),
            **self.content,
            **{name: value for name, value in optional.items() if value},
        }

    def view(self) -> Json:
        """What a person's client shows: the message with its reaction, reply keyboard and link preview."""
        shown = {"reaction": self.reaction, "reply_keyboard": self.reply_keyboard, "preview": self.preview}
        return {**self.to_json(), **{name: value for name, value in shown.items() if value}}

    def _replied(self) -> Json | None:
        replied = self.chat.messages.get(self.reply_to or 0)
        return replied.to_json(with_reply=False) if replied else None


class World:
    def __init__(self) -> None:
        self.people: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self._person_ids = itertools.count(FIRST_PERSON_ID)
        self._group_ids = itertools.count(FIRST_GROUP_ID, -1)

    def add_person(
        self, first_name: str, language_code: str | None, *, person_id: int | None = None, username: str | None = None
    ) -> User:
        """A person and their (still unopened) private chat. A known id keeps its history and takes the new name."""
        number = person_id or self._free_person_id()
        person = User(number, first_name, username, language_code)
        self.people[number] = person
        chat = self.chats.setdefault(number, Chat(number, "private", first_name))
        chat.title, chat.username = first_name, username
        return person

    def add_group(self, title: str, *, is_forum: bool, members: dict[int, str], is_basic: bool = False) -> Chat:
        kind = "group" if is_basic else "supergroup"
        group = Chat(next(self._group_ids), kind, title, is_forum=is_forum, members=members)
        group.last_message_id = rules.GENERAL_TOPIC  # taken by the message about the group's creation
        if is_forum:
            group.topics[rules.GENERAL_TOPIC] = Topic(rules.GENERAL_TOPIC, "General", rules.TOPIC_COLORS[0])
        self.chats[group.id] = group
        return group

    def upgrade(self, group: Chat) -> Chat:
        """Make a group a supergroup: a new chat with its title and members, whose messages count from the start."""
        grown = self.add_group(group.title, is_forum=False, members=dict(group.members))
        group.moved_to = grown.id
        return grown

    def person(self, person_id: int) -> User:
        """Raises UnknownName."""
        if person_id not in self.people:
            raise UnknownName("no such person")
        return self.people[person_id]

    def chat(self, chat_id: int) -> Chat:
        """Raises UnknownName."""
        if chat_id not in self.chats:
            raise UnknownName("no such chat")
        return self.chats[chat_id]

    def groups(self) -> Iterator[Chat]:
        return (chat for chat in self.chats.values() if not chat.is_private)

    def _free_person_id(self) -> int:
        return next(number for number in self._person_ids if number not in self.people)

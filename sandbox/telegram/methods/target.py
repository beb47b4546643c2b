"""Where a call points: chats, topics and messages, with Telegram's refusals for each that is missing or closed."""

from __future__ import annotations

from sandbox.telegram import rules
from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import Words, bad_request, forbidden, upgraded
from sandbox.telegram.world import PRESENT, Chat, Message


def readable_chat(backend: Backend, chat_id: str) -> Chat:
    """A chat the bot has met and is in. Raises Refused."""
    chat = _find(backend, chat_id)
    if chat is None or (chat.is_private and not chat.opened):
        raise bad_request(Words.CHAT_NOT_FOUND)
    if not chat.is_private:
        _check_membership(chat, chat.members.get(backend.bot.id, "left"))
    if chat.moved_to:
        raise upgraded(chat.moved_to)
    return chat


def writable_chat(backend: Backend, chat_id: str) -> Chat:
    """A chat the bot may write to now. Raises Refused."""
    chat = readable_chat(backend, chat_id)
    if chat.is_private and backend.world.people[chat.id].deactivated:
        raise forbidden("user is deactivated")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    return chat


def thread(chat: Chat, thread_id: int) -> int | None:
    """The topic to write to; only a forum has any, and General has no thread. Raises Refused."""
    if not thread_id or not (chat.is_private or chat.is_forum):
        return None
    if thread_id == rules.GENERAL_TOPIC or thread_id not in chat.topics:
        raise bad_request(Words.THREAD_NOT_FOUND)
    return thread_id


def message(chat: Chat, message_id: int, purpose: str) -> Message:
    """Raises Refused ("message to edit not found")."""
    found = chat.messages.get(message_id)
    if found is None:
        raise bad_request(f"message to {purpose} not found")
    return found


def _find(backend: Backend, chat_id: str) -> Chat | None:
    chats = backend.world.chats
    if chat_id.startswith("@"):
        return next((chat for chat in chats.values() if chat.username == chat_id[1:]), None)
    digits = chat_id.removeprefix("-")
    return chats.get(int(chat_id)) if digits.isdecimal() and len(digits) < 20 else None


def _check_membership(group: Chat, status: str) -> None:
    if status == "kicked":
        raise forbidden(f"bot was kicked from the {group.type} chat")
    if status not in PRESENT:
        raise forbidden(f"bot is not a member of the {group.type} chat")

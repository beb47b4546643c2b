"""Forum topics of a supergroup."""

from __future__ import annotations

from sandbox.telegram import rules
from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import Words, bad_request
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.methods import target
from sandbox.telegram.methods.method import Method
from sandbox.telegram.params import ChatId, Params, Text
from sandbox.telegram.world import Chat, Topic


class CreateForumTopic(Params):
    chat_id: ChatId
    name: Text = ""
    icon_color: int = rules.TOPIC_COLORS[0]


class TopicChange(Params):
    chat_id: ChatId
    message_thread_id: int


class EditForumTopic(TopicChange):
    name: Text = ""


async def create_topic(backend: Backend, params: CreateForumTopic) -> Json:
    forum = _forum(backend, params.chat_id, "create a topic")
    name = _name(params.name)
    if not name:
        raise bad_request(Words.TITLE_EMPTY)
    backend.pace.spend(forum.id)
    color = params.icon_color if params.icon_color in rules.TOPIC_COLORS else rules.TOPIC_COLORS[0]
    created = {"name": name, "icon_color": color}
    topic_id = _tell(backend, forum, None, {"forum_topic_created": created})
    forum.topics[topic_id] = Topic(topic_id, name, color)
    return {"message_thread_id": topic_id, **created}


async def edit_topic(backend: Backend, params: EditForumTopic) -> bool:
    forum, topic = _topic(backend, params)
    name = _name(params.name)
    if name in ("", topic.name):
        raise bad_request(Words.TOPIC_NOT_MODIFIED)
    topic.name = name
    _tell(backend, forum, topic.id, {"forum_topic_edited": {"name": name}})
    return True


async def close_topic(backend: Backend, params: TopicChange) -> bool:
    return _set_closed(backend, params, closed=True)


async def reopen_topic(backend: Backend, params: TopicChange) -> bool:
    return _set_closed(backend, params, closed=False)


async def delete_topic(backend: Backend, params: TopicChange) -> bool:
    forum, topic = _topic(backend, params)
    del forum.topics[topic.id]
    gone = [message.id for message in forum.messages.values() if topic.id in (message.thread_id, message.id)]
    for message_id in gone:
        del forum.messages[message_id]
        backend.hub.publish(forum.id, "deleted", {"message_id": message_id})
    return True


def _set_closed(backend: Backend, params: TopicChange, *, closed: bool) -> bool:
    forum, topic = _topic(backend, params)
    if topic.closed is closed:
        raise bad_request(Words.TOPIC_NOT_MODIFIED)
    topic.closed = closed
    _tell(backend, forum, topic.id, {"forum_topic_closed" if closed else "forum_topic_reopened": {}})
    return True


def _forum(backend: Backend, chat_id: str, purpose: str) -> Chat:
    chat = target.readable_chat(backend, chat_id)
    if not chat.is_forum:
        raise bad_request(Words.NOT_A_FORUM)
    if chat.members.get(backend.bot.id) not in ("administrator", "creator"):
        raise bad_request(f"not enough rights to {purpose}")
    return chat


def _topic(backend: Backend, params: TopicChange) -> tuple[Chat, Topic]:
    forum = _forum(backend, params.chat_id, "manage topics")
    topic = forum.topics.get(params.message_thread_id)
    if topic is None or topic.id == rules.GENERAL_TOPIC:
        raise bad_request(Words.TOPIC_ID)
    return forum, topic


def _name(name: str) -> str:
    return name.strip()[: rules.TOPIC_NAME_UNITS]


def _tell(backend: Backend, forum: Chat, thread_id: int | None, fact: Json) -> int:
    """The service message; a topic's id is the id of the message about its creation."""
    message = backend.add_message(forum, backend.bot, fact)
    message.thread_id = thread_id or message.id
    backend.show(message)
    return message.id


METHODS = {
    "createForumTopic": Method(CreateForumTopic, create_topic),
    "editForumTopic": Method(EditForumTopic, edit_topic),
    "closeForumTopic": Method(TopicChange, close_topic),
    "reopenForumTopic": Method(TopicChange, reopen_topic),
    "deleteForumTopic": Method(TopicChange, delete_topic),
}

"""sendMessage, copyMessage, forwardMessage, sendChatAction, and what all sends share."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from sandbox.telegram import rules
from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import Words, bad_request
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.keyboard import inline_keyboard, reply_keyboard
from sandbox.telegram.methods import target
from sandbox.telegram.methods.method import Method
from sandbox.telegram.methods.previews import preview_field, preview_of
from sandbox.telegram.methods.text import caption_text, message_text
from sandbox.telegram.params import ChatId, JsonArray, JsonObject, Params, Text
from sandbox.telegram.world import Chat, Message


class Sending(Params):
    chat_id: ChatId
    message_thread_id: int = 0
    reply_parameters: JsonObject = Field(default_factory=dict)
    reply_markup: JsonObject = Field(default_factory=dict)
    protect_content: bool = False


class SendMessage(Sending):
    text: Text = ""
    parse_mode: str = ""
    entities: JsonArray = Field(default_factory=list)
    link_preview_options: JsonObject = Field(default_factory=dict)


class CopyMessage(Sending):
    from_chat_id: ChatId
    message_id: int
    caption: Text | None = None
    parse_mode: str = ""
    caption_entities: JsonArray = Field(default_factory=list)


class ForwardMessage(Params):
    chat_id: ChatId
    message_thread_id: int = 0
    from_chat_id: ChatId
    message_id: int
    protect_content: bool = False


class SendChatAction(Params):
    chat_id: ChatId
    message_thread_id: int = 0
    action: Text = ""


@dataclass(frozen=True)
class Destination:
    chat: Chat
    thread_id: int | None
    reply_to: int | None = None


def destination(backend: Backend, params: Sending) -> Destination:
    """Where the message goes, after all checks but its content. Raises Refused."""
    chat = target.writable_chat(backend, params.chat_id)
    thread_id = target.thread(chat, params.message_thread_id)
    reply_to = _reply(chat, params.reply_parameters)
    backend.pace.spend(chat.id)
    return Destination(chat, thread_id, reply_to)


def deliver(backend: Backend, to: Destination, content: Json, params: Sending) -> Message:
    message = draft(backend, to, content, params)
    backend.show(message)
    return message


def draft(backend: Backend, to: Destination, content: Json, params: Sending) -> Message:
    """The message in its chat, not yet shown to anybody."""
    message = backend.add_message(to.chat, backend.bot, content)
    message.thread_id, message.reply_to = to.thread_id, to.reply_to
    message.keyboard = inline_keyboard(params.reply_markup)
    message.reply_keyboard = reply_keyboard(params.reply_markup)
    message.protected = params.protect_content
    return message


async def send_message(backend: Backend, params: SendMessage) -> Json:
    formatted = message_text(params.text, params.parse_mode, params.entities)
    inline_keyboard(params.reply_markup)
    preview = await preview_of(backend, params.link_preview_options)
    content = formatted.content() | preview_field(params.link_preview_options)
    message = draft(backend, destination(backend, params), content, params)
    message.preview = preview
    backend.show(message)
    return message.to_json()


async def copy_message(backend: Backend, params: CopyMessage) -> Json:
    source = target.message(target.readable_chat(backend, params.from_chat_id), params.message_id, "copy")
    if source.is_service:
        raise bad_request("message can't be copied")
    inline_keyboard(params.reply_markup)
    content = _with_caption(source.content, params)
    return {"message_id": deliver(backend, destination(backend, params), content, params).id}


async def forward_message(backend: Backend, params: ForwardMessage) -> Json:
    source = target.message(target.readable_chat(backend, params.from_chat_id), params.message_id, "forward")
    if source.is_service or source.protected:
        raise bad_request(Words.PROTECTED)
    sending = Sending(
        chat_id=params.chat_id,
        message_thread_id=params.message_thread_id,
        protect_content=params.protect_content,
    )
    message = draft(backend, destination(backend, sending), source.content, sending)
    message.forward_origin = source.forward_origin or _origin(source)
    backend.show(message)
    return message.to_json()


async def send_chat_action(backend: Backend, params: SendChatAction) -> bool:
    if params.action not in rules.CHAT_ACTIONS:
        raise bad_request(Words.WRONG_ACTION)
    chat = target.writable_chat(backend, params.chat_id)
    thread_id = target.thread(chat, params.message_thread_id)
    backend.hub.publish(chat.id, "action", {"action": params.action, "message_thread_id": thread_id})
    return True


def _reply(chat: Chat, reply_parameters: Json) -> int | None:
    if not reply_parameters:
        return None
    message_id = reply_parameters.get("message_id")
    if isinstance(message_id, int) and message_id in chat.messages:
        return message_id
    if reply_parameters.get("allow_sending_without_reply"):
        return None
    raise bad_request(Words.REPLY_NOT_FOUND)


def _with_caption(content: Json, params: CopyMessage) -> Json:
    if params.caption is None or "text" in content:
        return content
    media = {name: value for name, value in content.items() if not name.startswith("caption")}
    caption = caption_text(params.caption, params.parse_mode, params.caption_entities)
    return {**media, **caption.content("caption")}


def _origin(source: Message) -> Json:
    return {"type": "user", "date": int(source.sent.timestamp()), "sender_user": source.sender.to_json()}


METHODS = {
    "sendMessage": Method(SendMessage, send_message),
    "copyMessage": Method(CopyMessage, copy_message),
    "forwardMessage": Method(ForwardMessage, forward_message),
    "sendChatAction": Method(SendChatAction, send_chat_action),
}

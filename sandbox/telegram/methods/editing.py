"""editMessage*, deleteMessage, setMessageReaction, answerCallbackQuery."""

from __future__ import annotations

from pydantic import Field

from sandbox.telegram import rules
from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import Words, bad_request
from sandbox.telegram.formatted import units
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.keyboard import inline_keyboard
from sandbox.telegram.methods import target
from sandbox.telegram.methods.media import input_media
from sandbox.telegram.methods.method import Method
from sandbox.telegram.methods.previews import preview_field, preview_of
from sandbox.telegram.methods.text import caption_text, message_text
from sandbox.telegram.params import ChatId, JsonArray, JsonObject, Params, Text
from sandbox.telegram.world import Message


class Editing(Params):
    chat_id: ChatId
    message_id: int
    reply_markup: JsonObject = Field(default_factory=dict)


class EditMessageText(Editing):
    text: Text = ""
    parse_mode: str = ""
    entities: JsonArray = Field(default_factory=list)
    link_preview_options: JsonObject = Field(default_factory=dict)


class EditMessageCaption(Editing):
    caption: Text = ""
    parse_mode: str = ""
    caption_entities: JsonArray = Field(default_factory=list)


class EditMessageMedia(Editing):
    media: JsonObject


class DeleteMessage(Params):
    chat_id: ChatId
    message_id: int


class SetMessageReaction(Params):
    chat_id: ChatId
    message_id: int
    reaction: JsonArray = Field(default_factory=list)


class AnswerCallbackQuery(Params):
    callback_query_id: Text
    text: Text = ""
    show_alert: bool = False
    url: Text = ""


async def edit_text(backend: Backend, params: EditMessageText) -> Json:
    formatted = message_text(params.text, params.parse_mode, params.entities)
    keyboard = inline_keyboard(params.reply_markup)
    message = _editable(backend, params)
    if "text" not in message.content:
        raise bad_request(Words.NO_TEXT)
    preview = await preview_of(backend, params.link_preview_options)
    content = formatted.content() | preview_field(params.link_preview_options)
    return _edit(backend, message, content, keyboard, preview)


async def edit_caption(backend: Backend, params: EditMessageCaption) -> Json:
    caption = caption_text(params.caption, params.parse_mode, params.caption_entities)
    keyboard = inline_keyboard(params.reply_markup)
    message = _editable(backend, params)
    if not message.content.keys() & {"photo", "document"}:
        raise bad_request(Words.NO_CAPTION)
    media = {name: value for name, value in message.content.items() if not name.startswith("caption")}
    return _edit(backend, message, {**media, **caption.content("caption")}, keyboard)


async def edit_media(backend: Backend, params: EditMessageMedia) -> Json:
    keyboard = inline_keyboard(params.reply_markup)
    message = _editable(backend, params)
    return _edit(backend, message, await input_media(backend, params.media, params.uploads), keyboard)


async def edit_reply_markup(backend: Backend, params: Editing) -> Json:
    keyboard = inline_keyboard(params.reply_markup)
    message = _editable(backend, params)
    return _edit(backend, message, message.content, keyboard, message.preview)


async def delete_message(backend: Backend, params: DeleteMessage) -> bool:
    chat = target.readable_chat(backend, params.chat_id)
    message = target.message(chat, params.message_id, "delete")
    if backend.now() - message.sent > rules.DELETABLE_FOR:
        raise bad_request(Words.DELETE_FORBIDDEN)
    del chat.messages[message.id]
    backend.hub.publish(chat.id, "deleted", {"message_id": message.id})
    return True


async def set_reaction(backend: Backend, params: SetMessageReaction) -> bool:
    chat = target.readable_chat(backend, params.chat_id)
    message = target.message(chat, params.message_id, "react")
    if len(params.reaction) > 1:
        raise bad_request(Words.REACTIONS_TOO_MANY)
    if any(reaction.get("emoji") not in rules.REACTIONS for reaction in params.reaction):
        raise bad_request(Words.REACTION)
    message.reaction = params.reaction
    backend.hub.publish(chat.id, "edited", {"message": message.view()})
    return True


async def answer_callback_query(backend: Backend, params: AnswerCallbackQuery) -> bool:
    if units(params.text) > rules.CALLBACK_ANSWER_UNITS:
        raise bad_request("MESSAGE_TOO_LONG")
    if params.url and not params.url.startswith(f"https://t.me/{backend.bot.username}?start="):
        raise bad_request("URL_INVALID")
    answer: Json = {"text": params.text, "show_alert": params.show_alert, "url": params.url}
    backend.queries.answer(params.callback_query_id, answer)
    return True


def _editable(backend: Backend, params: Editing) -> Message:
    chat = target.writable_chat(backend, params.chat_id)
    message = target.message(chat, params.message_id, "edit")
    if message.sender is not backend.bot or message.is_service or message.forward_origin:
        raise bad_request(Words.EDIT_FORBIDDEN)
    return message


def _edit(
    backend: Backend, message: Message, content: Json, keyboard: Json | None, preview: Json | None = None
) -> Json:
    """Content and keyboard are replaced together: an edit without a keyboard takes it away."""
    if content == message.content and keyboard == message.keyboard:
        raise bad_request(Words.NOT_MODIFIED)
    backend.pace.spend(message.chat.id)
    message.content, message.keyboard, message.edited = content, keyboard, backend.now()
    message.preview = preview
    backend.show_edited(message)
    return message.to_json()


METHODS = {
    "editMessageText": Method(EditMessageText, edit_text),
    "editMessageCaption": Method(EditMessageCaption, edit_caption),
    "editMessageMedia": Method(EditMessageMedia, edit_media),
    "editMessageReplyMarkup": Method(Editing, edit_reply_markup),
    "deleteMessage": Method(DeleteMessage, delete_message),
    "setMessageReaction": Method(SetMessageReaction, set_reaction),
    "answerCallbackQuery": Method(AnswerCallbackQuery, answer_callback_query),
}

"""What a person can do: write, edit, start, press, block. Each act becomes the update that Telegram would send."""

from __future__ import annotations

from sandbox.telegram import rules
from sandbox.telegram.asking import Press, Say, problem
from sandbox.telegram.backend import Backend
from sandbox.telegram.files import Upload
from sandbox.telegram.formatted import Formatted, tidy, units
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.methods.chats import member
from sandbox.telegram.timing import wait
from sandbox.telegram.updates import callback_line, member_line
from sandbox.telegram.world import Chat, Message, UnknownName, User


def say(backend: Backend, person: User, chat: Chat, said: Say) -> Message:
    """Raises 409 where the person blocked the bot, 400 for a text that no client would send."""
    text = tidy(Formatted(said.text))
    if not 1 <= text.length <= rules.TEXT_UNITS:
        raise problem(400, "a text has 1 to 4096 units")
    return _post(backend, person, chat, text.content(), said)


def send_photo(backend: Backend, person: User, chat: Chat, upload: Upload, about: Say) -> Message:
    """Raises Refused for a picture that Telegram would not take."""
    if units(about.text) > rules.CAPTION_UNITS:
        raise problem(400, "a caption has at most 1024 units")
    stored = backend.files.add("photo", upload)
    caption = tidy(Formatted(about.text)).content("caption")
    return _post(backend, person, chat, {**stored.content(), **caption}, about)


def start(backend: Backend, person: User, code: str | None) -> Message:
    """The START button, or a t.me link with a code. A person who blocked the bot unblocks it so."""
    set_blocked(backend, person, blocked=False)
    chat = backend.world.chat(person.id)
    return say(backend, person, chat, Say(text=f"/start {code}" if code else "/start"))


def edit(backend: Backend, person: User, chat: Chat, message_id: int, text: str) -> Message:
    """Raises UnknownName for a message that is not the person's own text."""
    message = chat.messages.get(message_id)
    if message is None or message.sender is not person or "text" not in message.content:
        raise UnknownName("no such message")
    message.content, message.edited = tidy(Formatted(text)).content(), backend.now()
    backend.show_edited(message)
    return message


async def press(backend: Backend, person: User, chat: Chat, pressed: Press) -> Json:
    """Raises UnknownName when there is no such button."""
    message = chat.messages.get(pressed.message_id)
    if message is None:
        raise UnknownName("no such message")
    button = _button(message, pressed)
    if "callback_data" in button:
        return await _callback(backend, person, message, button["callback_data"], pressed.wait)
    if "copy_text" in button:
        return {"kind": "copy_text", "text": button["copy_text"]["text"]}
    if "web_app" in button:
        return {"kind": "web_app", "url": button["web_app"]["url"]}
    return {"kind": "url", "url": button["url"]}


def set_blocked(backend: Backend, person: User, *, blocked: bool) -> None:
    """Block or unblock the bot; nothing happens where it is so already."""
    chat = backend.world.chat(person.id)
    if chat.blocked is blocked:
        return
    chat.blocked = blocked
    before, after = ("member", "kicked") if blocked else ("kicked", "member")
    tell_membership(backend, person, chat, before, after)


def upgrade(backend: Backend, owner: User, group: Chat) -> Chat:
    """Make a group a supergroup; both chats hear of it (core.telegram.org/bots/api#message)."""
    grown = backend.world.upgrade(group)
    backend.show(backend.add_message(group, owner, {"migrate_to_chat_id": grown.id}))
    backend.show(backend.add_message(grown, owner, {"migrate_from_chat_id": group.id}))
    return grown


def tell_membership(backend: Backend, actor: User, chat: Chat, before: str, after: str) -> None:
    """The `my_chat_member` update, and news for those who watch."""
    change = {
        "chat": chat.to_json(),
        "from": actor.to_json(),
        "date": int(backend.now().timestamp()),
        "old_chat_member": member(backend.bot, before),
        "new_chat_member": member(backend.bot, after),
    }
    backend.updates.add("my_chat_member", change, member_line(chat.id))
    backend.hub.publish(chat.id, "membership", {"status": after})


def _post(backend: Backend, person: User, chat: Chat, content: Json, said: Say) -> Message:
    if chat.blocked:
        raise problem(409, "this person has blocked the bot")
    if said.message_thread_id and said.message_thread_id not in chat.topics:
        raise UnknownName("no such topic")
    chat.opened = True
    message = backend.add_message(chat, person, content)
    message.reply_to = said.reply_to
    message.thread_id = said.message_thread_id if said.message_thread_id != rules.GENERAL_TOPIC else None
    backend.show(message)
    return message


def _button(message: Message, pressed: Press) -> Json:
    rows: list[list[Json]] = (message.keyboard or {}).get("inline_keyboard", [])
    places = {(y, x): button for y, row in enumerate(rows) for x, button in enumerate(row)}
    for place, button in places.items():
        if button["text"] == pressed.text or (pressed.text is None and place == (pressed.row, pressed.column)):
            return button
    raise UnknownName("no such button")


async def _callback(backend: Backend, person: User, message: Message, data: str, seconds: float) -> Json:
    query = backend.queries.ask()
    asked = {
        "id": query.id,
        "from": person.to_json(),
        "message": message.to_json(),
        "chat_instance": str(abs(message.chat.id)),
        "data": data,
    }
    backend.updates.add("callback_query", asked, callback_line(person.id), rules.CALLBACK_LIFETIME)
    if not await wait(query.answer, seconds, backend.sleep):
        return {"kind": "callback", "answered": False}
    shown = {name: value for name, value in query.answer.result().items() if value}
    return {"kind": "callback", "answered": True, **shown}

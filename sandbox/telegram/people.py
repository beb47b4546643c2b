"""What people do in the emulated Telegram, over HTTP and JSON: for the browser chat, scripted walks and tests.

| route | body -> answer |
| --- | --- |
| `POST /people` | `{first_name, language_code?, id?, username?}` -> person; a known id is renamed, its history stays |
| `GET /people` | -> `{people: [person]}` |
| `GET /people/{id}` | -> `{person, opened, blocked, commands, bot: {id, username, name, description}}` |
| `GET /people/{id}/messages` | `?chat_id=&after=` -> `{messages: [Message]}`, oldest first, ids above `after` |
| `POST /people/{id}/messages` | `{text, chat_id?, message_thread_id?, reply_to?}` -> Message |
| `PUT /people/{id}/messages/{message_id}` | `{text, chat_id?}` -> the edited Message |
| `POST /people/{id}/start` | `{code?}` -> Message `/start CODE`; unblocks the bot |
| `POST /people/{id}/press` | `{message_id, row, column}` or `{message_id, text}`, `chat_id?`, `wait?` -> below |
| `POST /people/{id}/photos` | multipart `photo`, `caption?`, `chat_id?`, `message_thread_id?` -> Message |
| `POST /people/{id}/block`, `/unblock`, `/deactivate` | -> `{}`; the bot learns of the first two by `my_chat_member` |
| `GET /people/{id}/events` | `?chat_id=` -> Server-Sent Events: `{type: message, edited, deleted, action, ...}` |

`chat_id` names a group that the person is in; without it, the private chat with the bot. A Message is the Bot API's
object, with `reaction`, `reply_keyboard` and `preview` (a PhotoSize) where there are any.

A press answers `{kind: "callback", answered, text?, show_alert?, url?}` once the bot answered or `wait` seconds (15)
are over; `{kind: "url", url}`, `{kind: "web_app", url}` or `{kind: "copy_text", text}` where the client itself acts.

400: the body does not fit. 404: no such person, chat, message or button. 409: the person has blocked the bot.
"""

from __future__ import annotations

import json
from contextlib import suppress

from aiohttp import web
from aiohttp_sse import sse_response

from sandbox.telegram import acts
from sandbox.telegram.asking import (
    Edit,
    NewPerson,
    Press,
    Say,
    Start,
    body,
    chat_of,
    group_member_chat,
    number,
    person_of,
)
from sandbox.telegram.backend import Backend
from sandbox.telegram.files import Upload
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.keys import BACKEND
from sandbox.telegram.params import read_call
from sandbox.telegram.profile import Scope, for_language, two_letters
from sandbox.telegram.world import User

PHOTO_FIELD = "photo"


def routes() -> list[web.AbstractRouteDef]:
    return [
        web.post("/people", add_person),
        web.get("/people", list_people),
        web.get("/people/{id}", show_person),
        web.get("/people/{id}/messages", list_messages),
        web.post("/people/{id}/messages", say),
        web.put("/people/{id}/messages/{message_id}", edit),
        web.post("/people/{id}/start", start),
        web.post("/people/{id}/press", press),
        web.post("/people/{id}/photos", send_photo),
        web.post("/people/{id}/block", block),
        web.post("/people/{id}/unblock", unblock),
        web.post("/people/{id}/deactivate", deactivate),
        web.get("/people/{id}/events", events),
    ]


async def add_person(request: web.Request) -> web.Response:
    wanted = await body(request, NewPerson)
    person = request.app[BACKEND].world.add_person(
        wanted.first_name, wanted.language_code, person_id=wanted.id, username=wanted.username
    )
    return web.json_response(person.to_json(), status=201)


async def list_people(request: web.Request) -> web.Response:
    people = request.app[BACKEND].world.people.values()
    return web.json_response({"people": [person.to_json() for person in people]})


async def show_person(request: web.Request) -> web.Response:
    backend, person = request.app[BACKEND], person_of(request)
    chat = backend.world.chat(person.id)
    return web.json_response(
        {
            "person": person.to_json(),
            "opened": chat.opened,
            "blocked": chat.blocked,
            "commands": commands(backend, person),
            "bot": bot_card(backend, person.language_code),
        }
    )


async def list_messages(request: web.Request) -> web.Response:
    chat, after = chat_of(request), number(request.query.get("after", "0"))
    shown = [message.view() for message in chat.messages.values() if message.id > after]
    return web.json_response({"messages": shown})


async def say(request: web.Request) -> web.Response:
    said = await body(request, Say)
    chat = group_member_chat(request, said.chat_id)
    message = acts.say(request.app[BACKEND], person_of(request), chat, said)
    return web.json_response(message.view(), status=201)


async def edit(request: web.Request) -> web.Response:
    edited = await body(request, Edit)
    chat = group_member_chat(request, edited.chat_id)
    message_id = number(request.match_info["message_id"])
    message = acts.edit(request.app[BACKEND], person_of(request), chat, message_id, edited.text)
    return web.json_response(message.view())


async def start(request: web.Request) -> web.Response:
    code = (await body(request, Start)).code
    message = acts.start(request.app[BACKEND], person_of(request), code)
    return web.json_response(message.view(), status=201)


async def press(request: web.Request) -> web.Response:
    pressed = await body(request, Press)
    chat = group_member_chat(request, pressed.chat_id)
    return web.json_response(await acts.press(request.app[BACKEND], person_of(request), chat, pressed))


async def send_photo(request: web.Request) -> web.Response:
    fields, uploads = await read_call(request)
    upload = uploads.get(PHOTO_FIELD, Upload("", b""))
    chat_id = number(fields["chat_id"]) if fields.get("chat_id") else None
    about = Say(
        text=fields.get("caption") or "",
        chat_id=chat_id,
        message_thread_id=number(fields.get("message_thread_id") or "0"),
    )
    chat = group_member_chat(request, chat_id)
    message = acts.send_photo(request.app[BACKEND], person_of(request), chat, upload, about)
    return web.json_response(message.view(), status=201)


async def block(request: web.Request) -> web.Response:
    acts.set_blocked(request.app[BACKEND], person_of(request), blocked=True)
    return web.json_response({})


async def unblock(request: web.Request) -> web.Response:
    acts.set_blocked(request.app[BACKEND], person_of(request), blocked=False)
    return web.json_response({})


async def deactivate(request: web.Request) -> web.Response:
    person_of(request).deactivated = True
    return web.json_response({})


async def events(request: web.Request) -> web.StreamResponse:
    chat = chat_of(request)
    async with sse_response(request) as stream:
        with request.app[BACKEND].hub.watch(chat.id) as happenings, suppress(ConnectionResetError):
            while stream.is_connected() and (event := await happenings.get()):
                await stream.send(json.dumps(event))
    return stream


def commands(backend: Backend, person: User) -> list[Json]:
    """The command menu in the person's private chat (core.telegram.org/bots/api#determining-list-of-commands)."""
    scopes: list[Scope] = [("chat", str(person.id)), ("all_private_chats",), ("default",)]
    return backend.profile.commands_for(scopes, two_letters(person.language_code))


def bot_card(backend: Backend, language_code: str | None) -> Json:
    """How the bot introduces itself in a language."""
    profile, language = backend.profile, two_letters(language_code)
    return {
        "id": backend.bot.id,
        "username": backend.bot.username,
        "name": for_language(profile.names, language),
        "description": for_language(profile.descriptions, language),
    }

"""What a test or a demo arranges: groups, the bot's place in them, faults, send limits.

| route | body -> answer |
| --- | --- |
| `POST /groups` | `{title, is_forum?, is_basic?, members?: [person id], bot?: status}` -> `{id, ...}`; the bot hears |
| `POST /groups/{id}/upgrade` | -> `{id, ...}`: a basic group becomes a supergroup; the bot hears of it |
| `GET /groups` | -> `{groups: [...]}` with topics and members |
| `PUT /groups/{id}/bot` | `{status}`: administrator, member, left or kicked -> `{}` |
| `POST /groups/{id}/members` | `{person_id}` -> `{}` |
| `GET /faults`, `POST /faults`, `DELETE /faults` | a `Fault` (see `faults.py`) -> `{faults: [...]}` |
| `PUT /limits` | `{enabled}` -> `{enabled}`: Telegram's send limits on or off |

People write in a group, press its buttons and watch it through `/people/{id}/...` with `chat_id`.
"""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import Field

from sandbox.telegram import acts
from sandbox.telegram.asking import Asked, body, number, problem
from sandbox.telegram.backend import Backend
from sandbox.telegram.faults import Fault
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.keys import BACKEND
from sandbox.telegram.world import Chat, User

BotStatus = Literal["administrator", "member", "left", "kicked"]


class NewGroup(Asked):
    title: str = Field(min_length=1, max_length=128)
    is_forum: bool = True
    is_basic: bool = False
    members: list[int] = Field(default_factory=list)
    bot: BotStatus = "administrator"


class BotPlace(Asked):
    status: BotStatus


class NewMember(Asked):
    person_id: int


class Limits(Asked):
    enabled: bool


def routes() -> list[web.AbstractRouteDef]:
    return [
        web.post("/groups", add_group),
        web.get("/groups", list_groups),
        web.post("/groups/{id}/upgrade", upgrade_group),
        web.put("/groups/{id}/bot", place_bot),
        web.post("/groups/{id}/members", add_member),
        web.get("/faults", list_faults),
        web.post("/faults", add_fault),
        web.delete("/faults", clear_faults),
        web.put("/limits", set_limits),
    ]


async def add_group(request: web.Request) -> web.Response:
    backend, wanted = request.app[BACKEND], await body(request, NewGroup)
    people = [backend.world.person(person_id) for person_id in wanted.members]
    members = {person.id: "member" for person in people}
    is_forum = wanted.is_forum and not wanted.is_basic
    group = backend.world.add_group(wanted.title, is_forum=is_forum, members=members, is_basic=wanted.is_basic)
    _place(backend, group, wanted.bot)
    return web.json_response(card(group), status=201)


async def upgrade_group(request: web.Request) -> web.Response:
    backend, group = request.app[BACKEND], _group(request)
    if group.type != "group" or group.moved_to:
        raise problem(409, "only a basic group can become a supergroup, once")
    return web.json_response(card(acts.upgrade(backend, _owner(backend, group), group)), status=201)


async def list_groups(request: web.Request) -> web.Response:
    return web.json_response({"groups": [card(group) for group in request.app[BACKEND].world.groups()]})


async def place_bot(request: web.Request) -> web.Response:
    place = await body(request, BotPlace)
    _place(request.app[BACKEND], _group(request), place.status)
    return web.json_response({})


async def add_member(request: web.Request) -> web.Response:
    person = request.app[BACKEND].world.person((await body(request, NewMember)).person_id)
    _group(request).members[person.id] = "member"
    return web.json_response({})


async def list_faults(request: web.Request) -> web.Response:
    return _faults(request.app[BACKEND])


async def add_fault(request: web.Request) -> web.Response:
    request.app[BACKEND].faults.add(await body(request, Fault))
    return _faults(request.app[BACKEND])


async def clear_faults(request: web.Request) -> web.Response:
    request.app[BACKEND].faults.clear()
    return _faults(request.app[BACKEND])


async def set_limits(request: web.Request) -> web.Response:
    enabled = (await body(request, Limits)).enabled
    request.app[BACKEND].pace.enabled = enabled
    return web.json_response({"enabled": enabled})


def card(group: Chat) -> Json:
    topics = [{"id": topic.id, "name": topic.name, "closed": topic.closed} for topic in group.topics.values()]
    return {**group.to_json(), "topics": topics, "members": {str(user): at for user, at in group.members.items()}}


def _faults(backend: Backend) -> web.Response:
    return web.json_response({"faults": [fault.model_dump() for fault in backend.faults.waiting]})


def _group(request: web.Request) -> Chat:
    return request.app[BACKEND].world.chat(number(request.match_info["id"]))


def _place(backend: Backend, group: Chat, status: str) -> None:
    before = group.members.get(backend.bot.id, "left")
    group.members[backend.bot.id] = status
    if before != status:
        acts.tell_membership(backend, _owner(backend, group), group, before, status)


def _owner(backend: Backend, group: Chat) -> User:
    people = (backend.world.people[member] for member in group.members if member != backend.bot.id)
    return next(people, User(1, "Owner"))

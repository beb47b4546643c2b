"""Bodies and addresses of the people's routes, checked."""

from __future__ import annotations

from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sandbox.telegram.keys import BACKEND
from sandbox.telegram.world import Chat, UnknownName, User

LANGUAGE_CODE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$"
START_CODE = r"^[A-Za-z0-9_-]{1,64}$"


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class NewPerson(Asked):
    first_name: str = Field(min_length=1, max_length=64)
    language_code: str | None = Field(default=None, pattern=LANGUAGE_CODE)
    id: int | None = Field(default=None, ge=1, lt=1 << 52)
    username: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9_]{3,31}$")


class Say(Asked):
    text: str
    chat_id: int | None = None
    message_thread_id: int = 0
    reply_to: int | None = None


class Edit(Asked):
    text: str = Field(min_length=1)
    chat_id: int | None = None


class Start(Asked):
    code: str | None = Field(default=None, pattern=START_CODE)


class Press(Asked):
    """A button by its place, or by its text."""

    message_id: int
    row: int = Field(default=0, ge=0)
    column: int = Field(default=0, ge=0)
    text: str | None = None
    chat_id: int | None = None
    wait: float = Field(default=15, ge=0, le=150)


A = TypeVar("A", bound=BaseModel)


async def body(request: web.Request, model: type[A]) -> A:
    """The request's JSON as the model; an empty body is an empty object. Raises 400."""
    try:
        return model.model_validate_json(await request.read() or b"{}")
    except ValidationError as misfit:
        words = "; ".join(f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in misfit.errors())
        raise problem(400, words) from None


def problem(status: int, words: str) -> web.HTTPException:
    text = web.json_response({"error": words}).text
    known: dict[int, type[web.HTTPException]] = {
        400: web.HTTPBadRequest,
        403: web.HTTPForbidden,
        404: web.HTTPNotFound,
        409: web.HTTPConflict,
    }
    return known[status](text=text, content_type="application/json")


def number(text: object) -> int:
    """Raises 400."""
    try:
        return int(str(text))
    except ValueError:
        raise problem(400, "a number is expected") from None


def person_of(request: web.Request) -> User:
    """Raises UnknownName."""
    return request.app[BACKEND].world.person(number(request.match_info["id"]))


def chat_of(request: web.Request) -> Chat:
    """The chat in the query, or the person's private one. Raises UnknownName."""
    chat_id = request.query.get("chat_id")
    return group_member_chat(request, number(chat_id) if chat_id else None)


def group_member_chat(request: web.Request, chat_id: int | None) -> Chat:
    """A chat that the person is in. Raises UnknownName."""
    person = person_of(request)
    chat = request.app[BACKEND].world.chat(chat_id or person.id)
    if chat.id != person.id and person.id not in chat.members:
        raise UnknownName("no such chat")
    return chat

"""Parameters of a call: read from JSON, forms and multipart, then checked by a model per method."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from aiohttp import BodyPartReader, web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from sandbox.telegram import rules
from sandbox.telegram.errors import Refused, Words, bad_request, too_large
from sandbox.telegram.files import Upload
from sandbox.telegram.jsontypes import Json, decode

UNREADABLE = {
    "chat_id": Words.CHAT_EMPTY.value,
    "commands": "can't parse commands JSON object",
    "entities": "can't parse entities JSON object",
    "caption_entities": "can't parse entities JSON object",
    "from_chat_id": Words.CHAT_EMPTY.value,
    "link_preview_options": "can't parse link preview options JSON object",
    "media": "can't parse media JSON object",
    "message_id": "message identifier is not specified",
    "reaction": "can't parse reaction types JSON object",
    "reply_markup": "can't parse reply keyboard markup JSON object",
    "reply_parameters": "can't parse reply parameters JSON object",
    "scope": "can't parse BotCommandScope JSON object",
}


def _from_json(value: object) -> object:
    return decode(value) if isinstance(value, str) else value


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, int | float) else value


JsonObject = Annotated[Json, BeforeValidator(_from_json)]
JsonArray = Annotated[list[Json], BeforeValidator(_from_json)]
Names = Annotated[list[str], BeforeValidator(_from_json)]
Text = Annotated[str, BeforeValidator(_as_text)]
ChatId = Annotated[str, BeforeValidator(_as_text), Field(min_length=1)]


class Params(BaseModel):
    """A method's parameters. Unknown ones are passed over, as the real server does."""

    model_config = ConfigDict(extra="ignore", frozen=True, arbitrary_types_allowed=True)

    uploads: dict[str, Upload] = Field(default_factory=dict)


P = TypeVar("P", bound=Params)


def check(model: type[P], arguments: Json, uploads: dict[str, Upload]) -> P:
    """Raises Refused for the first parameter that does not fit."""
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        return model.model_validate({**given, "uploads": uploads})
    except ValidationError as misfit:
        raise _refusal(misfit) from None


def _refusal(misfit: ValidationError) -> Refused:
    first = misfit.errors(include_url=False, include_input=False, include_context=False)[0]
    name = str(first["loc"][0])
    if name in UNREADABLE:
        return bad_request(UNREADABLE[name])
    if first["type"] == "missing":
        return bad_request(f'parameter "{name}" is required')
    return bad_request(f"invalid {name} specified")


async def read_call(request: web.Request) -> tuple[Json, dict[str, Upload]]:
    """Arguments and files of a Bot API request. Raises Refused when the body cannot be read."""
    arguments: dict[str, Any] = dict(request.query)
    uploads: dict[str, Upload] = {}
    if request.content_type == "application/json":
        arguments |= await _json_body(request)
    elif request.content_type == "multipart/form-data":
        await _multipart_body(request, arguments, uploads)
    elif request.content_type == "application/x-www-form-urlencoded":
        arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return arguments, uploads


async def _json_body(request: web.Request) -> Json:
    raw = await request.read()
    try:
        body = decode(raw) if raw else {}
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise bad_request("can't parse the request body as a JSON object")
    return body


async def _multipart_body(request: web.Request, arguments: Json, uploads: dict[str, Upload]) -> None:
    try:
        reader = await request.multipart()
        async for part in reader:
            if isinstance(part, BodyPartReader) and part.name:
                await _read_part(part, part.name, arguments, uploads)
    except ValueError:
        raise bad_request("can't parse the multipart body") from None


async def _read_part(part: BodyPartReader, name: str, arguments: Json, uploads: dict[str, Upload]) -> None:
    data = await _read_limited(part)
    if part.filename is None:
        arguments[name] = data.decode("utf-8")
    else:
        mime = part.headers.get("Content-Type", "application/octet-stream")
        uploads[name] = Upload(part.filename, data, mime)


async def _read_limited(part: BodyPartReader) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > rules.UPLOAD_BYTES:
            raise too_large()
    return bytes(data)

"""sendPhoto, sendDocument, sendMediaGroup, getFile."""

from __future__ import annotations

import secrets
from pathlib import PurePosixPath
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from sandbox.telegram import rules
from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import Words, bad_request
from sandbox.telegram.files import StoredFile, Upload
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.keyboard import inline_keyboard
from sandbox.telegram.methods.method import Method
from sandbox.telegram.methods.sending import Sending, deliver, destination, draft
from sandbox.telegram.methods.text import caption_text
from sandbox.telegram.params import JsonArray, Params, Text
from sandbox.telegram.web import Unreachable

Kind = Literal["photo", "document"]
URL_BYTES = {"photo": 5 << 20, "document": 20 << 20}


class Captioned(Sending):
    caption: Text = ""
    parse_mode: str = ""
    caption_entities: JsonArray = Field(default_factory=list)


class SendPhoto(Captioned):
    photo: Text = ""


class SendDocument(Captioned):
    document: Text = ""


class SendMediaGroup(Sending):
    media: JsonArray


class GetFile(Params):
    file_id: Text


async def send_photo(backend: Backend, params: SendPhoto) -> Json:
    return await _send(backend, params, "photo", params.photo)


async def send_document(backend: Backend, params: SendDocument) -> Json:
    return await _send(backend, params, "document", params.document)


async def send_media_group(backend: Backend, params: SendMediaGroup) -> list[Json]:
    if not params.media:
        raise bad_request("there are no messages to send")
    if len(params.media) > rules.ALBUM:
        raise bad_request("too many messages to send as an album")
    if len({item.get("type") for item in params.media}) > 1:
        raise bad_request("document can't be mixed with other media types")
    contents = [await input_media(backend, item, params.uploads) for item in params.media]
    to, album = destination(backend, params), str(secrets.randbits(53))
    messages = [draft(backend, to, content, params) for content in contents]
    for message in messages:
        message.keyboard, message.album = None, album
        backend.show(message)
    return [message.to_json() for message in messages]


async def get_file(backend: Backend, params: GetFile) -> Json:
    stored = backend.files.find(params.file_id)
    if stored is None:
        raise bad_request(Words.FILE_WRONG_OR_GONE)
    return {**stored.to_json(), "file_path": stored.path}


async def input_media(backend: Backend, media: Json, uploads: dict[str, Upload]) -> Json:
    """Message content of an InputMedia object. Raises Refused."""
    kind = media.get("type")
    if kind not in ("photo", "document"):
        raise bad_request(f'can\'t parse InputMedia: type "{kind}" is unsupported')
    stored = await resolve(backend, kind, str(media.get("media", "")), uploads, field="media")
    caption = caption_text(
        str(media.get("caption") or ""),
        str(media.get("parse_mode") or ""),
        media.get("caption_entities") or [],
    )
    return {**stored.content(), **caption.content("caption")}


async def resolve(backend: Backend, kind: Kind, value: str, uploads: dict[str, Upload], *, field: str) -> StoredFile:
    """The file a parameter names: an upload, an attach:// name, a URL or a known file_id. Raises Refused."""
    upload = uploads.get(value.removeprefix("attach://") if value.startswith("attach://") else field)
    if upload is not None:
        return backend.files.add(kind, upload)
    if not value or value.startswith("attach://"):
        raise bad_request(f"there is no {kind} in the request")
    if value.startswith(("http://", "https://")):
        return backend.files.add(kind, await _fetched(backend, kind, value))
    return _known(backend, kind, value)


def _known(backend: Backend, kind: Kind, file_id: str) -> StoredFile:
    stored = backend.files.find(file_id)
    if stored is None:
        raise bad_request(Words.FILE_WRONG)
    if stored.kind != kind:
        raise bad_request(f"can't use file of type {stored.kind.title()} as {kind.title()}")
    return stored


async def _fetched(backend: Backend, kind: Kind, url: str) -> Upload:
    try:
        answer = await backend.client.get(url, {}, URL_BYTES[kind])
    except Unreachable as unreachable:
        raise bad_request(Words.URL_CONTENT) from unreachable
    if answer.status != 200:
        raise bad_request(Words.URL_CONTENT)
    return Upload(PurePosixPath(urlsplit(url).path).name or kind, answer.body, answer.content_type)


async def _send(backend: Backend, params: Captioned, kind: Kind, value: str) -> Json:
    caption = caption_text(params.caption, params.parse_mode, params.caption_entities)
    inline_keyboard(params.reply_markup)
    stored = await resolve(backend, kind, value, params.uploads, field=kind)
    content = {**stored.content(), **caption.content("caption")}
    return deliver(backend, destination(backend, params), content, params).to_json()


METHODS = {
    "sendPhoto": Method(SendPhoto, send_photo),
    "sendDocument": Method(SendDocument, send_document),
    "sendMediaGroup": Method(SendMediaGroup, send_media_group),
    "getFile": Method(GetFile, get_file),
}

"""Link previews, as far as they are pictures of this machine."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import urlsplit

from sandbox.telegram.backend import Backend
from sandbox.telegram.errors import Refused
from sandbox.telegram.files import StoredFile, Upload
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.web import Unreachable

PICTURE_BYTES = 5 << 20


def preview_field(options: Json) -> Json:
    """The options as a message's own field, where any were given."""
    return {"link_preview_options": options} if options else {}


async def preview_of(backend: Backend, options: Json) -> Json | None:
    """The picture at the `url` of `link_preview_options` as a PhotoSize; None where there is none to show."""
    url = options.get("url")
    if options.get("is_disabled") or not isinstance(url, str):
        return None
    stored = backend.previews.get(url) or await _fetched(backend, url)
    if stored is None:
        return None
    backend.previews[url] = stored
    sizes: list[Json] = stored.content()["photo"]
    return sizes[-1]


async def _fetched(backend: Backend, url: str) -> StoredFile | None:
    try:
        answer = await backend.client.get(url, {}, PICTURE_BYTES)
        name = PurePosixPath(urlsplit(url).path).name
        return backend.files.add("photo", Upload(name, answer.body, answer.content_type))
    except (Unreachable, Refused):
        return None

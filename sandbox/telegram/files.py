"""Uploaded files: ids, download paths, picture sizes, and Telegram's limits on them."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass

from sandbox.telegram import rules
from sandbox.telegram.errors import Words, bad_request
from sandbox.telegram.jsontypes import Json

_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_FOLDERS = {"photo": "photos", "document": "documents"}


@dataclass(frozen=True)
class Upload:
    """A file part of a multipart request, or a fetched one."""

    name: str
    data: bytes
    mime: str = "application/octet-stream"


@dataclass(frozen=True)
class Picture:
    mime: str
    width: int
    height: int


@dataclass(frozen=True)
class StoredFile:
    file_id: str
    unique_id: str
    kind: str
    path: str
    upload: Upload
    picture: Picture | None = None

    def to_json(self) -> Json:
        return {
            "file_id": self.file_id,
            "file_unique_id": self.unique_id,
            "file_size": len(self.upload.data),
        }

    def content(self) -> Json:
        """As the `photo` or `document` field of a message."""
        if self.picture:
            sizes = {"width": self.picture.width, "height": self.picture.height}
            return {"photo": [{**self.to_json(), **sizes}]}
        return {
            "document": {
                **self.to_json(),
                "file_name": self.upload.name,
                "mime_type": self.upload.mime,
            }
        }


class Files:
    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def add(self, kind: str, upload: Upload) -> StoredFile:
        """Store a photo or a document. Raises Refused for what Telegram would not take."""
        if not upload.data:
            raise bad_request(Words.FILE_EMPTY)
        picture = checked_picture(upload.data) if kind == "photo" else None
        file_id = secrets.token_urlsafe(24)
        path = f"{_FOLDERS[kind]}/file_{len(self._by_id)}"
        stored = StoredFile(file_id, file_id[:12], kind, path, upload, picture)
        self._by_id[file_id] = self._by_path[path] = stored
        return stored

    def find(self, file_id: str) -> StoredFile | None:
        return self._by_id.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        return self._by_path.get(path)


def checked_picture(data: bytes) -> Picture:
    """The picture in the bytes. Raises Refused when it is none, or too big (10 MB, sides, ratio)."""
    if len(data) > rules.PHOTO_BYTES:
        raise bad_request(Words.FILE_TOO_BIG)
    picture = read_picture(data)
    if picture is None:
        raise bad_request(Words.IMAGE)
    long, short = max(picture.width, picture.height), min(picture.width, picture.height)
    if long + short > rules.PHOTO_SIDES or long > rules.PHOTO_RATIO * short:
        raise bad_request(Words.IMAGE_SIZES)
    return picture


def read_picture(data: bytes) -> Picture | None:
    """Kind and size from the first bytes of a PNG, GIF or JPEG; None for anything else."""
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return Picture("image/png", *struct.unpack_from(">II", data, 16))
        if data.startswith((b"GIF87a", b"GIF89a")):
            return Picture("image/gif", *struct.unpack_from("<HH", data, 6))
        if data.startswith(b"\xff\xd8"):
            return _jpeg(data)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg(data: bytes) -> Picture:
    at = 2
    while data[at + 1] not in _JPEG_FRAMES:
        at += 2 + struct.unpack_from(">H", data, at + 2)[0]
    height, width = struct.unpack_from(">HH", data, at + 5)
    return Picture("image/jpeg", width, height)

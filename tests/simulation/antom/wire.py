"""The form of messages: signatures over raw bytes, JSON in which every scalar is a string (docs.antom.com/ac/ams)."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Keys:
    """Both private keys: the merchant signs its calls with one, Antom its answers and notices with the other."""

    merchant: RSAPrivateKey
    antom: RSAPrivateKey


@cache
def keys() -> Keys:
    """Small keys, made once for all simulations of a run."""
    return Keys(*(generate_private_key(65537, 1024) for _ in range(2)))  # noqa: S505 - for speed, and they guard nothing


class Refusal(Exception):
    """The call is refused with this result code; send what docs.antom.com asks for."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code}: {self.__doc__}")
        self.code = code


def result(code: str) -> dict[str, str]:
    """The `result` object of a code: S, U for what is not decided, else F."""
    status = "S" if code == "SUCCESS" else "U" if code in UNDECIDED else "F"
    return {"resultCode": code, "resultStatus": status, "resultMessage": code.lower().replace("_", " ")}


UNDECIDED = {"PAYMENT_IN_PROCESS", "REFUND_IN_PROCESS", "UNKNOWN_EXCEPTION"}


def pack(document: Document) -> bytes:
    """The body of a message."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def unpack(body: bytes) -> Document:
    """What a request says. Raises Refusal, also where a scalar is not a string."""
    try:
        document = json.loads(body)
    except ValueError:
        raise Refusal("PARAM_ILLEGAL") from None
    if not isinstance(document, dict) or not _has_only_strings(document):
        raise Refusal("PARAM_ILLEGAL")
    return document


def _has_only_strings(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_has_only_strings, value.values()))
    if isinstance(value, list):
        return all(map(_has_only_strings, value))
    return isinstance(value, str)


def text(document: Document, name: str, longest: int = 64) -> str:
    """A field that must be there."""
    value = document.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise Refusal("PARAM_ILLEGAL")
    return value


def part(document: Document, name: str) -> Document:
    """An object that must be there."""
    value = document.get(name)
    if not isinstance(value, dict):
        raise Refusal("PARAM_ILLEGAL")
    return value


def stamp(time: datetime | None) -> str | None:
    """A time as it travels."""
    return None if time is None else time.isoformat(timespec="seconds")


def path_of(url: str) -> str:
    """What is requested of a host, with any query: the part of an address that is signed."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"


def sign(key: RSAPrivateKey, path: str, client_id: str, time: str, body: bytes) -> str:
    """The value of a `signature` header (docs.antom.com/ac/ams/digital_signature)."""
    signature = key.sign(_content(path, client_id, time, body), PKCS1v15(), SHA256())
    return f"algorithm=RSA256,keyVersion=1,signature={quote_plus(base64.b64encode(signature))}"


def is_signed(key: RSAPrivateKey, path: str, client_id: str, time: str, body: bytes, header: str) -> bool:
    """Whether `header` is a signature made with `key`."""
    start, _, value = header.partition("signature=")
    try:
        signature = base64.b64decode(unquote_plus(value), validate=True)
        key.public_key().verify(signature, _content(path, client_id, time, body), PKCS1v15(), SHA256())
    except (ValueError, InvalidSignature):
        return False
    return start == "algorithm=RSA256,keyVersion=1,"


def _content(path: str, client_id: str, time: str, body: bytes) -> bytes:
    return f"POST {path}\n{client_id}.{time}.".encode() + body

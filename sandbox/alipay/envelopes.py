"""What travels: an answer to a call and one try of a notice, before the wire. Faults bend these."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """`signed` are the bytes that the signature covers (None: no signature); `lost` closes the connection."""

    body: bytes = b""
    signed: bytes | None = None
    status: int = 200
    lost: bool = False

    @classmethod
    def of(cls, document: dict[str, Any]) -> "Answer":
        body = encode(document)
        return cls(body, signed=body)


@dataclass(frozen=True)
class Delivery:
    """`copies` is how often the try is sent (0: it is lost on the way), `delay` counts seconds."""

    document: dict[str, Any]
    copies: int = 1
    delay: float = 0
    signed: bytes | None = None

    @property
    def body(self) -> bytes:
        return encode(self.document)


def encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

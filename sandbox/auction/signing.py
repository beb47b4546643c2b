"""Standard Webhooks signatures, symmetric scheme (github.com/standard-webhooks, spec/standard-webhooks.md)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from sandbox.auction.errors import BadSignature

TOLERANCE_SECONDS = 300


def decode_secret(secret: str) -> bytes:
    """The key inside `whsec_<base64>`. Raises ValueError when it is none."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise ValueError("the webhook secret must be whsec_ and base64") from None
    if not secret.startswith("whsec_") or not key:
        raise ValueError("the webhook secret must be whsec_ and base64")
    return key


def sign(key: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that go with `body`."""
    timestamp = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": "v1," + _mac(key, message_id, timestamp, body).decode(),
    }


def verify(key: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The message's id, once one of its signatures fits. Raises BadSignature."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not message_id or not _is_recent(timestamp, now):
        raise BadSignature("signature")
    expected = b"v1," + _mac(key, message_id, timestamp, body)
    given = headers.get("webhook-signature", "").encode(errors="surrogateescape").split(b" ")
    if not any(hmac.compare_digest(expected, each) for each in given):
        raise BadSignature("signature")
    return message_id


def _mac(key: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    # Header bytes that are not UTF-8 reach us as surrogates; they must fail the comparison, not the encoding.
    head = f"{message_id}.{timestamp}.".encode(errors="surrogateescape")
    return base64.b64encode(hmac.digest(key, head + body, hashlib.sha256))


def _is_recent(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    return abs(now.timestamp() - int(timestamp)) <= TOLERANCE_SECONDS

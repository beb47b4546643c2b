"""Standard Webhooks over raw bytes (github.com/standard-webhooks/standard-webhooks, spec 1.0)."""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.errors import BadWebhookSecret
from gateway.headers import single
from service.errors import BadSignature

TOLERANCE = 300
"""Seconds by which a timestamp may lie in the past or in the future."""

ID = re.compile(r"[!-~]{1,256}")
TIMESTAMP = re.compile(r"[0-9]{1,12}")
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
LONGEST_HEADER = 4096


def parse_secret(text: str) -> bytes:
    """The key in a `whsec_...` secret. Raises BadWebhookSecret."""
    prefix, _, encoded = text.partition("_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        raise BadWebhookSecret from None
    if prefix != "whsec" or not 24 <= len(key) <= 64:
        raise BadWebhookSecret
    return key


class Webhooks:
    """Signs with the first secret, verifies with any of them, so that they can be rotated."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._secrets = tuple(secrets)

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
        """The id of a well-signed message, by which it is deduplicated. Raises BadSignature, and nothing else."""
        message_id, timestamp, given = (single(headers, name) for name in HEADERS)
        if not ID.fullmatch(message_id) or not TIMESTAMP.fullmatch(timestamp) or len(given) > LONGEST_HEADER:
            raise BadSignature("odd header")
        if abs(now.timestamp() - int(timestamp)) > TOLERANCE:
            raise BadSignature("stale")
        signatures = [_signature(secret, message_id, timestamp, body) for secret in self._secrets]
        pairs = [(ours, theirs.encode()) for ours in signatures for theirs in given.split(" ")]
        if not any(hmac.compare_digest(ours, theirs) for ours, theirs in pairs):
            raise BadSignature("no secret fits")
        return message_id

    def sign(self, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
        """The headers that sign `body`."""
        timestamp = str(int(at.timestamp()))
        signature = _signature(self._secrets[0], message_id, timestamp, body).decode()
        return dict(zip(HEADERS, (message_id, timestamp, signature), strict=True))


def _signature(secret: bytes, message_id: str, timestamp: str, body: bytes) -> bytes:
    content = f"{message_id}.{timestamp}.".encode() + body
    return b"v1," + base64.b64encode(hmac.digest(secret, content, hashlib.sha256))

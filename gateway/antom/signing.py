"""Signatures of the payment gateway, over raw bytes (docs.antom.com/ac/ams/digital_signature)."""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus, unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from service.errors import BadSignature

TIME = re.compile(r"[0-9A-Za-z:+., -]{1,64}")
"""Opaque, but with no character that begins a JSON body: else a part of the body could be passed off as the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is signed, of a request, an answer (with the request's method and path) or a notice.

    `path` is what was requested, with any query; `body` the raw bytes.
    """

    method: str
    path: str
    client_id: str
    time: str
    body: bytes

    def content(self) -> bytes:
        """The bytes under the signature."""
        head = f"{self.method.upper()} {self.path}\n{self.client_id}.{self.time}."
        return head.encode("utf-8", "surrogateescape") + self.body


class Signer:
    """Signs with our private key; under a millisecond, as the key is parsed once."""

    def __init__(self, private_key: RSAPrivateKey) -> None:
        self._key = private_key

    def sign(self, message: Message) -> str:
        """The value of the `Signature` header."""
        signature = self._key.sign(message.content(), PKCS1v15(), SHA256())
        return f"algorithm=RSA256,keyVersion=1,signature={quote_plus(base64.b64encode(signature))}"


class Verifier:
    """Verifies with the gateway's public keys; one that fits is enough, so that keys can be rotated."""

    def __init__(self, public_keys: Sequence[RSAPublicKey]) -> None:
        self._keys = tuple(public_keys)

    def verify(self, message: Message, header: str) -> None:
        """Return if `header` signs `message`; otherwise raise BadSignature, and nothing else."""
        signature = parse_header(header)
        if not TIME.fullmatch(message.time):
            raise BadSignature("time")
        try:
            content = message.content()
        except UnicodeEncodeError:
            raise BadSignature("path") from None
        if not any(_fits(key, signature, content) for key in self._keys):
            raise BadSignature("no key fits")


def parse_header(header: str) -> bytes:
    """The raw signature of `algorithm=RSA256,keyVersion=1,signature=...`; raises BadSignature.

    The parts may come in any order and case, and the version may be missing.
    """
    parts = [part.strip().partition("=") for part in header.split(",")]
    fields = {name.lower(): value for name, _, value in parts}
    if len(fields) != len(parts) or not {"algorithm", "signature"} <= fields.keys() <= KNOWN_FIELDS:
        raise BadSignature("header")
    if fields["algorithm"].upper() != "RSA256" or not fields.get("keyversion", "1").isdigit():
        raise BadSignature("algorithm")
    return _decode(fields["signature"])


KNOWN_FIELDS = {"algorithm", "keyversion", "signature"}


def _decode(value: str) -> bytes:
    try:
        return base64.b64decode(unquote_to_bytes(value), validate=True)
    except ValueError:
        raise BadSignature("header") from None


def _fits(key: RSAPublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True

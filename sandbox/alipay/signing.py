"""RSA-SHA256 signatures as docs.antom.com/ac/ams/digital_signature describes them."""

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import quote_plus, unquote_to_bytes

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

_HEADER = re.compile(r"algorithm=RSA256, ?keyVersion=\d{1,9}, ?signature=([A-Za-z0-9_.~%-]{1,2048})")


@dataclass(frozen=True)
class Message:
    """What a signature covers: method, path as requested (with any query), client id, time and raw body."""

    path: str
    client_id: str
    time: str
    body: bytes
    method: str = "POST"

    @property
    def content(self) -> bytes:
        head = f"{self.method} {self.path}\n{self.client_id}.{self.time}."
        return head.encode("utf-8", "surrogateescape") + self.body


class Signer:
    """The simulator's private key. Without a PEM it makes a new RSA-2048 key."""

    def __init__(self, private_key_pem: str | None = None) -> None:
        self._key = _load_private(private_key_pem) if private_key_pem else rsa.generate_private_key(65537, 2048)

    @property
    def public_key_pem(self) -> str:
        public = self._key.public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def header(self, message: Message) -> str:
        """The value of the signature header."""
        signature = self._key.sign(message.content, padding.PKCS1v15(), SHA256())
        return f"algorithm=RSA256,keyVersion=1,signature={quote_plus(base64.b64encode(signature))}"


class Verifier:
    """A merchant's public key, given as PEM."""

    def __init__(self, public_key_pem: str) -> None:
        key = load_pem_public_key(public_key_pem.encode())
        if not isinstance(key, rsa.RSAPublicKey):
            raise TypeError("The merchant's public key is not an RSA key; give an RSA public key as PEM.")
        self._key = key

    def accepts(self, message: Message, header: str) -> bool:
        signature = _signature_in(header)
        if signature is None:
            return False
        try:
            self._key.verify(signature, message.content, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            return False
        return True


def _load_private(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("The simulator's private key is not an RSA key; give an RSA private key as PEM.")
    return key


def _signature_in(header: str) -> bytes | None:
    match = _HEADER.fullmatch(header)
    if match is None:
        return None
    try:
        return base64.b64decode(unquote_to_bytes(match[1]), validate=True)
    except binascii.Error:
        return None

"""RSA keys from files: PEM (PKCS#8, PKCS#1, SPKI) or the bare base64 that the gateway's dashboard gives."""

import base64
from collections.abc import Callable, Iterable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    load_der_private_key,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from gateway.errors import KeyFileMissing, NotAKey, WrongKindOfKey


def load_private_key(path: Path) -> RSAPrivateKey:
    """Our private key. Raises KeyFileMissing, NotAKey or WrongKindOfKey."""
    key = _load(path)
    if not isinstance(key, RSAPrivateKey):
        raise WrongKindOfKey(str(path))
    return key


def load_public_keys(paths: Iterable[Path]) -> tuple[RSAPublicKey, ...]:
    """The gateway's public keys, several while it rotates them. Raises as `load_private_key` does."""
    return tuple(_load_public_key(path) for path in paths)


def _load_public_key(path: Path) -> RSAPublicKey:
    key = _load(path)
    if not isinstance(key, RSAPublicKey):
        raise WrongKindOfKey(str(path))
    return key


def _load(path: Path) -> RSAPrivateKey | RSAPublicKey:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise KeyFileMissing(str(path)) from error
    for parse in PARSERS:
        try:
            key = parse(content)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
        if isinstance(key, RSAPrivateKey | RSAPublicKey):
            return key
    raise NotAKey(str(path))


def _bare(content: bytes) -> bytes:
    return base64.b64decode(b"".join(content.split()), validate=True)


PARSERS: tuple[Callable[[bytes], object], ...] = (
    lambda content: load_pem_private_key(content, password=None),
    load_pem_public_key,
    lambda content: load_der_private_key(_bare(content), password=None),
    lambda content: load_der_public_key(_bare(content)),
)

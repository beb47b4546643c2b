"""Key files come in several forms; a wrong one is told apart at the start, not at the first payment."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from gateway.antom.keys import load_private_key, load_public_keys
from gateway.errors import BadSecret, KeyFileMissing, NotAKey, WrongKindOfKey


def write(folder: Path, content: bytes, name: str = "key") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_private_key_in_any_form(
    tmp_path: Path, our_key: RSAPrivateKey, form: PrivateFormat, encoding: Encoding
) -> None:
    content = our_key.private_bytes(encoding, form, NoEncryption())
    path = write(tmp_path, content if encoding is Encoding.PEM else base64.encodebytes(content))

    assert load_private_key(path).private_numbers() == our_key.private_numbers()


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_public_key_in_any_form(
    tmp_path: Path, their_key: RSAPrivateKey, form: PublicFormat, encoding: Encoding
) -> None:
    content = their_key.public_key().public_bytes(encoding, form)
    path = write(tmp_path, content if encoding is Encoding.PEM else base64.b64encode(content))

    assert load_public_keys([path, path]) == (their_key.public_key(),) * 2


def test_the_other_kind_of_key_is_named(tmp_path: Path, our_key: RSAPrivateKey) -> None:
    private = our_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = our_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    with pytest.raises(WrongKindOfKey, match="other kind of key"):
        load_private_key(write(tmp_path, public))
    with pytest.raises(WrongKindOfKey, match="other kind of key"):
        load_public_keys([write(tmp_path, private)])


def test_file_without_a_usable_key_is_named(tmp_path: Path, our_key: RSAPrivateKey) -> None:
    locked = our_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    curve = ec.generate_private_key(ec.SECP256R1())
    other = curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    for content in (b"", b"not a key", b"\xff\x00", locked, other):
        with pytest.raises(NotAKey, match="no unencrypted RSA key"):
            load_private_key(write(tmp_path, content))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing, match=str(tmp_path / "gone")) as caught:
        load_private_key(tmp_path / "gone")

    assert isinstance(caught.value, BadSecret)

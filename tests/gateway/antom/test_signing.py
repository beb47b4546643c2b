"""Our signatures and the gateway's own tools must agree, and nothing altered may pass."""

import base64
import dataclasses
from typing import Any
from urllib.parse import quote_plus

import pytest
import rsa
from com.alipay.ams.api.tools import signature_tool, webhook_tool
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gateway.antom.signing import Message, Signer, Verifier, parse_header
from service.errors import BadSignature

PATH = "/ams/api/v1/payments/pay"
ANY_BODY = st.text(st.characters(codec="utf-8"), max_size=400)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MANY = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def message(body: bytes = b'{"a":"1"}', **changes: Any) -> Message:
    made = Message(method="POST", path=PATH, client_id="CLIENT", time="2026-11-23T05:32:00+00:00", body=body)
    return dataclasses.replace(made, **changes) if changes else made


@pytest.fixture(scope="session")
def signer(our_key: RSAPrivateKey) -> Signer:
    return Signer(our_key)


@pytest.fixture(scope="session")
def verifier(our_key: RSAPrivateKey) -> Verifier:
    return Verifier([our_key.public_key()])


@pytest.fixture(scope="session")
def private_text(our_key: RSAPrivateKey) -> str:
    der = our_key.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return base64.b64encode(der).decode()


@pytest.fixture(scope="session")
def public_text(our_key: RSAPrivateKey) -> str:
    der = our_key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@FEW
@given(body=ANY_BODY)
@example(body="")
@example(body='{"title":"初音ミク 🎏","n":"\\u0000"}')
def test_signature_is_the_one_of_the_official_kit(signer: Signer, private_text: str, body: str) -> None:
    ours = signer.sign(message(body.encode()))
    theirs = signature_tool.sign("POST", PATH, "CLIENT", message().time, body, private_text)

    assert ours == f"algorithm=RSA256,keyVersion=1,signature={theirs}"


@FEW
@given(body=ANY_BODY)
def test_official_kit_accepts_ours_and_we_accept_its_own(
    signer: Signer, verifier: Verifier, private_text: str, public_text: str, body: str
) -> None:
    time = message().time
    ours = signer.sign(message(body.encode()))
    theirs = signature_tool.sign("POST", PATH, "CLIENT", time, body, private_text)

    assert webhook_tool.check_signature("POST", PATH, "CLIENT", time, body, ours, public_text)
    verifier.verify(message(body.encode()), f"algorithm=RSA256, keyVersion=1, signature={theirs}")


def test_what_the_official_kit_refuses_we_refuse(signer: Signer, verifier: Verifier, public_text: str) -> None:
    header = signer.sign(message())

    with pytest.raises(rsa.pkcs1.VerificationError):
        webhook_tool.check_signature("POST", PATH, "CLIENT", message().time, "{}", header, public_text)
    with pytest.raises(BadSignature):
        verifier.verify(message(b"{}"), header)


@pytest.mark.parametrize(
    "changed",
    [
        message(method="PUT"),
        message(path="/ams/api/v1/payments/refund"),
        message(path=PATH + "?a=1"),
        message(path="/\udcff"),
        message(client_id="OTHER"),
        message(time="2026-11-23T05:32:01+00:00"),
        message(time=""),
        message(body=b'{"a":"2"}'),
        message(body=b""),
    ],
)
def test_signature_holds_for_one_message_only(signer: Signer, verifier: Verifier, changed: Message) -> None:
    header = signer.sign(message())

    verifier.verify(message(), header)
    with pytest.raises(BadSignature):
        verifier.verify(changed, header)


def test_part_of_a_body_cannot_be_passed_off_as_the_time(signer: Signer, verifier: Verifier) -> None:
    header = signer.sign(message(b'{"note":"x.{}"}'))

    with pytest.raises(BadSignature):
        verifier.verify(message(b'{}"}', time=message().time + '.{"note":"x'), header)


def test_every_flipped_bit_is_seen(signer: Signer, verifier: Verifier) -> None:
    body, header = message().body, signer.sign(message())

    for bit in range(len(body) * 8):
        flipped = bytearray(body)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadSignature):
            verifier.verify(message(bytes(flipped)), header)


@MANY
@given(position=st.integers(0, 10_000), byte=st.integers(0, 127))
def test_altered_header_is_refused_or_means_the_same(
    signer: Signer, verifier: Verifier, position: int, byte: int
) -> None:
    header = signer.sign(message())
    at = position % len(header)
    altered = header[:at] + chr(byte) + header[at + 1 :]

    try:
        verifier.verify(message(), altered)
    except BadSignature:
        return
    assert parse_header(altered) == parse_header(header)


@MANY
@given(header=st.binary(max_size=512).map(lambda raw: raw.decode("utf-8", "surrogateescape")) | st.text())
@example(header="")
@example(header="algorithm=RSA256,keyVersion=1,signature=")
@example(header="algorithm=RSA256,keyVersion=1,signature=é")
@example(header="algorithm=RSA256,keyVersion=1,signature=%ff%00")
@example(header="signature=" + "A" * 100_000)
def test_odd_header_is_nothing_but_a_bad_signature(verifier: Verifier, header: str) -> None:
    with pytest.raises(BadSignature):
        verifier.verify(message(), header)


def test_header_may_be_ordered_and_written_otherwise(signer: Signer, verifier: Verifier) -> None:
    value = signer.sign(message()).rpartition("signature=")[2]

    verifier.verify(message(), f"Signature={value}, KeyVersion=2, Algorithm=rsa256")
    verifier.verify(message(), f"signature={value},algorithm=RSA256")


@pytest.mark.parametrize(
    "header",
    [
        "algorithm=HMAC,keyVersion=1,signature={}",
        "algorithm=none,keyVersion=1,signature={}",
        "algorithm=RSA256,algorithm=RSA256,signature={}",
        "keyVersion=1,signature={}",
        "algorithm=RSA256,keyVersion=one,signature={}",
        "algorithm=RSA256,keyVersion=1,signature={},extra=1",
        "algorithm=RSA256;keyVersion=1;signature={}",
    ],
)
def test_another_algorithm_or_an_ill_formed_header_is_refused(signer: Signer, verifier: Verifier, header: str) -> None:
    value = signer.sign(message()).rpartition("signature=")[2]

    with pytest.raises(BadSignature):
        verifier.verify(message(), header.format(value))


def test_new_key_is_accepted_beside_the_old_one(
    signer: Signer, our_key: RSAPrivateKey, their_key: RSAPrivateKey
) -> None:
    rotating = Verifier([their_key.public_key(), our_key.public_key()])

    rotating.verify(message(), signer.sign(message()))
    rotating.verify(message(), Signer(their_key).sign(message()))
    with pytest.raises(BadSignature):
        Verifier([their_key.public_key()]).verify(message(), signer.sign(message()))
    with pytest.raises(BadSignature):
        Verifier([]).verify(message(), signer.sign(message()))


def test_public_key_used_as_a_shared_secret_gets_nowhere(verifier: Verifier, public_text: str) -> None:
    forged = base64.b64encode(public_text.encode()[:256])

    with pytest.raises(BadSignature):
        verifier.verify(message(), f"algorithm=RSA256,keyVersion=1,signature={quote_plus(forged)}")

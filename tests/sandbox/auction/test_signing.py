"""Our signatures against the two reference libraries, both ways."""

from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import svix
from hypothesis import given
from hypothesis import strategies as st

from sandbox.auction.errors import BadSignature
from sandbox.auction.signing import decode_secret, sign, verify
from tests.sandbox.auction.conftest import SECRET

KEY = decode_secret(SECRET)
BODY = '{"type": "bid.won", "data": {"title": "昭和の一眼レフ"}}'.encode()


def now() -> datetime:
    return datetime.now(UTC)


def test_the_reference_libraries_accept_our_signature() -> None:
    headers = sign(KEY, "msg_1", now(), BODY)
    standardwebhooks.Webhook(SECRET).verify(BODY, headers)
    svix.Webhook(SECRET).verify(BODY, headers)


@pytest.mark.parametrize("library", [standardwebhooks.Webhook, svix.Webhook])
def test_we_accept_the_signature_of_the_reference_libraries(library: type[standardwebhooks.Webhook]) -> None:
    at = now()
    signature = library(SECRET).sign("msg_1", at, BODY.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp()))}
    assert verify(KEY, headers | {"webhook-signature": "v1,bm90aGluZw== " + signature}, BODY, at) == "msg_1"


@given(body=st.binary(min_size=1), flip=st.integers(min_value=0), message_id=st.text("abc_019", min_size=1))
def test_one_changed_byte_is_noticed(body: bytes, flip: int, message_id: str) -> None:
    headers = sign(KEY, message_id, now(), body)
    tampered = bytearray(body)
    tampered[flip % len(body)] ^= 1
    assert verify(KEY, headers, body, now()) == message_id
    with pytest.raises(BadSignature):
        verify(KEY, headers, bytes(tampered), now())


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-id": "msg_2"},
        {"webhook-id": ""},
        {"webhook-id": "\udcff"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "²"},
        {"webhook-timestamp": "9" * 5000},
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v2,\udcff é"},
    ],
)
def test_odd_headers_are_a_bad_signature_and_nothing_worse(changed: dict[str, str]) -> None:
    with pytest.raises(BadSignature):
        verify(KEY, sign(KEY, "msg_1", now(), BODY) | changed, BODY, now())


@pytest.mark.parametrize("minutes", [-6, 6])
def test_an_old_or_early_signature_is_refused(minutes: int) -> None:
    headers = sign(KEY, "msg_1", now() + timedelta(minutes=minutes), BODY)
    with pytest.raises(BadSignature):
        verify(KEY, headers, BODY, now())


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_***", "c2VjcmV0"])
def test_a_secret_of_another_shape_is_refused_at_the_start(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        decode_secret(secret)

"""Standard Webhooks: ours, the reference library and Svix must agree, and nothing altered may pass."""

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
import standardwebhooks
import svix
import time_machine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.auction.signing import Webhooks, parse_secret
from gateway.errors import BadWebhookSecret
from service.errors import BadSignature
from tests.gateway.conftest import NOW

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
OURS = Webhooks([parse_secret(SECRET)])
BODY = b'{"type":"bid.won"}'


@time_machine.travel(NOW, tick=False)
@settings(deadline=None, max_examples=50)
@given(body=st.text(st.characters(codec="utf-8"), max_size=300))
@example(body="")
def test_signature_is_the_one_of_both_libraries(body: str) -> None:
    headers = OURS.sign("msg_1", NOW, body.encode())

    signature = headers["webhook-signature"]
    assert signature == standardwebhooks.Webhook(SECRET).sign("msg_1", NOW, body)
    assert signature == svix.Webhook(SECRET).sign("msg_1", NOW, body)
    assert OURS.verify(headers, body.encode(), NOW) == "msg_1"


@time_machine.travel(NOW, tick=False)
def test_both_libraries_accept_what_we_sign() -> None:
    headers = OURS.sign("msg_1", NOW, BODY)

    for library in (standardwebhooks.Webhook(SECRET), svix.Webhook(SECRET)):
        library.verify(BODY, headers)
        with pytest.raises((standardwebhooks.WebhookVerificationError, svix.WebhookVerificationError)):
            library.verify(BODY + b" ", headers)


@pytest.mark.parametrize("offset", [-300, 0, 300])
def test_clocks_may_differ_by_five_minutes(offset: int) -> None:
    signed_at = NOW + timedelta(seconds=offset)

    assert OURS.verify(OURS.sign("msg_1", signed_at, BODY), BODY, NOW) == "msg_1"


@pytest.mark.parametrize("offset", [-90 * 86400, -301, 301])
def test_clocks_may_not_differ_by_more(offset: int) -> None:
    signed_at = NOW + timedelta(seconds=offset)

    with pytest.raises(BadSignature):
        OURS.verify(OURS.sign("msg_1", signed_at, BODY), BODY, NOW)


def test_old_and_new_secret_are_accepted_in_both_directions() -> None:
    new, both = Webhooks([parse_secret(OTHER)]), Webhooks([parse_secret(OTHER), parse_secret(SECRET)])

    assert both.verify(OURS.sign("msg_1", NOW, BODY), BODY, NOW) == "msg_1"
    assert new.verify(both.sign("msg_1", NOW, BODY), BODY, NOW) == "msg_1"
    with pytest.raises(BadSignature):
        new.verify(OURS.sign("msg_1", NOW, BODY), BODY, NOW)


def test_one_fitting_signature_of_a_list_is_enough() -> None:
    headers = OURS.sign("msg_1", NOW, BODY)
    fitting = headers["webhook-signature"]

    for given_ in (f"v1,AAAA {fitting}", f"v1a,AAAA {fitting} v2,BBBB", f"v1  {fitting}"):
        assert OURS.verify(headers | {"webhook-signature": given_}, BODY, NOW) == "msg_1"


def test_every_flipped_bit_is_seen() -> None:
    headers = OURS.sign("msg_1", NOW, BODY)

    for bit in range(len(BODY) * 8):
        flipped = bytearray(BODY)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadSignature):
            OURS.verify(headers, bytes(flipped), NOW)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("webhook-id", "msg_2"),
        ("webhook-id", ""),
        ("webhook-timestamp", str(int(NOW.timestamp()) + 1)),
        ("webhook-timestamp", "-1"),
        ("webhook-timestamp", "1e9"),
        ("webhook-timestamp", "٣"),
        ("webhook-timestamp", "9" * 5000),
        ("webhook-signature", ""),
        ("webhook-signature", "v1"),
        ("webhook-signature", "v1,"),
        ("webhook-signature", "v1,é"),
        ("webhook-signature", "v1," + "A" * 100_000),
    ],
)
def test_altered_header_is_refused(name: str, value: str) -> None:
    with pytest.raises(BadSignature):
        OURS.verify(OURS.sign("msg_1", NOW, BODY) | {name: value}, BODY, NOW)


@settings(deadline=None, max_examples=300)
@given(
    name=st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]),
    value=st.binary(max_size=512),
)
def test_odd_headers_are_nothing_but_a_bad_signature(name: str, value: bytes) -> None:
    odd = OURS.sign("msg_1", NOW, BODY) | {name: value.decode("utf-8", "surrogateescape")}

    with pytest.raises(BadSignature):
        OURS.verify(odd, BODY, NOW)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_missing_header_is_refused(missing: str) -> None:
    headers = OURS.sign("msg_1", NOW, BODY)
    del headers[missing]

    with pytest.raises(BadSignature, match=missing):
        OURS.verify(headers, BODY, NOW)


def test_header_names_are_read_without_regard_to_case() -> None:
    headers = {name.title(): value for name, value in OURS.sign("msg_1", NOW, BODY).items()}

    assert OURS.verify(headers, BODY, NOW) == "msg_1"


def test_rubbish_that_is_well_signed_passes_as_bytes() -> None:
    for body in (b"[" * 50_000, b"\xff\x00", b""):
        assert OURS.verify(OURS.sign("msg_1", NOW, body), body, NOW) == "msg_1"


def test_no_secret_no_entrance() -> None:
    with pytest.raises(BadSignature):
        Webhooks([]).verify(OURS.sign("msg_1", NOW, BODY), BODY, NOW)


@pytest.mark.parametrize(
    "text", ["", "whsec_", "whsec_AAAA", SECRET[6:], "WHSEC_" + SECRET[6:], SECRET + "!", "whsec_é", SECRET * 4]
)
def test_unusable_secret_is_named_and_not_shown(text: str) -> None:
    with pytest.raises(BadWebhookSecret, match="24 to 64 random bytes") as caught:
        parse_secret(text)

    assert SECRET[6:20] not in str(caught.value)


def test_signature_is_plain_hmac() -> None:
    content = f"msg_1.{int(NOW.timestamp())}.".encode() + BODY
    digest = base64.b64encode(hmac.digest(bytes(range(32)), content, hashlib.sha256)).decode()

    assert OURS.sign("msg_1", NOW, BODY)["webhook-signature"] == f"v1,{digest}"

"""Notices: believed only when signed for us, and read only after that."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from flow.money import Money
from gateway.antom.notices import ANSWER, NoticeReader, parse
from gateway.antom.signing import Message, Signer, Verifier
from service.errors import BadSignature, Malformed
from service.verdicts import (
    ChargeNotice,
    RefundNotice,
    Refused,
    Settled,
    Unknown,
    UnlinkNotice,
    UnreadNotice,
    Verdict,
)

PATH = "/antom/notify"
TIME = "2026-11-23T05:32:00Z"
PAID_AT = datetime(2026, 11, 23, 5, 31, tzinfo=UTC)
PAID: dict[str, object] = {
    "notifyType": "PAYMENT_RESULT",
    "result": {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"},
    "paymentRequestId": "ch-1",
    "paymentId": "2026112319",
    "paymentAmount": {"currency": "JPY", "value": "5"},
    "paymentTime": "2026-11-23T14:31:00+09:00",
    "pspCustomerInfo": {"pspName": "ALIPAY_CN"},
}
REFUNDED: dict[str, object] = {
    "notifyType": "REFUND_RESULT",
    "result": {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"},
    "refundStatus": "SUCCESS",
    "refundRequestId": "rf-1",
    "refundId": "2026112320",
    "refundAmount": {"currency": "JPY", "value": "5"},
    "refundTime": "2026-11-23T14:31:00+09:00",
}


def encode(notice: dict[str, object], **changes: object) -> bytes:
    return json.dumps({**notice, **changes}).encode()


def failed(code: str, status: str = "F") -> dict[str, str]:
    return {"resultCode": code, "resultStatus": status, "resultMessage": ""}


@pytest.fixture
def reader(their_key: RSAPrivateKey) -> NoticeReader:
    return NoticeReader("CLIENT", Verifier([their_key.public_key()]))


@pytest.fixture
def headers(their_key: RSAPrivateKey) -> Callable[[bytes], dict[str, str]]:
    def sign(body: bytes) -> dict[str, str]:
        message = Message(method="POST", path=PATH, client_id="CLIENT", time=TIME, body=body)
        return {"client-id": "CLIENT", "Request-Time": TIME, "SIGNATURE": Signer(their_key).sign(message)}

    return sign


Sign = Callable[[bytes], dict[str, str]]


def test_signed_notice_is_read(reader: NoticeReader, headers: Sign) -> None:
    body = encode(PAID)

    notice = reader.read("POST", PATH, CIMultiDict(headers(body)), body)

    settled = Settled(gateway_id="2026112319", amount=Money("JPY", 5), at=PAID_AT)
    assert notice == ChargeNotice(charge_id="ch-1", verdict=settled)


def test_notice_is_bound_to_its_path_client_and_bytes(reader: NoticeReader, headers: Sign) -> None:
    body = encode(PAID)
    signed = headers(body)
    doubled = CIMultiDict([*signed.items(), ("Client-Id", "CLIENT")])

    attempts: list[tuple[str, str, Mapping[str, str], bytes]] = [
        ("GET", PATH, signed, body),
        ("POST", "/other", signed, body),
        ("POST", PATH, signed | {"client-id": "OTHER"}, body),
        ("POST", PATH, signed | {"client-id": "CLIËNT"}, body),
        ("POST", PATH, signed | {"Request-Time": "2026-11-23T05:32:01Z"}, body),
        ("POST", PATH, signed, body + b" "),
        ("POST", PATH, doubled, body),
        ("POST", PATH, {}, body),
    ]
    for attempt in attempts:
        with pytest.raises(BadSignature):
            reader.read(*attempt)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["client-id", "Request-Time", "SIGNATURE"]), value=st.binary(max_size=512))
def test_odd_headers_are_nothing_but_a_bad_signature(
    reader: NoticeReader, headers: Sign, name: str, value: bytes
) -> None:
    body = encode(PAID)
    odd = headers(body) | {name: value.decode("utf-8", "surrogateescape")}

    with pytest.raises(BadSignature):
        reader.read("POST", PATH, odd, body)


def test_unsigned_rubbish_is_refused_before_it_is_parsed(reader: NoticeReader, headers: Sign) -> None:
    rubbish = b"[" * 50_000

    with pytest.raises(BadSignature):
        reader.read("POST", PATH, headers(b"{}"), rubbish)
    with pytest.raises(Malformed):
        reader.read("POST", PATH, headers(rubbish), rubbish)


SETTLED_REFUND = Settled(gateway_id="2026112320", amount=Money("JPY", 5), at=PAID_AT)


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (encode(PAID, notifyType="PAYMENT_PENDING"), Unknown(reason="PAYMENT_PENDING")),
        (encode(PAID, result=failed("RISK_REJECT")), Refused(code="RISK_REJECT")),
        (encode(PAID, result=failed("UNKNOWN_EXCEPTION", "U")), Unknown(reason="UNKNOWN_EXCEPTION")),
        (encode(PAID, result=failed("PROCESSING", "S")), Unknown(reason="PROCESSING")),
        (encode(PAID, paymentId=None), Unknown(reason="settled without a known amount or id")),
        (encode(PAID, paymentAmount=None), Unknown(reason="settled without a known amount or id")),
        (
            encode(PAID, paymentAmount={"currency": "XTS", "value": "5"}),
            Unknown(reason="settled without a known amount or id"),
        ),
        (
            encode(PAID, paymentTime="yesterday"),
            Settled(gateway_id="2026112319", amount=Money("JPY", 5), at=None),
        ),
    ],
)
def test_what_a_payment_notice_means(body: bytes, verdict: Verdict) -> None:
    notice = parse(body)

    assert isinstance(notice, ChargeNotice)
    assert notice.verdict == verdict


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (encode(REFUNDED), SETTLED_REFUND),
        (encode(REFUNDED, refundStatus="FAIL", result=failed("PROCESS_FAIL")), Refused(code="PROCESS_FAIL")),
        (encode(REFUNDED, refundStatus="FAIL"), Refused(code="FAIL")),
        (encode(REFUNDED, refundStatus=None), Unknown(reason="no status")),
        (
            encode(REFUNDED, result=failed("PROCESS_FAIL")),
            Unknown(reason="result and refundStatus disagree"),
        ),
    ],
)
def test_what_a_refund_notice_means(body: bytes, verdict: Verdict) -> None:
    assert parse(body) == RefundNotice(refund_id="rf-1", verdict=verdict)


def test_buyer_ended_the_authorization() -> None:
    ended: dict[str, object] = {"authorizationNotifyType": "TOKEN_CANCELED", "authState": "by-1", "accessToken": "hush"}

    assert parse(encode(ended)) == UnlinkNotice(subject="by-1")


def test_notice_of_another_kind_is_kept() -> None:
    assert parse(b'{"notifyType":"DISPUTE_CREATED"}') == UnreadNotice(kind="DISPUTE_CREATED")
    assert parse(b'{"authorizationNotifyType":"TOKEN_CANCELED"}') == UnreadNotice(kind="TOKEN_CANCELED")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'{"notifyType":5}',
        b'{"notifyType":"A\\u0000"}',
        b'{"notifyType":"\\ud800"}',
        b'{"notifyType":"PAYMENT_RESULT"}',
        encode(PAID, paymentRequestId="x" * 65),
        encode(PAID, paymentAmount={"currency": "JPY", "value": 5}),
        encode(PAID, paymentAmount={"currency": "JPY", "value": "-5"}),
        encode(PAID, paymentAmount={"currency": "JPY", "value": "5.0"}),
        encode(PAID, paymentAmount={"currency": "JPY", "value": "٥"}),
        encode(PAID, paymentAmount={"currency": "JPY", "value": "1" * 17}),
        encode(PAID, result={"resultStatus": "S"}),
        encode(REFUNDED, refundRequestId=None),
    ],
)
def test_malformed_notice_tells_the_field_and_no_value(body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse(body)

    assert "xxxxx" not in str(caught.value)
    assert "body" in str(caught.value)


def test_answer_is_the_documented_one() -> None:
    result = {"resultCode": "SUCCESS", "resultStatus": "S", "resultMessage": "success"}
    assert json.loads(ANSWER) == {"result": result}

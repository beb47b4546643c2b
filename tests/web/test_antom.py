import hashlib
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from yarl import URL

from gateway.antom.signing import Message, Signer
from service.work import ReadNotice
from tests.web.conftest import CLIENT_ID, Client
from tests.web.kept import Kept

PATH = "/antom/notify"
TIME = "2026-08-03T04:00:00+00:00"
TAKEN = b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'

PAYMENT = {
    "notifyType": "PAYMENT_RESULT",
    "result": {"resultStatus": "S", "resultCode": "SUCCESS"},
    "paymentRequestId": "pabc-1",
    "paymentId": "2026080319401",
    "paymentAmount": {"currency": "JPY", "value": "12300"},
    "paymentTime": TIME,
}
REFUND = {
    "notifyType": "REFUND_RESULT",
    "result": {"resultStatus": "S", "resultCode": "SUCCESS"},
    "refundRequestId": "rf-vabc-1",
    "refundId": "2026080319402",
    "refundStatus": "SUCCESS",
    "refundAmount": {"currency": "JPY", "value": "5"},
}


class Gateway:
    """Sends notices, signed with the gateway's key."""

    def __init__(self, client: Client, key: RSAPrivateKey) -> None:
        self._client, self._signer = client, Signer(key)

    async def notify(
        self, body: bytes, client_id: str = CLIENT_ID, path: str = PATH, signed_path: str | None = None
    ) -> tuple[int, bytes]:
        message = Message(method="POST", path=signed_path or path, client_id=client_id, time=TIME, body=body)
        signature = self._signer.sign(message)
        return await self.send(body, {"client-id": client_id, "request-time": TIME, "signature": signature}, path)

    async def send(self, body: bytes, headers: dict[str, str], path: str = PATH) -> tuple[int, bytes]:
        answer = await self._client.post(URL(path, encoded=True), data=body, headers=headers)
        return answer.status, await answer.read()


@pytest.fixture
def gateway(client: Client, gateway_key: RSAPrivateKey) -> Gateway:
    return Gateway(client, gateway_key)


@pytest.mark.parametrize(("notice", "line"), [(PAYMENT, "notice:pabc-1"), (REFUND, "notice:rf-vabc-1")])
async def test_a_notice_is_kept_and_answered_with_the_gateways_own_success(
    gateway: Gateway, kept: Kept, notice: dict[str, object], line: str
) -> None:
    body = json.dumps(notice).encode()

    assert await gateway.notify(body) == (200, TAKEN)
    letter = kept.letters[0]
    assert (letter.source, letter.body) == ("antom", body)
    assert letter.source_id == hashlib.sha256(body).hexdigest()
    assert set(letter.headers) == {"client-id", "request-time", "signature"}
    assert kept.queued == [(line, ReadNotice(inbox_id=1))]


async def test_a_repeated_notice_is_answered_the_same_and_read_once(gateway: Gateway, kept: Kept) -> None:
    body = json.dumps(PAYMENT).encode()

    assert [await gateway.notify(body), await gateway.notify(body)] == [(200, TAKEN)] * 2
    assert len(kept.queued) == 1


async def test_the_signature_covers_the_address_as_it_was_asked_for(gateway: Gateway) -> None:
    assert await gateway.notify(json.dumps(PAYMENT).encode(), path=f"{PATH}?from=%E7%A7%98") == (200, TAKEN)


async def test_a_notice_of_an_unknown_kind_is_kept(gateway: Gateway, kept: Kept) -> None:
    assert await gateway.notify(b'{"notifyType": "DISPUTE_CREATED"}') == (200, TAKEN)
    assert kept.queued == [("notice:other", ReadNotice(inbox_id=1))]


async def test_a_notice_that_is_not_for_us_or_not_from_the_gateway_is_401(gateway: Gateway, kept: Kept) -> None:
    body = json.dumps(PAYMENT).encode()
    signed = {"client-id": CLIENT_ID, "request-time": TIME, "signature": "algorithm=RSA256,signature=AAAA"}
    attempts = [
        await gateway.notify(body, client_id="SANDBOX_SOMEBODY_ELSE"),
        await gateway.notify(body, signed_path=f"{PATH}?x=1"),
        await gateway.send(body, {}),
        await gateway.send(body, signed),
        await gateway.send(body, {**signed, "signature": "\u79d8"}),
        await gateway.send(b"[" * 100_000, signed),
    ]

    assert [status for status, _ in attempts] == [401] * 6
    assert not kept.letters


@pytest.mark.parametrize("body", [b"", b"nonsense", b"{}", b"[" * 100_000, b'{"notifyType": "PAYMENT_RESULT"}'])
async def test_a_signed_notice_of_another_shape_is_400(gateway: Gateway, kept: Kept, body: bytes) -> None:
    status, _ = await gateway.notify(body)

    assert status == 400
    assert not kept.letters


async def test_without_the_store_the_gateway_hears_no_success(gateway: Gateway, kept: Kept) -> None:
    kept.is_away = True

    status, answer = await gateway.notify(json.dumps(PAYMENT).encode())

    assert status == 503
    assert b"SUCCESS" not in answer

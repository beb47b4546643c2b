"""Notices that the payment gateway sends to us, verified before they are parsed."""

import hmac
from collections.abc import Callable, Mapping

from pydantic import ValidationError

from gateway.antom import verdict, wire
from gateway.antom.signing import Message, Verifier
from gateway.headers import single
from gateway.text import describe
from service.errors import BadSignature, Malformed
from service.verdicts import ChargeNotice, Notice, RefundNotice, UnlinkNotice, UnreadNotice

ANSWER = b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'
"""The body, sent with 200 once the notice is stored; without it the gateway sends the notice again."""


class NoticeReader:
    """Reads notices for one client id."""

    def __init__(self, client_id: str, verifier: Verifier) -> None:
        self._client_id = client_id
        self._verifier = verifier

    def read(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Notice:
        """The notice, in our words; raises BadSignature or Malformed.

        `path` is what was requested, with any query.
        """
        self._verify(method, path, headers, body)
        return parse(body)

    def _verify(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
        if not hmac.compare_digest(single(headers, "client-id").encode(), self._client_id.encode()):
            raise BadSignature("another client id")
        time, signature = single(headers, "request-time"), single(headers, "signature")
        message = Message(method=method, path=path, client_id=self._client_id, time=time, body=body)
        self._verifier.verify(message, signature)


def parse(body: bytes) -> Notice:
    """A notice whose signature was verified before, in our words. Raises Malformed."""
    try:
        return _translate(body)
    except ValidationError as error:
        raise Malformed(describe(error)) from None


def _translate(body: bytes) -> Notice:
    notice = wire.AnyNotice.model_validate_json(body)
    kind = notice.notify_type or notice.authorization_notify_type
    if not kind:
        raise Malformed("body.notifyType: missing")
    return KINDS.get(kind, _unread)(kind, body)


def _payment(_: str, body: bytes) -> Notice:
    notice = wire.PaymentNotice.model_validate_json(body)
    return ChargeNotice(charge_id=notice.payment_request_id, verdict=verdict.of_payment_notice(notice))


def _refund(_: str, body: bytes) -> Notice:
    notice = wire.RefundNotice.model_validate_json(body)
    return RefundNotice(refund_id=notice.refund_request_id, verdict=verdict.of_refund_notice(notice))


def _unlink(kind: str, body: bytes) -> Notice:
    notice = wire.AuthorizationNotice.model_validate_json(body)
    subject = notice.user_id or notice.auth_state
    return UnlinkNotice(subject=subject) if subject else UnreadNotice(kind=kind)


def _unread(kind: str, _: bytes) -> Notice:
    return UnreadNotice(kind=kind)


KINDS: Mapping[str, Callable[[str, bytes], Notice]] = {
    "PAYMENT_RESULT": _payment,
    "PAYMENT_PENDING": _payment,
    "REFUND_RESULT": _refund,
    "TOKEN_CANCELED": _unlink,
}

"""Calls to the payment gateway. Each returns a verdict, whatever happens on the way."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TypeVar

from pydantic import ValidationError
from yarl import URL

from gateway.antom import verdict, wire
from gateway.antom.signing import Message, Signer, Verifier
from gateway.exchange import Call, Exchange, NoReply, Reply
from gateway.headers import single
from gateway.urls import PayLinks
from service.errors import BadSignature
from service.ports import Clock
from service.verdicts import ChargeRequest, Device, OpenVerdict, RefundRequest, Unknown, Verdict

SECONDS = 10.0
"""For a whole call; after it the outcome is unknown, and the same id is asked for again."""

A = TypeVar("A", bound=wire.Answer)

ENVIRONMENTS: dict[Device, wire.Environment] = {
    "ios": wire.Environment(terminal_type="WAP", os_type="IOS"),
    "android": wire.Environment(terminal_type="WAP", os_type="ANDROID"),
    "desktop": wire.Environment(terminal_type="WEB"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Our contract with the gateway: `url` is its address, `notify_url` where its notices go."""

    url: str
    client_id: str
    notify_url: str
    pay_hosts: frozenset[str]
    settlement_currency: str | None = None


def path_prefix(client_id: str) -> str:
    """Where the calls live: the gateway's sandbox knows its clients by their ids."""
    return "/ams/sandbox/api/v1/payments/" if client_id.startswith("SANDBOX_") else "/ams/api/v1/payments/"


class AntomGateway:
    """Alipay through Antom."""

    def __init__(
        self,
        exchange: Exchange,
        merchant: Merchant,
        signer: Signer,
        verifier: Verifier,
        clock: Clock,
    ) -> None:
        self._exchange = exchange
        self._merchant = merchant
        self._signer = signer
        self._verifier = verifier
        self._clock = clock
        self._links = PayLinks(merchant.pay_hosts, merchant.url)
        address = URL(merchant.url)
        self._origin = str(address.origin())
        self._path = address.path.rstrip("/") + path_prefix(merchant.client_id)

    async def open(self, charge: ChargeRequest) -> OpenVerdict:
        """Open a charge, or ask for its link again with the same id."""
        answer = await self._ask("pay", self._pay_request(charge), wire.PayAnswer)
        return answer if isinstance(answer, Unknown) else verdict.of_pay(answer, charge.id, self._links.allow)

    async def look_up(self, charge_id: str) -> Verdict:
        """What became of a charge, by our id."""
        query = wire.PaymentQuery(payment_request_id=charge_id)
        answer = await self._ask("inquiryPayment", query, wire.PaymentAnswer)
        return answer if isinstance(answer, Unknown) else verdict.of_inquiry(answer, charge_id)

    async def cancel(self, charge_id: str) -> Verdict:
        """Close a charge: Refused("CANCELLED"), or Unknown, to be looked up. What was paid is sent back."""
        query = wire.PaymentQuery(payment_request_id=charge_id)
        answer = await self._ask("cancel", query, wire.CancelAnswer)
        return answer if isinstance(answer, Unknown) else verdict.of_cancel(answer, charge_id)

    async def refund(self, refund: RefundRequest) -> Verdict:
        """Send money back, or repeat the very same refund."""
        request = wire.RefundRequest(
            refund_request_id=refund.id,
            payment_id=refund.charge_gateway_id,
            refund_amount=wire.Amount.of(refund.amount),
            refund_reason=refund.reason[:256],
            refund_notify_url=self._merchant.notify_url,
        )
        answer = await self._ask("refund", request, wire.RefundAnswer)
        return answer if isinstance(answer, Unknown) else verdict.of_refund(answer, refund.id)

    async def look_up_refund(self, refund_id: str) -> Verdict:
        """What became of a refund, by our id."""
        query = wire.RefundQuery(refund_request_id=refund_id)
        answer = await self._ask("inquiryRefund", query, wire.RefundAnswer)
        return answer if isinstance(answer, Unknown) else verdict.of_refund_inquiry(answer, refund_id)

    def _pay_request(self, charge: ChargeRequest) -> wire.PayRequest:
        currency = self._merchant.settlement_currency
        amount = wire.Amount.of(charge.amount)
        return wire.PayRequest(
            payment_request_id=charge.id,
            order=wire.Order(
                reference_order_id=charge.reference,
                order_description=charge.description[:256],
                order_amount=amount,
            ),
            payment_amount=amount,
            payment_redirect_url=charge.return_url,
            payment_notify_url=self._merchant.notify_url,
            payment_expiry_time=_iso(charge.expires_at),
            settlement_strategy=wire.SettlementStrategy(settlement_currency=currency) if currency else None,
            env=ENVIRONMENTS[charge.device].model_copy(update={"client_ip": charge.client_ip}),
        )

    async def _ask(self, operation: str, request: wire.Wire, kind: type[A]) -> A | Unknown:
        """The verified answer to one call; Unknown with the reason where there is none."""
        body = request.to_bytes()
        message = self._message(f"{self._path}{operation}", _iso(self._clock.now()), body)
        reply = await self._exchange(self._call(message), seconds=SECONDS)
        if isinstance(reply, NoReply):
            return Unknown(reason=reply.reason)
        if reply.status != HTTPStatus.OK:
            return Unknown(reason=f"HTTP {reply.status}")
        return self._read(message.path, reply, kind)

    def _read(self, path: str, reply: Reply, kind: type[A]) -> A | Unknown:
        try:
            answer = self._message(path, single(reply.headers, "response-time"), reply.body)
            self._verifier.verify(answer, single(reply.headers, "signature"))
            return kind.model_validate_json(reply.body)
        except BadSignature:
            return Unknown(reason="the answer is not well signed")
        except ValidationError:
            return Unknown(reason="the answer is not well formed")

    def _message(self, path: str, time: str, body: bytes) -> Message:
        return Message(method="POST", path=path, client_id=self._merchant.client_id, time=time, body=body)

    def _call(self, message: Message) -> Call:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "Client-Id": message.client_id,
            "Request-Time": message.time,
            "Signature": self._signer.sign(message),
        }
        return Call(method="POST", url=self._origin + message.path, headers=headers, body=message.body)


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds")

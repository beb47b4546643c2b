"""Every payment gateway, with what its port does not tell: the buyer, the true book, the faults, the time."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache, partial
from itertools import count
from typing import Literal, Protocol

import aiohttp
import pytest
from aiohttp.test_utils import TestServer
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

import gateway.antom.client as antom
from gateway.antom.signing import Signer, Verifier
from gateway.exchange import exchange
from sandbox.alipay import Server
from service.ports import PaymentGateway
from tests.contract.moved import MovedClock

gateway: type[PaymentGateway] = antom.AntomGateway

Verb = Literal["open", "look_up", "cancel", "refund", "look_up_refund"]
Fault = Literal[
    "request_lost",
    "answer_lost",
    "failed_before",
    "failed_after",
    "undecided_before",
    "undecided_after",
    "garbage",
    "wrongly_signed",
]
"""What goes wrong with one call: before it is carried out, or after."""

Turn = Literal["payment_late", "payment_rejected", "refund_late", "refund_rejected"]
"""What becomes of the next payment or refund; what is late is final after two seconds."""


@dataclass(frozen=True, kw_only=True)
class Booked:
    """One charge as it truly is: smallest units, and each refund's id with whether its money went back."""

    paid: int
    returned: int
    refunds: Mapping[str, bool]


class Counter(Protocol):
    """Where a gateway and its buyers meet."""

    gateway: PaymentGateway
    clock: MovedClock

    async def pay(self, url: str) -> None:
        """A buyer with enough money opens the link and pays, where it still can be paid."""
        ...

    async def decline(self, url: str) -> None:
        """A buyer opens the link and turns the payment down."""
        ...

    async def fail(self, verb: Verb, fault: Fault) -> None:
        """Let the next call of this kind go wrong."""
        ...

    async def take(self, turn: Turn) -> None:
        """Let the next payment or refund take this turn."""
        ...

    async def calm(self) -> None:
        """Forget the faults that did not happen yet."""
        ...

    async def book(self) -> Mapping[str, Booked]:
        """Every charge by our id."""
        ...

    def at(self, url: str) -> AbstractAsyncContextManager[PaymentGateway]:
        """The same gateway, sent to another address and impatient."""
        ...


CALLS: Mapping[Verb, str] = {
    "open": "pay",
    "look_up": "inquiryPayment",
    "cancel": "cancel",
    "refund": "refund",
    "look_up_refund": "inquiryRefund",
}
FAULTS: Mapping[Fault | Turn, str] = {
    "request_lost": "request_lost",
    "answer_lost": "answer_lost",
    "failed_before": "http_500_before",
    "failed_after": "http_500_after",
    "undecided_before": "unknown_before",
    "undecided_after": "unknown_after",
    "garbage": "garbage_answer",
    "wrongly_signed": "wrongly_signed_answer",
    "payment_late": "payment_pending",
    "payment_rejected": "payment_rejected",
    "refund_late": "refund_in_process",
    "refund_rejected": "refund_refused",
}
CLIENT_ID = "SANDBOX_CONTRACT"
NOWHERE = "http://127.0.0.1:9/antom/notify"


@cache
def our_key() -> RSAPrivateKey:
    """Made once, as it takes long."""
    return generate_private_key(65537, 2048)


@cache
def their_key() -> RSAPrivateKey:
    """Made once, as it takes long."""
    return generate_private_key(65537, 2048)


class AntomCounter:
    """Antom's client before the Alipay simulator."""

    def __init__(self, url: str, session: aiohttp.ClientSession, clock: MovedClock) -> None:
        self._url, self._session, self.clock = url, session, clock
        self._phones = map("139{:08d}".format, count())
        self.gateway: PaymentGateway = self._gateway(url)

    def _gateway(self, url: str) -> antom.AntomGateway:
        merchant = antom.Merchant(url=url, client_id=CLIENT_ID, notify_url=NOWHERE, pay_hosts=frozenset())
        verifier = Verifier([their_key().public_key()])
        return antom.AntomGateway(partial(exchange, self._session), merchant, Signer(our_key()), verifier, self.clock)

    async def pay(self, url: str) -> None:
        await self._act(url, "pay")

    async def decline(self, url: str) -> None:
        await self._act(url, "refuse")

    async def _act(self, url: str, act: str) -> None:
        for path, fields in (("login", {"phone": next(self._phones), "code": "123456"}), (act, {})):
            async with self._session.post(f"{url}/{path}", data=fields) as page:
                assert page.ok

    async def fail(self, verb: Verb, fault: Fault) -> None:
        await self._arm({"fault": FAULTS[fault], "on": CALLS[verb]})

    async def take(self, turn: Turn) -> None:
        await self._arm({"fault": FAULTS[turn]})

    async def _arm(self, fault: Mapping[str, str]) -> None:
        async with self._session.post(f"{self._url}/faults", json=fault) as answer:
            assert answer.ok, await answer.text()

    async def calm(self) -> None:
        async with self._session.delete(f"{self._url}/faults") as answer:
            assert answer.ok

    async def book(self) -> Mapping[str, Booked]:
        async with self._session.get(f"{self._url}/ledger.json") as answer:
            charges = (await answer.json())["charges"]
        return {
            charge["paymentRequestId"]: Booked(
                paid=int(charge["paid"]),
                returned=int(charge["returned"]),
                refunds={made["refundRequestId"]: made["status"] == "SUCCESS" for made in charge["refunds"]},
            )
            for charge in charges
        }

    @asynccontextmanager
    async def at(self, url: str) -> AsyncIterator[PaymentGateway]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(antom, "SECONDS", 0.1)
            yield self._gateway(url)


@asynccontextmanager
async def on_alipay() -> AsyncIterator[Counter]:
    """Alipay through Antom, in its simulator."""
    clock = MovedClock()
    public = our_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    private = their_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    server = Server(
        client_id=CLIENT_ID,
        merchant_public_key=public.decode(),
        private_key=private.decode(),
        clock=clock.now,
        notice_delays=[0],
    )
    jar = aiohttp.CookieJar(unsafe=True)
    async with TestServer(server.application()) as running, aiohttp.ClientSession(cookie_jar=jar) as session:
        yield AntomCounter(str(running.make_url("")).rstrip("/"), session, clock)


GATEWAYS = [pytest.param(on_alipay, id="antom")]
MakeCounter = Callable[[], AbstractAsyncContextManager[Counter]]

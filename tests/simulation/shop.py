"""Our real client and a buyer before one simulated Antom."""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar

from flow.money import Money
from gateway.antom.client import AntomGateway, Merchant
from gateway.antom.notices import ANSWER, NoticeReader
from gateway.antom.signing import Message, Signer, Verifier
from gateway.exchange import Call, NoReply, Reply
from service.verdicts import (
    ChargeNotice,
    ChargeRequest,
    Notice,
    Opened,
    RefundNotice,
    RefundRequest,
    Refused,
    Settled,
    Unknown,
)
from tests.simulation.antom import Charge, Faults, SimAntom, keys
from tests.simulation.loop import START, SimClock, SimLoop

T = TypeVar("T")

NOTIFY = "https://bot.example/antom/notify"
CLIENT = "SANDBOX_1"
EXPIRY = timedelta(minutes=14)
CHARGE = ChargeRequest(
    id="ch-1",
    reference="order-1",
    description="初音ミク",
    amount=Money("JPY", 12300),
    device="ios",
    client_ip="203.0.113.9",
    return_url="https://bot.example/back/t",
    expires_at=START + EXPIRY,
)
DAY = 86400.0


@dataclass
class Door:
    """Where notices arrive: verified by our reader, and acknowledged while it is open."""

    clock: SimClock
    open: bool = True
    heard: list[tuple[timedelta, Notice]] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, call: Call) -> Reply | NoReply:
        reader = NoticeReader(CLIENT, Verifier([keys().antom.public_key()]))
        notice = reader.read(call.method, "/antom/notify", call.headers, call.body)
        self.heard.append((self.clock.now() - START, notice))
        self.bodies.append(json.loads(call.body))
        return Reply(status=200, headers={}, body=ANSWER) if self.open else Reply(status=503, headers={}, body=b"")

    def notices(self) -> list[Notice]:
        return [notice for _, notice in self.heard]


class Shop:
    """Our client and a buyer before one Antom."""

    def __init__(self, seed: int = 1, faults: Faults | None = None) -> None:
        self.loop = SimLoop(seed)
        self.clock = SimClock(self.loop)
        self.door = Door(self.clock)
        self.antom = SimAntom(
            self.loop,
            client_id=CLIENT,
            keys=keys(),
            deliver=self.door,
            faults=faults or Faults(),
            pay_host="pay.example",
        )
        merchant = Merchant(
            url="https://antom.example", client_id=CLIENT, notify_url=NOTIFY, pay_hosts=frozenset({"pay.example"})
        )
        verifier = Verifier([keys().antom.public_key()])
        self.gateway = AntomGateway(self.antom, merchant, Signer(keys().merchant), verifier, self.clock)

    def close(self) -> None:
        self.loop.close()

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(act)

    def wait(self, seconds: float) -> None:
        self.do(asyncio.sleep(seconds))

    def opened(self) -> Charge:
        assert isinstance(self.do(self.gateway.open(CHARGE)), Opened)
        return self.charge

    def paid(self) -> Charge:
        charge = self.opened()
        assert self.antom.pay(charge.url)
        return charge

    @property
    def charge(self) -> Charge:
        return self.antom.book.charges[CHARGE.id]

    def refund_request(self, value: int = 12300, name: str = "rf-1") -> RefundRequest:
        return RefundRequest(
            id=name, charge_gateway_id=self.charge.payment_id, amount=Money("JPY", value), reason="verification"
        )

    def refund(self, value: int = 12300, name: str = "rf-1") -> Settled | Refused | Unknown:
        return self.do(self.gateway.refund(self.refund_request(value, name)))

    def look_up(self) -> Settled | Refused | Unknown:
        return self.do(self.gateway.look_up(CHARGE.id))


def settled(notice: Notice) -> bool:
    return isinstance(notice, ChargeNotice | RefundNotice) and isinstance(notice.verdict, Settled)


def asked(shop: Shop, operation: str, **document: str) -> dict[str, Any]:
    """The bare answer to a call, signed as our client signs."""
    heard: list[Reply | NoReply] = []

    async def listen(call: Call, *, seconds: float) -> Reply | NoReply:
        call = replace(call, body=json.dumps(document).encode(), url=call.url.replace("inquiryPayment", operation))
        heard.append(await shop.antom(resigned(call), seconds=seconds))
        return heard[-1]

    merchant = Merchant(url="https://antom.example", client_id=CLIENT, notify_url=NOTIFY, pay_hosts=frozenset())
    gateway = AntomGateway(listen, merchant, Signer(keys().merchant), Verifier([]), shop.clock)
    shop.do(gateway.look_up("any"))
    assert isinstance(heard[0], Reply)
    answer: dict[str, Any] = json.loads(heard[0].body)
    return answer


def resigned(call: Call) -> Call:
    path = call.url.removeprefix("https://antom.example")
    headers = dict(call.headers)
    message = Message(method="POST", path=path, client_id=CLIENT, time=headers["Request-Time"], body=call.body)
    return replace(call, headers={**headers, "Signature": Signer(keys().merchant).sign(message)})

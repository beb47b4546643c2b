"""Events in: what the bot reports, kept once each, and what the house makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel

from sandbox.auction.errors import Missing
from sandbox.auction.events import (
    Amount,
    Json,
    PaymentCompleted,
    PaymentRefunded,
    VerificationCompleted,
    VerificationRefunded,
    amount,
    parse,
)
from sandbox.auction.house import House
from sandbox.auction.signing import verify
from sandbox.auction.world import Alipay, Order, OrderState


@dataclass
class Received:
    """An event of the bot; `problem` names what the house could not agree with."""

    message_id: str
    type: str
    timestamp: str
    data: Json
    body: bytes
    times: int = 1
    problem: str | None = None


@dataclass
class Inbox:
    """The first delivery of an id counts; a later one is only counted."""

    house: House
    key: bytes
    received: dict[str, Received] = field(default_factory=dict)

    def receive(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises BadSignature, BadEvent."""
        message_id = verify(self.key, headers, body, self.house.clock())
        known = self.received.get(message_id)
        if known:
            self._repeat(known, body)
            return
        envelope, data = parse(body)
        problem = self._apply(data)
        self.received[message_id] = Received(
            message_id, envelope.type, envelope.timestamp, envelope.data, body, problem=problem
        )

    def _repeat(self, known: Received, body: bytes) -> None:
        known.times += 1
        if body != known.body:
            known.problem = "body_differs"

    def _apply(self, data: BaseModel | None) -> str | None:
        """Do what the event means; the answer names a problem. A report is never refused for its meaning."""
        try:
            match data:
                case PaymentCompleted():
                    return self._paid(data)
                case PaymentRefunded():
                    return self._refunded(data)
                case VerificationRefunded():
                    self.house.world.buyer(data.buyer_id)
                case VerificationCompleted():
                    return self._verified(data)
                case _:
                    pass
        except Missing as missing:
            return f"unknown_{missing.reason}"
        return None

    def _paid(self, event: PaymentCompleted) -> str | None:
        order = self.house.world.order(event.order_id)
        problem = _disagreement(order, event)
        if problem is None:
            order.state, order.paid_with = OrderState.PAID, "alipay"
        return problem

    def _refunded(self, event: PaymentRefunded) -> str | None:
        order = self.house.world.order(event.order_id)
        if event.buyer_id != order.buyer.buyer_id:
            return "foreign_buyer"
        order.refunded += int(event.amount.value)
        return None

    def _verified(self, event: VerificationCompleted) -> str | None:
        buyer = self.house.world.buyer(event.buyer_id)
        if buyer.alipay is Alipay.NOT_OFFERED:
            return "not_offered"
        self.house.change_alipay(buyer, Alipay.LINKED)
        return None


def _disagreement(order: Order, event: PaymentCompleted) -> str | None:
    if event.buyer_id != order.buyer.buyer_id:
        return "foreign_buyer"
    if order.state is not OrderState.UNPAID:
        return "order_not_unpaid"
    if event.amount != Amount.model_validate(amount(order.total)):
        return "wrong_amount"
    return None

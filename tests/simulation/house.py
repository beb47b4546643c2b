"""The auction house, simulated behind its port: its orders, its answers, its events, and the outcomes it was told."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from flow.linked import Alipay
from flow.money import Money
from flow.order import Fee, Order
from service import auction_house as house
from service.ports import Clock


@dataclass(slots=True)
class SimHouse:
    """One house. `orders` are those still to be paid there, `sold` all but the ended, `over` the ended; `outcomes` are
    what it was told, each once."""

    clock: Clock
    random: Random
    trouble: float = 0
    alipay: dict[str, Alipay] = field(default_factory=dict)
    limits: dict[str, Money] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    sold: dict[str, Order] = field(default_factory=dict)
    over: dict[str, Order] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)

    async def redeem_code(self, code: str, user_id: int, name: str) -> house.RedeemAnswer:
        """No codes are brought here."""
        return house.CodeUnknown()

    async def buyer(self, buyer_id: str) -> house.BuyerAnswer:
        """The buyer as they are now."""
        if self._strikes():
            return house.Unavailable(reason="timeout")
        alipay = self.alipay.get(buyer_id, Alipay.UNKNOWN)
        return house.BuyerState(buyer_id=buyer_id, display_name="Buyer", alipay=alipay, limit=self.limits.get(buyer_id))

    async def unpaid_orders(self, buyer_id: str) -> house.OrdersAnswer:
        """What is still to be paid."""
        if self._strikes():
            return house.Unavailable(reason="timeout")
        return tuple(order for order in self.orders.values() if order.buyer_id == buyer_id)

    async def item(self, auction_id: str, language: str) -> house.ItemAnswer:
        """No items are pasted here."""
        return house.NotFound()

    async def report(self, webhook_id: str, body: bytes) -> house.ReportAnswer:
        """Take an outcome, or lose it, or take it and lose the answer."""
        if self._strikes():
            return house.NotTaken(reason="timeout")
        event = json.loads(body)
        self.outcomes[webhook_id] = event
        if event["type"] == "payment.completed":
            self.orders.pop(event["data"]["order_id"], None)
        return house.NotTaken(reason="answer lost") if self._strikes() else house.Taken()

    def win(self, buyer_id: str, number: int) -> bytes:
        """A new won order, and its event."""
        price = self.random.randrange(500, 90_000)
        fees = tuple(Fee(label="Fee", amount=Money("JPY", 300)) for _ in range(self.random.randrange(3)))
        order = Order(
            order_id=f"o-{buyer_id}-{number}",
            buyer_id=buyer_id,
            auction_id=f"t{number:09d}",
            title="壺",
            total=Money("JPY", price + 300 * len(fees)),
            price=Money("JPY", price),
            fees=fees,
            version=1,
            payment_method=self.random.choice(("alipay", "alipay", "alipay", "other", None)),
            pay_by=self.clock.now() + timedelta(hours=self.random.choice((0.1, 0.5, 48))),
        )
        self.orders[order.order_id] = self.sold[order.order_id] = order
        return self.event("bid.won", _wire(self._versioned(order)))

    def change(self, order: Order) -> bytes:
        """Another total, another deadline, or other words."""
        match self.random.randrange(3):
            case 0:
                order = replace(
                    order, total=order.total + Money("JPY", self.random.randrange(1, 900)), fees=(), price=None
                )
            case 1:
                order = replace(order, pay_by=self.clock.now() + timedelta(hours=self.random.choice((0.2, 2, 24))))
            case _:
                order = replace(order, title="茶碗", payment_method="alipay")
        if order.order_id in self.orders:
            self.orders[order.order_id] = order
        self.sold[order.order_id] = order
        return self.event("order.changed", _wire(self._versioned(order)))

    def cancel(self, order: Order) -> bytes:
        """The order need not be paid any more."""
        return self._end(order, "order.cancelled", {"reason": "seller"})

    def pay_elsewhere(self, order: Order) -> bytes:
        """The order was paid at the auction house."""
        return self._end(order, "order.paid", {"paid_with": "card", "paid_at": self.clock.now().isoformat()})

    def reopen(self, order: Order) -> bytes:
        """The order is to be paid after all."""
        del self.over[order.order_id]
        order = replace(order, pay_by=self.clock.now() + timedelta(hours=self.random.choice((0.2, 2, 24))))
        self.orders[order.order_id] = self.sold[order.order_id] = order
        return self.event("bid.won", _wire(self._versioned(order)))

    def relink(self, buyer_id: str, alipay: Alipay, limit: Money | None = None) -> bytes:
        """The link state changed at the auction house."""
        self.alipay[buyer_id] = alipay
        data = {"buyer_id": buyer_id, "alipay": alipay.value} | ({"limit": _amount(limit)} if limit else {})
        return self.event("buyer.alipay_changed", data)

    def connect(self, buyer_id: str, user_id: int) -> bytes:
        """The buyer confirmed the connection of their chat."""
        return self.event("buyer.connected", {"buyer_id": buyer_id, "telegram_user_id": user_id})

    def event(self, kind: str, data: dict[str, Any]) -> bytes:
        """An event's body."""
        return json.dumps({"type": kind, "timestamp": _time(self.clock.now()), "data": data}).encode()

    def _end(self, order: Order, kind: str, data: dict[str, Any]) -> bytes:
        self.orders.pop(order.order_id, None)
        self.over[order.order_id] = self.sold.pop(order.order_id, order)
        version = self._versioned(order).version
        names = {"order_id": order.order_id, "buyer_id": order.buyer_id, "version": version}
        return self.event(kind, names | data)

    def _versioned(self, order: Order) -> Order:
        version = self.versions[order.order_id] = self.versions.get(order.order_id, 0) + 1
        order = replace(order, version=version)
        if order.order_id in self.orders:
            self.orders[order.order_id] = order
        return order

    def _strikes(self) -> bool:
        return self.random.random() < self.trouble


def _wire(order: Order) -> dict[str, Any]:
    data = {
        "order_id": order.order_id,
        "buyer_id": order.buyer_id,
        "auction_id": order.auction_id,
        "title": order.title,
        "total": _amount(order.total),
        "fees": [{"label": fee.label, "amount": _amount(fee.amount)} for fee in order.fees],
        "payment_method": order.payment_method,
        "pay_by": _time(order.pay_by) if order.pay_by else None,
        "version": order.version,
    }
    return data | ({"price": _amount(order.price)} if order.price else {})


def _amount(money: Money) -> dict[str, str]:
    return {"currency": money.currency, "value": str(money.value)}


def _time(time: datetime) -> str:
    return time.isoformat(timespec="microseconds")

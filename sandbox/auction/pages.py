"""What people look at."""

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from sandbox.auction.events import amount, buyer_data, rfc3339
from sandbox.auction.house import House, alipay_hindrance
from sandbox.auction.inbox import Inbox
from sandbox.auction.outbox import Delivery
from sandbox.auction.visits import Visit, Visits
from sandbox.auction.world import PURCHASE_FEE, Alipay, Buyer, Item, Order

STATIC = Path(__file__).parent / "static"
VERIFICATION_CHARGE = 5


@dataclass(frozen=True)
class Pages:
    house: House
    inbox: Inbox
    visits: Visits

    def routes(self) -> list[web.AbstractRouteDef]:
        page = self.visits.page
        return [
            web.get("/", page(self.front)),
            web.get("/item/jdirectitems/auction/{auction_id}", page(self.item)),
            web.get("/item/yahoo/auction/{auction_id}", page(self.item)),
            web.get("/myorders/other-payment", page(self.other_payment)),
            web.get("/account", page(self.account)),
            web.get("/backoffice", page(self.backoffice)),
            web.get("/backoffice.json", page(self.backoffice_json)),
            web.static("/static", STATIC),
        ]

    def front(self, visit: Visit) -> web.Response:
        items = sorted(self.house.world.open_items(), key=lambda item: item.ends_at)
        return self.visits.render(visit, "front.html", items=items)

    def item(self, visit: Visit) -> web.Response:
        item = self.house.world.item(visit.name("auction_id"))
        return self.visits.render(
            visit,
            "item.html",
            item=item,
            fee=PURCHASE_FEE,
            verification_charge=VERIFICATION_CHARGE,
            hindrance=alipay_hindrance(visit.buyer, item.price + PURCHASE_FEE),
            leading=item.bid is not None and item.bid.buyer is visit.buyer,
            verify_link=self._bot_link(visit.buyer, f"verify_{item.auction_id}"),
        )

    def other_payment(self, visit: Visit) -> web.Response:
        orders = [
            (order, alipay_hindrance(order.buyer, order.total), self._bot_link(order.buyer, f"pay_{order.order_id}"))
            for order in reversed(self.house.world.orders_of(visit.buyer))
        ]
        return self.visits.render(visit, "other_payment.html", orders=orders)

    def account(self, visit: Visit) -> web.Response:
        link = self.house.accounts.open_link(visit.buyer)
        start_link = self.house.addresses.start_link(link.code) if link else ""
        return self.visits.render(visit, "account.html", link=link, start_link=start_link)

    def backoffice(self, visit: Visit) -> web.Response:
        return self.visits.render(
            visit,
            "backoffice.html",
            orders=list(reversed(self.house.world.orders.values())),
            states=list(Alipay),
            received=list(reversed(self.inbox.received.values())),
            sent=list(reversed(self.house.outbox.deliveries)),
        )

    def backoffice_json(self, _visit: Visit) -> web.Response:
        """The same as data, for tests and for demos that play by themselves."""
        world = self.house.world
        return web.json_response(
            {
                "buyers": [self._buyer(buyer) for buyer in world.buyers.values()],
                "items": [_item(item) for item in world.items.values()],
                "orders": [_order(order) for order in world.orders.values()],
                "events_received": [
                    {"id": event.message_id, "type": event.type, "timestamp": event.timestamp}
                    | {"data": event.data, "times": event.times, "problem": event.problem}
                    for event in self.inbox.received.values()
                ],
                "events_sent": [_delivery(delivery) for delivery in self.house.outbox.deliveries],
            }
        )

    def _bot_link(self, buyer: Buyer, payload: str) -> str | None:
        """Into the chat with the bot; None for a buyer whom the bot does not know yet."""
        return self.house.addresses.start_link(payload) if buyer.telegram_user_id else None

    def _buyer(self, buyer: Buyer) -> dict[str, object]:
        link = self.house.accounts.open_link(buyer)
        request = link.request if link else None
        pending = (
            {"telegram_user_id": request.telegram_user_id, "telegram_name": request.telegram_name} if request else None
        )
        return buyer_data(buyer) | {"telegram_user_id": buyer.telegram_user_id, "pending_link": pending}


def _item(item: Item) -> dict[str, object]:
    return {"auction_id": item.auction_id, "price": amount(item.price), "sold": item.sold}


def _order(order: Order) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "buyer_id": order.buyer.buyer_id,
        "auction_id": order.item.auction_id,
        "title": order.title,
        "total": amount(order.total),
        "payment_method": order.payment_method.value,
        "pay_by": rfc3339(order.pay_by),
        "state": order.state.value,
        "paid_with": order.paid_with,
        "refunded": amount(order.refunded),
        "version": order.version,
    }


def _delivery(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.message_id,
        "type": delivery.type,
        "data": delivery.data,
        "attempts": delivery.attempts,
        "delivered": delivery.delivered,
    }

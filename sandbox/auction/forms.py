"""What people do: plain HTML forms, each answered with a way on (303)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from aiohttp import web

from sandbox.auction.errors import BadInput, Missing
from sandbox.auction.house import House
from sandbox.auction.visits import Visit, Visits, field, yen
from sandbox.auction.world import Alipay, Bid, Buyer, Order, PaymentMethod

Fields = Mapping[str, str]
Choice = TypeVar("Choice", bound=StrEnum)

OTHER_PAYMENT = "/myorders/other-payment"
ACCOUNT = "/account"
BACKOFFICE = "/backoffice"


@dataclass(frozen=True)
class Forms:
    house: House
    visits: Visits

    def routes(self) -> list[web.RouteDef]:
        form = self.visits.form
        return [
            web.post("/switch", self.visits.signing_in(self.switch)),
            web.post("/join", self.visits.signing_in(self.join)),
            web.post("/bid/{auction_id}", form(self.bid)),
            web.post("/end/{auction_id}", form(self.end)),
            web.post("/myorders/{order_id}/alipay", form(self.choose_alipay)),
            web.post("/account/connect", form(self.connect)),
            web.post("/account/confirm", form(self.confirm)),
            web.post("/account/reject", form(self.reject)),
            web.post("/account/disconnect", form(self.disconnect)),
            web.post("/backoffice/orders/{order_id}/cancel", form(self.cancel)),
            web.post("/backoffice/orders/{order_id}/paid", form(self.mark_paid)),
            web.post("/backoffice/orders/{order_id}/price", form(self.change_price)),
            web.post("/backoffice/buyers/{buyer_id}/alipay", form(self.change_alipay)),
            web.post("/backoffice/lose", form(self.lose)),
        ]

    def switch(self, _visit: Visit, fields: Fields) -> tuple[Buyer, str]:
        return self.house.world.buyer(field(fields, "buyer_id")), _way_back(fields)

    def join(self, _visit: Visit, fields: Fields) -> tuple[Buyer, str]:
        return self.house.world.add_buyer(field(fields, "name")), ACCOUNT

    def bid(self, visit: Visit, fields: Fields) -> str:
        item = self.house.world.item(visit.name("auction_id"))
        amount, method = yen(fields, "amount"), _choice(PaymentMethod, fields, "payment_method")
        self.house.bid(item, Bid(visit.buyer, amount, method, visit.words.language))
        return f"/item/jdirectitems/auction/{item.auction_id}"

    def end(self, visit: Visit, _fields: Fields) -> str:
        self.house.end(self.house.world.item(visit.name("auction_id")), visit.buyer)
        return OTHER_PAYMENT

    def choose_alipay(self, visit: Visit, _fields: Fields) -> str:
        order = self._order(visit)
        if order.buyer is not visit.buyer:
            raise Missing("order")
        self.house.choose_alipay(order)
        return OTHER_PAYMENT

    def connect(self, visit: Visit, _fields: Fields) -> str:
        self.house.accounts.issue(visit.buyer)
        return ACCOUNT

    def confirm(self, visit: Visit, fields: Fields) -> str:
        shown = field(fields, "telegram_user_id", 16)
        if not re.fullmatch(r"[0-9]+", shown):
            raise BadInput("field")
        self.house.confirm_link(visit.buyer, int(shown))
        return ACCOUNT

    def reject(self, visit: Visit, _fields: Fields) -> str:
        self.house.accounts.close(visit.buyer)
        return ACCOUNT

    def disconnect(self, visit: Visit, _fields: Fields) -> str:
        self.house.disconnect(visit.buyer)
        return ACCOUNT

    def cancel(self, visit: Visit, fields: Fields) -> str:
        self.house.cancel(self._order(visit), fields.get("reason", "").strip()[:200])
        return BACKOFFICE

    def mark_paid(self, visit: Visit, fields: Fields) -> str:
        self.house.mark_paid(self._order(visit), field(fields, "paid_with"))
        return BACKOFFICE

    def change_price(self, visit: Visit, fields: Fields) -> str:
        self.house.change_price(self._order(visit), yen(fields, "price"))
        return BACKOFFICE

    def change_alipay(self, visit: Visit, fields: Fields) -> str:
        buyer = self.house.world.buyer(visit.name("buyer_id"))
        self.house.change_alipay(buyer, _choice(Alipay, fields, "alipay"))
        return BACKOFFICE

    def lose(self, _visit: Visit, fields: Fields) -> str:
        """The next event of a type never reaches the bot."""
        self.house.outbox.losing.append(field(fields, "type"))
        return BACKOFFICE

    def _order(self, visit: Visit) -> Order:
        return self.house.world.order(visit.name("order_id"))


def _choice(choices: type[Choice], fields: Fields, name: str) -> Choice:
    try:
        return choices(field(fields, name))
    except ValueError:
        raise BadInput("field") from None


def _way_back(fields: Fields) -> str:
    """The page that the form was on: a path of ours, never another host."""
    path = fields.get("back", "")
    return path if re.fullmatch(r"/(?!/)[\w/-]*", path, re.ASCII) else "/"

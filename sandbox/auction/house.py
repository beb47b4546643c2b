"""What people do in the house, each act with the event that the bot hears of it."""

from dataclasses import dataclass
from datetime import timedelta

from sandbox.auction.accounts import Accounts
from sandbox.auction.errors import Refused
from sandbox.auction.events import (
    alipay_data,
    cancelled_data,
    connected_data,
    order_data,
    paid_data,
)
from sandbox.auction.languages import Languages
from sandbox.auction.outbox import Outbox
from sandbox.auction.settings import Addresses
from sandbox.auction.world import (
    PURCHASE_FEE,
    Alipay,
    Bid,
    Buyer,
    Clock,
    Fee,
    Item,
    Order,
    OrderState,
    PaymentMethod,
    World,
)

PAYMENT_TERM = timedelta(days=3)


def alipay_hindrance(buyer: Buyer, total: int) -> str | None:
    """Why this buyer cannot pay `total` yen with Alipay, as the name of a text; None when they can."""
    if buyer.alipay is not Alipay.LINKED:
        return f"alipay_{buyer.alipay}"
    if buyer.limit is not None and total > buyer.limit:
        return "alipay_over_limit"
    return None


@dataclass
class House:
    """The one place that changes the world and tells the bot."""

    world: World
    accounts: Accounts
    outbox: Outbox
    addresses: Addresses
    languages: Languages
    clock: Clock

    def bid(self, item: Item, bid: Bid) -> None:
        if item.sold:
            raise Refused("ended")
        if bid.amount < item.price:
            raise Refused("bid_too_low")
        if bid.payment_method is PaymentMethod.ALIPAY:
            self._check_alipay(bid.buyer, bid.amount + PURCHASE_FEE)
        item.bid, item.price = bid, bid.amount

    def end(self, item: Item, buyer: Buyer) -> Order:
        """The hammer falls for `buyer`, and the seller lists another one of the kind."""
        if item.sold or item.bid is None or item.bid.buyer is not buyer:
            raise Refused("not_highest_bidder")
        order = self._order(item, item.bid)
        item.sold, item.ends_at = True, self.clock()
        self.world.orders[order.order_id] = order
        self.world.list_good(item.good)
        self.outbox.send("bid.won", order_data(order, self.addresses.public_url))
        return order

    def choose_alipay(self, order: Order) -> None:
        """The buyer changes the payment method of a won item."""
        self._check_unpaid(order)
        self._check_alipay(order.buyer, order.total)
        order.payment_method = PaymentMethod.ALIPAY
        self._send_changed(order)

    def change_price(self, order: Order, price: int) -> None:
        self._check_unpaid(order)
        order.price = price
        self._send_changed(order)

    def cancel(self, order: Order, reason: str) -> None:
        if order.state is OrderState.CANCELLED:
            raise Refused("already_cancelled")
        order.state = OrderState.CANCELLED
        order.version += 1
        self.outbox.send("order.cancelled", cancelled_data(order, reason))

    def mark_paid(self, order: Order, paid_with: str) -> None:
        """Paid elsewhere: with another method, not through the bot."""
        self._check_unpaid(order)
        order.state, order.paid_with = OrderState.PAID, paid_with
        order.version += 1
        self.outbox.send("order.paid", paid_data(order, self.clock()))

    def change_alipay(self, buyer: Buyer, alipay: Alipay) -> None:
        buyer.alipay = alipay
        self.outbox.send("buyer.alipay_changed", alipay_data(buyer))

    def confirm_link(self, buyer: Buyer, telegram_user_id: int) -> None:
        self.accounts.confirm(buyer, telegram_user_id)
        self.outbox.send("buyer.connected", connected_data(buyer))

    def disconnect(self, buyer: Buyer) -> None:
        self.accounts.disconnect(buyer)
        self.outbox.send("buyer.disconnected", {"buyer_id": buyer.buyer_id})

    def _order(self, item: Item, bid: Bid) -> Order:
        words = self.languages.words(bid.language)
        return Order(
            order_id=f"A{26110001 + len(self.world.orders)}",
            buyer=bid.buyer,
            item=item,
            title=item.good.titles[bid.language],
            price=bid.amount,
            fees=(Fee(words("fee_purchase"), PURCHASE_FEE),),
            payment_method=bid.payment_method,
            pay_by=self.clock() + PAYMENT_TERM,
        )

    def _send_changed(self, order: Order) -> None:
        order.version += 1
        self.outbox.send("order.changed", order_data(order, self.addresses.public_url))

    def _check_unpaid(self, order: Order) -> None:
        if order.state is not OrderState.UNPAID:
            raise Refused("not_unpaid")

    def _check_alipay(self, buyer: Buyer, total: int) -> None:
        hindrance = alipay_hindrance(buyer, total)
        if hindrance:
            raise Refused(hindrance)

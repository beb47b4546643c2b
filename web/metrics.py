"""What is measured at the edge. Labels are routes, states, sources and accounts of ours, never a sender's words, but
for the types of events that are not known here: a bounded number of them, from a sender who signs.

| Metric | Labels | Is |
|---|---|---|
| `web_requests_total` | `route`, `status` | answers given |
| `web_request_seconds` | `route` | time to the answer |
| `web_letters_total` | `source`, `outcome` | letters taken in |
| `web_unread_letters_total` | `source` | letters of a type not known here |
| `alipay_bot_store_up` | | 1 where the store told the figures below in time, else 0, and they are left out |
| `alipay_bot_open_items` | `why` | money that is not where it ends |
| `alipay_bot_oldest_open_item_seconds` | `why` | age of the oldest of them, 0 where there is none |
| `alipay_bot_account_balance` | `account`, `currency` | what an account holds, in smallest units |
| `alipay_bot_dead_work` | `kind` | work that was given up |
| `alipay_bot_orders` | `state` | orders that are `gone`: not unpaid at the auction house, which did not tell why |
| `alipay_bot_unknown_events` | `type` | events of a type not known here; the rarest types together as `other` |
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from flow.states import Payment
from service.statements import Figures


class Metrics:
    """The edge's counters, in the registry that is passed in."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter("web_requests", "Answers given.", ["route", "status"], registry=registry)
        self.seconds = Histogram("web_request_seconds", "Time to the answer.", ["route"], registry=registry)
        self.letters = Counter("web_letters", "Letters taken in.", ["source", "outcome"], registry=registry)
        self.unread = Counter("web_unread_letters", "Letters of a type not known here.", ["source"], registry=registry)


class MoneyMetrics:
    """The money's figures, as the last look at the store told them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._up = Gauge("alipay_bot_store_up", "Whether the store told the figures in time.", registry=registry)
        self._items = Gauge("alipay_bot_open_items", "Money not where it ends.", ["why"], registry=registry)
        self._oldest = Gauge(
            "alipay_bot_oldest_open_item_seconds", "Age of the oldest open item.", ["why"], registry=registry
        )
        self._balances = Gauge(
            "alipay_bot_account_balance", "Smallest units.", ["account", "currency"], registry=registry
        )
        self._dead = Gauge("alipay_bot_dead_work", "Work that was given up.", ["kind"], registry=registry)
        self._orders = Gauge("alipay_bot_orders", "Orders in a state to watch.", ["state"], registry=registry)
        self._unknown = Gauge(
            "alipay_bot_unknown_events", "Events of a type not known here.", ["type"], registry=registry
        )

    def show(self, figures: Figures | None) -> None:
        """Show these figures and no older ones; None where the store is away."""
        for gauge in (self._items, self._oldest, self._balances, self._dead, self._orders, self._unknown):
            gauge.clear()
        self._up.set(figures is not None)
        if figures is None:
            return
        for why, count in figures.open_items.items():
            self._items.labels(why).set(count)
        for why, seconds in figures.oldest.items():
            self._oldest.labels(why).set(seconds)
        for balance in figures.balances:
            self._balances.labels(balance.account, balance.amount.currency).set(balance.amount.value)
        for kind, count in figures.dead_work.items():
            self._dead.labels(kind).set(count)
        self._orders.labels(Payment.GONE.value).set(figures.gone_orders)
        for event_type, count in figures.unknown_events.items():
            self._unknown.labels(event_type).set(count)

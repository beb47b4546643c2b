"""A buyer's records, and the service over the real store with its clock in the test's hand."""

from datetime import UTC, datetime, timedelta

from app.clock import RandomNames
from flow.journey import Journey, Kind
from flow.money import Money
from flow.order import Order
from flow.states import Payment, Verification
from flow.steps import Path
from service.desk import Desk
from service.landing import Landings
from service.ports import Store
from service.records import Charge, ChargeState
from service.rules import Rules

NOW = datetime(2026, 11, 23, 5, 32, tzinfo=UTC)
TOTAL = Money("JPY", 12300)
JPY_5 = Money("JPY", 5)
TOKEN = "AbCdEfGhIjKlMnOpQrSt_-"

RULES = Rules(
    shop="Buyee",
    verification_label="支付宝账户验证",
    public_url="https://pay.example.com",
    item_url="https://auction.example/item/{auction_id}",
)
ORDER = Order(
    order_id="o1",
    buyer_id="b1",
    auction_id="t1",
    title="南部鉄器の急須",
    total=TOTAL,
    version=1,
    pay_by=NOW + timedelta(days=2),
)
PAYMENT = Journey(
    id="p1",
    kind=Kind.PAYMENT,
    buyer_id="b1",
    path=Path.RETURNING,
    state=Payment.LINK_SENT,
    order=ORDER,
    charge_id="p1-1",
)
VERIFICATION = Journey(
    id="v1",
    kind=Kind.VERIFICATION,
    buyer_id="b1",
    path=Path.FIRST_TIME,
    state=Verification.LINK_SENT,
    charge_id="v1-1",
)


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time


def charge_of(journey: Journey, state: ChargeState = ChargeState.ISSUED, token: str = TOKEN) -> Charge:
    """The journey's current charge."""
    return Charge(
        id=f"{journey.id}-1",
        journey_id=journey.id,
        token=token,
        amount=journey.order.total if journey.order else JPY_5,
        issued_at=NOW,
        expires_at=NOW + RULES.payment_time,
        state=state,
    )


def landings(store: Store, clock: Clock) -> Landings:
    """The landing pages, with the whole door behind them."""
    desk = Desk(store, RULES, clock, RandomNames(), ("en", "zh_Hans"))
    return Landings(store, desk, RULES, clock)

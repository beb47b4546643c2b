"""Journeys and views to show, one for every state."""

from datetime import UTC, datetime, timedelta

from flow.journey import Journey, Kind
from flow.money import Money
from flow.offers import LINKS, OFFERS
from flow.order import Fee, Item, Order
from flow.states import Payment, State, Verification
from flow.steps import Path
from service import zones
from service.views import Buttons, CardView, LinkButton, PressButton

CHAT = 42
SHOP = "Buyee"
NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
IMAGE = "https://images.example.jp/kokeshi.png"
PAGE = "https://pay.example.com/go/token"
LINKED: tuple[State, ...] = (Verification.LINK_SENT, Verification.OPENED, Payment.LINK_SENT, Payment.OPENED)
STATES: tuple[tuple[Kind, State], ...] = (
    *((Kind.VERIFICATION, state) for state in Verification),
    *((Kind.PAYMENT, state) for state in Payment),
)


def item(title: str = "Kokeshi", image_url: str | None = IMAGE) -> Item:
    return Item(
        auction_id="t1194609512",
        title=title,
        url="https://buyee.jp/item/jdirectitems/auction/t1194609512",
        price=Money("JPY", 5200),
        ends_at=NOW + timedelta(hours=6),
        image_url=image_url,
    )


def order(
    title: str = "Kokeshi", fees: tuple[Fee, ...] = (Fee(label="Purchase fee", amount=Money("JPY", 500)),)
) -> Order:
    return Order(
        order_id="o1",
        buyer_id="b1",
        auction_id="t1194609512",
        title=title,
        total=Money("JPY", 12300),
        version=1,
        image_url=IMAGE,
        price=Money("JPY", 11800),
        fees=fees,
        pay_by=NOW + timedelta(days=2),
    )


def journey(
    kind: Kind,
    state: State,
    *,
    path: Path = Path.FIRST_TIME,
    title: str = "Kokeshi",
    reason: str | None = None,
    settled_by: str | None = None,
    id: str = "j1",  # noqa: A002 - the journey's own name for it
) -> Journey:
    won = kind is Kind.PAYMENT and state is not Payment.WATCHING
    return Journey(
        id=id,
        kind=kind,
        buyer_id="b1",
        path=path,
        state=state,
        item=item(title),
        order=order(title) if won else None,
        reason=reason,
        settled_by=settled_by,
    )


def buttons(state: State) -> Buttons:
    return tuple(
        LinkButton(url=PAGE, act=act) if act in LINKS else PressButton(id=f"b-{act}", act=act, subject="j1")
        for act in OFFERS[state]
    )


def card_view(shown: Journey, language: str = "en", *, offered: Buttons | None = None) -> CardView:
    verifying = shown.kind is Kind.VERIFICATION
    return CardView(
        chat_id=CHAT,
        language=language,
        journey=shown,
        shop=SHOP,
        amount=Money("JPY", 5) if verifying else (shown.order.total if shown.order else None),
        expires_at=NOW + timedelta(minutes=14) if shown.state in LINKED else None,
        buttons=buttons(shown.state) if offered is None else offered,
        zone=zones.guessed(language),
    )

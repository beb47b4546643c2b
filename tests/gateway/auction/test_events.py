"""Events of the auction house: every type, and everything that is none."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow.linked import Alipay
from flow.money import Money
from flow.order import Fee, Order
from gateway.auction.events import parse
from service.auction_events import (
    AuctionEvent,
    BidWon,
    BuyerAlipayChanged,
    BuyerConnected,
    BuyerDisconnected,
    OrderCancelled,
    OrderChanged,
    OrderPaid,
    UnknownEvent,
)
from service.errors import Malformed

AT = datetime(2026, 11, 23, 5, 32, tzinfo=UTC)
LEAST: dict[str, Any] = {
    "order_id": "or-1",
    "buyer_id": "by-1",
    "auction_id": "x1234567890",
    "title": "初音ミク",
    "total": {"currency": "JPY", "value": "12300"},
    "payment_method": None,
    "version": 1,
}
FULL: dict[str, Any] = LEAST | {
    "image_url": "https://img.example/a.jpg",
    "price": {"currency": "JPY", "value": "12000"},
    "fees": [{"label": "手数料", "amount": {"currency": "JPY", "value": "300"}}],
    "payment_method": "alipay",
    "pay_by": "2026-11-26T23:59:59+09:00",
    "a_new_field": {"nested": [None]},
}
ORDER = Order(
    order_id="or-1",
    buyer_id="by-1",
    auction_id="x1234567890",
    title="初音ミク",
    total=Money("JPY", 12300),
    version=1,
)
FULL_ORDER = Order(
    order_id="or-1",
    buyer_id="by-1",
    auction_id="x1234567890",
    title="初音ミク",
    total=Money("JPY", 12300),
    version=1,
    payment_method="alipay",
    image_url="https://img.example/a.jpg",
    price=Money("JPY", 12000),
    fees=(Fee(label="手数料", amount=Money("JPY", 300)),),
    pay_by=datetime(2026, 11, 26, 14, 59, 59, tzinfo=UTC),
)


def encode(kind: str, data: object, timestamp: object = "2026-11-23T14:32:00+09:00") -> bytes:
    return json.dumps({"type": kind, "timestamp": timestamp, "data": data, "also": "new"}).encode()


@pytest.mark.parametrize(
    ("kind", "data", "event"),
    [
        ("bid.won", LEAST, BidWon(at=AT, order=ORDER)),
        ("bid.won", FULL, BidWon(at=AT, order=FULL_ORDER)),
        ("order.changed", FULL, OrderChanged(at=AT, order=FULL_ORDER)),
        (
            "order.cancelled",
            {"order_id": "or-1", "buyer_id": "by-1", "version": 2},
            OrderCancelled(at=AT, order_id="or-1", buyer_id="by-1", version=2),
        ),
        (
            "order.cancelled",
            {"order_id": "or-1", "buyer_id": "by-1", "version": 2, "reason": "seller"},
            OrderCancelled(at=AT, order_id="or-1", buyer_id="by-1", version=2, reason="seller"),
        ),
        (
            "order.paid",
            {
                "order_id": "or-1",
                "buyer_id": "by-1",
                "version": 3,
                "paid_with": "card",
                "paid_at": "2026-11-23T05:32:00Z",
            },
            OrderPaid(at=AT, order_id="or-1", buyer_id="by-1", version=3, paid_with="card", paid_at=AT),
        ),
        (
            "buyer.connected",
            {"buyer_id": "by-1", "telegram_user_id": 7_000_000_000, "display_name": "小雨"},
            BuyerConnected(at=AT, buyer_id="by-1", telegram_user_id=7_000_000_000, display_name="小雨"),
        ),
        ("buyer.disconnected", {"buyer_id": "by-1"}, BuyerDisconnected(at=AT, buyer_id="by-1")),
        (
            "buyer.alipay_changed",
            {"buyer_id": "by-1", "alipay": "not_offered"},
            BuyerAlipayChanged(at=AT, buyer_id="by-1", alipay=Alipay.NOT_OFFERED),
        ),
        (
            "buyer.alipay_changed",
            {"buyer_id": "by-1", "alipay": "linked", "limit": {"currency": "CNY", "value": "500000"}},
            BuyerAlipayChanged(at=AT, buyer_id="by-1", alipay=Alipay.LINKED, limit=Money("CNY", 500_000)),
        ),
        ("auction.extended", {"anything": []}, UnknownEvent(at=AT, type="auction.extended")),
    ],
)
def test_event_in_our_words(kind: str, data: object, event: AuctionEvent) -> None:
    assert parse(encode(kind, data)) == event


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("order_id", ""),
        ("order_id", "or 1"),
        ("order_id", "../or"),
        ("order_id", "x" * 65),
        ("buyer_id", 7),
        ("buyer_id", "by-1\n"),
        ("auction_id", None),
        ("title", ""),
        ("title", "x" * 501),
        ("title", "a\0b"),
        ("image_url", "http://img.example/a.jpg"),
        ("image_url", "javascript:alert(1)"),
        ("total", {"currency": "JPY", "value": "-1"}),
        ("total", {"currency": "JPY", "value": "1" * 17}),
        ("total", {"currency": "JPY", "value": 12300}),
        ("total", {"currency": "JPY", "value": "12.5"}),
        ("total", {"currency": "BTC", "value": "1"}),
        ("total", None),
        ("fees", [{"label": "x"}]),
        ("payment_method", "cash"),
        ("pay_by", "2026-11-26"),
        ("pay_by", "2026-11-26T23:59:59"),
        ("pay_by", 1700000000),
        ("pay_by", "0001-01-01T00:00:00+23:59"),
        ("version", 0),
        ("version", "1"),
        ("version", True),
        ("version", 2**31),
    ],
)
def test_malformed_field_is_named_without_its_value(field: str, value: object) -> None:
    with pytest.raises(Malformed, match=rf"body\.data\.{field}") as caught:
        parse(encode("bid.won", FULL | {field: value}))

    assert str(value) not in str(caught.value) or len(str(value)) < 5


@pytest.mark.parametrize("field", LEAST)
def test_missing_field_is_named(field: str) -> None:
    data = {name: value for name, value in LEAST.items() if name != field}

    with pytest.raises(Malformed, match=rf"body\.data\.{field}: Field required"):
        parse(encode("bid.won", data))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"type":"x","timestamp":"2026-11-23T05:32:00Z","data":{"a":NaN}}',
        b'{"type":"x","timestamp":"2026-11-23T05:32:00Z","data":{"a":Infinity}}',
        b'{"type":"x","timestamp":"2026-11-23T05:32:00Z","data":{"a":"\\ud800"}}',
        b'{"type":"x","timestamp":"2026-11-23T05:32:00Z","data":{"a":' + b"9" * 5000 + b"}}",
        b'{"type":"x","timestamp":"2026-11-23T05:32:00Z","data":{}} trailing',
        b'{"type":"x","timestamp":"2026-11-23T05:32:00","data":{}}',
        b'{"type":"x","timestamp":"2026-11-23T05:32:00Z"}',
        b'{"type":"x","timestamp":"2026-11-23T05:32:00Z","data":[]}',
        b'{"type":"x\\u0000","timestamp":"2026-11-23T05:32:00Z","data":{}}',
        encode("x" * 101, {}),
        encode("buyer.connected", {"buyer_id": "by-1", "telegram_user_id": "7"}),
        encode("buyer.connected", {"buyer_id": "by-1", "telegram_user_id": 2**60}),
        encode("buyer.alipay_changed", {"buyer_id": "by-1", "alipay": "unknown"}),
    ],
)
def test_what_is_no_event(body: bytes) -> None:
    with pytest.raises(Malformed, match="body"):
        parse(body)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: json.dumps(text).encode()))
def test_rubbish_is_nothing_but_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(body)


@settings(max_examples=200, deadline=None)
@given(
    kind=st.sampled_from(["bid.won", "order.paid", "buyer.connected", "buyer.alipay_changed", "new"]),
    data=st.dictionaries(
        st.sampled_from(sorted(FULL)),
        st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5),
    ),
)
def test_mutated_event_is_read_or_malformed(kind: str, data: dict[str, object]) -> None:
    try:
        event = parse(encode(kind, FULL | data))
    except Malformed:
        return
    assert event.at == AT

"""The interface that the bot calls, as the contract writes it."""

from datetime import timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook

from tests.sandbox.auction.conftest import BEARER, SECRET, Client, Clock, Person, StubBot, signed, state_of

JPY_5 = {"currency": "JPY", "value": "5"}


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", "Basic key-of-the-bot", "Bearer \udcff", "Bearer é"])
@pytest.mark.parametrize(
    "path", ["/buyers/B10001", "/buyers/nobody", "/buyers/B10001/orders?state=unpaid", "/items/t1"]
)
async def test_nothing_is_told_without_the_key(client: Client, header: str, path: str) -> None:
    async with client.get(path, headers={"Authorization": header}) as response:
        assert response.status == 401


async def test_buyers(client: Client) -> None:
    async with client.get("/buyers/B10001", headers=BEARER) as response:
        assert await response.json() == {
            "buyer_id": "B10001",
            "display_name": "林小雨",
            "alipay": "linked",
            "limit": {"currency": "JPY", "value": "200000"},
        }
    async with client.get("/buyers/B10002", headers=BEARER) as response:
        assert await response.json() == {"buyer_id": "B10002", "display_name": "王磊", "alipay": "not_linked"}
    async with client.get("/buyers/B9", headers=BEARER) as response:
        assert response.status == 404


async def test_items_say_what_a_card_needs_and_have_a_picture(client: Client) -> None:
    async with client.get("/items/t1194609512", headers=BEARER) as response:
        item = await response.json()
    assert item.keys() == {"auction_id", "title", "image_url", "price", "ends_at", "url"}
    assert item["title"].startswith("昭和")
    assert item["price"] == {"currency": "JPY", "value": "12800"}
    async with client.session.get(item["image_url"]) as picture:
        assert (picture.status, picture.content_type) == (200, "image/png")
    async with client.session.get(item["url"] + "?lang=ja&from=bot") as page:
        assert item["title"] in await page.text()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"[" * 50_000,
        b"\xff",
        b'{"code": "c", "telegram_user_id": "1001", "telegram_name": "Mei"}',
        b'{"code": "c", "telegram_user_id": true, "telegram_name": "Mei"}',
        b'{"code": "c", "telegram_user_id": 1001, "telegram_name": ""}',
        b'{"code": "c", "telegram_user_id": 1001, "telegram_name": "\\ud800"}',
    ],
)
async def test_a_link_request_that_cannot_be_read_is_400(client: Client, body: bytes) -> None:
    assert (await client.post("/telegram-links", data=body, headers=BEARER)).status == 400


async def test_an_unknown_code_is_404(client: Client) -> None:
    body = {"code": "A" * 22, "telegram_user_id": 1001, "telegram_name": "Mei"}
    assert (await client.post("/telegram-links", json=body, headers=BEARER)).status == 404


async def test_orders_can_be_asked_for_when_unpaid_only(client: Client) -> None:
    assert (await client.get("/buyers/B10001/orders", headers=BEARER)).status == 400
    async with client.get("/buyers/B10001/orders?state=unpaid", headers=BEARER) as response:
        assert await response.json() == []


async def test_an_event_is_kept_once_and_its_repeats_are_counted(client: Client) -> None:
    event = signed("handoff.opened", buyer_id="B10001", reason="asks for a person")
    assert [(await client.post("/events", **event)).status for _ in range(3)] == [202, 202, 202]
    received = (await state_of(client))["events_received"]
    assert [(each["id"], each["type"], each["times"], each["problem"]) for each in received] == [
        ("evt_1", "handoff.opened", 3, None)
    ]


async def test_the_same_id_with_another_body_is_noted(client: Client) -> None:
    await client.post("/events", **signed("handoff.opened", buyer_id="B10001", reason="one"))
    await client.post("/events", **signed("handoff.opened", buyer_id="B10001", reason="two"))
    [received] = (await state_of(client))["events_received"]
    assert (received["data"]["reason"], received["problem"]) == ("one", "body_differs")


async def test_a_tampered_or_unsigned_event_is_401_and_not_kept(client: Client) -> None:
    event = signed("verification.completed", buyer_id="B10002", payment_id="p", amount=JPY_5)
    tampered = event | {"data": event["data"].replace(b"B10002", b"B10001")}
    assert (await client.post("/events", **tampered)).status == 401
    assert (await client.post("/events", data=event["data"], headers=BEARER)).status == 401
    assert (await state_of(client))["events_received"] == []


async def test_an_event_is_stale_after_five_minutes(client: Client, clock: Clock) -> None:
    event = signed("handoff.opened", buyer_id="B10001", reason="r")
    clock.ahead += timedelta(seconds=302)
    assert (await client.post("/events", **event)).status == 401


@pytest.mark.parametrize(
    ("event_type", "data"),
    [
        ("payment.completed", {"order_id": "A1"}),
        (
            "verification.completed",
            {"buyer_id": "B10002", "payment_id": "p", "amount": {"currency": "JPY", "value": 5}},
        ),
        (
            "verification.completed",
            {"buyer_id": "B10002", "payment_id": "p", "amount": {"currency": "JPY", "value": "-5"}},
        ),
        ("buyer.unreachable", {"buyer_id": "B10001", "reason": "blocked", "pay_by": "tomorrow"}),
        ("buyer.unreachable", {"buyer_id": "B10001", "reason": "blocked", "pay_by": "2026-99-99T00:00:00Z"}),
        ("", {}),
    ],
)
async def test_a_signed_event_of_the_wrong_shape_is_400(client: Client, event_type: str, data: dict[str, Any]) -> None:
    assert (await client.post("/events", **signed(event_type, **data))).status == 400


@pytest.mark.parametrize("body", ["no json", "[" * 50_000, "{}", "null", '{"type": "a", "timestamp": 5, "data": {}}'])
async def test_a_signed_body_that_is_no_event_is_400(client: Client, clock: Clock, body: str) -> None:
    event = signed("any")
    signature = Webhook(SECRET).sign("evt_1", clock(), body)
    headers = event["headers"] | {
        "webhook-timestamp": str(int(clock().timestamp())),
        "webhook-signature": signature,
    }
    assert (await client.post("/events", data=body.encode(), headers=headers)).status == 400


async def test_unknown_types_and_fields_are_kept(client: Client) -> None:
    assert (await client.post("/events", **signed("parcel.weighed", "evt_1", grams="900"))).status == 202
    extended = signed("handoff.opened", "evt_2", buyer_id="B10001", reason="r", mood="calm")
    assert (await client.post("/events", **extended)).status == 202
    assert [each["data"] for each in (await state_of(client))["events_received"]] == [
        {"grams": "900"},
        {"buyer_id": "B10001", "reason": "r", "mood": "calm"},
    ]


async def test_a_body_over_the_limit_is_413(client: Client) -> None:
    assert (await client.post("/events", data=b"x" * (256 * 1024 + 1))).status == 413


async def test_a_verified_account_is_linked_and_the_bot_hears_of_it(client: Client, bot: StubBot) -> None:
    event = signed("verification.completed", buyer_id="B10002", payment_id="p", amount=JPY_5)
    await client.post("/events", **event)
    await client.post("/events", **event)
    changed = await bot.next_event()
    assert (changed["type"], changed["data"]) == (
        "buyer.alipay_changed",
        {"buyer_id": "B10002", "alipay": "linked"},
    )
    assert len((await state_of(client))["events_sent"]) == 1


async def test_reports_that_the_house_disagrees_with_are_kept_with_a_problem(client: Client, person: Person) -> None:
    order = await win(person)
    paid = {"order_id": order, "buyer_id": "B10001", "payment_id": "p", "paid_at": "2026-11-23T07:00:00Z"}
    total = {"currency": "JPY", "value": "13300"}
    reports = [
        signed("payment.completed", "e1", **paid | {"order_id": "A0"}, amount=total),
        signed("payment.completed", "e2", **paid | {"buyer_id": "B10002"}, amount=total),
        signed("payment.completed", "e3", **paid, amount=JPY_5),
        signed("payment.completed", "e4", **paid, amount=total),
        signed("payment.completed", "e5", **paid, amount=total),
        signed("verification.refunded", "e6", buyer_id="B9", payment_id="p", refund_id="r", amount=JPY_5),
    ]
    assert [(await client.post("/events", **report)).status for report in reports] == [202] * 6
    assert [each["problem"] for each in (await state_of(client))["events_received"]] == [
        "unknown_order",
        "foreign_buyer",
        "wrong_amount",
        None,
        "order_not_unpaid",
        "unknown_buyer",
    ]


async def win(person: Person) -> str:
    await person.act("/bid/t1194609512", amount="12800", payment_method="alipay")
    await person.act("/end/t1194609512")
    [order] = (await state_of(person.client))["orders"]
    return str(order["order_id"])

"""Whole walks by HTML forms, as a person's browser sends them."""

import re

import pytest
from aiohttp.test_utils import TestClient, TestServer

from sandbox.auction import Server
from tests.sandbox.auction.conftest import API_KEY, BEARER, SECRET, Client, Person, StubBot, signed, state_of

ITEM = "t1194609512"
TELEGRAM_ID = 1001


async def connect(person: Person, client: Client) -> None:
    await person.act("/account/connect")
    found = re.search(r'id="start-link" href="http://127.0.0.1:1/\?start=([\w-]{22})"', await person.open("/account"))
    assert found
    body = {"code": found[1], "telegram_user_id": TELEGRAM_ID, "telegram_name": "Mei"}
    async with client.post("/telegram-links", json=body, headers=BEARER) as response:
        assert (response.status, await response.json()) == (202, {"display_name": "林小雨"})
    assert "Mei" in await person.open("/account")
    await person.act("/account/confirm", telegram_user_id=str(TELEGRAM_ID))


async def test_connect_bid_win_pay(person: Person, client: Client, bot: StubBot) -> None:
    await connect(person, client)
    connected = await bot.next_event()
    assert (connected["type"], connected["data"]) == (
        "buyer.connected",
        {"buyer_id": "B10001", "telegram_user_id": TELEGRAM_ID, "display_name": "林小雨"},
    )

    await person.act(f"/bid/{ITEM}", amount="13,000", payment_method="alipay")
    assert "You are the highest bidder with 13,000 Japanese yen." in await person.open(
        f"/item/yahoo/auction/{ITEM}?x=1"
    )
    await person.act(f"/end/{ITEM}")
    won = await bot.next_event()
    assert won["type"] == "bid.won"
    order = won["data"]
    assert order.pop("image_url").endswith("/static/items/camera.png")
    assert order.pop("pay_by").endswith("Z")
    assert order == {
        "order_id": "A26110001",
        "buyer_id": "B10001",
        "auction_id": ITEM,
        "title": "1970s SLR film camera with 50 mm lens, tested",
        "total": {"currency": "JPY", "value": "13500"},
        "price": {"currency": "JPY", "value": "13000"},
        "fees": [{"label": "Purchase fee", "amount": {"currency": "JPY", "value": "500"}}],
        "payment_method": "alipay",
        "version": 1,
    }
    async with client.get("/buyers/B10001/orders?state=unpaid", headers=BEARER) as response:
        assert await response.json() == [(await state_of(client))["events_sent"][-1]["data"]]
    assert 'data-state="unpaid"' in await person.open("/myorders/other-payment")

    paid = {"order_id": "A26110001", "buyer_id": "B10001", "payment_id": "p1", "paid_at": "2026-11-23T07:00:00Z"}
    report = signed("payment.completed", **paid, amount={"currency": "JPY", "value": "13500"})
    assert (await client.post("/events", **report)).status == 202
    assert 'data-state="paid"' in await person.open("/myorders/other-payment")
    async with client.get("/buyers/B10001/orders?state=unpaid", headers=BEARER) as response:
        assert await response.json() == []


async def test_an_event_is_repeated_with_the_same_id_and_body_until_it_is_taken(
    person: Person, client: Client, bot: StubBot
) -> None:
    bot.answers = [503, 401, 302]
    await connect(person, client)
    await bot.next_event()
    assert len(bot.requests) == 4
    assert len(set(bot.requests)) == 1


async def test_each_act_of_the_back_office_is_an_event_with_the_next_version(
    person: Person, client: Client, bot: StubBot
) -> None:
    await person.act(f"/bid/{ITEM}", amount="20000", payment_method="other")
    await person.act(f"/end/{ITEM}")
    heard = [await bot.next_event()]
    for path, fields in [
        ("/myorders/A26110001/alipay", {}),
        ("/backoffice/orders/A26110001/price", {"price": "21000"}),
        ("/backoffice/orders/A26110001/paid", {"paid_with": "PayPal"}),
        ("/backoffice/orders/A26110001/cancel", {"reason": "seller"}),
    ]:
        await person.act(path, **fields)
        heard.append(await bot.next_event())
    assert [(event["type"], event["data"]["version"]) for event in heard] == [
        ("bid.won", 1),
        ("order.changed", 2),
        ("order.changed", 3),
        ("order.paid", 4),
        ("order.cancelled", 5),
    ]
    assert [event["data"].get("payment_method") for event in heard[:2]] == ["other", "alipay"]
    assert heard[2]["data"]["total"] == {"currency": "JPY", "value": "21500"}
    assert heard[3]["data"]["paid_with"] == "PayPal"
    assert heard[4]["data"]["reason"] == "seller"
    assert sorted(event["timestamp"] for event in heard) == [event["timestamp"] for event in heard]


async def test_disconnecting_and_a_changed_alipay_state_are_told(person: Person, client: Client, bot: StubBot) -> None:
    await connect(person, client)
    await bot.next_event()
    await person.act("/account/disconnect")
    assert (await bot.next_event())["data"] == {"buyer_id": "B10001"}
    await person.act("/backoffice/buyers/B10001/alipay", alipay="not_offered")
    changed = await bot.next_event()
    assert changed["type"] == "buyer.alipay_changed"
    assert changed["data"]["alipay"] == "not_offered"
    assert "Alipay is not offered for your account." in await person.open(f"/item/jdirectitems/auction/{ITEM}")


async def test_alipay_waits_for_the_verification(person: Person, client: Client) -> None:
    await person.act("/switch", buyer_id="B10002", back=f"/item/jdirectitems/auction/{ITEM}")
    page = await person.open(f"/item/jdirectitems/auction/{ITEM}")
    assert re.search(r'value="alipay" required disabled', page)
    refused = await person.send(f"/bid/{ITEM}", amount="13000", payment_method="alipay")
    assert refused.status == 409

    amount = {"currency": "JPY", "value": "5"}
    await client.post("/events", **signed("verification.completed", buyer_id="B10002", payment_id="p", amount=amount))
    assert "Your Alipay account is verified." in await person.open(f"/item/jdirectitems/auction/{ITEM}")
    await person.act(f"/bid/{ITEM}", amount="13000", payment_method="alipay")


async def test_a_new_buyer_connects_from_the_product_page(person: Person) -> None:
    response = await person.send("/join", name="<i>Ann</i>")
    assert (response.status, response.headers["Location"]) == (303, "/account")
    assert "&lt;i&gt;Ann&lt;/i&gt;" in await person.open(f"/item/jdirectitems/auction/{ITEM}")
    await person.act("/account/connect")
    assert "?start=" in await person.open("/account")


@pytest.mark.parametrize(
    ("path", "fields", "status"),
    [
        ("/bid/t1", {"amount": "1", "payment_method": "other"}, 404),
        (f"/bid/{ITEM}", {"amount": "1", "payment_method": "other"}, 409),
        (f"/bid/{ITEM}", {"amount": "0", "payment_method": "other"}, 400),
        (f"/bid/{ITEM}", {"amount": "-5", "payment_method": "other"}, 400),
        (f"/bid/{ITEM}", {"amount": "１２", "payment_method": "other"}, 400),
        (f"/bid/{ITEM}", {"amount": "9" * 400, "payment_method": "other"}, 400),
        (f"/bid/{ITEM}", {"amount": "300000", "payment_method": "alipay"}, 409),
        (f"/bid/{ITEM}", {"amount": "20000", "payment_method": "gold"}, 400),
        (f"/bid/{ITEM}", {}, 400),
        (f"/end/{ITEM}", {}, 409),
        ("/myorders/A1/alipay", {}, 404),
        ("/account/confirm", {"telegram_user_id": "x"}, 400),
        ("/account/confirm", {"telegram_user_id": "5"}, 409),
        ("/account/disconnect", {}, 409),
        ("/switch", {"buyer_id": "B9"}, 404),
        ("/join", {"name": " "}, 400),
        ("/backoffice/orders/A1/cancel", {}, 404),
        ("/backoffice/buyers/B10001/alipay", {"alipay": "maybe"}, 400),
    ],
)
async def test_a_form_that_cannot_be_done_says_why(
    person: Person, bot: StubBot, path: str, fields: dict[str, str], status: int
) -> None:
    response = await person.send(path, **fields)
    assert response.status == status
    assert 'id="refused"' in await response.text()
    assert bot.requests == []


async def test_a_form_without_the_visit_s_cookie_is_refused(client: Client) -> None:
    response = await client.post("/account/connect", allow_redirects=False)
    assert response.status == 403


@pytest.mark.parametrize("content_type", ["multipart/form-data", "application/x-www-form-urlencoded; charset=no"])
async def test_a_form_body_that_cannot_be_read_is_400(person: Person, content_type: str) -> None:
    response = await person.client.post("/join", data=b"name=\xff", headers={"Content-Type": content_type})
    assert response.status == 400


@pytest.mark.parametrize(
    "back", ["//evil/", "//evil.example/", "https://evil.example/", "/\\evil.example", "", "/a\r\nb"]
)
async def test_switching_never_leads_to_another_host(person: Person, back: str) -> None:
    response = await person.send("/switch", buyer_id="B10002", back=back)
    assert (response.status, response.headers["Location"]) == (303, "/")


async def test_only_the_winner_may_change_an_order(person: Person) -> None:
    await person.act(f"/bid/{ITEM}", amount="20000", payment_method="other")
    await person.act("/switch", buyer_id="B10002")
    assert (await person.send(f"/end/{ITEM}")).status == 409
    await person.act("/switch", buyer_id="B10001")
    await person.act(f"/end/{ITEM}")
    await person.act("/switch", buyer_id="B10002")
    assert (await person.send("/myorders/A26110001/alipay")).status == 404
    assert "A26110001" not in await person.open("/myorders/other-payment")


async def test_the_house_never_runs_out_of_goods(person: Person) -> None:
    before = (await person.open("/")).count('class="card"')
    await person.act(f"/bid/{ITEM}", amount="20000", payment_method="other")
    await person.act(f"/end/{ITEM}")
    assert (await person.open("/")).count('class="card"') == before
    assert "This auction has ended." in await person.open(f"/item/jdirectitems/auction/{ITEM}")


@pytest.mark.timeout(20)
async def test_stopping_ends_senders_that_still_wait() -> None:
    server = Server(
        api_key=API_KEY,
        webhook_secret=SECRET,
        events_url="http://127.0.0.1:1/",
        public_url="http://h",
        retry_delays=[3600],
    )
    async with TestClient(TestServer(server.application())) as client:
        await client.get("/")
        path = "/backoffice/buyers/B10002/alipay"
        await client.post(path, data={"alipay": "linked"}, headers={"Cookie": "buyer=B10001"})


async def test_only_pages_of_this_machine_may_frame_the_house(client: Client) -> None:
    for path in ("/", "/account", f"/item/yahoo/auction/{ITEM}"):
        async with client.get(path) as response:
            policy = response.headers["Content-Security-Policy"]
            assert policy.endswith("frame-ancestors http://127.0.0.1:* http://localhost:*")

"""A buyer walks through the pages by their forms."""

import json
import re
from html import unescape
from importlib.resources import files

import pytest
from yarl import URL

from sandbox.alipay import Server
from sandbox.alipay.texts import LANGUAGES, Catalog
from tests.sandbox.alipay.conftest import Client, Clock, Merchant, buy


async def read(client: Client, path: str, language: str = "en", status: int = 200) -> str:
    async with client.get(path, headers={"Accept-Language": language}) as page:
        assert page.status == status
        return unescape(await page.text())


async def press(client: Client, path: str, status: int = 200, **form: str) -> str:
    async with client.post(path, data=form, headers={"Accept-Language": "en"}) as page:
        assert page.status == status
        return unescape(await page.text())


async def test_log_in_pay_and_back(merchant: Merchant) -> None:
    client, cashier = merchant.client, URL((await merchant.pay())["normalUrl"]).path

    login = await read(client, cashier)
    assert "Log in to your wallet" in login
    assert "Pay 5 JPY" not in login

    confirm = await press(client, f"{cashier}/login", phone="13800000001", code="000000")
    for seen in ("Buyee", "Buyee verification", "5 JPY", "about 0.24 CNY", "1 JPY = 0.0484 CNY", "138****0001"):
        assert seen in confirm

    paid = await press(client, f"{cashier}/pay")
    assert "<h1>Paid</h1>" in paid
    assert 'href="https://shop.example/back/1">Back to Buyee' in paid
    assert (await merchant.status())[0] == "SUCCESS"


async def test_a_second_press_pays_nothing_more(merchant: Merchant) -> None:
    cashier = URL((await merchant.pay())["normalUrl"]).path
    await press(merchant.client, f"{cashier}/login", phone="13800000001")

    await press(merchant.client, f"{cashier}/pay")
    again = await press(merchant.client, f"{cashier}/refuse")

    assert "<h1>Paid</h1>" in again
    assert "19,999.76 CNY" in await read(merchant.client, "/wallet")


async def test_walking_away_leaves_the_payment_open(merchant: Merchant) -> None:
    cashier = URL((await merchant.pay())["normalUrl"]).path

    confirm = await press(merchant.client, f"{cashier}/login", phone="13800000001")

    assert 'href="https://shop.example/back/1">Leave without deciding' in confirm
    assert (await merchant.status())[0] == "PROCESSING"


async def test_pressing_without_logging_in_asks_to_log_in(merchant: Merchant) -> None:
    cashier = URL((await merchant.pay())["normalUrl"]).path

    assert "Log in to your wallet" in await press(merchant.client, f"{cashier}/pay")
    assert (await merchant.status())[0] == "PROCESSING"


@pytest.mark.parametrize(
    ("phone", "button", "title"),
    [
        ("13800000002", "pay", "Balance too low"),
        ("13800000003", "pay", "Over your limit"),
        ("+86 138-1234-5678", "refuse", "Refused"),
    ],
)
async def test_a_payment_that_fails_says_why(merchant: Merchant, phone: str, button: str, title: str) -> None:
    cashier = URL((await merchant.pay())["normalUrl"]).path

    await press(merchant.client, f"{cashier}/login", phone=phone)
    page = await press(merchant.client, f"{cashier}/{button}")

    assert f"<h1>{title}</h1>" in page
    assert "Back to Buyee" in page


@pytest.mark.parametrize("phone", ["", "12", "call me", "１３８００００００００１", "1" * 16])
async def test_a_wrong_number_is_asked_for_again(merchant: Merchant, phone: str) -> None:
    cashier = URL((await merchant.pay())["normalUrl"]).path

    page = await press(merchant.client, f"{cashier}/login", status=400, phone=phone)

    assert "That is not a phone number" in page
    assert f'action="{cashier}/login"' in page


async def test_an_expired_link_says_so(merchant: Merchant, clock: Clock) -> None:
    cashier = URL((await merchant.pay())["normalUrl"]).path

    clock.advance(minutes=14)

    assert "<h1>Link expired</h1>" in await read(merchant.client, cashier)


async def test_cancelled_payments_say_whether_money_came_back(merchant: Merchant) -> None:
    opened = await merchant.pay("open")
    paid = await merchant.pay("paid")
    await buy(merchant.client, paid["normalUrl"])
    for request_id in ("open", "paid"):
        await merchant.post("cancel", {"paymentRequestId": request_id})

    assert "<h1>Cancelled</h1>" in await read(merchant.client, URL(opened["normalUrl"]).path)
    assert "<h1>Cancelled and returned</h1>" in await read(merchant.client, URL(paid["normalUrl"]).path)


async def test_a_pending_payment_is_shown_as_such(merchant: Merchant, simulator: Server) -> None:
    simulator.faults.arm("payment_pending")
    opened = await merchant.pay()

    await buy(merchant.client, opened["normalUrl"])

    assert "<h1>Being processed</h1>" in await read(merchant.client, URL(opened["normalUrl"]).path)


async def test_the_statement_shows_the_charge_and_its_return(merchant: Merchant, clock: Clock) -> None:
    opened = await merchant.pay()
    await buy(merchant.client, opened["normalUrl"])
    clock.advance(seconds=1)
    await merchant.post("refund", merchant.refund_of(opened["paymentId"]))

    wallet = await read(merchant.client, "/wallet")

    assert "20,000.00 CNY" in wallet
    assert wallet.index("+5 JPY") < wallet.index("\N{MINUS SIGN}5 JPY")
    assert wallet.count("Buyee verification") == 2
    assert "Refunded" in await read(merchant.client, URL(opened["normalUrl"]).path)


async def test_wallets_do_not_see_each_other(merchant: Merchant) -> None:
    await merchant.paid()

    await press(merchant.client, "/wallet/logout")
    await press(merchant.client, "/wallet/login", phone="13899999999")

    assert "Nothing yet." in await read(merchant.client, "/wallet")


async def test_logging_out_ends_the_session(merchant: Merchant) -> None:
    await press(merchant.client, "/wallet/login", phone="13800000001")
    assert "My wallet" in await read(merchant.client, "/wallet")

    await press(merchant.client, "/wallet/logout")

    assert "Log in to your wallet" in await read(merchant.client, "/")


async def test_the_ledger_shows_charges_refunds_and_notices(merchant: Merchant) -> None:
    payment_id = await merchant.paid()
    await merchant.post("refund", merchant.refund_of(payment_id, value="2"))

    page = await read(merchant.client, "/ledger")
    async with merchant.client.get("/ledger.json") as response:
        ledger = await response.json()

    for seen in ("Buyee verification", "pay-1", "refund-1", "PAYMENT_RESULT", "REFUND_RESULT", "3 JPY"):
        assert seen in page
    assert ledger["totals"] == {"JPY": {"paid": "5", "returned": "2", "net": "3"}}
    [charge] = ledger["charges"]
    assert (charge["paymentId"], charge["status"], charge["net"]) == (payment_id, "SUCCESS", "3")
    assert [(notice["type"], notice["about"]) for notice in ledger["notices"]] == [
        ("PAYMENT_RESULT", "pay-1"),
        ("REFUND_RESULT", "refund-1"),
    ]


async def test_what_the_merchant_wrote_is_escaped(merchant: Merchant) -> None:
    order = {**merchant.order()["order"], "orderDescription": "<script>alert(1)</script>"}
    opened = await merchant.pay(order=order, paymentRedirectUrl='https://shop.example/"onclick="x')
    await buy(merchant.client, opened["normalUrl"])

    for path in (URL(opened["normalUrl"]).path, "/wallet", "/ledger"):
        async with merchant.client.get(path) as page:
            text = await page.text()
            assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert page.headers["Content-Security-Policy"].endswith(
                "frame-ancestors http://127.0.0.1:* http://localhost:*"
            )
        assert "<script" not in text
        assert '"onclick' not in text


@pytest.mark.parametrize("path", ["/cashier/none", "/cashier/none/code.png"])
async def test_an_unknown_payment_is_not_found(merchant: Merchant, path: str) -> None:
    await read(merchant.client, path, status=404)


async def test_pressing_on_an_unknown_payment_is_not_found(merchant: Merchant) -> None:
    assert "No such payment" in await press(merchant.client, "/cashier/none/pay", status=404)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh-Hans"),
        ("zh-CN,zh;q=0.9", "zh-Hans"),
        ("zh-TW", "zh-Hant"),
        ("zh-Hant-HK;q=0.8, en;q=0.4", "zh-Hant"),
        ("fr, en-GB;q=0.5, ja;q=0.7", "ja"),
        ("fr", "zh-Hans"),
        ("en;q=0, ja;q=x", "zh-Hans"),
    ],
)
async def test_pages_speak_the_browsers_language(merchant: Merchant, header: str, language: str) -> None:
    page = await read(merchant.client, "/wallet", header)

    assert f'<html lang="{language}">' in page
    assert Catalog().choose(header)("login_title") in page


def test_every_language_has_every_text_with_the_same_places() -> None:
    folder = files("sandbox.alipay") / "locales"
    tables = {name: json.loads((folder / f"{name}.json").read_text("utf-8")) for name in LANGUAGES}

    places = {
        name: {key: set(re.findall(r"{\w+}", text)) for key, text in table.items()} for name, table in tables.items()
    }

    assert [name for name in LANGUAGES if places[name] != places["en"]] == []

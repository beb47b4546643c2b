import re
from dataclasses import replace
from datetime import timedelta

import pytest

from flow.money import Money
from service.landing import Landing, Standing
from tests.web.conftest import Client
from tests.web.kept import NOW, Shown

TOKEN = "AbCdEfGhIjKlMnOpQrSt_-"
PAY_URL = "https://open-sea-global.alipay.com/pay?a=1&b=2"
IPHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15"}
ANDROID = {"User-Agent": "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36"}
MAC = {"User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"}

PAYMENT = Landing(
    token=TOKEN,
    standing="ready",
    language="en",
    shop="JDirectItems Auction",
    amount=Money("JPY", 12300),
    title="Nambu iron teapot",
    expires_at=NOW + timedelta(minutes=14),
    pay_by=NOW + timedelta(days=2),
    url=PAY_URL,
    zone="Asia/Shanghai",
)
VERIFICATION = replace(PAYMENT, amount=Money("JPY", 5), title=None, pay_by=None)


def put(shown: Shown, landing: Landing) -> None:
    shown.pages[landing.token] = landing


async def show(client: Client, path: str, headers: dict[str, str]) -> tuple[int, str]:
    answer = await client.get(path, headers=headers)
    assert answer.content_type == "text/html"
    return answer.status, await answer.text()


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', page)


def refresh(page: str) -> str | None:
    found = re.search(r'http-equiv="refresh" content="(\d+)"', page)
    return found[1] if found else None


@pytest.mark.parametrize(("headers", "device"), [(IPHONE, "ios"), (ANDROID, "android")])
async def test_a_phone_opens_the_attempt_and_sees_one_way_to_alipay(
    client: Client, shown: Shown, headers: dict[str, str], device: str
) -> None:
    put(shown, PAYMENT)

    status, page = await show(client, f"/go/{TOKEN}", headers)

    assert (status, refresh(page)) == (200, None)
    assert shown.opened == [(TOKEN, device, "127.0.0.1")]
    assert links(page) == [PAY_URL.replace("&", "&amp;"), "https://t.me/auction_pay_bot"]
    for told in ("JDirectItems Auction", "Nambu iron teapot", "12,300 Japanese yen", "open-sea-global.alipay.com"):
        assert told in page
    assert "pay.auction.example" in page


async def test_a_verification_says_that_the_money_comes_back(client: Client, shown: Shown) -> None:
    put(shown, VERIFICATION)

    _, page = await show(client, f"/go/{TOKEN}", IPHONE)

    assert "You get 5 Japanese yen back at once" in page
    assert "Alipay account verification" in page


async def test_while_the_gateway_is_slow_the_page_looks_again(client: Client, shown: Shown) -> None:
    put(shown, replace(PAYMENT, standing="waiting", url=None))

    status, page = await show(client, f"/go/{TOKEN}", IPHONE)

    assert (status, refresh(page)) == (200, "2")
    assert "alipay.com" not in page


async def test_a_desktop_shows_a_code_of_this_address_and_creates_nothing(client: Client, shown: Shown) -> None:
    put(shown, PAYMENT)

    status, page = await show(client, f"/go/{TOKEN}", MAC)

    assert status == 200
    assert "<svg" in page
    assert not shown.opened
    assert links(page) == ["https://t.me/auction_pay_bot"]


@pytest.mark.parametrize(
    "headers",
    [
        {"User-Agent": "TelegramBot (like TwitterBot)"},
        {"User-Agent": "WhatsApp/2.23.20.0 A"},
        {"User-Agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"},
        {"User-Agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"},
        {"User-Agent": "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"},
        {"User-Agent": f"{ANDROID['User-Agent']} (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"User-Agent": "curl/8.14.1"},
        {"User-Agent": ""},
        {**IPHONE, "Sec-Purpose": "prefetch;prerender"},
    ],
)
async def test_what_only_looks_at_the_link_creates_nothing(
    client: Client, shown: Shown, headers: dict[str, str]
) -> None:
    put(shown, PAYMENT)

    status, _ = await show(client, f"/go/{TOKEN}", headers)

    assert status == 200
    assert not shown.opened


async def test_head_creates_nothing(client: Client, shown: Shown) -> None:
    put(shown, PAYMENT)

    answer = await client.head(f"/go/{TOKEN}", headers=IPHONE)

    assert answer.status == 200
    assert not shown.opened


@pytest.mark.parametrize("path", ["/go", "/back"])
@pytest.mark.parametrize("token", ["x" * 22, "x" * 21, "x" * 23, "%00" * 22, "<script>", "x" * 5000])
async def test_a_token_that_was_never_issued_is_404(client: Client, shown: Shown, path: str, token: str) -> None:
    status, page = await show(client, f"{path}/{token}", {**IPHONE, "Accept-Language": "zh-CN,zh;q=0.9"})

    assert status == 404
    assert '<html lang="zh-Hans">' in page
    assert links(page) == ["https://t.me/auction_pay_bot"]


async def test_a_token_of_another_shape_does_not_reach_the_store(client: Client, shown: Shown) -> None:
    await show(client, "/go/short", IPHONE)

    assert not shown.opened


@pytest.mark.parametrize("headers", [IPHONE, MAC])
async def test_a_link_whose_time_is_over_is_410_and_leads_back(
    client: Client, shown: Shown, headers: dict[str, str]
) -> None:
    put(shown, replace(PAYMENT, standing="ended"))

    status, page = await show(client, f"/go/{TOKEN}", headers)

    assert status == 410
    assert links(page) == ["https://t.me/auction_pay_bot"]


@pytest.mark.parametrize("path", ["/go", "/back"])
@pytest.mark.parametrize(
    ("landing", "words"),
    [
        (PAYMENT, "Paid"),
        (replace(PAYMENT, refunded=True), "The money was sent back"),
        (VERIFICATION, "on their way back to you"),
        (replace(VERIFICATION, refunded=True), "Verified, and paid back"),
    ],
)
async def test_what_is_settled_is_said(client: Client, shown: Shown, path: str, landing: Landing, words: str) -> None:
    put(shown, replace(landing, standing="settled"))

    status, page = await show(client, f"{path}/{TOKEN}", IPHONE)

    assert status == 200
    assert words in page
    assert PAY_URL not in page


@pytest.mark.parametrize("standing", ["waiting", "ready"])
async def test_back_from_alipay_what_is_not_confirmed_is_not_a_failure(
    client: Client, shown: Shown, standing: Standing
) -> None:
    put(shown, replace(PAYMENT, standing=standing))

    status, page = await show(client, f"/back/{TOKEN}", IPHONE)

    assert (status, refresh(page)) == (200, "3")
    assert "Alipay has not confirmed yet" in page
    assert "fail" not in page.lower()
    assert not shown.opened


async def test_back_after_the_time_is_over_nothing_is_claimed(client: Client, shown: Shown) -> None:
    put(shown, replace(PAYMENT, standing="ended"))

    status, page = await show(client, f"/back/{TOKEN}", IPHONE)

    assert status == 200
    assert "can still be on its way" in page


async def test_without_the_store_the_page_asks_for_patience(client: Client, shown: Shown) -> None:
    shown.is_away = True

    answer = await client.get(f"/go/{TOKEN}", headers=IPHONE)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert "nothing is lost" in await answer.text()


async def test_what_others_wrote_is_text_and_nothing_else(client: Client, shown: Shown) -> None:
    put(shown, replace(PAYMENT, title='<script>alert("1")</script> & {t} %s', shop="<b>Shop</b>"))

    for path in ("/go", "/back"):
        _, page = await show(client, f"{path}/{TOKEN}", IPHONE)
        assert "<script" not in page
        assert "<b>Shop" not in page

    _, page = await show(client, f"/go/{TOKEN}", IPHONE)
    assert "&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; {t} %s" in page


@pytest.mark.parametrize(
    ("language", "lang", "words"),
    [("zh_Hans", "zh-Hans", "北京时间"), ("zh_Hant", "zh-Hans", "使用支付宝付款"), ("ja", "en", "Pay with Alipay")],
)
async def test_the_page_speaks_the_buyers_language_or_the_nearest(
    client: Client, shown: Shown, language: str, lang: str, words: str
) -> None:
    put(shown, replace(PAYMENT, language=language))

    answer = await client.get(f"/go/{TOKEN}", headers=IPHONE)
    page = await answer.text()

    assert answer.headers["Content-Language"] == lang
    assert f'<html lang="{lang}">' in page
    assert words in page


async def test_only_the_demo_stand_may_frame_a_page_and_its_frame_is_a_phone(
    client: Client, stand: Client, shown: Shown
) -> None:
    put(shown, PAYMENT)
    framed = {**MAC, "Sec-Fetch-Dest": "iframe"}

    outside = await client.get(f"/go/{TOKEN}", headers=framed)
    assert "frame-ancestors 'none'" in outside.headers["Content-Security-Policy"]
    assert not shown.opened

    inside = await stand.get(f"/go/{TOKEN}", headers=framed)
    assert "frame-ancestors http://127.0.0.1:* http://localhost:*" in inside.headers["Content-Security-Policy"]
    assert [device for _, device, _ in shown.opened] == ["android"]


async def test_a_page_is_closed_to_all_but_its_own_style(client: Client, shown: Shown) -> None:
    put(shown, PAYMENT)

    answer = await client.get(f"/go/{TOKEN}", headers=IPHONE)

    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Server" not in answer.headers
    assert "style=" not in await answer.text()


@pytest.mark.parametrize(
    ("forwarded", "client_ip"),
    [("203.0.113.7", "203.0.113.7"), ("1.2.3.4, 203.0.113.7", "203.0.113.7"), ("unknown", "127.0.0.1")],
)
async def test_the_buyers_address_is_what_the_proxy_beside_us_saw(
    client: Client, shown: Shown, forwarded: str, client_ip: str
) -> None:
    put(shown, PAYMENT)

    await client.get(f"/go/{TOKEN}", headers={**IPHONE, "X-Forwarded-For": forwarded})

    assert shown.opened == [(TOKEN, "ios", client_ip)]

"""The browser chat in a real browser: a buyer comes by a link, reads, presses, opens a page on the phone beside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from unittest.mock import AsyncMock

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, expect
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions

from tests.browser.product import chromium_or_skip, opened_browser
from tests.sandbox.telegram.stand import USERNAME, Stand, png

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with opened_browser(chromium_or_skip()) as browser:
        yield await browser.new_page(viewport={"width": 360, "height": 740}, locale="zh-CN")


@asynccontextmanager
async def product(chat: str) -> AsyncIterator[str]:
    """A page of the product with a cookie, a link on from it, and from there a link into the chat."""

    async def go(request: web.Request) -> web.Response:
        response = web.Response(text='<h1>first</h1><a href="next">on</a>', content_type="text/html")
        response.set_cookie("visited", request.headers["Sec-Fetch-Dest"], samesite="Lax")
        return response

    async def on(request: web.Request) -> web.Response:
        words = f'<h1>{request.cookies.get("visited")}</h1><a href="{chat}/?start=code-2">back</a>'
        return web.Response(text=words, content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/go/1", go), web.get("/go/next", on)])
    async with TestServer(app) as server:
        yield str(server.make_url("/go/1"))


async def open_chat(stand: Stand, page: Page, query: str = "") -> int:
    """A new person through the picker; returns their id."""
    await page.goto(stand.url(f"/{query}"))
    await page.fill("#new-name", "<i>Lin</i>")
    await page.click("#new-person .wide")
    await page.wait_for_selector("#start:visible")
    return int(page.url.partition("person=")[2].partition("&")[0])


async def test_a_buyer_comes_by_a_link_and_presses(stand: Stand, page: Page) -> None:
    await stand.bot.set_my_description("I pay for you")
    person = await open_chat(stand, page, f"t.me/{USERNAME}?start=code-1")
    await expect(page.locator("#about-text")).to_have_text("I pay for you")
    await page.click("#start")
    message = (await stand.one_update()).message
    assert message is not None
    assert message.text == "/start code-1"
    await expect(page.locator(".own .text")).to_have_text("/start")

    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Pay", callback_data="pay")]])
    sent = await stand.bot.send_message(person, "<b>Won</b> &lt;i&gt;", parse_mode="HTML", reply_markup=keys)
    await expect(page.locator(".row:not(.own) .text")).to_have_text("Won <i>")
    await page.click(".key")
    await expect(page.locator(".key")).to_be_disabled()
    query = (await stand.one_update()).callback_query
    assert query is not None
    await query.answer("Please <b>confirm</b>", show_alert=True)
    await expect(page.locator("#alert-text")).to_have_text("Please <b>confirm</b>")
    await page.click("#alert .wide")
    await sent.edit_text("Paid")
    await expect(page.locator(".row:not(.own) .text")).to_have_text("Paid")
    await expect(page.locator(".key")).to_have_count(0)


async def test_a_loopback_link_opens_on_the_phone_and_leads_back_into_the_chat(stand: Stand, page: Page) -> None:
    person = await open_chat(stand, page)
    await page.click("#start")
    await stand.one_update()
    async with product(stand.url("")) as url:
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Open", url=url)]])
        await stand.bot.send_message(person, "Go", reply_markup=keys)
        await page.click(".key")
        inside = page.frame_locator("#phone-page")
        await expect(inside.locator("h1")).to_have_text("first")
        await expect(page.locator("#phone-url")).to_have_text(url.removeprefix("http://"))
        await inside.locator("a").press("Enter")
        await expect(inside.locator("h1")).to_have_text("iframe")
        await expect(page.locator("#phone-url")).to_have_text("本机上的页面")
        await page.click("#phone-reload")
        await expect(inside.locator("h1")).to_have_text("first")
        await expect(page.locator("#phone-url")).to_have_text(url.removeprefix("http://"))
        await inside.locator("a").press("Enter")
        await inside.locator("a", has_text="back").press("Enter")
        await expect(page.locator("#phone")).to_be_hidden()
    message = (await stand.one_update()).message
    assert message is not None
    assert message.text == "/start code-2"


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "http://localhost:9/", "http://127.0.0.1.example.com/"])
async def test_other_links_open_in_a_tab_of_their_own(stand: Stand, page: Page, url: str) -> None:
    person = await open_chat(stand, page)
    await page.click("#start")
    await stand.one_update()
    await page.context.route(url, lambda route: route.fulfill(body="elsewhere"))
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("Open", url=url)]])
    await stand.bot.send_message(person, "Go", reply_markup=keys)
    async with page.expect_popup() as opened:
        await page.click(".key")
    tab = await opened.value
    await expect(tab.locator("body")).to_have_text("elsewhere")
    assert await tab.evaluate("window.opener") is None
    await expect(page.locator("#phone")).to_be_hidden()


async def test_one_click_makes_a_person_and_a_link_asks_only_where_there_is_a_choice(stand: Stand, page: Page) -> None:
    await page.goto(stand.url("/?lang=zh-hans"))
    await page.click("#suggested button >> text=林小雨")
    await page.wait_for_selector("#start:visible")

    await page.goto(stand.url("/?start=code-3"))
    await page.click("#start")
    message = (await stand.one_update()).message
    assert message is not None
    assert (message.text, message.from_user and message.from_user.first_name) == ("/start code-3", "林小雨")

    await page.click("#menu-button")
    await page.click("#switch")
    await expect(page.locator("#suggested li")).to_have_count(1)
    await page.click("#suggested button >> text=王磊")
    await page.wait_for_selector("#start:visible")
    await page.goto(stand.url("/?start=code-4"))
    await expect(page.locator("#people li")).to_have_count(2)


async def test_the_newest_buttons_stay_in_sight_and_a_preview_is_shown(stand: Stand, page: Page) -> None:
    person = await open_chat(stand, page)
    await page.click("#start")
    await stand.one_update()
    picture = web.Response(body=png(600, 400), content_type="image/png")
    app = web.Application()
    app.add_routes([web.get("/item.png", AsyncMock(return_value=picture))])
    keys = InlineKeyboardMarkup(
        [[InlineKeyboardButton(f"Key {n}", callback_data="x", api_kwargs={"style": "primary"})] for n in range(4)]
    )
    async with TestServer(app) as server:
        options = LinkPreviewOptions(url=str(server.make_url("/item.png")), show_above_text=True)
        sent = await stand.bot.send_message(person, "Won\n" * 12, link_preview_options=options, reply_markup=keys)
    await expect(page.locator(".bubble > :first-child img")).to_have_js_property("naturalWidth", 600)
    await expect(page.locator(".key.primary").last).to_be_in_viewport(ratio=1)
    await sent.edit_text("Paid", reply_markup=keys)
    await expect(page.locator(".picture")).to_have_count(0)
    await expect(page.locator(".key.primary").last).to_be_in_viewport(ratio=1)


async def test_commands_typing_and_a_pasted_link(stand: Stand, page: Page) -> None:
    await stand.bot.set_my_commands([("orders", "待付款的订单")], language_code="zh")
    person = await open_chat(stand, page)
    await page.click("#start")
    await stand.one_update()
    await stand.bot.send_chat_action(person, "typing")
    await expect(page.locator("#typing")).to_be_visible()
    await stand.bot.send_message(person, "Hello")
    await expect(page.locator("#typing")).to_be_hidden()
    await page.click("#slash")
    await page.click("#commands button")
    message = (await stand.one_update()).message
    assert message is not None
    assert message.text == "/orders"
    await page.fill("#text", "https://example.com/<b>")
    await page.keyboard.press("Enter")
    await stand.one_update()
    await expect(page.locator(".own .text").last).to_have_text("https://example.com/<b>")
    await expect(page.locator(".own a")).to_have_count(0)


async def test_the_page_fits_a_small_screen(stand: Stand, page: Page) -> None:
    person = await open_chat(stand, page)
    await page.click("#start")
    await stand.one_update()
    await stand.bot.send_message(person, "x" * 500)
    await expect(page.locator(".row:not(.own)")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

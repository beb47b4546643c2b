"""The browser chat in a real browser: a buyer comes by a link, reads, presses, opens a page on the phone beside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page, async_playwright, expect
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from tests.sandbox.telegram.stand import USERNAME, Stand

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not Path(CHROMIUM).exists(), reason="no Chromium on this machine"),
]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = await browser.new_page(viewport={"width": 360, "height": 740}, locale="zh-CN")
        yield page
        await browser.close()


@asynccontextmanager
async def product() -> AsyncIterator[str]:
    """A page of the product that says what browser it sees, and a link on it."""

    async def go(request: web.Request) -> web.Response:
        kind = "phone" if "Android" in request.headers["User-Agent"] else "desktop"
        return web.Response(text=f'<h1>{kind}</h1><a href="next">on</a>', content_type="text/html")

    app = web.Application()
    app.add_routes([web.get("/go/1", go), web.get("/go/next", go)])
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


async def test_a_loopback_link_opens_on_the_phone_and_goes_on_from_there(stand: Stand, page: Page) -> None:
    person = await open_chat(stand, page)
    await page.click("#start")
    await stand.one_update()
    async with product() as url:
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Open", url=url)]])
        await stand.bot.send_message(person, "Go", reply_markup=keys)
        await page.click(".key")
        inside = page.frame_locator("#phone-page")
        await expect(inside.locator("h1")).to_have_text("phone")
        await inside.locator("a").click()
        await expect(inside.locator("h1")).to_have_text("desktop")
        await page.click("#phone-reload")
        await expect(inside.locator("h1")).to_have_text("phone")
        await page.locator(".modes label").nth(1).click()
        await expect(inside.locator("h1")).to_have_text("desktop")
        await page.click("#phone-close")
        await expect(page.locator("#phone")).to_be_hidden()


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

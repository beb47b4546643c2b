"""The landing page in a real browser, as each kind of visitor gets it."""

import re

import segno
from playwright.async_api import BrowserContext, Page, expect

from app.stand import Stand
from tests.browser.buyer import NEW, RADIO, sit_down
from tests.browser.conftest import Visit

PHONE = {
    "viewport": {"width": 360, "height": 740},
    "is_mobile": True,
    "has_touch": True,
    "user_agent": (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/18.0 Mobile/15E148 Safari/604.1"
    ),
}
QUIET = 4
"""Modules of quiet zone around a code, which segno draws as ISO 18004 asks for."""

MODULES = """async (svg, size) => {
    const picture = new Image();
    picture.src = URL.createObjectURL(new Blob([svg], {type: "image/svg+xml"}));
    await picture.decode();
    const canvas = Object.assign(document.createElement("canvas"), {width: size * 10, height: size * 10});
    const paper = canvas.getContext("2d", {willReadFrequently: true});
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const isDark = (x, y) => paper.getImageData(x * 10 + 5, y * 10 + 5, 1, 1).data[0] < 128;
    return Array.from({length: size}, (_, y) => Array.from({length: size}, (_, x) => Number(isDark(x, y))));
}"""


async def verification_link(stand: Stand, context: BrowserContext, language: str = "en") -> str:
    """The link that the chat gives a new buyer."""
    buyer = await sit_down(stand, context, language)
    await buyer.connects(NEW, "Lin")
    await buyer.pastes(buyer.item(RADIO))
    await buyer.presses("verify")
    return await buyer.key("open_link").get_attribute("href") or ""


async def test_a_phone_gets_one_button_and_needs_no_script(stand: Stand, visit: Visit) -> None:
    link = await verification_link(stand, await visit())
    phone = await (await visit(**PHONE, java_script_enabled=False)).new_page()
    await phone.goto(link)
    button = phone.locator("a.button")
    await expect(button).to_have_count(1)
    await expect(button).to_have_attribute("href", re.compile(re.escape(f"{stand.addresses.alipay}/cashier/")))
    await expect(phone.locator("script, .qr")).to_have_count(0)
    await button.tap()
    await expect(phone.locator(".bill")).to_be_visible()


async def test_a_desktop_gets_the_code_of_this_very_address(stand: Stand, visit: Visit) -> None:
    desk = await visit()
    link = await verification_link(stand, desk)
    page = await desk.new_page()
    await page.goto(link)
    svg = await page.locator(".qr svg").evaluate("svg => new XMLSerializer().serializeToString(svg)")
    code = segno.make(link, error="m", micro=False)
    matrix = [list(row) for row in code.matrix_iter(border=QUIET)]
    assert await modules(await desk.new_page(), svg, len(matrix)) == matrix
    await expect(page.locator(f"a[href^='{stand.addresses.alipay}']")).to_have_count(0)


async def test_the_page_speaks_the_chats_language_whatever_the_browser_prefers(stand: Stand, visit: Visit) -> None:
    link = await verification_link(stand, await visit(), "zh-hans")
    page = await (await visit(**PHONE, locale="en-US")).new_page()
    await page.goto(link)
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")


async def modules(page: Page, svg: str, size: int) -> list[list[int]]:
    """What a camera sees of a code: one number a module, 1 for dark."""
    seen: list[list[int]] = await page.evaluate(f"([svg, size]) => ({MODULES})(svg, size)", [svg, size])
    return seen

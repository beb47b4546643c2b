"""Every page at a phone's and a desktop's width, light and dark, in each language: it fits, and it can be read."""

from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Page, Route, expect

from app.stand import Stand
from tests.browser.buyer import NEW, RADIO, Buyer, sit_down
from tests.browser.conftest import Visit

LOOKS = Path(__file__).with_name("looks.js").read_text()
WIDTHS = (360, 1280)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

FOCUS = """() => {
    const reached = document.activeElement;
    const {outlineStyle, outlineWidth} = getComputedStyle(reached);
    const isSeen = reached !== document.body && outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    return isSeen ? "" : reached.outerHTML.slice(0, 200);
}"""


@pytest.mark.parametrize(("language", "lang"), [("en", "en"), ("zh-hans", "zh-Hans")])
async def test_every_page_fits_and_can_be_read(stand: Stand, visit: Visit, language: str, lang: str) -> None:
    buyer = await sit_down(stand, await visit(locale=lang, reduced_motion="reduce"), language)
    pages = await pages_of_a_journey(buyer)
    found = {
        (name, width, scheme): faults
        for (name, page), width, scheme in product(pages.items(), WIDTHS, SCHEMES)
        if (faults := await look_at(page, width, scheme))
    }
    assert found == {}
    assert {name: fault for name, page in pages.items() if (fault := await unseen_focus(page))} == {}
    languages = {name: await page.locator("html").get_attribute("lang") for name, page in pages.items()}
    assert {name: tag.lower() for name, tag in languages.items() if tag} == dict.fromkeys(pages, lang.lower())


async def pages_of_a_journey(buyer: Buyer) -> dict[str, Page]:
    """A tab for every page that a new buyer comes by, in the middle of the first journey."""
    at, context = buyer.at, buyer.chat.context
    await buyer.connects(NEW, "Lin")
    await buyer.pastes(buyer.item(RADIO))
    await buyer.presses("verify")
    landing = await buyer.key("open_link").get_attribute("href") or ""
    await buyer.opens_the_link()
    cashier = await buyer.phone.locator("a.button").get_attribute("href") or ""
    await buyer.puts_the_phone_away()
    addresses = {
        "chat": buyer.chat.url,
        "picker": f"{at.telegram}/?lang={buyer.language}",
        "landing": landing,
        "landing, come back": landing.replace("/go/", "/back/"),
        "cashier": cashier,
        "ledger": f"{at.alipay}/ledger",
        "switchboard": f"{at.alipay}/switchboard",
        "front": f"{at.auction}/",
        "item": buyer.item(RADIO),
        "account": f"{at.auction}/account",
        "other payment": f"{at.auction}/myorders/other-payment",
        "back office": f"{at.auction}/backoffice",
    }
    pages: dict[str, Page] = {}
    for name, address in addresses.items():
        pages[name] = await context.new_page()
        await pages[name].goto(address)
        await pages[name].route("**/*", stay)
    await expect(pages["chat"].locator(".row:not(.own)")).to_have_count(3)
    await expect(pages["picker"].locator("#people li")).to_have_count(1)
    return pages


async def stay(route: Route) -> None:
    """Answers a page that reads itself anew while it is looked at: it stays as it is."""
    if route.request.is_navigation_request():
        await route.fulfill(status=204)
    else:
        await route.continue_()


async def look_at(page: Page, width: int, scheme: Literal["light", "dark"]) -> list[str]:
    """What is wrong with the page in this shape."""
    await page.set_viewport_size({"width": width, "height": 800})
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    faults: list[str] = await page.evaluate(LOOKS)
    return faults


async def unseen_focus(page: Page) -> str:
    """What the Tab key reaches first, if it has no outline then."""
    await page.bring_to_front()
    await page.evaluate("document.activeElement.blur()")
    await page.keyboard.press("Tab")
    reached: str = await page.evaluate(FOCUS)
    return reached

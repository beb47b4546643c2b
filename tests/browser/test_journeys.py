"""Both paths of the article, walked by a person with a mouse: chat, phone, wallet and auction house."""

from playwright.async_api import expect

from app.stand import Stand
from tests.browser.buyer import CAMERA, LINKED, NEW, RADIO, Buyer, sit_down
from tests.browser.conftest import Visit

DESK = {"viewport": {"width": 1280, "height": 860}}


async def test_a_first_time_buyer_verifies_bids_and_pays(stand: Stand, visit: Visit) -> None:
    lin = await sit_down(stand, await visit(locale="en-US", **DESK), "en")
    await lin.connects(NEW, "Lin")

    await lin.pastes(lin.item(RADIO))
    await lin.stands_at("verify_account", 1, 7)
    await lin.presses("verify")
    await lin.opens_the_link()
    first_link = await link_of(lin)
    await lin.goes_to_the_wallet()
    await lin.stands_at("log_in", 2, 7)
    await lin.logs_in()
    await lin.pays()
    await expect(lin.phone.locator("h1")).to_have_text("Verified, and paid back")
    await lin.returns_to_the_chat()
    await lin.stands_at("choose_alipay", 3, 7)
    await expect(lin.chat.locator(".row", has_text="were sent back")).to_be_visible()
    await lin.shop.goto(f"{stand.addresses.auction}/account")
    await expect(lin.shop.locator("#alipay-state")).to_have_class("badge linked")

    await lin.bids_and_wins_on_the_phone(RADIO)
    await walks_from_win_to_paid(lin, 7)
    await shows_no_way_to_pay_again(lin, first_link)


async def test_a_returning_buyer_bids_and_pays(stand: Stand, visit: Visit) -> None:
    yamamoto = await sit_down(stand, await visit(locale="zh-CN", **DESK), "zh-hans")
    await yamamoto.connects(LINKED, "山本")

    await yamamoto.pastes(yamamoto.item(CAMERA))
    await yamamoto.stands_at("choose_alipay", 1, 5)
    await yamamoto.bids_and_wins(CAMERA)
    await walks_from_win_to_paid(yamamoto, 5)


async def walks_from_win_to_paid(buyer: Buyer, steps: int) -> None:
    """The steps that both paths share; `steps` is the length of the path."""
    await buyer.stands_at("open_payment", steps - 3, steps)
    await buyer.presses("pay")
    await buyer.stands_at("use_alipay", steps - 2, steps)
    await buyer.presses("use_alipay")
    await buyer.stands_at("pay_in_alipay", steps - 1, steps)
    await buyer.opens_the_link()
    link = await link_of(buyer)
    await buyer.goes_to_the_wallet()
    await buyer.logs_in()
    await buyer.pays()
    await buyer.returns_to_the_chat()
    await buyer.stands_at("completed", steps, steps)
    await buyer.shop.goto(f"{buyer.at.auction}/myorders/other-payment")
    await expect(buyer.shop.locator(".badge.paid")).to_be_visible()
    await shows_no_way_to_pay_again(buyer, link)


async def shows_no_way_to_pay_again(buyer: Buyer, link: str) -> None:
    """No button in the whole chat still moves money, and a link of the past says what became of it."""
    for act in ("verify", "pay", "use_alipay", "new_link", "open_link"):
        await expect(buyer.chat.locator(".key", has_text=buyer.words(f"button.{act}"))).to_have_count(0)
    await buyer.shop.goto(link)
    await expect(buyer.shop.locator(".mark.good")).to_be_visible()
    await expect(buyer.shop.locator(f"a[href^='{buyer.at.alipay}']")).to_have_count(0)


async def link_of(buyer: Buyer) -> str:
    """Where the newest card's link leads to."""
    return await buyer.key("open_link").get_attribute("href") or ""

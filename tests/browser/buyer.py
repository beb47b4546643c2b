"""A buyer at a desk: the chat in one tab with a phone beside it, the auction house in another.

The tab that is acted in is brought to the front first: Chromium draws the others about once a second.
"""

from playwright.async_api import BrowserContext, FrameLocator, Locator, Page, expect

from app.stand import Stand
from bot import catalogue
from sandbox.alipay.accounts import DEMO_ACCOUNTS
from service.languages import language_of

CODE = "123456"

LINKED, NEW = "B10001", "B10002"
"""The auction house's buyers: one whose Alipay account is linked, one whose is not."""

CAMERA, RADIO = "t1194609512", "t1194613083"
"""What they bid on."""


class Buyer:
    """What a person does, by what is on the screen. `language` is an IETF tag such as `zh-hans`."""

    def __init__(self, stand: Stand, chat: Page, shop: Page, language: str) -> None:
        self.at, self.chat, self.shop, self.language = stand.addresses, chat, shop, language
        self._texts = catalogue.texts()

    def words(self, key: str, **values: object) -> str:
        """What the chat calls something."""
        return self._texts(language_of(self.language, self._texts.languages), key, **values).unescape()

    def item(self, auction_id: str) -> str:
        """An item's address at the auction house."""
        return f"{self.at.auction}/item/jdirectitems/auction/{auction_id}"

    @property
    def cards(self) -> Locator:
        """The bot's messages, oldest first."""
        return self.chat.locator(".row:not(.own)")

    @property
    def card(self) -> Locator:
        """The bot's newest message."""
        return self.cards.last

    @property
    def phone(self) -> FrameLocator:
        """The page on the phone."""
        return self.chat.frame_locator("#phone-page")

    async def reads(self, text: str) -> None:
        """Wait for a text in the bot's newest message."""
        await expect(self.card).to_contain_text(text)

    async def stands_at(self, step: str, number: int, of: int) -> None:
        """Wait until the newest message names the step and its number."""
        await self.reads(self.words("card.step", n=number, m=of, step=self.words(f"step.{step}")))

    def key(self, act: str) -> Locator:
        """The newest button of that name."""
        return self.chat.locator(".key", has_text=self.words(f"button.{act}")).last

    async def presses(self, act: str) -> None:
        """Press the newest button of that name."""
        await self.chat.bring_to_front()
        await self.key(act).click()

    async def pastes(self, text: str) -> None:
        """Paste something into the chat and send it."""
        await self.chat.fill("#text", text)
        await self.chat.keyboard.press("Enter")

    async def connects(self, buyer_id: str, name: str) -> None:
        """From the auction house's account into a chat of one's own, and back to confirm."""
        await self.shop.bring_to_front()
        await self.shop.goto(f"{self.at.auction}/")
        await self.shop.select_option("#buyer", buyer_id)
        await self.shop.click(".switcher button")
        await self.shop.goto(f"{self.at.auction}/account")
        await self.shop.click("form[action='/account/connect'] button")
        link = await self.shop.locator("#start-link").get_attribute("href")
        assert link is not None
        await self.arrives(link, name)
        await self.shop.bring_to_front()
        await self.shop.goto(f"{self.at.auction}/account")
        await expect(self.shop.locator("#request")).to_contain_text(name)
        await self.shop.click("form[action='/account/confirm'] button")
        await expect(self.cards).to_have_count(2)

    async def arrives(self, link: str, name: str) -> None:
        """Open the bot's link as a new person, and press START."""
        await self.chat.bring_to_front()
        await self.chat.goto(link)
        await self.chat.fill("#new-name", name)
        await self.chat.select_option("#new-language", self.language)
        await self.chat.click("#new-person .wide")
        await self.chat.click("#start")
        await expect(self.cards).to_have_count(1)

    async def bids_and_wins(self, auction_id: str) -> None:
        """Bid with Alipay as payment method, and let the auction end."""
        await self.shop.bring_to_front()
        await self.shop.goto(self.item(auction_id))
        await self.shop.check("input[value=alipay]")
        await self.shop.click(f"form[action='/bid/{auction_id}'] button")
        await self.shop.click(f"form[action='/end/{auction_id}'] button")
        await expect(self.shop.locator(".badge.unpaid")).to_be_visible()

    async def bids_and_wins_on_the_phone(self, auction_id: str) -> None:
        """The same, from the card's button to the item and with the page beside the chat."""
        await self.presses("open_item")
        await expect(self.phone.locator("input[value=alipay]")).to_be_checked()
        await self._taps(f"form[action='/bid/{auction_id}'] button")
        await self._taps(f"form[action='/end/{auction_id}'] button")
        await expect(self.phone.locator(".badge.unpaid")).to_be_visible()
        await self.puts_the_phone_away()

    async def opens_the_link(self) -> None:
        """Press the card's link; the landing page opens on the phone."""
        await self.presses("open_link")
        await expect(self.phone.locator("a.button")).to_be_visible()

    async def goes_to_the_wallet(self) -> None:
        """Press the landing page's one button."""
        await self._taps("a.button")
        await expect(self.phone.locator(".bill")).to_be_visible()

    async def logs_in(self) -> None:
        """Log in to the wallet, where it asks for that."""
        if not await self.phone.locator("input[name=phone]").is_visible():
            return
        await self.phone.locator("input[name=phone]").fill(DEMO_ACCOUNTS[0].phone)
        await self.phone.locator("input[name=code]").fill(CODE)
        await self._taps("button.main")
        await expect(self.phone.locator("form[action$='/pay'] button")).to_be_visible()

    async def pays(self) -> None:
        """Confirm in the wallet, and go back to where the charge came from."""
        await self._taps("form[action$='/pay'] button")
        await expect(self.phone.locator(".outcome.good")).to_be_visible()
        await self._taps("a.button.main")
        await expect(self.phone.locator(".mark.good")).to_be_visible()

    async def _taps(self, selector: str) -> None:
        """Press what the page on the phone shows; with the keyboard, since Chromium drops clicks on a frame that
        has only just been painted."""
        await self.phone.locator(selector).press("Enter")

    async def returns_to_the_chat(self) -> None:
        """Press the page's way back; it closes the pane."""
        await self._taps("a.button")
        await expect(self.chat.locator("#phone")).to_be_hidden()

    async def puts_the_phone_away(self) -> None:
        """Close the pane beside the chat."""
        await self.chat.click("#phone-close")
        await expect(self.chat.locator("#phone")).to_be_hidden()


async def sit_down(stand: Stand, context: BrowserContext, language: str) -> Buyer:
    """A buyer with the two tabs open."""
    return Buyer(stand, await context.new_page(), await context.new_page(), language)

"""Takes the pictures of the README anew: `python -m tests.browser.pictures`."""

import asyncio
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import asyncpg
from playwright.async_api import Browser, expect

from app.settings import default_data_dir
from app.stand import Stand
from bench.bed import address
from store.embedded import EmbeddedServer
from tests.browser.buyer import NEW, RADIO, sit_down
from tests.browser.product import chromium, opened_browser, running

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
NAME = "pictures"
ANDROID = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Mobile Safari/537.36"
)


async def main() -> None:
    """Walk into the middle of the first-time journey, and look at the chat and at the landing page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        async with EmbeddedServer(default_data_dir()) as server:
            connection = await asyncpg.connect(server)
            try:
                await connection.execute(f"drop database if exists {NAME} with (force)")
                await connection.execute(f"create database {NAME}")
                async with (
                    running(Path(folder), address(server, NAME)) as stand,
                    opened_browser(chromium()) as browser,
                ):
                    await take(stand, browser)
                await connection.execute(f"drop database {NAME} with (force)")
            finally:
                await connection.close()


async def take(stand: Stand, browser: Browser) -> None:
    """Write `first-time.png` and `landing.png`."""
    desk = await browser.new_context(viewport={"width": 1280, "height": 860}, locale="en-US", color_scheme="light")
    lin = await sit_down(stand, desk, "en")
    await lin.connects(NEW, "Lin")
    await lin.pastes(lin.item(RADIO))
    await lin.presses("verify")
    await lin.opens_the_link()
    await lin.stands_at("log_in", 2, 7)
    await lin.chat.mouse.move(0, 0)
    await lin.chat.screenshot(path=PICTURES / "first-time.png", animations="disabled")
    link = await lin.key("open_link").get_attribute("href") or ""
    phone = await browser.new_context(viewport={"width": 360, "height": 740}, is_mobile=True, user_agent=ANDROID)
    page = await phone.new_page()
    await page.goto(link)
    await expect(page.locator("a.button")).to_be_visible()
    await page.screenshot(path=PICTURES / "landing.png", full_page=True)
    for picture in PICTURES.glob("*.png"):
        squeeze(picture)


def squeeze(picture: Path) -> None:
    """Make a picture smaller with pngquant, where there is one."""
    if tool := shutil.which("pngquant"):
        subprocess.run([tool, "--force", "--skip-if-larger", "--output", picture, "--", picture], check=True)


if __name__ == "__main__":
    asyncio.run(main())

"""The stand with the real service beside it, and the system's Chromium in front of it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from app.process import play
from app.settings import given
from app.stand import Ports, Stand, stand
from app.wiring import assemble
from tests.haste import HASTE

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
NO_CHROMIUM = "no Chromium on this machine; on Debian: apt-get install chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class ChromiumMissing(Exception):
    """There is no Chromium on this machine; on Debian: apt-get install chromium."""


def chromium() -> str:
    """The path of the system's Chromium. Raises ChromiumMissing."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        raise ChromiumMissing(NO_CHROMIUM)
    return found


def must_have_chromium() -> bool:
    """On a build server a missing Chromium is an error, on a developer's machine a loud skip."""
    return bool(os.environ.get("CI"))


def chromium_or_skip() -> str:
    """The path of the system's Chromium. Without one, ChromiumMissing on a build server and a loud skip elsewhere."""
    try:
        return chromium()
    except ChromiumMissing as missing:
        if must_have_chromium():
            raise
        pytest.skip(str(missing))


@asynccontextmanager
async def opened_browser(executable: str) -> AsyncIterator[Browser]:
    """A Chromium without a window."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def running(folder: Path, dsn: str) -> AsyncIterator[Stand]:
    """The stand and the service on free ports; `dsn` is an empty database, `folder` keeps the keys."""
    stop, ready = asyncio.Event(), asyncio.Event()
    async with stand(folder, Ports()) as opened:
        settings = given(opened.environment | HASTE | {"DATABASE_URL": dsn})
        async with assemble(settings) as assembly, asyncio.TaskGroup() as group:
            group.create_task(play(assembly, frozenset({"web", "worker", "poll"}), stop, ready))
            await ready.wait()
            await assembly.connected.wait()
            try:
                yield opened
            finally:
                stop.set()

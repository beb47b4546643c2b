"""A browser, and the whole product to look at. Every page is watched: a console error or a failed request is red."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, expect

from app.stand import Stand
from tests.browser.product import (
    NO_CHROMIUM,
    ChromiumMissing,
    chromium,
    must_have_chromium,
    opened_browser,
    running,
)
from tests.browser.watch import Watch

FOLDER = Path(__file__).parent

PATIENCE_MS = 20_000

Visit = Callable[..., Awaitable[BrowserContext]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = [report for report in terminalreporter.stats.get("skipped", []) if NO_CHROMIUM in str(report.longrepr)]
    if skipped:
        terminalreporter.write_sep("!", f"{len(skipped)} browser tests did NOT run: {NO_CHROMIUM}", red=True, bold=True)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium. Without one, an error on a build server and a loud skip elsewhere."""
    try:
        executable = chromium()
    except ChromiumMissing as missing:
        if must_have_chromium():
            raise
        pytest.skip(str(missing))
    async with opened_browser(executable) as opened:
        yield opened


@pytest.fixture
async def stand(tmp_path: Path, dsn: str) -> AsyncIterator[Stand]:
    """The three simulators and the real service, on free ports."""
    async with running(tmp_path, dsn) as opened:
        yield opened


@pytest.fixture
async def visit(browser: Browser) -> AsyncIterator[Visit]:
    """Open a browser's window with the given options; at the end nothing on its pages may have gone wrong."""
    expect.set_options(timeout=PATIENCE_MS)
    watch = Watch()
    contexts: list[BrowserContext] = []

    async def open_window(**options: Any) -> BrowserContext:
        context = await browser.new_context(**options)
        watch.over(context)
        contexts.append(context)
        return context

    yield open_window
    for context in contexts:
        await context.close()
    assert watch.troubles == []

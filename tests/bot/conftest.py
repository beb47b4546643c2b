from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import bot
from service.texts import Texts
from tests.bot.stub import TelegramStub


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStub]:
    stub = TelegramStub()
    async with stub.server:
        yield stub


@pytest.fixture(scope="session")
def texts() -> Texts:
    assert bot.__file__
    return Texts(Path(bot.__file__).parent / "locales", "chat")

from collections.abc import AsyncIterator

import pytest

from bot import catalogue
from service.texts import Texts
from tests.bot.stub import TelegramStub


@pytest.fixture
async def telegram() -> AsyncIterator[TelegramStub]:
    stub = TelegramStub()
    async with stub.server:
        yield stub


@pytest.fixture(scope="session")
def texts() -> Texts:
    return catalogue.texts()

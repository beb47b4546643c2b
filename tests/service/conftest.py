"""The story that every desk's tests tell."""

from collections.abc import AsyncIterator

import pytest

from store.postgres import Pool, PostgresStore
from tests.service.chatroom import ChatRoom, chatroom
from tests.service.story import Story


@pytest.fixture
async def story(store: PostgresStore, pool: Pool) -> Story:
    """A buyer who is connected, and whose Alipay account is linked."""
    story = Story(store, pool)
    await story.connected()
    await story.news()
    return story


@pytest.fixture
async def chat(story: Story) -> AsyncIterator[ChatRoom]:
    """What the story's buyer sees."""
    async with chatroom(story) as opened:
        yield opened

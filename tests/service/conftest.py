"""The story that every desk's tests tell."""

import pytest

from store.postgres import Pool, PostgresStore
from tests.service.story import Story


@pytest.fixture
async def story(store: PostgresStore, pool: Pool) -> Story:
    """A buyer who is connected, and whose Alipay account is linked."""
    story = Story(store, pool)
    await story.connected()
    await story.news()
    return story

"""One-time codes: the auction house says whose they are, though its answer may come late or twice."""

from dataclasses import replace

import pytest

from service.auction_events import BuyerConnected
from service.facts import CodeAnswered, CodeBrought
from service.receipt import Receipt
from service.work import RedeemCode
from store.postgres import Pool, PostgresStore
from tests.service.examples import NOW
from tests.service.story import CHAT, PERSON, Story

BROUGHT = CodeBrought(person=PERSON, code="c1")
GOOD = CodeAnswered(chat_id=CHAT, display_name="林")
USED = CodeAnswered(chat_id=CHAT, display_name=None, used=True)
GONE = CodeAnswered(chat_id=CHAT, display_name=None)
CONFIRMED = BuyerConnected(at=NOW, buyer_id="b1", telegram_user_id=CHAT)


@pytest.fixture
def story(store: PostgresStore, pool: Pool) -> Story:
    """Nobody is connected yet."""
    return Story(store, pool)


async def test_a_good_code_is_to_be_confirmed(story: Story) -> None:
    assert (await story.after(BROUGHT)).work == [RedeemCode(chat_id=CHAT, user_id=CHAT, name="林", code="c1")]
    assert (await story.after(GOOD)).told == ["code.confirm"]


async def test_a_code_that_is_not_good_is_told(story: Story) -> None:
    await story.take(BROUGHT)
    assert (await story.after(USED)).told == ["code.used"]
    assert (await story.after(GONE)).told == ["code.unknown"]


async def test_an_answer_that_was_lost_troubles_nobody_who_confirmed_meanwhile(story: Story) -> None:
    await story.take(BROUGHT, CONFIRMED)
    await story.news()
    assert await story.take(USED, GONE) == [Receipt.SEEN, Receipt.SEEN]
    assert (await story.news()).told == []


async def test_who_is_connected_and_brings_an_old_code_is_told(story: Story) -> None:
    await story.take(BROUGHT, CONFIRMED)
    brought = (await story.after(BROUGHT)).work
    assert brought == [RedeemCode(chat_id=CHAT, user_id=CHAT, name="林", code="c1", connected=True)]
    assert (await story.after(replace(USED, connected=True))).told == ["code.used"]

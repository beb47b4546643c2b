"""What follows from a fact is as urgent as the fact, and a letter as its sender."""

import pytest

from flow.offers import Act
from service.arrivals import take_in, update_arrival
from service.sweep import Sweep
from service.urgency import OF_FACTS, OF_SOURCES, Urgency, of_fact
from store.postgres import Pool
from tests.service.examples import NOW
from tests.service.story import Story, paid, won


async def urgencies(pool: Pool) -> set[int]:
    rows = await pool.fetch("select distinct urgency from work where kind <> 'Remind'")
    return {row["urgency"] for row in rows}


async def test_wins_presses_and_money_each_have_their_urgency(story: Story, pool: Pool) -> None:
    await story.take(won())
    assert await urgencies(pool) == {Urgency.WIN}
    await story.news()
    await story.press(Act.PAY)
    assert await urgencies(pool) == {Urgency.ANSWER}
    await story.press(Act.USE_ALIPAY)
    charge_id = await story.open_link()
    await story.news()
    await story.take(paid(charge_id))
    assert await urgencies(pool) == {Urgency.MONEY}


async def test_a_letter_is_read_as_urgently_as_its_sender_deserves(story: Story, pool: Pool) -> None:
    body = b'{"update_id": 1, "message": {"chat": {"id": 7}}}'
    await take_in(story.store, update_arrival(body, NOW))
    assert await urgencies(pool) == {Urgency.ANSWER}


async def test_looking_after_money_waits_behind_no_win(story: Story, pool: Pool) -> None:
    await Sweep(story.store, story.desk, story.rules, story.clock).begin()
    assert await urgencies(pool) == {Urgency.MONEY}


def test_every_fact_that_the_desk_takes_was_thought_of(story: Story) -> None:
    rest = {kind.__name__ for kind in story.desk.kinds if kind not in OF_FACTS}
    assert rest == {
        "BuyerAlipayChanged", "BuyerDisconnected", "ReportsUnwanted", "TimeUp", "UnknownEvent",
        "WalletUnlinked",
    }  # fmt: skip


@pytest.mark.parametrize("source", ["telegram", "antom", "auction"])
def test_every_sender_has_an_urgency(source: str) -> None:
    assert OF_SOURCES[source] in Urgency


def test_what_is_not_named_can_wait() -> None:
    from service.auction_events import BuyerDisconnected

    assert of_fact(BuyerDisconnected(at=NOW, buyer_id="b1")) is Urgency.REST

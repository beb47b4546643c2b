"""What was kept for long enough goes, a little at a time; what money hangs on stays for ever."""

from datetime import timedelta

from service.lines import TIDY
from service.ports import Letter
from service.retention import BATCH, BREATH, Retention
from service.work import Later, Outcome, Tidy
from tests.service.examples import NOW
from tests.service.story import Story, claim_of, paid, sent_back

DAY = timedelta(days=1)


async def tidied(story: Story) -> Outcome:
    return await Retention(story.store, story.rules, story.clock).run(Tidy(), claim_of(Tidy()))


async def counted(story: Story, *tables: str) -> list[int]:
    return [await story.pool.fetchval(f"select count(*) from {table}") for table in tables]  # noqa: S608 - our own


async def keep_letters(story: Story, number: int) -> None:
    async with story.store.transaction() as tx:
        for each in range(number):
            await tx.keep(Letter(source="antom", source_id=str(each), body=b"", headers={}, received_at=NOW))


async def test_it_is_begun_once_whoever_begins_it(story: Story) -> None:
    for _ in range(2):
        await Retention(story.store, story.rules, story.clock).begin()

    assert [row["line"] for row in await story.pool.fetch("select line from work")] == [TIDY]


async def test_what_is_young_stays(story: Story) -> None:
    await keep_letters(story, 1)
    story.clock.time += story.rules.retention

    assert await tidied(story) == Later(story.rules.tidy_interval, "again")
    assert await counted(story, "inbox") == [1]


async def test_what_is_old_goes_in_small_batches_that_follow_each_other_soon(story: Story) -> None:
    await keep_letters(story, BATCH + 1)
    story.clock.time += story.rules.retention + DAY

    assert await tidied(story) == Later(BREATH, "again")
    assert await counted(story, "inbox") == [1]
    assert await tidied(story) == Later(story.rules.tidy_interval, "again")
    assert await counted(story, "inbox") == [0]


async def test_a_button_goes_when_it_can_no_longer_be_pressed(story: Story) -> None:
    await story.opened()
    assert await counted(story, "button") != [0]
    story.clock.time += story.rules.button_time + DAY

    await tidied(story)

    assert await counted(story, "button") == [0]


async def test_money_and_what_explains_it_are_never_touched(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id), sent_back(f"rf-{charge_id}"))
    tables = ("charge", "refund", "entry", "posting", "journey", "move", "fact", "buyer", "chat", "order_version")
    before = await counted(story, *tables)
    story.clock.time += 100 * story.rules.retention

    await tidied(story)

    assert await counted(story, *tables) == before

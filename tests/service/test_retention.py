"""What was kept for long enough goes, a little at a time; what money hangs on stays for ever."""

from dataclasses import replace
from datetime import timedelta

from flow.linked import Alipay
from gateway.auction import events
from service.inbox import Inbox
from service.lines import TIDY
from service.ports import Letter
from service.retention import BATCH, BREATH, Retention
from service.verdicts import UnlinkNotice
from service.work import Done, Later, Outcome, ReadNotice, Tidy
from tests.service.chatroom import ChatRoom
from tests.service.examples import NOW, ORDER
from tests.service.story import WALLET, Story, alipay_is, cancelled, claim_of, paid, sent_back, won

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


async def test_an_item_that_ends_after_its_messages_have_gone_leaves_no_note(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.catch_up()
    story.clock.time += 2 * story.rules.retention
    await tidied(story)
    assert await counted(story, "delivery", "card", "reminder") == [0, 1, 1]

    await story.take(cancelled())
    await tidied(story)

    assert await counted(story, "delivery", "card", "reminder") == [0, 0, 0]


async def test_notes_are_looked_at_a_batch_a_time(story: Story) -> None:
    card = "insert into card (journey_id, chat_id, message_id, version, announced) select 'p' || n, 7, n, 1, 1"
    await story.pool.execute(f"{card} from generate_series(1, $1) n", BATCH + 1)
    story.clock.time += story.rules.retention + DAY
    retention, letters, delays = Retention(story.store, story.rules, story.clock), [], []

    for number in range(1, 5):
        outcome = await retention.run(Tidy(), claim_of(Tidy()))
        assert isinstance(outcome, Later)
        delays.append(outcome.delay)
        letters += await counted(story, "inbox")
        await keep_letters(story, number)

    assert delays == [BREATH, BREATH, story.rules.tidy_interval, BREATH]
    assert letters == [0, 1, 2, 0]  # all else waits for the next round


async def test_money_and_what_explains_it_are_never_touched(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id), sent_back(f"rf-{charge_id}"))
    tables = ("charge", "refund", "entry", "posting", "journey", "move", "fact", "buyer", "chat", "order_version")
    before = await counted(story, *tables)
    story.clock.time += 100 * story.rules.retention

    await tidied(story)

    assert await counted(story, *tables) == before


async def test_a_captured_notice_means_nothing_after_its_letter_has_gone(story: Story) -> None:
    await story.take(paid(await story.opened()), won(replace(ORDER, order_id="o2", auction_id="t2")))
    assert await read(story) == 1
    assert (await story.buyer()).link.alipay is Alipay.NOT_LINKED
    story.clock.time += story.rules.retention + 3 * DAY
    await tidied(story)
    await story.take(alipay_is(Alipay.LINKED, at=story.clock.time))

    assert await read(story) == 2

    assert (await story.buyer()).link.alipay is Alipay.LINKED


async def read(story: Story) -> int:
    """The gateway's notice that the wallet was unlinked comes in and is read; its number in the inbox."""
    letter = Letter(source="antom", source_id="hash", body=b"", headers={}, received_at=story.clock.time + DAY)
    async with story.store.transaction() as tx:
        inbox_id = await tx.keep(letter)
    assert inbox_id is not None

    async def feed(_: bytes) -> None:
        raise AssertionError

    inbox = Inbox(story.store, story.desk, events.parse, lambda _: UnlinkNotice(subject=WALLET), feed)
    work = ReadNotice(inbox_id=inbox_id)
    assert await inbox.notice(work, claim_of(work)) == Done()
    return inbox_id

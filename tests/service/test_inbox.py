"""Letters that were kept are read from their lines, and taken for what they are."""

from typing import NoReturn

from service.facts import ChargeClosing
from service.inbox import Inbox
from service.ports import Letter
from service.records import ChargeState
from service.verdicts import ChargeNotice, Notice
from service.work import AskCharge, Done, ReadNotice
from tests.service.examples import NOW
from tests.service.story import Story, claim_of, money


async def kept(story: Story) -> int:
    """The number of a letter of the gateway."""
    letter = Letter(source="antom", source_id="n1", body=b"{}", headers={}, received_at=NOW)
    async with story.store.transaction() as tx:
        inbox_id = await tx.keep(letter)
    assert inbox_id is not None
    return inbox_id


def never(body: bytes) -> NoReturn:
    raise AssertionError("only notices are read here")


async def read(story: Story, notice: Notice) -> None:
    """The gateway's notice comes in and is read."""
    inbox = Inbox(story.store, story.desk, never, lambda _: notice, never)
    work = ReadNotice(inbox_id=await kept(story))
    assert await inbox.notice(work, claim_of(work)) == Done()


async def test_a_notice_about_a_charge_that_is_being_closed_is_asked_about(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(ChargeClosing(charge_id=charge_id))
    await story.news()
    await read(story, ChargeNotice(charge_id=charge_id, verdict=money(charge_id)))
    assert (await story.charge(charge_id)).state is ChargeState.OPEN
    [asked] = [work for work in (await story.news()).work if isinstance(work, AskCharge)]
    assert asked.noticed == money(charge_id)

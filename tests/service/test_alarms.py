"""The sweep: nothing open is without somebody who asks, and each alarm is raised once."""

from datetime import timedelta

from flow.money import Money
from service.facts import ChargeUnresolved, RefundOverdue
from service.lines import SWEEP
from service.receipt import Receipt
from service.sweep import Sweep
from service.work import AskCharge, Later, SendRefund
from service.work import Sweep as Sweeping
from tests.service.examples import JPY_5
from tests.service.story import News, Story, claim_of, paid, refused, sent_back

MINUTE = timedelta(minutes=1)


async def swept(story: Story) -> News:
    """What a sweep queues, once it went through all it found."""
    sweep = Sweep(story.store, story.desk, story.rules, story.clock)
    assert await sweep.run(Sweeping(), claim_of(Sweeping())) == Later(MINUTE, "again")
    return await story.news()


async def refunding(story: Story) -> str:
    """A verification's refund is under way, and nobody looks after it; its id."""
    charge_id = await story.verifying()
    await story.take(paid(charge_id, JPY_5))
    await story.news()
    return f"rf-{charge_id}"


async def test_the_sweep_is_begun_once_whoever_begins_it(story: Story) -> None:
    for _ in range(2):
        await Sweep(story.store, story.desk, story.rules, story.clock).begin()
    assert [row["line"] for row in await story.pool.fetch("select line from work")] == [SWEEP]
    assert (await story.news()).work == [Sweeping()]


async def test_where_all_is_settled_there_is_nothing_to_do(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    await story.news()
    story.clock.time += timedelta(days=9)
    assert await swept(story) == News()


async def test_an_opened_charge_that_was_forgotten_is_asked_about_and_only_once_at_a_time(story: Story) -> None:
    charge_id = await story.opened()
    await story.news()
    sweep = Sweep(story.store, story.desk, story.rules, story.clock)
    for _ in range(3):
        await sweep.run(Sweeping(), claim_of(Sweeping()))
    assert (await story.news()).work == [AskCharge(charge_id=charge_id, watch=True)]
    assert (await swept(story)).work == [AskCharge(charge_id=charge_id, watch=True)]


async def test_a_refund_that_was_forgotten_is_sent(story: Story) -> None:
    refund_id = await refunding(story)
    assert await swept(story) == News(work=[SendRefund(refund_id=refund_id)])


async def test_a_late_refund_is_told_to_staff_and_buyer_exactly_once(story: Story) -> None:
    refund_id = await refunding(story)
    story.clock.time += story.rules.refund_time - timedelta(seconds=1)
    assert (await swept(story)).calls == []
    story.clock.time += timedelta(seconds=1)
    news = await swept(story)
    assert (news.calls, news.told) == (["refund_overdue"], ["money.refund_overdue"])
    assert news.work == [SendRefund(refund_id=refund_id)]
    story.clock.time += timedelta(days=1)
    news = await swept(story)
    assert (news.calls, news.told) == ([], [])


async def test_a_refund_that_was_confirmed_meanwhile_raises_no_alarm(story: Story) -> None:
    refund_id = await refunding(story)
    await story.take(sent_back(refund_id, JPY_5))
    late, unknown = RefundOverdue(refund_id=refund_id), RefundOverdue(refund_id="rf-9")
    await story.news()
    assert await story.take(late, unknown) == [Receipt.SEEN, Receipt.SEEN]
    assert await story.news() == News()


async def test_a_charge_without_an_answer_is_told_to_staff_exactly_once_and_asked_about_no_more(story: Story) -> None:
    charge_id = await story.opened()
    await story.news()
    story.clock.time += story.rules.inquiry_time - timedelta(seconds=1)
    assert await swept(story) == News(work=[AskCharge(charge_id=charge_id, watch=True)])
    story.clock.time += timedelta(seconds=1)
    assert await swept(story) == News(calls=["charge_unresolved"])
    story.clock.time += timedelta(days=1)
    assert await swept(story) == News()


async def test_a_charge_that_was_answered_meanwhile_raises_no_alarm(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(refused(charge_id))
    await story.news()
    assert await story.take(ChargeUnresolved(charge_id=charge_id)) == [Receipt.SEEN]
    assert await story.news() == News()


async def test_a_charge_that_is_paid_after_its_alarm_is_paid(story: Story) -> None:
    charge_id = await story.opened()
    story.clock.time += story.rules.inquiry_time
    await swept(story)
    assert (await story.after(paid(charge_id))).reported == ["payment.completed"]


async def test_for_a_refund_that_does_not_fit_the_books_a_person_is_called_once_however_often_it_is_swept(
    story: Story,
) -> None:
    refund_id = await refunding(story)
    calls = []
    for _ in range(3):
        for _ in (await swept(story)).work:
            await story.take(sent_back(refund_id, Money("JPY", 6)))
        calls += (await story.news()).calls
    assert calls == ["refund_contradicted"]

"""Charges and refunds that are not ours: asked about, booked, and shown to a person."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import pytest

from flow.money import Money
from flow.states import Payment
from service.facts import ReturnSought, StrangerTold
from service.receipt import Receipt
from service.records import Unsettled
from service.strangers import PATIENCE, REFUNDABLE, Strangers
from service.verdicts import CANCELLED, Refused, Settled, Unknown, Verdict
from service.work import AskStranger, Dead, Done, Later, Outcome, SeekReturn
from tests.service.examples import NOW, TOTAL
from tests.service.gateway import ABSENT, ToldGateway
from tests.service.story import Story, back, claim_of, money, not_sent_back, paid, refused, sent_back, waiting

HELD = ("charge", "suspense -12,300 JPY")
SOLD = ("charge", "sales -12,300 JPY")


def stranger_told(verdict: Verdict) -> StrangerTold:
    return StrangerTold(charge_id="s1", verdict=verdict)


async def test_a_charge_that_is_not_ours_is_asked_about_and_told_once(story: Story) -> None:
    news = await story.after(paid("s1"), refused("s1"), waiting("s1"))
    assert (news.calls, news.work) == (["charge_unknown"], [AskStranger(charge_id="s1")])
    assert await story.books() == []


async def test_what_was_paid_on_it_stands_in_suspense_until_it_goes_back(story: Story) -> None:
    news = await story.after(stranger_told(money("s1")))
    assert (news.calls, news.told, news.reports) == (["charge_unknown_paid"], [], [])
    [item] = await story.open_items()
    assert (item.why, item.charge_id, item.buyer_id, item.amount) == (Unsettled.SUSPENSE, "s1", None, TOTAL)

    news = await story.after(stranger_told(money("s1", returns=(back("r1", Money("JPY", 300)),))))
    assert (news.calls, await story.books()) == ([], [HELD, ("refund", "suspense 300 JPY")])
    rest = (back("r1", Money("JPY", 300)), back("r2", Money("JPY", 12000)))
    await story.take(stranger_told(money("s1", returns=rest)))
    assert await story.books() == [HELD, ("refund", "suspense 300 JPY"), ("refund", "suspense 12,000 JPY")]
    assert await story.open_items() == []


async def test_what_was_not_paid_is_not_booked(story: Story) -> None:
    news = await story.after(stranger_told(Refused(code="ORDER_IS_CLOSED")), stranger_told(ABSENT))
    assert (news.calls, await story.books()) == ([], [])


async def test_what_the_gateway_closed_went_back(story: Story) -> None:
    await story.take(stranger_told(Refused(code=CANCELLED)))
    assert await story.books() == []
    await story.take(stranger_told(money("s1")), stranger_told(Refused(code="ORDER_IS_CLOSED")))
    assert await story.books() == [HELD]
    await story.take(stranger_told(Refused(code=CANCELLED)), stranger_told(Refused(code=CANCELLED)))
    assert (await story.books(), await story.open_items()) == ([HELD, ("refund", "suspense 12,300 JPY")], [])


async def test_a_confirmed_refund_that_is_not_ours_is_sought_once(story: Story) -> None:
    news = await story.after(sent_back("portal-1"), sent_back("portal-1"))
    assert news.work == [SeekReturn(refund_id="portal-1", amount=TOTAL)]
    assert await story.take(not_sent_back("portal-2")) == [Receipt.DECLINED]
    assert (await story.news()).work == []


async def test_a_refund_of_nobody_knows_what_is_told(story: Story) -> None:
    news = await story.after(ReturnSought(refund_id="portal-1", amount=TOTAL))
    assert (news.calls, await story.books()) == (["refund_unknown"], [])


async def test_two_answers_at_once_are_booked_once(story: Story) -> None:
    for number in range(10):
        fact = StrangerTold(charge_id=f"s{number}", verdict=money(f"s{number}"))
        await asyncio.gather(*(story.take(fact) for _ in range(4)))
    assert await story.books() == [HELD] * 10


# Asking the gateway.


def strangers(story: Story, answers: Mapping[tuple[str, str], Verdict]) -> tuple[Strangers, ToldGateway]:
    gateway = ToldGateway(answers)
    return Strangers(story.store, gateway, story.desk, story.rules, story.clock), gateway


async def ask(story: Story, verdict: Verdict, attempts: int = 1, work_id: int = 1) -> Outcome:
    carrier, _ = strangers(story, {("look_up", "s1"): verdict})
    work = AskStranger(charge_id="s1")
    return await carrier.ask(work, claim_of(work, attempts, work_id))


async def test_a_stranger_is_asked_about_until_the_answer_is_final(story: Story) -> None:
    assert await ask(story, Unknown(reason="SLOW")) == Later(timedelta(minutes=1), "SLOW")
    assert await ask(story, Unknown(reason="SLOW"), attempts=24) == Later(timedelta(hours=1), "SLOW")
    assert await ask(story, Unknown(reason="SLOW"), attempts=25) == Dead("SLOW")
    assert await ask(story, ABSENT) == Done()
    assert await story.books() == []
    assert await ask(story, money("s1"), work_id=2) == Done()
    assert await story.books() == [HELD]


async def paid_charges(story: Story) -> str:
    """An item was paid; its charge's id."""
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    await story.news()
    return charge_id


SEEK = SeekReturn(refund_id="portal-1", amount=TOTAL)
FOUND = Settled(gateway_id="back-portal-1", amount=TOTAL, at=NOW)


async def test_a_refund_made_at_the_gateway_is_booked_on_the_charge_that_it_is_of(story: Story) -> None:
    charge_id = await paid_charges(story)
    answers = {
        ("look_up_refund", "portal-1"): FOUND,
        ("look_up", charge_id): money(charge_id, returns=(back("portal-1"),)),
    }
    carrier, _ = strangers(story, answers)
    assert await carrier.seek(SEEK, claim_of(SEEK)) == Done()
    assert await story.books() == [SOLD, ("refund", "returns 12,300 JPY")]
    assert (await story.journey()).state is Payment.RETURNED
    assert (await story.news()).calls == []


async def test_a_refund_may_be_of_a_charge_that_is_not_ours_either(story: Story) -> None:
    await story.take(stranger_told(money("s1")))
    await story.news()
    answers = {("look_up_refund", "portal-1"): FOUND, ("look_up", "s1"): money("s1", returns=(back("portal-1"),))}
    carrier, _ = strangers(story, answers)
    assert await carrier.seek(SEEK, claim_of(SEEK)) == Done()
    assert await story.books() == [HELD, ("refund", "suspense 12,300 JPY")]
    assert (await story.news()).calls == []


async def test_a_refund_of_no_charge_is_told_once_it_was_looked_for_with_patience(story: Story) -> None:
    charge_id = await paid_charges(story)
    carrier, gateway = strangers(
        story, {("look_up_refund", "portal-1"): FOUND, ("look_up", charge_id): money(charge_id)}
    )
    assert isinstance(await carrier.seek(SEEK, claim_of(SEEK)), Later)
    assert isinstance(await carrier.seek(SEEK, claim_of(SEEK, PATIENCE - 1)), Later)
    assert (await story.news()).calls == []
    assert await carrier.seek(SEEK, claim_of(SEEK, PATIENCE)) == Done()
    assert ((await story.news()).calls, await story.books()) == (["refund_unknown"], [SOLD])
    assert gateway.asked == [("look_up_refund", "portal-1"), ("look_up", charge_id)] * 3


async def test_a_refund_is_not_put_to_a_charge_of_which_as_much_went_back_otherwise(story: Story) -> None:
    charge_id = await paid_charges(story)
    answers = {
        ("look_up_refund", "portal-1"): FOUND,
        ("look_up", charge_id): money(charge_id, returns=(back("portal-2"),)),
    }
    carrier, _ = strangers(story, answers)
    assert isinstance(await carrier.seek(SEEK, claim_of(SEEK)), Later)
    assert await story.books() == [SOLD]


@pytest.mark.parametrize("silent", ["refund", "charge"])
async def test_a_gateway_that_gives_no_answer_has_not_said_no(story: Story, silent: str) -> None:
    await paid_charges(story)
    answers: dict[tuple[str, str], Verdict] = {("look_up_refund", "portal-1"): FOUND} if silent == "charge" else {}
    carrier, _ = strangers(story, answers)
    assert isinstance(await carrier.seek(SEEK, claim_of(SEEK, PATIENCE)), Later)
    assert isinstance(await carrier.seek(SEEK, claim_of(SEEK, 24)), Later)
    assert (await story.news()).calls == []
    assert await carrier.seek(SEEK, claim_of(SEEK, 25)) == Done()
    assert ((await story.news()).calls, await story.books()) == (["refund_unknown"], [SOLD])


async def test_a_refund_that_the_gateway_does_not_know_is_told_at_once(story: Story) -> None:
    carrier, _ = strangers(story, {("look_up_refund", "portal-1"): ABSENT})
    assert await carrier.seek(SEEK, claim_of(SEEK)) == Done()
    assert (await story.news()).calls == ["refund_unknown"]


async def test_a_charge_that_is_too_old_or_holds_too_little_is_not_asked_about(story: Story) -> None:
    await paid_charges(story)
    more = {("look_up_refund", "portal-1"): Settled(gateway_id="x", amount=Money("JPY", 12301), at=NOW)}
    carrier, gateway = strangers(story, more)
    await carrier.seek(SEEK, claim_of(SEEK))
    story.clock.time += REFUNDABLE + timedelta(days=1)
    old = SeekReturn(refund_id="portal-2", amount=TOTAL)
    gateway.answers = {("look_up_refund", "portal-2"): FOUND}
    await carrier.seek(old, claim_of(old))
    assert gateway.asked == [("look_up_refund", "portal-1"), ("look_up_refund", "portal-2")]


async def test_a_refund_that_the_gateway_cannot_tell_of_yet_is_sought_again(story: Story) -> None:
    carrier, _ = strangers(story, {("look_up_refund", "portal-1"): Unknown(reason="SLOW")})
    assert await carrier.seek(SEEK, claim_of(SEEK, attempts=3)) == Later(timedelta(minutes=4), "SLOW")
    assert (await story.news()).calls == []

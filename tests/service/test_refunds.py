"""Money of ours that goes back: refused, returned already, bounced, late, or not seen by the buyer."""

from datetime import timedelta

import pytest

from flow.money import Money
from flow.offers import Act
from flow.states import Payment, Verification
from service.facts import BounceTold, Source
from service.receipt import Receipt
from service.records import RefundState, Unsettled
from service.verdicts import Unknown
from service.work import SendRefund
from tests.service.examples import JPY_5
from tests.service.story import (
    Story,
    back,
    cancelled,
    not_sent_back,
    paid,
    refund_told,
    refused,
    sent_back,
)

HELD = ("charge", "suspense -12,300 JPY")
HELD_BACK = ("refund", "suspense 12,300 JPY")
CHARGED, RETURNED = ("charge", "deposits -5 JPY"), ("refund", "deposits 5 JPY")


async def verified(story: Story) -> tuple[str, str]:
    """A verification is charged and its refund under way; the ids of both."""
    charge_id = await story.verifying()
    await story.take(paid(charge_id, JPY_5))
    return charge_id, f"rf-{charge_id}"


async def unwanted(story: Story) -> tuple[str, str]:
    """A cancelled order is paid, and the money under way back; the ids of charge and refund."""
    charge_id = await story.opened()
    await story.take(cancelled(), paid(charge_id))
    return charge_id, f"rf-{charge_id}"


async def test_a_refund_told_twice_is_booked_once(story: Story) -> None:
    _, refund_id = await verified(story)
    await story.take(sent_back(refund_id, JPY_5))
    assert await story.take(sent_back(refund_id, JPY_5)) == [Receipt.SEEN]
    assert await story.books() == [CHARGED, RETURNED]


async def test_an_unclear_refund_moves_nothing(story: Story) -> None:
    _, refund_id = await verified(story)
    assert await story.take(refund_told(refund_id, Unknown(reason="PROCESSING"))) == [Receipt.SEEN]
    assert (await story.journey(None)).state is Verification.REFUNDING


async def test_a_refused_refund_of_a_verification_needs_a_person_and_the_account_stays_verified(story: Story) -> None:
    charge_id, refund_id = await verified(story)
    news = await story.after(not_sent_back(refund_id))
    journey = await story.journey(None)
    assert (journey.state, journey.reason) == (Verification.REFUND_STUCK, "REFUND_WINDOW_EXCEED")
    assert (news.calls, news.cards) == (["refund_refused"], ["announce"])
    [item] = await story.open_items()
    assert (item.why, item.refund_id, item.reason) == (Unsettled.REFUND_REFUSED, refund_id, "REFUND_WINDOW_EXCEED")
    assert (await story.buyer()).link.alipay == "linked"

    await story.take(paid(charge_id, JPY_5, source=Source.INQUIRY, returns=(back("portal-1", JPY_5),)))
    assert ((await story.journey(None)).state, await story.open_items()) == (Verification.REFUNDED, [])
    assert await story.books() == [CHARGED, RETURNED]


async def test_a_refused_refund_of_a_payment_needs_a_person_and_is_told(story: Story) -> None:
    _, refund_id = await unwanted(story)
    news = await story.after(not_sent_back(refund_id))
    assert ((await story.journey()).state, news.calls) == (Payment.CANCELLED, ["refund_refused"])
    assert (news.told, news.reported) == (["money.refund_refused"], [])
    assert await story.books() == [HELD]
    assert await story.take(not_sent_back(refund_id)) == [Receipt.SEEN]


async def test_a_refund_that_is_refused_as_the_money_went_back_already_worries_nobody(story: Story) -> None:
    charge_id, refund_id = await unwanted(story)
    await story.take(paid(charge_id, source=Source.INQUIRY, returns=(back("portal-1"),)))
    news = await story.after(not_sent_back(refund_id, "REFUND_AMOUNT_EXCEED"))
    assert (news.calls, news.told, news.reported) == ([], [], [])
    states = {refund.id: refund.state for refund in await story.refunds(charge_id)}
    assert states == {refund_id: RefundState.REFUSED, "portal-1": RefundState.SETTLED}
    assert (await story.books(), await story.open_items()) == ([HELD, HELD_BACK], [])


async def test_our_own_refund_may_be_heard_of_from_the_charge_first(story: Story) -> None:
    charge_id, refund_id = await unwanted(story)
    news = await story.after(paid(charge_id, source=Source.INQUIRY, returns=(back(refund_id),)))
    assert (news.told, news.reported) == (["money.refunded"], ["payment.refunded"])
    [refund] = await story.refunds(charge_id)
    assert (refund.ours, refund.state, refund.gateway_id) == (True, RefundState.SETTLED, f"back-{refund_id}")
    assert await story.take(sent_back(refund_id)) == [Receipt.SEEN]
    assert await story.books() == [HELD, HELD_BACK]


async def test_refused_and_then_confirmed_is_confirmed(story: Story) -> None:
    _, refund_id = await verified(story)
    await story.take(not_sent_back(refund_id), sent_back(refund_id, JPY_5))
    assert ((await story.journey(None)).state, await story.open_items()) == (Verification.REFUNDED, [])
    assert await story.books() == [CHARGED, RETURNED]


async def test_confirmed_and_then_refused_stays_confirmed_and_a_person_is_called(story: Story) -> None:
    _, refund_id = await verified(story)
    await story.take(sent_back(refund_id, JPY_5))
    news = await story.after(not_sent_back(refund_id))
    assert (news.calls, (await story.journey(None)).state) == (["refund_contradicted"], Verification.REFUNDED)
    assert await story.books() == [CHARGED, RETURNED]


async def test_more_back_than_the_gateway_holds_is_not_booked_and_a_person_is_called(story: Story) -> None:
    charge_id, _ = await unwanted(story)
    too_much = back("portal-1", Money("JPY", 12301))
    news = await story.after(paid(charge_id, source=Source.INQUIRY, returns=(too_much,)))
    assert (news.calls, news.reported, await story.books()) == (["refund_contradicted"], [], [HELD])
    yuan = back("portal-2", Money("CNY", 1))
    news = await story.after(paid(charge_id, source=Source.INQUIRY, returns=(yuan,)))
    assert (news.calls, news.reported, await story.books()) == (["refund_contradicted"], [], [HELD])


async def test_a_refund_of_another_amount_than_was_intended_is_booked_as_it_is_told(story: Story) -> None:
    charge_id, refund_id = await unwanted(story)
    news = await story.after(sent_back(refund_id, Money("JPY", 12000)))
    assert (news.calls, news.reported) == (["refund_contradicted"], ["payment.refunded"])
    assert await story.books() == [HELD, ("refund", "suspense 12,000 JPY")]
    [refund] = await story.refunds(charge_id)
    assert (refund.state, refund.amount) == (RefundState.SETTLED, Money("JPY", 12000))


async def test_for_a_refund_that_tells_too_much_a_person_is_called_once(story: Story) -> None:
    _, refund_id = await unwanted(story)
    news = await story.after(sent_back(refund_id, Money("JPY", 12301)))
    assert news.calls == ["refund_contradicted"]


# Refunds that bounced.


async def test_a_verifications_refund_that_bounced_needs_another_way(story: Story) -> None:
    charge_id, refund_id = await verified(story)
    await story.take(sent_back(refund_id, JPY_5))
    news = await story.after(BounceTold(refund_id=refund_id))
    assert ((await story.journey(None)).state, news.calls) == (Verification.REFUND_STUCK, ["refund_bounced"])
    assert await story.books() == [CHARGED, RETURNED, ("bounce", "deposits -5 JPY")]
    [item] = await story.open_items()
    assert (item.why, item.refund_id) == (Unsettled.REFUND_BOUNCED, refund_id)
    assert await story.take(BounceTold(refund_id=refund_id)) == [Receipt.DECLINED]

    await story.take(paid(charge_id, JPY_5, source=Source.INQUIRY, returns=(back("portal-1", JPY_5),)))
    assert ((await story.journey(None)).state, await story.open_items()) == (Verification.REFUNDED, [])


async def test_a_payments_refund_that_bounced_is_told(story: Story) -> None:
    _, refund_id = await unwanted(story)
    await story.take(sent_back(refund_id))
    news = await story.after(BounceTold(refund_id=refund_id))
    assert (news.calls, news.told) == (["refund_bounced"], ["money.refund_bounced"])
    assert await story.books() == [HELD, HELD_BACK, ("bounce", "suspense -12,300 JPY")]


async def test_only_a_confirmed_refund_can_bounce(story: Story) -> None:
    _, refund_id = await unwanted(story)
    unknown, not_yet = BounceTold(refund_id="rf-9"), BounceTold(refund_id=refund_id)
    assert await story.take(unknown, not_yet) == [Receipt.DECLINED, Receipt.DECLINED]
    assert await story.books() == [HELD]


async def test_a_payment_that_was_sent_back_at_the_gateway_and_bounced_is_open(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id), paid(charge_id, source=Source.INQUIRY, returns=(back("portal-1"),)))
    await story.take(BounceTold(refund_id="portal-1"))
    assert [item.why for item in await story.open_items()] == [Unsettled.REFUND_BOUNCED]


# "I do not see it."


async def test_who_does_not_see_a_refund_under_way_hears_so_and_it_is_asked_about_at_once(story: Story) -> None:
    _, refund_id = await verified(story)
    await story.news()
    await story.press(Act.NOT_SEEN, order_id=None)
    news = await story.news()
    assert (news.told, news.work) == (["refund_missed.refunding"], [SendRefund(refund_id=refund_id)])
    assert (await story.journey(None)).state is Verification.REFUNDING


@pytest.mark.parametrize(("is_refused", "answer"), [(False, "refunded"), (True, "refund_stuck")])
async def test_who_does_not_see_a_refund_that_is_final_hears_how_it_ended(
    story: Story, is_refused: bool, answer: str
) -> None:
    _, refund_id = await verified(story)
    await story.take(not_sent_back(refund_id) if is_refused else sent_back(refund_id, JPY_5))
    await story.news()
    assert await story.press(Act.NOT_SEEN, order_id=None) == [Receipt.TAKEN]
    news = await story.news()
    assert (news.told, news.work) == ([f"refund_missed.{answer}"], [])


async def test_who_paid_for_an_item_has_nothing_to_miss(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    assert await story.press(Act.NOT_SEEN) == [Receipt.DECLINED]


async def test_a_lapsed_verification_has_no_refund_to_miss(story: Story) -> None:
    charge_id = await story.verifying()
    await story.take(refused(charge_id))
    assert await story.press(Act.NOT_SEEN, order_id=None) == [Receipt.DECLINED]


async def test_a_refund_is_intended_when_its_charge_is_told(story: Story) -> None:
    charge_id = await story.verifying()
    story.clock.time += timedelta(minutes=3)
    await story.take(paid(charge_id, JPY_5))
    [refund] = await story.refunds(charge_id)
    assert (refund.intended_at, refund.ours, refund.state) == (story.clock.time, True, RefundState.INTENDED)
    assert refund.amount == JPY_5

"""Money that the gateway takes back by itself, and words of the gateway that contradict each other."""

from datetime import timedelta

import pytest

from flow.money import Money
from flow.offers import Act
from flow.states import Payment, Verification
from service.charge_desk import RECHECK
from service.facts import ChargeClosing, Source
from service.receipt import Receipt
from service.records import ChargeState, Refund, RefundState
from service.verdicts import CANCELLED
from service.work import AskCharge, SendRefund
from tests.service.examples import JPY_5, NOW, TOTAL
from tests.service.story import (
    Story,
    back,
    cancelled,
    money,
    not_sent_back,
    paid,
    refused,
    unclear,
)

HELD = ("charge", "suspense -12,300 JPY")
HELD_BACK = ("refund", "suspense 12,300 JPY")
SOLD = ("charge", "sales -12,300 JPY")
RETURNED = ("refund", "returns 12,300 JPY")


async def closing(story: Story) -> str:
    """The buyer took a new link, and the gateway is being asked to cancel the old one; the old charge's id."""
    charge_id = await story.opened()
    await story.press(Act.NEW_LINK)
    await story.take(ChargeClosing(charge_id=charge_id))
    return charge_id


async def test_what_is_final_is_not_closed(story: Story) -> None:
    charge_id = await story.opened()
    assert await story.take(ChargeClosing(charge_id=charge_id)) == [Receipt.TAKEN]
    assert (await story.charge(charge_id)).closing
    await story.take(refused(charge_id))
    assert await story.take(ChargeClosing(charge_id=charge_id)) == [Receipt.DECLINED]


async def test_a_notice_of_payment_on_a_charge_that_is_being_closed_is_asked_about_first(story: Story) -> None:
    charge_id = await closing(story)
    news = await story.after(paid(charge_id))
    assert news.work == [AskCharge(charge_id=charge_id, watch=True, noticed=money(charge_id))]
    assert ((await story.journey()).settled_by, await story.books()) == (None, [])
    assert (await story.charge(charge_id)).state < ChargeState.SETTLED


async def test_paid_while_it_was_closed_and_sent_back_is_booked_both_ways_and_the_journey_goes_on(
    story: Story,
) -> None:
    charge_id = await closing(story)
    await story.take(paid(charge_id))
    news = await story.after(refused(charge_id, CANCELLED, Source.INQUIRY, noticed=money(charge_id)))
    assert await story.books() == [HELD, HELD_BACK]
    assert (news.told, news.reported, news.calls) == (["money.reversed"], ["payment.refunded"], [])
    journey = await story.journey()
    assert (journey.state, journey.settled_by) == (Payment.LINK_SENT, None)
    assert (await story.refunds(charge_id)) == [
        Refund(
            id=f"rv-{charge_id}",
            charge_id=charge_id,
            amount=TOTAL,
            intended_at=NOW,
            ours=False,
            state=RefundState.SETTLED,
            gateway_id=f"pay-{charge_id}",
        )
    ]
    await story.take(paid(await story.open_link()))
    assert ((await story.journey()).state, await story.open_items()) == (Payment.PAID, [])


async def test_a_reversal_told_again_moves_nothing(story: Story) -> None:
    charge_id = await closing(story)
    told = refused(charge_id, CANCELLED, Source.INQUIRY, noticed=money(charge_id))
    await story.take(paid(charge_id), told)
    news = await story.after(told, refused(charge_id, CANCELLED, Source.INQUIRY))
    assert (await story.books(), news.told, news.reported, news.calls) == ([HELD, HELD_BACK], [], [], [])


async def test_paid_while_it_was_closed_and_not_sent_back_counts_and_is_asked_about_once_more(story: Story) -> None:
    charge_id = await closing(story)
    await story.take(paid(charge_id))
    news = await story.after(paid(charge_id, source=Source.INQUIRY, noticed=money(charge_id)))
    assert ((await story.journey()).state, await story.books()) == (Payment.PAID, [SOLD])
    assert news.reported == ["payment.completed"]
    assert news.work == [AskCharge(charge_id=charge_id, watch=True, recheck=True)]


async def test_the_question_comes_after_a_quarter_of_an_hour(story: Story) -> None:
    charge_id = await closing(story)
    await story.news()
    await story.take(paid(charge_id, source=Source.INQUIRY))
    due = await story.pool.fetchval("select run_at from work where kind = 'AskCharge'")
    assert (due, timedelta(minutes=15)) == (NOW + RECHECK, RECHECK)


async def test_a_notice_that_no_inquiry_confirms_calls_a_person(story: Story) -> None:
    charge_id = await closing(story)
    await story.take(paid(charge_id))
    told = [
        unclear(charge_id, Source.INQUIRY, noticed=money(charge_id)),
        refused(charge_id, "RISK_REJECT", Source.INQUIRY, noticed=money(charge_id)),
    ]
    for fact in told:
        news = await story.after(fact)
        assert (news.calls, news.work, await story.books()) == (["charge_contradicted"], [], [])


async def test_a_cancellation_that_is_only_an_answer_does_not_say_that_paid_money_went_back(story: Story) -> None:
    charge_id = await closing(story)
    await story.take(paid(charge_id))
    news = await story.after(refused(charge_id, CANCELLED, Source.ANSWER))
    assert ((await story.charge(charge_id)).state, news.calls) == (ChargeState.REFUSED, [])
    await story.take(refused(charge_id, CANCELLED, Source.INQUIRY, noticed=money(charge_id)))
    assert await story.books() == [HELD, HELD_BACK]


async def test_paid_after_a_cancelled_order_was_closed_is_asked_about_and_never_refunded_twice(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(cancelled(), ChargeClosing(charge_id=charge_id))
    news = await story.after(paid(charge_id))
    assert [type(work) for work in news.work] == [AskCharge]
    news = await story.after(refused(charge_id, CANCELLED, Source.INQUIRY, noticed=money(charge_id)))
    assert not [work for work in news.work if isinstance(work, SendRefund)]
    assert ((await story.journey()).state, await story.books()) == (Payment.CANCELLED, [HELD, HELD_BACK])


@pytest.mark.parametrize("later", ["unclear", "refused"])
async def test_a_settled_charge_of_which_other_things_are_told_stays_and_is_asked_about(
    story: Story, later: str
) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    news = await story.after(unclear(charge_id) if later == "unclear" else refused(charge_id, "ORDER_IS_CLOSED"))
    assert ((await story.journey()).state, await story.books()) == (Payment.PAID, [SOLD])
    assert (news.calls, news.told, news.reported) == (["charge_contradicted"], [], [])
    assert news.work == [AskCharge(charge_id=charge_id, watch=True, recheck=True)]

    assert (await story.after(paid(charge_id, source=Source.INQUIRY))).calls == []
    assert await story.books() == [SOLD]


async def test_a_settled_charge_that_turns_out_closed_went_back_and_the_payment_is_returned(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id), refused(charge_id, CANCELLED))
    assert await story.books() == [SOLD]
    news = await story.after(refused(charge_id, CANCELLED, Source.INQUIRY))
    assert (await story.journey()).state is Payment.RETURNED
    assert await story.books() == [SOLD, RETURNED]
    assert (news.reported, news.cards) == (["payment.refunded"], ["announce"])
    assert await story.after(refused(charge_id, CANCELLED, Source.INQUIRY)) == type(news)()


async def test_a_question_that_contradicts_calls_a_person_and_asks_no_more(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    news = await story.after(refused(charge_id, "RISK_REJECT", Source.INQUIRY))
    assert (news.calls, news.work) == (["charge_contradicted"], [])
    assert (await story.after(unclear(charge_id, Source.INQUIRY))).calls == []


async def test_a_reversed_verification_is_returned_and_our_own_refund_comes_to_rest(story: Story) -> None:
    charge_id = await story.verifying()
    await story.take(paid(charge_id, JPY_5))
    await story.take(refused(charge_id, CANCELLED, Source.INQUIRY))
    assert (await story.journey(None)).state is Verification.REFUNDED
    news = await story.after(not_sent_back(f"rf-{charge_id}", "ORDER_IS_CLOSED"))
    assert (news.calls, news.told, await story.open_items()) == ([], [], [])
    assert await story.books() == [("charge", "deposits -5 JPY"), ("refund", "deposits 5 JPY")]


# Refunds made at the gateway's portal.


async def test_a_payment_that_was_sent_back_at_the_gateway_is_returned(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    news = await story.after(paid(charge_id, source=Source.INQUIRY, returns=(back("portal-1"),)))
    assert ((await story.journey()).state, await story.books()) == (Payment.RETURNED, [SOLD, RETURNED])
    [(kind, data)] = news.reports
    assert (kind, data["refund_id"], data["amount"]["value"]) == ("payment.refunded", "back-portal-1", "12300")
    assert (await story.refunds(charge_id))[0].ours is False


async def test_a_payment_that_was_sent_back_in_parts_is_returned_with_the_last(story: Story) -> None:
    charge_id = await story.opened()
    part, rest = back("portal-1", money_of(2300)), back("portal-2", money_of(10000))
    await story.take(paid(charge_id))
    news = await story.after(paid(charge_id, source=Source.INQUIRY, returns=(part,)))
    assert ((await story.journey()).state, news.told) == (Payment.PAID, ["money.refunded"])
    assert news.reports[0][1]["amount"]["value"] == "2300"
    await story.take(paid(charge_id, source=Source.INQUIRY, returns=(part, rest)))
    assert (await story.journey()).state is Payment.RETURNED
    assert await story.books() == [SOLD, ("refund", "returns 2,300 JPY"), ("refund", "returns 10,000 JPY")]
    assert await story.take(paid(charge_id, source=Source.INQUIRY, returns=(part, rest))) == [Receipt.SEEN]


async def test_a_payment_that_is_first_heard_of_with_a_part_sent_back_is_paid(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id, source=Source.INQUIRY, returns=(back("portal-1", money_of(300)),)))
    assert ((await story.journey()).state) is Payment.PAID
    assert await story.books() == [SOLD, ("refund", "returns 300 JPY")]


async def test_a_payment_that_is_first_heard_of_when_all_went_back_is_never_reported_as_paid(story: Story) -> None:
    charge_id = await story.opened()
    news = await story.after(paid(charge_id, source=Source.INQUIRY, returns=(back("portal-1"),)))
    assert (news.reported, news.told) == (["payment.refunded"], ["money.reversed"])
    assert ((await story.journey()).settled_by, await story.books()) == (None, [HELD, HELD_BACK])


async def test_a_reversal_is_reported_under_the_gateways_number(story: Story) -> None:
    charge_id = await story.opened()
    news = await story.after(paid(charge_id, source=Source.INQUIRY, returns=(back("portal-1"),)))
    [(_, data)] = news.reports
    assert data["refund_id"] == "back-portal-1"


async def test_a_reversed_charge_leaves_no_card_that_waits_for_it(story: Story) -> None:
    charge_id = await story.opened()
    news = await story.after(paid(charge_id, source=Source.INQUIRY, returns=(back("portal-1"),)))
    assert (await story.journey()).state is Payment.LAPSED
    assert news.cards


def money_of(value: int) -> Money:
    return Money("JPY", value)


async def test_of_a_charge_that_is_closed_after_a_part_went_back_only_the_rest_goes_back(story: Story) -> None:
    charge_id = await story.opened()
    part = Money("JPY", 300)
    await story.take(paid(charge_id), paid(charge_id, source=Source.INQUIRY, returns=(back("portal-1", part),)))
    await story.take(refused(charge_id, CANCELLED, Source.INQUIRY))
    assert await story.books() == [SOLD, ("refund", "returns 300 JPY"), ("refund", "returns 12,000 JPY")]

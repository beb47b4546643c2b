"""Money that comes in time, late, twice, or as another amount than was asked for."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from flow.journey import Reason
from flow.money import Money
from flow.offers import Act
from flow.order import Fee
from flow.states import Payment, Verification
from service.facts import Fact, Source
from service.receipt import Receipt
from service.records import ChargeState, RefundState, Unsettled
from service.work import AskCharge, CancelCharge, SendRefund
from tests.service.examples import JPY_5, NOW, ORDER, TOTAL
from tests.service.story import (
    WALLET,
    Story,
    back,
    cancelled,
    paid,
    paid_elsewhere,
    refused,
    repriced,
    sent_back,
    time_up,
    unclear,
)

DEADLINE = NOW + timedelta(days=2)
SOLD = ("charge", "sales -12,300 JPY")
HELD = ("charge", "suspense -12,300 JPY")


async def test_paid_in_time(story: Story) -> None:
    charge_id = await story.opened()
    news = await story.after(paid(charge_id))
    assert (await story.journey()).state is Payment.PAID
    assert await story.books() == [SOLD]
    assert (news.reported, news.cards, news.calls, news.told) == (["payment.completed"], ["announce"], [], [])
    assert (await story.buyer()).wallet_id == WALLET
    assert await story.open_items() == []


async def test_the_price_and_the_fees_are_booked_apart(story: Story) -> None:
    fees = (Fee(label="Purchase fee", amount=Money("JPY", 300)), Fee(label="Packing", amount=Money("JPY", 200)))
    charge_id = await story.opened(replace(ORDER, fees=fees))
    await story.take(paid(charge_id))
    assert await story.books() == [
        ("charge", "sales -11,800 JPY"),
        ("charge", "fees -300 JPY"),
        ("charge", "fees -200 JPY"),
    ]


async def test_the_same_payment_told_again_moves_nothing(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    news = await story.after(paid(charge_id), paid(charge_id, source=Source.INQUIRY), refused("other"))
    assert await story.books() == [SOLD]
    assert (news.reported, news.told, news.cards) == ([], [], [])


async def test_paid_after_the_link_expired(story: Story) -> None:
    charge_id = await story.opened()
    asked = await story.after(time_up(charge_id))
    assert asked.work == [AskCharge(charge_id=charge_id)]
    await story.take(refused(charge_id, "ORDER_IS_CLOSED", Source.INQUIRY))
    assert (await story.journey()).state is Payment.LAPSED

    news = await story.after(paid(charge_id))
    assert (await story.journey()).state is Payment.PAID
    assert (await story.journey()).reason is None
    assert (await story.books(), news.reported) == ([SOLD], ["payment.completed"])


async def test_a_link_that_nobody_opened_expires_without_a_question(story: Story) -> None:
    await story.opened()
    await story.press(Act.NEW_LINK)
    charge_id = (await story.journey()).charge_id or ""
    news = await story.after(time_up(charge_id))
    assert ((await story.journey()).state, (await story.journey()).reason) == (Payment.LAPSED, Reason.EXPIRED)
    assert (news.work, (await story.charge(charge_id)).void) == ([], True)
    assert await story.take(time_up(charge_id)) == [Receipt.SEEN]


async def test_paid_after_the_deadline_is_reported_and_a_person_is_called(story: Story) -> None:
    charge_id = await story.opened()
    news = await story.after(paid(charge_id, at=DEADLINE + timedelta(seconds=1)))
    journey = await story.journey()
    assert (journey.state, journey.reason, journey.settled_by) == (Payment.PAID, Reason.LATE, charge_id)
    assert (news.reported, news.calls) == (["payment.completed"], ["charge_late"])
    assert await story.books() == [SOLD]


@pytest.mark.parametrize("at", [DEADLINE, None])
async def test_paid_at_the_deadline_or_nobody_says_when_is_in_time(story: Story, at: datetime | None) -> None:
    charge_id = await story.opened()
    news = await story.after(paid(charge_id, at=at))
    assert ((await story.journey()).reason, news.calls) == (None, [])


@pytest.mark.parametrize(
    ("end", "state"), [(cancelled(), Payment.CANCELLED), (paid_elsewhere(), Payment.PAID_ELSEWHERE)]
)
@pytest.mark.parametrize("at", [NOW, DEADLINE + timedelta(days=1)])
async def test_paid_although_nothing_was_due_any_more_goes_back(
    story: Story, end: Fact, state: Payment, at: datetime
) -> None:
    charge_id = await story.opened()
    closed = await story.after(end)
    assert closed.work == [CancelCharge(charge_id=charge_id)]
    assert (await story.charge(charge_id)).void

    news = await story.after(paid(charge_id, at=at))
    assert ((await story.journey()).state, news.reported, news.cards) == (state, [], ["announce"])
    assert news.work == [SendRefund(refund_id=f"rf-{charge_id}")]
    assert [item.why for item in await story.open_items()] == [Unsettled.REFUND_UNDER_WAY]

    news = await story.after(sent_back(f"rf-{charge_id}"))
    assert (news.told, news.reported, news.calls) == (["money.refunded"], ["payment.refunded"], [])
    assert await story.books() == [HELD, ("refund", "suspense 12,300 JPY")]
    assert ((await story.journey()).state, await story.open_items()) == (state, [])


async def test_paid_twice_the_second_goes_back(story: Story) -> None:
    first = await story.opened()
    await story.press(Act.NEW_LINK)
    second = await story.open_link()
    await story.take(paid(second))
    news = await story.after(paid(first))
    assert (news.told, news.reported, news.calls) == (["money.repeated"], [], [])
    assert news.work == [SendRefund(refund_id=f"rf-{first}")]

    news = await story.after(sent_back(f"rf-{first}"))
    journey = await story.journey()
    assert (journey.state, journey.settled_by) == (Payment.PAID, second)
    assert (news.told, news.reported) == (["money.refunded"], ["payment.refunded"])
    assert await story.books() == [SOLD, HELD, ("refund", "suspense 12,300 JPY")]
    assert [refund.charge_id for refund in await story.refunds(first)] == [first]
    assert await story.refunds(second) == []


@pytest.mark.parametrize(
    ("amount", "reason"),
    [
        (Money("JPY", 12299), Reason.TOO_LITTLE),
        (Money("JPY", 12301), Reason.TOO_MUCH),
        (Money("CNY", 60000), Reason.OTHER_CURRENCY),
    ],
)
async def test_another_amount_is_held_until_staff_sends_it_back_and_then_the_item_can_be_paid(
    story: Story, amount: Money, reason: Reason
) -> None:
    charge_id = await story.opened()
    news = await story.after(paid(charge_id, amount))
    journey = await story.journey()
    assert (journey.state, journey.reason, journey.settled_by) == (Payment.WITH_STAFF, reason, None)
    assert (news.calls, news.reported, news.cards) == (["charge_differs"], [], ["announce"])
    assert await story.books() == [("charge", f"suspense {-amount}")]
    [item] = await story.open_items()
    assert (item.why, item.amount, item.order_id) == (Unsettled.SUSPENSE, amount, "o1")

    news = await story.after(paid(charge_id, amount, source=Source.INQUIRY, returns=(back("portal-1", amount),)))
    journey = await story.journey()
    assert (journey.state, journey.reason, await story.open_items()) == (Payment.WON, None, [])
    assert (news.reported, news.calls) == (["payment.refunded"], [])

    await story.press(Act.PAY, Act.USE_ALIPAY)
    again = await story.open_link()
    assert again != charge_id
    await story.take(paid(again))
    assert (await story.journey()).state is Payment.PAID
    assert (await story.books(again)) == [SOLD]


async def test_the_item_stays_with_staff_until_all_of_another_amount_went_back(story: Story) -> None:
    amount = Money("JPY", 12400)
    charge_id = await story.opened()
    surplus = back("portal-1", Money("JPY", 100))
    await story.take(paid(charge_id, amount), paid(charge_id, amount, source=Source.INQUIRY, returns=(surplus,)))
    assert [item.amount for item in await story.open_items()] == [TOTAL]
    assert (await story.journey()).state is Payment.WITH_STAFF


async def test_another_amount_beside_a_payment_is_told_and_a_person_called(story: Story) -> None:
    first = await story.opened()
    await story.press(Act.NEW_LINK)
    second = await story.open_link()
    await story.take(paid(second, Money("JPY", 12301)))
    news = await story.after(paid(first, Money("JPY", 1)))
    assert (news.calls, news.told) == (["charge_differs"], ["money.differs"])
    assert len(await story.open_items()) == 2


async def test_an_old_price_that_was_paid_is_held(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(repriced(Money("JPY", 13000)))
    news = await story.after(paid(charge_id))
    journey = await story.journey()
    assert (journey.state, journey.reason) == (Payment.WITH_STAFF, Reason.TOO_LITTLE)
    assert (news.calls, await story.books()) == (["charge_differs"], [HELD])


async def test_with_staff_the_right_amount_still_pays(story: Story) -> None:
    first = await story.opened()
    await story.press(Act.NEW_LINK)
    second = await story.open_link()
    await story.take(paid(first, Money("JPY", 1)))
    news = await story.after(paid(second))
    assert ((await story.journey()).state, news.reported) == (Payment.PAID, ["payment.completed"])
    assert await story.books() == [("charge", "suspense -1 JPY"), SOLD]


async def test_refused_and_then_paid_on_the_same_charge_is_paid(story: Story) -> None:
    charge_id = await story.opened()
    news = await story.after(refused(charge_id))
    assert ((await story.journey()).state, (await story.journey()).reason) == (Payment.LAPSED, "USER_CANCELED")
    assert news.cards == ["announce"]
    await story.take(paid(charge_id))
    assert (await story.charge(charge_id)).state is ChargeState.SETTLED
    assert (await story.journey()).state is Payment.PAID


async def test_a_buyer_who_asks_hears_that_it_is_unclear_and_nobody_else_does(story: Story) -> None:
    charge_id = await story.opened()
    asked = await story.press(Act.CHECK)
    assert asked == [Receipt.TAKEN]
    assert (await story.news()).work[-1] == AskCharge(charge_id=charge_id, by_buyer=True)
    assert (await story.after(unclear(charge_id, Source.INQUIRY, by_buyer=True))).told == ["unclear.payment"]
    assert (await story.after(unclear(charge_id, Source.INQUIRY))).told == []
    assert (await story.journey()).state is Payment.OPENED


# The verification.


async def test_a_verification_is_charged_and_sent_back(story: Story) -> None:
    charge_id = await story.verifying()
    news = await story.after(paid(charge_id, JPY_5))
    assert (await story.journey(None)).state is Verification.REFUNDING
    assert (news.reported, news.work) == (["verification.completed"], [SendRefund(refund_id=f"rf-{charge_id}")])
    news = await story.after(sent_back(f"rf-{charge_id}", JPY_5))
    assert (await story.journey(None)).state is Verification.REFUNDED
    assert (news.reported, news.cards) == (["verification.refunded"], ["announce"])
    assert await story.books() == [("charge", "deposits -5 JPY"), ("refund", "deposits 5 JPY")]


async def test_a_verification_that_was_given_up_and_is_paid_counts_all_the_same(story: Story) -> None:
    charge_id = await story.verifying()
    await story.press(Act.CANCEL, order_id=None)
    await story.take(paid(charge_id, JPY_5))
    assert (await story.journey(None)).state is Verification.REFUNDING
    assert await story.books() == [("charge", "deposits -5 JPY")]


async def test_a_verification_of_another_amount_is_held_and_can_be_begun_again(story: Story) -> None:
    charge_id = await story.verifying()
    ten = Money("JPY", 10)
    news = await story.after(paid(charge_id, ten))
    assert ((await story.journey(None)).state, news.calls) == (Verification.WITH_STAFF, ["charge_differs"])
    assert await story.books() == [("charge", "suspense -10 JPY")]
    await story.take(paid(charge_id, ten, source=Source.INQUIRY, returns=(back("portal-1", ten),)))
    assert ((await story.journey(None)).state, await story.open_items()) == (Verification.OFFERED, [])


async def test_a_verification_paid_twice_goes_back_twice(story: Story) -> None:
    first = await story.verifying()
    await story.press(Act.NEW_LINK, order_id=None)
    second = await story.open_link(None)
    await story.take(paid(second, JPY_5), paid(first, JPY_5))
    assert [refund.state for one in (first, second) for refund in await story.refunds(one)] == [
        RefundState.INTENDED,
        RefundState.INTENDED,
    ]
    await story.take(sent_back(f"rf-{first}", JPY_5))
    assert (await story.journey(None)).state is Verification.REFUNDING
    await story.take(sent_back(f"rf-{second}", JPY_5))
    assert ((await story.journey(None)).state, await story.open_items()) == (Verification.REFUNDED, [])

"""Links that were replaced or never answered: the old one opens nothing, and a payment tells its own number."""

from flow.offers import Act
from flow.states import Payment, Verification
from service.facts import LandingOpened
from service.receipt import Receipt
from service.records import ChargeState
from service.work import OpenCharge
from tests.service.examples import JPY_5
from tests.service.story import Story, cancelled, paid, refused, won


def phone(charge_id: str) -> LandingOpened:
    return LandingOpened(charge_id=charge_id, device="ios", client_ip=None)


async def issued(story: Story) -> str:
    """The item is won and its link issued, not yet opened; the charge's id."""
    await story.take(won())
    await story.press(Act.PAY, Act.USE_ALIPAY)
    return (await story.journey()).charge_id or ""


async def test_a_link_that_was_replaced_opens_nothing_though_the_new_one_waits(story: Story) -> None:
    old = await issued(story)
    await story.press(Act.NEW_LINK)
    await story.news()
    assert await story.take(phone(old)) == [Receipt.DECLINED]
    assert not [work for work in (await story.news()).work if isinstance(work, OpenCharge)]
    assert (await story.charge(old)).state is ChargeState.ISSUED
    assert (await story.journey()).state is Payment.LINK_SENT


async def test_the_link_of_a_cancelled_order_opens_nothing(story: Story) -> None:
    charge_id = await issued(story)
    await story.take(cancelled())
    assert await story.take(phone(charge_id)) == [Receipt.DECLINED]
    assert (await story.charge(charge_id)).state is ChargeState.ISSUED


async def test_a_payment_tells_its_number_where_the_opening_was_never_answered(story: Story) -> None:
    await story.verifying()
    await story.press(Act.NEW_LINK, order_id=None)
    charge_id = (await story.journey(None)).charge_id or ""
    await story.take(phone(charge_id), paid(charge_id, JPY_5))
    charge = await story.charge(charge_id)
    assert (charge.gateway_id, charge.paid) == (f"pay-{charge_id}", JPY_5)
    assert (await story.journey(None)).state is Verification.REFUNDING


async def test_of_two_reasons_why_a_link_ended_the_first_counts(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(refused(charge_id, "ORDER_IS_CLOSED"))
    await story.news()
    assert await story.take(refused(charge_id, "USER_BALANCE_NOT_ENOUGH")) == [Receipt.SEEN]
    assert (await story.charge(charge_id)).reason == "ORDER_IS_CLOSED"
    assert (await story.news()).cards == []

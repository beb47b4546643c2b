"""Asking the gateway: what is asked before what, and what becomes of each answer."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from flow.offers import Act
from flow.states import Payment, Verification
from service.cashier import IN_LINE, NEVER_OPENED, Cashier
from service.facts import ChargeClosing, LandingOpened, Source
from service.records import ChargeState, RefundState
from service.verdicts import CANCELLED, Refused, Settled, Unknown, Verdict
from service.work import AskCharge, CancelCharge, Dead, Done, Hold, Later, OpenCharge, Outcome, SendRefund
from tests.service.examples import JPY_5, NOW
from tests.service.gateway import ABSENT, SILENT, ToldGateway
from tests.service.story import Story, back, cancelled, claim_of, money, not_sent_back, paid, refused, won

MINUTE = timedelta(minutes=1)
HELD = ("charge", "suspense -12,300 JPY")
HELD_BACK = ("refund", "suspense 12,300 JPY")


Answers = Mapping[tuple[str, str], Verdict]


class Counter:
    """A cashier over a story, and what it asked."""

    def __init__(self, story: Story) -> None:
        self.gateway = ToldGateway()
        self._cashier = Cashier(story.store, self.gateway, story.desk, story.rules, story.clock)
        self._work_id = 0

    async def carry(
        self,
        work: OpenCharge | AskCharge | CancelCharge | SendRefund,
        answers: Answers | None = None,
        attempts: int = 1,
    ) -> Outcome:
        """Do one work with these answers."""
        self._work_id += 1
        self.gateway.answers, self.gateway.asked = dict(answers or {}), []
        claim = claim_of(work, attempts, self._work_id)
        match work:
            case OpenCharge():
                return await self._cashier.open(work, claim)
            case AskCharge():
                return await self._cashier.ask(work, claim)
            case CancelCharge():
                return await self._cashier.cancel(work, claim)
            case SendRefund():
                return await self._cashier.refund(work, claim)


@pytest.fixture
def counter(story: Story) -> Counter:
    return Counter(story)


# Opening a charge.


async def opening(story: Story) -> str:
    """A link was opened on a phone, and the gateway is to be asked; the charge's id."""
    await story.take(won())
    await story.press(Act.PAY, Act.USE_ALIPAY)
    charge_id = (await story.journey()).charge_id or ""
    await story.take(LandingOpened(charge_id=charge_id, device="ios", client_ip=None))
    return charge_id


async def test_an_opening_without_an_answer_is_asked_for_again(story: Story, counter: Counter) -> None:
    charge_id = await opening(story)
    assert await counter.carry(OpenCharge(charge_id=charge_id)) == Later(timedelta(seconds=1), SILENT.reason)
    assert counter.gateway.asked == [("open", charge_id)]
    assert (await story.charge(charge_id)).state is ChargeState.OPENING


async def test_nothing_is_opened_after_its_time(story: Story, counter: Counter) -> None:
    charge_id = await opening(story)
    story.clock.time += story.rules.payment_time
    assert await counter.carry(OpenCharge(charge_id=charge_id)) == Done()
    assert counter.gateway.asked == []


async def test_a_link_that_was_replaced_on_its_way_is_closed_and_not_opened(story: Story, counter: Counter) -> None:
    charge_id = await opening(story)
    await story.news()
    await story.press(Act.CANCEL)
    assert CancelCharge(charge_id=charge_id) in (await story.news()).work
    assert await counter.carry(OpenCharge(charge_id=charge_id)) == Done()
    assert counter.gateway.asked == []


# Asking how a charge stands.


async def test_silence_is_asked_again_for_as_long_as_we_ask(story: Story, counter: Counter) -> None:
    charge_id = await story.opened()
    ask = AskCharge(charge_id=charge_id, watch=True)
    assert await counter.carry(ask) == Later(MINUTE, SILENT.reason)
    assert await counter.carry(ask, attempts=9) == Later(timedelta(hours=1), SILENT.reason)
    story.clock.time += story.rules.inquiry_time
    assert isinstance(await counter.carry(ask), Later)
    story.clock.time += timedelta(seconds=1)
    assert isinstance(await counter.carry(ask), Dead)
    assert (await story.charge(charge_id)).state is ChargeState.OPEN


async def test_who_asks_once_hears_that_it_is_unclear(story: Story, counter: Counter) -> None:
    charge_id = await story.opened()
    await story.news()
    assert await counter.carry(AskCharge(charge_id=charge_id, by_buyer=True)) == Done()
    assert (await story.news()).told == ["unclear.payment"]


async def test_what_the_gateway_never_heard_of_cannot_be_paid_once_its_time_is_over(
    story: Story, counter: Counter
) -> None:
    charge_id = await story.opened()
    ask, absent = AskCharge(charge_id=charge_id, watch=True), {("look_up", charge_id): ABSENT}
    story.clock.time += story.rules.payment_time - timedelta(seconds=1)
    assert isinstance(await counter.carry(ask, absent), Later)
    story.clock.time += timedelta(seconds=1)
    assert await counter.carry(ask, absent) == Done()
    journey = await story.journey()
    assert (journey.state, journey.reason) == (Payment.LAPSED, NEVER_OPENED)


async def test_what_is_final_is_asked_about_only_for_a_reason(story: Story, counter: Counter) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    assert await counter.carry(AskCharge(charge_id=charge_id, watch=True)) == Done()
    assert counter.gateway.asked == []
    closed = {("look_up", charge_id): Refused(code=CANCELLED)}
    assert await counter.carry(AskCharge(charge_id=charge_id, watch=True, recheck=True), closed) == Done()
    assert (await story.journey()).state is Payment.RETURNED


@pytest.mark.parametrize("is_paid", [True, False])
async def test_a_noticed_payment_is_what_the_inquiry_says(story: Story, counter: Counter, is_paid: bool) -> None:
    charge_id = await story.opened()
    await story.take(ChargeClosing(charge_id=charge_id), paid(charge_id))
    [noticed] = [work for work in (await story.news()).work if isinstance(work, AskCharge) and work.noticed]
    answer = money(charge_id) if is_paid else Refused(code=CANCELLED)
    assert await counter.carry(noticed, {("look_up", charge_id): answer}) == Done()
    assert await story.books() == ([("charge", "sales -12,300 JPY")] if is_paid else [HELD, HELD_BACK])


async def test_a_noticed_payment_of_which_the_gateway_never_speaks_calls_a_person_at_last(
    story: Story, counter: Counter
) -> None:
    charge_id = await story.opened()
    noticed = AskCharge(charge_id=charge_id, watch=True, noticed=money(charge_id))
    await story.news()
    assert isinstance(await counter.carry(noticed), Later)
    assert (await story.news()).calls == []
    story.clock.time += story.rules.inquiry_time + timedelta(seconds=1)
    assert isinstance(await counter.carry(noticed), Dead)
    assert (await story.news()).calls == ["charge_contradicted"]


async def test_a_payment_that_was_noticed_is_asked_about_though_the_charge_closed_meanwhile(
    story: Story, counter: Counter
) -> None:
    charge_id = await story.opened()
    await story.take(refused(charge_id))
    noticed = AskCharge(charge_id=charge_id, watch=True, noticed=money(charge_id))
    assert await counter.carry(noticed, {("look_up", charge_id): money(charge_id)}) == Done()
    assert counter.gateway.asked == [("look_up", charge_id)]
    assert await story.books() == [("charge", "sales -12,300 JPY")]


# Cancelling.


async def replaced(story: Story) -> str:
    """A link that was opened and then replaced; its charge's id."""
    charge_id = await story.opened()
    await story.press(Act.NEW_LINK)
    await story.news()
    return charge_id


async def test_a_charge_is_asked_about_and_marked_before_it_is_cancelled(story: Story, counter: Counter) -> None:
    charge_id = await replaced(story)
    outcome = await counter.carry(CancelCharge(charge_id=charge_id), {("cancel", charge_id): Refused(code=CANCELLED)})
    assert outcome == Done()
    assert counter.gateway.asked == [("look_up", charge_id), ("cancel", charge_id)]
    charge = await story.charge(charge_id)
    assert (charge.closing, charge.state, charge.reason) == (True, ChargeState.REFUSED, CANCELLED)
    assert (await story.journey()).state is Payment.LINK_SENT


async def test_a_paid_charge_is_not_cancelled(story: Story, counter: Counter) -> None:
    charge_id = await replaced(story)
    assert await counter.carry(CancelCharge(charge_id=charge_id), {("look_up", charge_id): money(charge_id)}) == Done()
    assert counter.gateway.asked == [("look_up", charge_id)]
    assert (await story.journey()).state is Payment.PAID
    assert await counter.carry(CancelCharge(charge_id=charge_id)) == Done()
    assert counter.gateway.asked == []


async def test_an_unclear_cancellation_holds_the_line_for_a_while(story: Story, counter: Counter) -> None:
    charge_id = await replaced(story)
    cancel = CancelCharge(charge_id=charge_id)
    assert await counter.carry(cancel) == Hold(timedelta(seconds=1), SILENT.reason)
    assert await counter.carry(cancel, attempts=IN_LINE - 1) == Hold(timedelta(seconds=4), SILENT.reason)
    assert isinstance(await counter.carry(cancel, attempts=IN_LINE), Later)
    assert (await story.charge(charge_id)).closing


# Sending money back.


async def refunding(story: Story) -> tuple[str, str]:
    charge_id = await story.verifying()
    await story.take(paid(charge_id, JPY_5))
    await story.news()
    return charge_id, f"rf-{charge_id}"


async def state_of(story: Story, refund_id: str) -> RefundState:
    async with story.store.transaction() as tx:
        refund = await tx.refund(refund_id)
    assert refund is not None
    return refund.state


async def test_a_refund_is_sent_with_what_was_charged(story: Story, counter: Counter) -> None:
    charge_id, refund_id = await refunding(story)
    done = Settled(gateway_id="back-1", amount=JPY_5, at=NOW)
    assert await counter.carry(SendRefund(refund_id=refund_id), {("refund", refund_id): done}) == Done()
    [request] = counter.gateway.refunds
    assert (request.id, request.charge_gateway_id, request.amount) == (refund_id, f"pay-{charge_id}", JPY_5)
    assert (await story.journey(None)).state is Verification.REFUNDED
    assert await counter.carry(SendRefund(refund_id=refund_id)) == Done()
    assert counter.gateway.asked == []


async def test_an_unclear_refund_is_asked_about_and_repeated_only_where_it_never_arrived(
    story: Story, counter: Counter
) -> None:
    _, refund_id = await refunding(story)
    send = SendRefund(refund_id=refund_id)
    assert await counter.carry(send) == Later(timedelta(seconds=1), SILENT.reason)
    assert await state_of(story, refund_id) is RefundState.SENT
    assert await counter.carry(send, {("look_up_refund", refund_id): Unknown(reason="PROCESSING")}) == Later(
        timedelta(seconds=1), "PROCESSING"
    )
    assert counter.gateway.asked == [("look_up_refund", refund_id)]
    await counter.carry(send, {("look_up_refund", refund_id): ABSENT})
    assert counter.gateway.asked == [("look_up_refund", refund_id), ("refund", refund_id)]


async def test_a_refusal_is_taken_for_one_only_after_the_charge_was_asked_about(story: Story, counter: Counter) -> None:
    charge_id = await story.opened()
    await story.take(cancelled(), paid(charge_id))
    await story.news()
    refund_id = f"rf-{charge_id}"
    answers: Answers = {
        ("refund", refund_id): Refused(code="REFUND_AMOUNT_EXCEED"),
        ("look_up", charge_id): money(charge_id, returns=(back("portal-1"),)),
    }
    assert await counter.carry(SendRefund(refund_id=refund_id), answers) == Done()
    assert (await story.news()).calls == []
    assert (await story.books(), await story.open_items()) == ([HELD, HELD_BACK], [])
    assert await state_of(story, refund_id) is RefundState.REFUSED


async def test_money_that_went_back_already_is_not_sent_again(story: Story, counter: Counter) -> None:
    charge_id, refund_id = await refunding(story)
    await story.take(paid(charge_id, JPY_5, source=Source.INQUIRY, returns=(back("portal-1", JPY_5),)))
    await story.news()
    assert await counter.carry(SendRefund(refund_id=refund_id)) == Done()
    assert (counter.gateway.refunds, (await story.news()).calls) == ([], [])
    assert (await state_of(story, refund_id), await story.open_items()) == (RefundState.REFUSED, [])


async def test_a_refusal_with_the_money_still_there_needs_a_person(story: Story, counter: Counter) -> None:
    charge_id, refund_id = await refunding(story)
    answers: Answers = {
        ("refund", refund_id): Refused(code="REFUND_WINDOW_EXCEED"),
        ("look_up", charge_id): money(charge_id, JPY_5),
    }
    assert await counter.carry(SendRefund(refund_id=refund_id), answers) == Done()
    assert ((await story.news()).calls, (await story.journey(None)).state) == (
        ["refund_refused"],
        Verification.REFUND_STUCK,
    )
    assert (await story.after(not_sent_back(refund_id))).calls == []
    assert await counter.carry(SendRefund(refund_id=refund_id)) == Done()
    assert counter.gateway.asked == []


async def test_a_refund_whose_answers_are_all_lost_is_known_from_the_charge(story: Story, counter: Counter) -> None:
    charge_id, refund_id = await refunding(story)
    await counter.carry(SendRefund(refund_id=refund_id))
    assert await state_of(story, refund_id) is RefundState.SENT
    returned = money(charge_id, JPY_5, returns=(back(refund_id, JPY_5),))
    assert await counter.carry(SendRefund(refund_id=refund_id), {("look_up", charge_id): returned}, attempts=2) == (
        Later(timedelta(seconds=2), SILENT.reason)
    )
    assert await state_of(story, refund_id) is RefundState.SETTLED
    assert (await story.journey(None)).state is Verification.REFUNDED

"""A run against a gateway that only remembers, over the real store: what was missed is found, named and mended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from app.clock import RandomNames
from flow.journey import Journey
from flow.money import Money
from service.desk import Desk
from service.differences import DifferenceKind as Kind
from service.errors import BrokenRule, Unavailable
from service.facts import BounceTold, ChargeTold, Fact, RefundTold, Source, StrangerTold
from service.ports import Transaction
from service.receipt import Receipt
from service.reconciliation import AT_ONCE, Reconciled, Reconciliation
from service.records import Charge, ChargeState, RefundState
from service.urgency import Urgency
from service.verdicts import (
    CANCELLED,
    ChargeRequest,
    OpenVerdict,
    RefundRequest,
    Refused,
    Return,
    Settled,
    Unknown,
    Verdict,
)
from store.postgres import Pool, PostgresStore
from tests.service.examples import JPY_5, NOW, ORDER, PAYMENT, RULES, TOTAL, VERIFICATION, Clock

DAY = timedelta(days=1)
WAITS = Unknown(reason="PROCESSING")
SILENT = Unknown(reason="timed out")
ABSENT = Unknown(reason="ORDER_NOT_EXIST", absent=True)
NO = Refused(code="USER_CANCELED")


class Gateway:
    """Says what it remembers, and counts how many ask at a time."""

    def __init__(self) -> None:
        self.charges: dict[str, Verdict] = {}
        self.refunds: dict[str, Verdict] = {}
        self.asked: list[str] = []
        self.most_at_once = 0
        self._now = 0

    async def open(self, charge: ChargeRequest) -> OpenVerdict:
        raise AssertionError(charge)

    async def cancel(self, charge_id: str) -> Verdict:
        raise AssertionError(charge_id)

    async def refund(self, refund: RefundRequest) -> Verdict:
        raise AssertionError(refund)

    async def look_up(self, charge_id: str) -> Verdict:
        return await self._answer(charge_id, self.charges)

    async def look_up_refund(self, refund_id: str) -> Verdict:
        return await self._answer(refund_id, self.refunds)

    async def _answer(self, name: str, book: dict[str, Verdict]) -> Verdict:
        self.asked.append(name)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        await asyncio.sleep(0.005)
        self._now -= 1
        return book.get(name, ABSENT)


def paid(charge_id: str, amount: Money, *returns: Return) -> Settled:
    return Settled(gateway_id=f"g-{charge_id}", amount=amount, at=NOW, returns=returns)


def back(refund_id: str, amount: Money) -> Return:
    return Return(refund_id=refund_id, gateway_id=f"g-{refund_id}", amount=amount)


def returned(refund_id: str, amount: Money) -> Settled:
    return Settled(gateway_id=f"g-{refund_id}", amount=amount, at=NOW)


class Shop:
    """Both sides: our store behind its door, and the gateway. An hour passes after what is told of the past."""

    def __init__(self, store: PostgresStore) -> None:
        self.store, self.gateway, self.clock = store, Gateway(), Clock()
        self.desk = Desk(store, RULES, self.clock, RandomNames(), ("en",))

    async def opened(self, journey: Journey, number: int = 1, state: ChargeState = ChargeState.OPEN) -> Charge:
        """A charge that was issued, and opened unless another state is given; 1 makes the journey, too."""
        order = replace(ORDER, order_id=f"o-{journey.id}") if journey.order else None
        charge = Charge(
            id=f"{journey.id}-{number}",
            journey_id=journey.id,
            token=f"{journey.id}-{number}",
            amount=TOTAL if order else JPY_5,
            issued_at=self.clock.now(),
            expires_at=self.clock.now() + RULES.payment_time,
            state=state,
        )
        async with self.store.transaction() as tx:
            if number == 1:
                await tx.save_journey(replace(journey, order=order, charge_id=charge.id))
            await tx.save_charge(charge)
        return charge

    async def told(self, charge: Charge, verdict: OpenVerdict) -> None:
        """The gateway's word about a charge, as we heard it."""
        fact = ChargeTold(charge_id=charge.id, verdict=verdict, source=Source.NOTICE)
        assert await self.desk.receive(f"told:{charge.id}", fact) is Receipt.TAKEN

    async def paid(self, journey: Journey) -> Charge:
        """A charge that both sides know as paid."""
        charge = await self.opened(journey)
        self.gateway.charges[charge.id] = paid(charge.id, charge.amount)
        await self.told(charge, paid(charge.id, charge.amount))
        return charge

    async def refunded(self, journey: Journey) -> Charge:
        """A verification that both sides know as paid and sent back; the gateway lists it."""
        charge = await self.paid(journey)
        refund_id = f"rf-{charge.id}"
        await self.desk.receive(
            f"told:{refund_id}", RefundTold(refund_id=refund_id, verdict=returned(refund_id, JPY_5))
        )
        self.gateway.charges[charge.id] = paid(charge.id, JPY_5, back(refund_id, JPY_5))
        return charge

    async def reconcile(self, *, mend: bool = False) -> Reconciled:
        """An hour later."""
        self.clock.time = max(self.clock.time, NOW + timedelta(hours=1))
        run_id = RandomNames().short() if mend else None
        run = Reconciliation(self.store, self.gateway, self.desk, RULES, self.clock, run_id=run_id)
        return await run.run(NOW - DAY)


def names(done: Reconciled) -> list[tuple[Kind, str]]:
    return [(each.kind, each.subject) for each in done.differences]


@pytest.fixture
def shop(store: PostgresStore) -> Shop:
    return Shop(store)


async def test_two_sides_that_say_the_same(shop: Shop) -> None:
    await shop.paid(PAYMENT)
    await shop.refunded(VERIFICATION)
    refused = await shop.opened(replace(PAYMENT, id="p2"))
    await shop.told(refused, NO)
    shop.gateway.charges[refused.id] = NO

    done = await shop.reconcile()

    assert (done.checked, done.differences, done.unclear) == (3, (), ())
    assert done.is_good


# Charges.


async def test_a_payment_that_was_missed_is_taken_in(shop: Shop) -> None:
    charge = await shop.opened(PAYMENT)
    shop.gateway.charges[charge.id] = paid(charge.id, TOTAL)

    seen = await shop.reconcile()
    async with shop.store.transaction() as tx:
        assert await tx.entries() == []
    mended = await shop.reconcile(mend=True)

    assert names(seen) == names(mended) == [(Kind.PAID_THERE, charge.id)]
    [difference] = mended.differences
    assert (difference.ours.state, difference.theirs.state, difference.theirs.amount) == ("open", "settled", TOTAL)
    assert (seen.is_good, mended.is_good, mended.mended) == (False, True, 1)
    async with shop.store.transaction() as tx:
        assert [entry.charge_id for entry in await tx.entries()] == [charge.id]
    assert (await shop.reconcile()).differences == ()


@pytest.mark.parametrize("state", [ChargeState.ISSUED, ChargeState.OPENING, ChargeState.REFUSED])
async def test_a_payment_is_missed_in_any_state(shop: Shop, state: ChargeState) -> None:
    await shop.paid(PAYMENT)
    charge = await shop.opened(PAYMENT, 2, state)
    shop.gateway.charges[charge.id] = paid(charge.id, TOTAL)

    done = await shop.reconcile(mend=True)

    assert names(done) == [(Kind.PAID_THERE, charge.id)]
    assert done.is_good


@pytest.mark.parametrize(("said", "code"), [(NO, "USER_CANCELED"), (ABSENT, None)])
async def test_what_the_gateway_does_not_know_as_paid_stays_in_the_books(
    shop: Shop, said: Verdict, code: str | None
) -> None:
    charge = await shop.paid(PAYMENT)
    shop.gateway.charges[charge.id] = said

    done = await shop.reconcile(mend=True)

    assert names(done) == [(Kind.NOT_PAID_THERE, charge.id)]
    assert (done.differences[0].theirs.code, done.mended, done.is_good) == (code, 0, False)
    async with shop.store.transaction() as tx:
        assert len(await tx.entries()) == 1


async def test_another_amount_is_for_a_person(shop: Shop) -> None:
    charge = await shop.paid(PAYMENT)
    shop.gateway.charges[charge.id] = paid(charge.id, Money("JPY", 12000))

    done = await shop.reconcile(mend=True)

    assert names(done) == [(Kind.OTHER_AMOUNT, charge.id)]
    assert not done.is_good


@pytest.mark.parametrize("said", [NO, ABSENT])
async def test_a_charge_that_is_over_there_is_closed_here(shop: Shop, said: Verdict) -> None:
    charge = await shop.opened(PAYMENT)
    shop.gateway.charges[charge.id] = said

    done = await shop.reconcile(mend=True)

    assert names(done) == [(Kind.CLOSED_THERE, charge.id)]
    assert done.is_good
    async with shop.store.transaction() as tx:
        kept = await tx.charge(charge.id)
    assert kept is not None
    assert kept.state is ChargeState.REFUSED


async def test_a_charge_that_was_closed_after_it_was_paid_is_sent_back_in_the_books(shop: Shop) -> None:
    charge = await shop.paid(PAYMENT)
    shop.gateway.charges[charge.id] = Refused(code=CANCELLED)

    done = await shop.reconcile(mend=True)
    again = await shop.reconcile()

    assert names(done) == [(Kind.REVERSED_THERE, charge.id)]
    assert done.is_good
    assert again.differences == ()


async def test_a_charge_that_can_still_be_paid_is_neither_different_nor_unclear(shop: Shop) -> None:
    shop.clock.time = NOW + timedelta(hours=1)
    charge = await shop.opened(PAYMENT)
    answers: tuple[Verdict, ...] = (WAITS, ABSENT)
    for said in answers:
        shop.gateway.charges[charge.id] = said
        assert (await shop.reconcile()).is_good


# Refunds.


async def test_a_refund_that_the_gateway_made_alone_is_taken_in(shop: Shop) -> None:
    charge = await shop.paid(PAYMENT)
    shop.gateway.charges[charge.id] = paid(charge.id, TOTAL, back("theirs", Money("JPY", 300)))

    done = await shop.reconcile(mend=True)

    assert names(done) == [(Kind.RETURNED_THERE, "theirs")]
    assert done.is_good
    assert (await shop.reconcile()).is_good


async def test_a_refund_that_is_final_there(shop: Shop) -> None:
    answers: tuple[Verdict, ...] = (returned("", JPY_5), Refused(code="REFUND_WINDOW_EXCEED"))
    for number, said in enumerate(answers):
        charge = await shop.paid(replace(VERIFICATION, id=f"v{number}"))
        shop.gateway.refunds[f"rf-{charge.id}"] = said

    done = await shop.reconcile(mend=True)

    assert names(done) == [(Kind.REFUND_FINAL_THERE, "rf-v0-1"), (Kind.REFUND_FINAL_THERE, "rf-v1-1")]
    assert done.is_good
    async with shop.store.transaction() as tx:
        states = [(await tx.refunds(f"v{number}-1"))[0].state for number in (0, 1)]
    assert states == [RefundState.SETTLED, RefundState.REFUSED]


async def test_a_word_that_the_books_refuse_stops_nothing_else(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    class Strict(Desk):
        async def receive(self, fact_id: str, fact: Fact) -> Receipt:
            if fact_id.endswith(":rf-v0-1"):
                raise BrokenRule("refunds_within_charge")
            return await super().receive(fact_id, fact)

    for number in (0, 1):
        charge = await shop.paid(replace(VERIFICATION, id=f"v{number}"))
        shop.gateway.refunds[f"rf-{charge.id}"] = returned("", JPY_5)
    shop.desk = Strict(shop.store, RULES, shop.clock, RandomNames(), ("en",))

    done = await shop.reconcile(mend=True)

    assert [(each.subject, each.is_mended) for each in done.differences] == [("rf-v0-1", False), ("rf-v1-1", True)]
    assert [record.message for record in caplog.records] == ["not mended"]


async def test_a_refund_that_was_refused_here_and_made_there(shop: Shop) -> None:
    charge = await shop.paid(VERIFICATION)
    refund_id = f"rf-{charge.id}"
    await shop.desk.receive("no", RefundTold(refund_id=refund_id, verdict=NO))
    shop.gateway.refunds[refund_id] = returned(refund_id, JPY_5)

    done = await shop.reconcile(mend=True)

    assert names(done) == [(Kind.RETURNED_THERE, refund_id)]
    assert done.is_good


async def test_a_gateway_that_lists_no_refunds_is_asked_about_each(shop: Shop) -> None:
    charge = await shop.refunded(VERIFICATION)
    refund_id = f"rf-{charge.id}"
    shop.gateway.charges[charge.id] = paid(charge.id, JPY_5)

    shop.gateway.refunds[refund_id] = returned(refund_id, JPY_5)
    assert (await shop.reconcile()).differences == ()

    shop.gateway.refunds[refund_id] = ABSENT
    done = await shop.reconcile(mend=True)
    assert names(done) == [(Kind.NOT_RETURNED_THERE, refund_id)]
    assert not done.is_good


async def test_a_refund_that_came_back_is_not_doubted(shop: Shop) -> None:
    charge = await shop.refunded(VERIFICATION)
    await shop.desk.receive("bounced", BounceTold(refund_id=f"rf-{charge.id}"))
    shop.gateway.charges[charge.id] = paid(charge.id, JPY_5)
    answers: tuple[Verdict, ...] = (returned("", JPY_5), NO, ABSENT)

    for said in answers:
        shop.gateway.refunds[f"rf-{charge.id}"] = said
        assert (await shop.reconcile()).is_good


async def test_a_refund_of_long_ago_that_is_still_open_is_asked_about(shop: Shop) -> None:
    charge = await shop.paid(VERIFICATION)
    shop.gateway.refunds[f"rf-{charge.id}"] = returned(f"rf-{charge.id}", JPY_5)
    shop.clock.time = NOW + 40 * DAY

    run = Reconciliation(shop.store, shop.gateway, shop.desk, RULES, shop.clock)
    done = await run.run(NOW + 39 * DAY)

    assert names(done) == [(Kind.REFUND_FINAL_THERE, f"rf-{charge.id}")]


# What the gateway does not say.


async def test_silence_is_listed_apart_and_is_not_good(shop: Shop) -> None:
    charge = await shop.paid(VERIFICATION)
    shop.gateway.charges[charge.id] = SILENT
    shop.gateway.refunds[f"rf-{charge.id}"] = SILENT
    shop.gateway.charges["v1-2"] = SILENT

    done = await shop.reconcile(mend=True)

    assert [(each.subject, each.reason) for each in done.unclear] == [
        (subject, "timed out") for subject in ("v1-1", "rf-v1-1", "v1-2")
    ]
    assert done.differences == ()
    assert not done.is_good


async def test_a_gateway_that_is_away_is_never_an_all_clear(shop: Shop) -> None:
    shop.clock.time = NOW + timedelta(hours=1)
    charge = await shop.opened(PAYMENT)
    shop.gateway.charges = {charge.id: SILENT, "p1-2": SILENT}

    assert [each.subject for each in (await shop.reconcile()).unclear] == ["p1-2"]


async def test_the_store_s_absence_is_told_as_it_is(shop: Shop) -> None:
    await shop.paid(PAYMENT)

    class Gone:
        """Away but for the first transaction."""

        left = 1

        @asynccontextmanager
        async def transaction(self, urgency: Urgency = Urgency.REST) -> AsyncIterator[Transaction]:
            if not self.left:
                raise Unavailable("gone")
            self.left -= 1
            async with shop.store.transaction(urgency) as tx:
                yield tx

    with pytest.raises(Unavailable):
        await Reconciliation(Gone(), shop.gateway, shop.desk, RULES, shop.clock).run(NOW - DAY)


# What was lost with an older backup.


async def test_charges_that_were_lost_are_found_by_their_ids(shop: Shop) -> None:
    await shop.paid(PAYMENT)
    shop.gateway.charges |= {"p1-2": NO, "p1-3": paid("p1-3", TOTAL, back("theirs", Money("JPY", 1)))}

    seen = await shop.reconcile()
    mended = await shop.reconcile(mend=True)
    again = await shop.reconcile()

    assert names(seen) == names(mended) == [(Kind.NOT_KNOWN_HERE, "p1-2"), (Kind.NOT_KNOWN_HERE, "p1-3")]
    assert mended.is_good
    async with shop.store.transaction() as tx:
        assert [entry.refund_id for entry in await tx.entries(charge_id="p1-3")] == [None, "theirs"]
    assert names(again) == []


async def test_what_is_sent_back_of_a_stranger_s_charge_is_found(shop: Shop) -> None:
    await shop.desk.receive("s", StrangerTold(charge_id="s1", verdict=paid("s1", TOTAL)))
    shop.gateway.charges["s1"] = paid("s1", TOTAL, back("theirs", TOTAL))

    done = await shop.reconcile(mend=True)

    assert names(done) == [(Kind.RETURNED_THERE, "theirs")]
    assert done.is_good
    async with shop.store.transaction() as tx:
        assert await tx.open_items(shop.clock.now()) == []


async def test_a_stranger_s_payment_that_is_gone_there_is_for_a_person(shop: Shop) -> None:
    await shop.desk.receive("s", StrangerTold(charge_id="s1", verdict=paid("s1", TOTAL)))
    shop.gateway.charges["s1"] = NO

    done = await shop.reconcile(mend=True)

    assert names(done) == [(Kind.NOT_PAID_THERE, "s1")]
    assert not done.is_good


# A whole day.


async def test_after_a_day_without_notices_one_run_finds_all(shop: Shop, pool: Pool) -> None:
    """240 charges: paid, sent back, refused, reversed, unheard of; nothing of the second half was told to us."""
    expected = set()
    for number in range(40):
        journey = replace(VERIFICATION, id=f"va{number}", buyer_id=f"b{number}")
        await shop.refunded(journey)
        missed = await shop.opened(replace(journey, id=f"vb{number}"))
        shop.gateway.charges[missed.id] = paid(missed.id, JPY_5, back(f"x-{missed.id}", JPY_5))
        expected |= {(Kind.PAID_THERE, missed.id), (Kind.RETURNED_THERE, f"x-{missed.id}")}
        under_way = await shop.paid(replace(journey, id=f"vc{number}"))
        shop.gateway.refunds[f"rf-{under_way.id}"] = returned("", JPY_5)
        expected.add((Kind.REFUND_FINAL_THERE, f"rf-{under_way.id}"))
    for number in range(40):
        journey = replace(PAYMENT, id=f"pa{number}", buyer_id=f"b{number}")
        bought = await shop.opened(journey)
        shop.gateway.charges[bought.id] = paid(bought.id, TOTAL)
        expected.add((Kind.PAID_THERE, bought.id))
        ended = await shop.opened(replace(journey, id=f"pb{number}"))
        shop.gateway.charges[ended.id] = NO if number % 2 else ABSENT
        expected.add((Kind.CLOSED_THERE, ended.id))
        reversed_ = await shop.paid(replace(journey, id=f"pc{number}"))
        shop.gateway.charges[reversed_.id] = Refused(code=CANCELLED)
        expected.add((Kind.REVERSED_THERE, reversed_.id))
    facts = await pool.fetchval("select count(*) from fact")

    seen = await shop.reconcile()
    assert await pool.fetchval("select count(*) from fact") == facts
    mended = await shop.reconcile(mend=True)
    again = await shop.reconcile()

    assert set(names(seen)) == set(names(mended)) == expected
    assert len(seen.differences) == len(expected)
    assert (seen.checked, seen.mended) == (240, 0)
    assert (mended.mended, mended.is_good) == (len(expected), True)
    assert again.is_good
    assert again.differences == ()
    assert 1 < shop.gateway.most_at_once <= AT_ONCE

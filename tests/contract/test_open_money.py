"""What every store tells of money that is on its way, and of who looks after it."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from flow.ledger import Account
from flow.money import Money
from service.facts import ChargeUnresolved, RefundOverdue
from service.ports import Lines, Store
from service.records import (
    Buyer,
    Charge,
    ChargeState,
    Duty,
    Entry,
    LedgerSummary,
    OpenItem,
    RefundState,
    Unsettled,
)
from service.work import AskCharge, CancelCharge, Dead, Done, Later, OpenCharge, Outcome, SendRefund, TellStatus, Work
from tests.contract.bookkeeping import (
    BACK,
    BOOKED,
    BOUNCED,
    CHARGE,
    MINUTE,
    NOW,
    PAID,
    PAID_BEFORE,
    PAYMENT,
    REFUND,
    RETURNED,
    STRANGER,
    SURPLUS,
    TOTAL,
    VERIFICATION,
    Record,
    returned,
    write,
)
from tests.contract.examples import bounce_entry, charge_entry, refund_entry

LEASE = timedelta(minutes=5)

# Open items: all money that is not where it ends.


async def open_items(store: Store, now: datetime = NOW + 14 * MINUTE) -> list[OpenItem]:
    async with store.transaction() as tx:
        return [*await tx.open_items(now)]


UNDER_WAY = OpenItem(
    why=Unsettled.REFUND_UNDER_WAY,
    charge_id="c1",
    amount=TOTAL,
    since=REFUND.intended_at,
    buyer_id="b1",
    order_id="o1",
    refund_id="rf-c1",
    gateway_id="pay-1",
)
SUSPENDED = replace(UNDER_WAY, why=Unsettled.SUSPENSE, since=NOW + MINUTE, refund_id=None, amount=Money("JPY", 12301))


async def test_what_is_settled_is_not_open(store: Store) -> None:
    await write(store, PAYMENT, PAID, BOOKED)
    assert await open_items(store) == []


async def test_a_refund_is_open_until_it_is_confirmed(store: Store) -> None:
    await write(store, PAYMENT, PAID, BOOKED, REFUND)
    assert await open_items(store) == [UNDER_WAY]
    await write(store, replace(REFUND, state=RefundState.SENT, gateway_id="back-1"))
    assert await open_items(store) == [replace(UNDER_WAY, gateway_id="back-1")]
    await write(store, BACK, RETURNED)
    assert await open_items(store) == []


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ((replace(REFUND, state=RefundState.REFUSED, reason="NO"),), Unsettled.REFUND_REFUSED),
        ((replace(BOUNCED, reason="NO", gateway_id=None), RETURNED, bounce_entry(BACK)), Unsettled.REFUND_BOUNCED),
    ],
)
async def test_a_refund_that_did_not_arrive_is_open_until_the_money_went_back_otherwise(
    store: Store, end: tuple[Record, ...], why: Unsettled
) -> None:
    await write(store, PAYMENT, PAID, BOOKED, *end)
    stuck = replace(UNDER_WAY, why=why, reason="NO")
    assert await open_items(store) == [stuck]
    await write(store, *returned(12299, "r1"))
    assert await open_items(store) == [stuck]
    await write(store, *returned(1, "r2"))
    assert await open_items(store) == []


async def test_a_charge_is_unclear_once_its_time_is_over_until_the_gateway_tells_its_end(store: Store) -> None:
    unclear = OpenItem(
        why=Unsettled.CHARGE_UNCLEAR, charge_id="c1", amount=TOTAL, since=NOW, buyer_id="b1", order_id="o1"
    )
    await write(store, PAYMENT, replace(CHARGE, state=ChargeState.ISSUED))
    assert await open_items(store) == []
    await write(store, replace(CHARGE, state=ChargeState.OPENING))
    assert await open_items(store, CHARGE.expires_at - timedelta(microseconds=1)) == []
    assert await open_items(store, CHARGE.expires_at) == [unclear]
    await write(store, replace(CHARGE, gateway_id="pay-1", reason="SLOW", void=True))
    assert await open_items(store) == [replace(unclear, gateway_id="pay-1", reason="SLOW")]
    await write(store, replace(CHARGE, state=ChargeState.REFUSED))
    assert await open_items(store) == []


async def test_money_in_suspense_is_open_until_all_of_it_went_back(store: Store) -> None:
    booked = charge_entry(SURPLUS, Account.SUSPENSE)
    await write(store, PAYMENT, SURPLUS, booked)
    assert await open_items(store) == [SUSPENDED]
    refund = replace(BACK, id="r1", amount=Money("JPY", 300), ours=False)
    await write(store, refund, refund_entry(refund, Account.SUSPENSE))
    assert await open_items(store) == [replace(SUSPENDED, amount=Money("JPY", 12001))]
    rest = replace(refund, id="r2", amount=Money("JPY", 12001))
    await write(store, rest, refund_entry(rest, Account.SUSPENSE))
    assert await open_items(store) == []


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (RefundState.INTENDED, Unsettled.REFUND_UNDER_WAY),
        (RefundState.SENT, Unsettled.REFUND_UNDER_WAY),
        (RefundState.REFUSED, Unsettled.REFUND_REFUSED),
    ],
)
async def test_suspended_money_that_we_send_back_is_one_open_item(
    store: Store, state: RefundState, why: Unsettled
) -> None:
    await write(store, PAYMENT, PAID, charge_entry(PAID, Account.SUSPENSE), replace(REFUND, state=state))
    assert await open_items(store) == [replace(UNDER_WAY, why=why)]


async def test_what_our_refund_left_in_suspense_stays_open(store: Store) -> None:
    await write(store, PAYMENT, SURPLUS, charge_entry(SURPLUS, Account.SUSPENSE))
    await write(store, BACK, refund_entry(BACK, Account.SUSPENSE))
    assert await open_items(store) == [replace(SUSPENDED, amount=Money("JPY", 1))]


async def test_money_that_is_nobodys_we_know_is_open(store: Store) -> None:
    await write(store, STRANGER)
    nobodys = OpenItem(why=Unsettled.SUSPENSE, charge_id="s1", amount=TOTAL, since=NOW + MINUTE, gateway_id="pay-1")
    assert await open_items(store) == [nobodys]
    back = replace(refund_entry(replace(BACK, charge_id="s1"), Account.SUSPENSE), is_ours=False)
    await write(store, back)
    assert await open_items(store) == []


async def test_open_items_come_oldest_first(store: Store) -> None:
    late = replace(CHARGE, id="c2", token="c2", issued_at=NOW + 3 * MINUTE)
    await write(store, PAYMENT, late, PAID, BOOKED, REFUND, STRANGER)
    assert [item.charge_id for item in await open_items(store)] == ["s1", "c1", "c2"]


# Duties: open ends that no work looks after.


async def duties(store: Store, now: datetime = NOW) -> list[tuple[str, str]]:
    """What is to be done where refunds may take ten minutes and charges a day."""
    async with store.transaction() as tx:
        found = await tx.duties(refund_before=now - 10 * MINUTE, ask_after=now - timedelta(days=1))
    assert all(duty.journey_id == "p1" for duty in found)
    return [(duty.what, duty.subject) for duty in found]


async def queue(store: Store, work: Work, line: str = "journey:p1") -> None:
    async with store.transaction() as tx:
        await tx.queue(line, work)


async def carry(lines: Lines, outcome: Outcome) -> None:
    """Do the work that waits."""
    [claim] = await lines.claim(1, LEASE)
    await lines.finish([(claim, outcome)])


async def test_a_duty_names_its_journey(store: Store) -> None:
    await write(store, PAYMENT, CHARGE)
    async with store.transaction() as tx:
        found = await tx.duties(refund_before=NOW, ask_after=NOW - MINUTE)
    assert found == [Duty(what="ask", subject="c1", journey_id="p1")]


@pytest.mark.parametrize("work", [AskCharge(charge_id="c1", watch=True), CancelCharge(charge_id="c1")])
async def test_an_opened_charge_that_nobody_asks_about_is_a_duty(store: Store, lines: Lines, work: Work) -> None:
    await write(store, PAYMENT, replace(CHARGE, state=ChargeState.OPENING))
    assert await duties(store) == [("ask", "c1")]
    await queue(store, work)
    assert await duties(store) == []
    await carry(lines, Later(MINUTE, "unclear"))
    assert await duties(store) == []
    await queue(store, OpenCharge(charge_id="c1"))
    await carry(lines, Done())
    assert await duties(store) == []


@pytest.mark.parametrize("outcome", [Done(), Dead("no answer")])
async def test_work_that_has_ended_looks_after_nothing(store: Store, lines: Lines, outcome: Outcome) -> None:
    await write(store, PAYMENT, CHARGE)
    await queue(store, AskCharge(charge_id="c1", watch=True))
    await carry(lines, outcome)
    assert await duties(store) == [("ask", "c1")]


async def test_other_work_looks_after_nothing(store: Store) -> None:
    await write(store, PAYMENT, CHARGE, PAID_BEFORE, charge_entry(PAID_BEFORE), replace(REFUND, charge_id="c0"))
    for work in (AskCharge(charge_id="c2"), OpenCharge(charge_id="c1"), SendRefund(refund_id="rf-c2")):
        await queue(store, work)
    await queue(store, AskCharge(charge_id="c1"), "journey:p2")
    await queue(store, SendRefund(refund_id="rf-c1"), "journey:p2")
    assert await duties(store) == [("ask", "c1"), ("refund", "rf-c1")]


@pytest.mark.parametrize("state", [ChargeState.ISSUED, ChargeState.REFUSED, ChargeState.SETTLED])
async def test_a_charge_that_is_not_under_way_is_no_duty(store: Store, state: ChargeState) -> None:
    charge = PAID if state is ChargeState.SETTLED else replace(CHARGE, state=state)
    booked = (BOOKED,) if state is ChargeState.SETTLED else ()
    await write(store, PAYMENT, charge, *booked)
    assert await duties(store) == []
    assert await duties(store, NOW + timedelta(days=2)) == []


@pytest.mark.parametrize("state", [RefundState.INTENDED, RefundState.SENT])
async def test_a_refund_that_nobody_sends_is_a_duty(store: Store, lines: Lines, state: RefundState) -> None:
    await write(store, PAYMENT, PAID, BOOKED, replace(REFUND, state=state))
    assert await duties(store) == [("refund", "rf-c1")]
    await queue(store, SendRefund(refund_id="rf-c1"))
    assert await duties(store) == []
    await carry(lines, Dead("no answer"))
    assert await duties(store) == [("refund", "rf-c1")]
    await write(store, replace(REFUND, state=RefundState.REFUSED))
    assert await duties(store) == []


async def test_a_refund_that_is_late_is_a_duty_until_the_alarm_is_noted(store: Store) -> None:
    late = REFUND.intended_at + 10 * MINUTE
    await write(store, PAYMENT, PAID, BOOKED, REFUND)
    await queue(store, SendRefund(refund_id="rf-c1"))
    assert await duties(store, late - timedelta(microseconds=1)) == []
    assert await duties(store, late) == [("overdue", "rf-c1")]
    async with store.transaction() as tx:
        await tx.note("refund:rf-c1:overdue", RefundOverdue(refund_id="rf-c1"), late)
    assert await duties(store, late) == []


async def test_a_confirmed_refund_and_one_made_at_the_gateway_are_no_duty(store: Store) -> None:
    foreign = replace(REFUND, id="r1", ours=False)
    await write(store, PAYMENT, PAID, BOOKED, foreign, BACK, RETURNED)
    assert await duties(store, NOW + timedelta(days=2)) == []


async def test_a_charge_without_an_answer_for_too_long_is_a_duty_until_the_alarm_is_noted(store: Store) -> None:
    too_long = NOW + timedelta(days=1)
    await write(store, PAYMENT, CHARGE)
    assert await duties(store, too_long - timedelta(microseconds=1)) == [("ask", "c1")]
    await queue(store, AskCharge(charge_id="c1", watch=True))
    assert await duties(store, too_long) == [("unresolved", "c1")]
    async with store.transaction() as tx:
        await tx.note("charge:c1:unresolved", ChargeUnresolved(charge_id="c1"), too_long)
    assert await duties(store, too_long) == []


# What the gateway may be asked about.


async def test_attempts_are_the_charges_that_the_gateway_may_know_of(store: Store) -> None:
    names = ("c9", "c1", "c5")
    issued = replace(CHARGE, id="c2", token="c2", state=ChargeState.ISSUED)
    old = replace(CHARGE, id="c3", token="c3", issued_at=NOW - timedelta(microseconds=1))
    attempts = [replace(CHARGE, id=name, token=name, void=name == "c1") for name in names]
    refused = replace(CHARGE, id="c4", token="c4", state=ChargeState.REFUSED)
    await write(store, PAYMENT, issued, old, *attempts, refused, PAID_BEFORE, charge_entry(PAID_BEFORE))
    async with store.transaction() as tx:
        assert await tx.attempts(NOW) == [*attempts, refused, PAID_BEFORE]
        assert await tx.attempts(NOW + MINUTE) == []


def paid(name: str, value: int, currency: str = "JPY", issued_at: datetime = NOW) -> tuple[Charge, Entry]:
    charge = replace(PAID, id=name, token=name, gateway_id=name, paid=Money(currency, value), issued_at=issued_at)
    return charge, charge_entry(charge, Account.SUSPENSE)


async def test_a_refund_may_be_of_any_charge_that_still_holds_so_much(store: Store) -> None:
    await write(store, PAYMENT, CHARGE)
    await write(store, *paid("exact", 500), *paid("more", 900), *paid("newer", 600), *paid("less", 499))
    await write(store, *paid("yuan", 500, "CNY"), *paid("old", 500, issued_at=NOW - MINUTE))
    await write(store, *paid("returned", 500), *paid("partly", 700), *paid("too partly", 700))
    for charge_id, amount in (("returned", 500), ("partly", 200), ("too partly", 201)):
        refund = replace(BACK, id=f"r-{charge_id}", charge_id=charge_id, amount=Money("JPY", amount))
        await write(store, refund, refund_entry(refund, Account.SUSPENSE))
    async with store.transaction() as tx:
        found = await tx.settled_charges(Money("JPY", 500), NOW, 50)
        assert [charge.id for charge in found] == ["exact", "partly", "newer", "more"]
        assert [charge.id for charge in await tx.settled_charges(Money("JPY", 500), NOW, 2)] == ["exact", "partly"]


async def test_the_summary_counts_what_moved(store: Store) -> None:
    nothing = LedgerSummary(verification_charges=0, verification_refunds=0, payments=0, refunds=0, unsettled=0)
    async with store.transaction() as tx:
        assert await tx.summary() == nothing
    verified = [replace(PAID, id=f"v{n}", token=f"v{n}", journey_id="v1", gateway_id=f"v{n}") for n in range(3)]
    backs = [replace(BACK, id=f"rf-v{n}", charge_id=f"v{n}") for n in range(2)]
    await write(store, PAYMENT, VERIFICATION, *verified, *(charge_entry(one, Account.DEPOSITS) for one in verified))
    await write(store, *backs, *(refund_entry(back, Account.DEPOSITS) for back in backs))
    await write(store, replace(REFUND, id="rf-v2", charge_id="v2", state=RefundState.SENT))
    await write(store, PAID, BOOKED, PAID_BEFORE, charge_entry(PAID_BEFORE), BOUNCED, RETURNED, bounce_entry(BACK))
    states = (ChargeState.ISSUED, ChargeState.OPENING, ChargeState.OPEN, ChargeState.REFUSED)
    await write(store, *(replace(CHARGE, id=f"w{n}", token=f"w{n}", state=state) for n, state in enumerate(states)))
    await write(store, STRANGER)
    async with store.transaction() as tx:
        assert await tx.summary() == LedgerSummary(
            verification_charges=3, verification_refunds=2, payments=2, refunds=1, unsettled=3
        )


async def test_a_wallet_is_that_of_all_who_paid_from_it(store: Store) -> None:
    wallets = {"b2": "w1", "b1": "w1", "b3": "w2", "b4": None}
    buyers = {name: Buyer(buyer_id=name, wallet_id=wallet) for name, wallet in wallets.items()}
    await write(store, *buyers.values())
    async with store.transaction() as tx:
        assert await tx.buyers_of_wallet("w1") == [buyers["b1"], buyers["b2"]]
        await tx.save_buyer(replace(buyers["b1"], wallet_id="w2"))
        assert await tx.buyers_of_wallet("w1") == [buyers["b2"]]
        assert await tx.buyers_of_wallet("w3") == []


# Work that stands in its line once.


class Undone(Exception):
    """Ends a transaction without a trace."""


async def queue_once(store: Store, *numbers: int) -> list[bool]:
    async with store.transaction() as tx:
        return [await tx.queue_once("sweep", TellStatus(chat_id=number)) for number in numbers]


async def test_work_is_queued_once_and_again_after_it_is_done(store: Store, lines: Lines) -> None:
    assert await queue_once(store, 1, 2) == [True, False]
    assert await queue_once(store, 3) == [False]
    await carry(lines, Later(timedelta(0), "again"))
    [claim] = await lines.claim(1, LEASE)
    assert claim.work == TellStatus(chat_id=1)
    assert await queue_once(store, 4) == [False]
    await lines.finish([(claim, Done())])
    assert await queue_once(store, 5) == [True]


async def test_work_that_was_given_up_or_undone_does_not_stand_in_its_line(store: Store, lines: Lines) -> None:
    with suppress(Undone):
        async with store.transaction() as tx:
            await tx.queue_once("sweep", TellStatus(chat_id=1))
            raise Undone
    assert await queue_once(store, 1) == [True]
    await carry(lines, Dead("never"))
    assert await queue_once(store, 2) == [True]


async def test_other_lines_work_does_not_count(store: Store) -> None:
    await queue(store, TellStatus(chat_id=1), "chat:1")
    async with store.transaction() as tx:
        await tx.queue("chat:2", TellStatus(chat_id=2))
        assert await tx.queue_once("sweep", TellStatus(chat_id=3))

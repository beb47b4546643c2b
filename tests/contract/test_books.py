"""What every store promises about the books: entries come back as they were posted, and what cannot be is refused."""

from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import count, permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flow.ledger import Account
from flow.money import Money
from flow.states import Payment
from service.errors import BrokenRule
from service.facts import TimeUp
from service.ports import Lines, Store
from service.records import (
    Charge,
    Entry,
    Refund,
    RefundState,
)
from service.work import AskCharge
from tests.contract import examples
from tests.contract.bookkeeping import (
    BACK,
    BOOKED,
    BOUNCED,
    CHARGE,
    MINUTE,
    NOW,
    ORDER,
    PAID,
    PAYMENT,
    REFUND,
    RETURNED,
    STRANGER,
    SURPLUS,
    TOTAL,
    VERIFICATION,
    Record,
    entries,
    refuse,
    returned,
    write,
    write_one,
)
from tests.contract.examples import bounce_entry, charge_entry, postings, refund_entry

LEASE = timedelta(minutes=5)


class Undone(Exception):
    """Ends a transaction without a trace."""


# Entries come back as they were posted.


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entry=examples.entries())
async def test_an_entry_comes_back(store: Store, entry: Entry) -> None:
    with suppress(Undone):
        async with store.transaction() as tx:
            await tx.post(entry)
            assert await tx.entries() == [entry]
            assert await tx.entries(charge_id=entry.charge_id) == [entry]
            raise Undone


async def test_the_books_are_read_whole_or_of_one_charge_buyer_or_order(store: Store) -> None:
    other = replace(PAYMENT, id="p2", buyer_id="b2", order=replace(ORDER, order_id="o2", buyer_id="b2"))
    verified = replace(PAID, id="c3", token="c3", journey_id="v1", gateway_id="pay-3")
    paid_by_other = replace(PAID, id="c2", token="c2", journey_id="p2", gateway_id="pay-2")
    await write(store, PAYMENT, other, VERIFICATION, paid_by_other, charge_entry(paid_by_other), PAID, BOOKED)
    await write(store, BACK, RETURNED, verified, charge_entry(verified, Account.DEPOSITS), STRANGER)

    of_other, of_verification = charge_entry(paid_by_other), charge_entry(verified, Account.DEPOSITS)
    assert await entries(store) == [of_other, BOOKED, RETURNED, of_verification, STRANGER]
    async with store.transaction() as tx:
        assert await tx.entries(charge_id="c1") == [BOOKED, RETURNED]
        assert await tx.entries(charge_id="s1") == [STRANGER]
        assert await tx.entries(buyer_id="b1") == [BOOKED, RETURNED, of_verification]
        assert await tx.entries(order_id="o1") == [BOOKED, RETURNED]
        assert await tx.entries(order_id="o2", buyer_id="b2") == [of_other]
        assert await tx.entries(order_id="o2", buyer_id="b1") == []
        assert await tx.entries(charge_id="c9") == []


async def test_a_balance_is_the_sum_of_an_account_in_a_currency(store: Store) -> None:
    price, fee = Money("JPY", 12000), Money("JPY", 300)
    sides = postings((Account.GATEWAY, TOTAL), (Account.SALES, -price), (Account.FEES, -fee))
    abroad = replace(PAID, id="c2", token="c2", paid=Money("CNY", 600), gateway_id="pay-2")
    await write(store, PAYMENT, PAID, replace(BOOKED, postings=sides))
    await write(store, abroad, charge_entry(abroad, Account.SUSPENSE), *returned(300, "r1"))
    async with store.transaction() as tx:
        balances = [(balance.account, str(balance.amount)) for balance in await tx.balances()]
    assert balances == [
        (Account.FEES, "-300 JPY"),
        (Account.GATEWAY, "6.00 CNY"),
        (Account.GATEWAY, "12,000 JPY"),
        (Account.RETURNS, "300 JPY"),
        (Account.SALES, "-12,000 JPY"),
        (Account.SUSPENSE, "-6.00 CNY"),
    ]


# What the books forbid.

YEN_AND_YUAN = postings((Account.GATEWAY, TOTAL), (Account.SALES, Money("CNY", -12300)))
ONE_YEN_SHORT = postings((Account.GATEWAY, TOTAL), (Account.SALES, Money("JPY", -12299)))
ONE_YEN_LONG = postings((Account.GATEWAY, TOTAL), (Account.SALES, Money("JPY", -12301)))
ABROAD = replace(PAID, paid=Money("CNY", 12300))

FORBIDDEN: dict[str, tuple[str, tuple[Record, ...]]] = {
    "one yen is missing": ("entry_is_balanced", (PAID, replace(BOOKED, postings=ONE_YEN_SHORT))),
    "one yen too many": ("entry_is_balanced", (PAID, replace(BOOKED, postings=ONE_YEN_LONG))),
    "yen for yuan": ("entry_is_balanced", (PAID, replace(BOOKED, postings=YEN_AND_YUAN))),
    "one posting": ("entry_is_balanced", (PAID, replace(BOOKED, postings=BOOKED.postings[:1]))),
    "a charge that waits": ("entry_agrees_with_charge", (CHARGE, BOOKED)),
    "no charge": ("entry_knows_its_charge", (BOOKED,)),
    "another amount": ("settled_charge_is_booked", (PAID, charge_entry(SURPLUS, Account.SUSPENSE))),
    "another currency": ("settled_charge_is_booked", (PAID, charge_entry(ABROAD, Account.SUSPENSE))),
    "the wrong way round": (
        "settled_charge_is_booked",
        (PAID, replace(BOOKED, postings=postings((Account.GATEWAY, -TOTAL), (Account.SALES, TOTAL)))),
    ),
    "a settled charge without an entry": ("settled_charge_is_booked", (PAID,)),
    "a paid journey without an entry": ("paid_journey_is_booked", (replace(PAYMENT, id="p2", settled_by="c1"),)),
    "a refund in the charge's entry": ("entry_names_its_refund", (PAID, replace(BOOKED, refund_id="rf-c1"))),
}


@pytest.mark.parametrize("name", FORBIDDEN)
async def test_what_the_books_forbid(store: Store, name: str) -> None:
    rule, records = FORBIDDEN[name]
    await write(store, replace(PAYMENT, order=None))
    await refuse(store, rule, *records)
    await write(store, PAID, BOOKED)


@pytest.mark.parametrize("paid", [SURPLUS, replace(PAID, paid=Money("JPY", 12299)), ABROAD])
async def test_what_was_not_asked_for_may_only_stand_in_suspense(store: Store, paid: Charge) -> None:
    await write(store, PAYMENT)
    for account in (Account.SALES, Account.DEPOSITS, Account.FEES):
        await refuse(store, "entry_is_of_what_was_asked", paid, charge_entry(paid, account))
    await write(store, paid, charge_entry(paid, Account.SUSPENSE))


async def test_a_charge_is_booked_once(store: Store) -> None:
    await write(store, PAYMENT, PAID, BOOKED)
    await refuse(store, "entry_once_a_charge", replace(BOOKED, fact_id="again"))
    await refuse(store, "entry_once_a_charge", replace(BOOKED, is_ours=False))


async def test_a_journey_is_paid_once_its_charge_is_booked(store: Store) -> None:
    await write(store, PAYMENT)
    paid = replace(PAYMENT, version=1, state=Payment.PAID, settled_by="c1")
    await refuse(store, "paid_journey_is_booked", paid)
    await write(store, paid, PAID, BOOKED)
    await write(store, replace(paid, version=2, reason="late"))
    await refuse(store, "paid_journey_is_booked", replace(paid, version=3, settled_by="c2"))


# Money that goes back.

BACK_ONE = replace(BACK, amount=Money("JPY", 1))
OTHER = replace(PAID, id="c2", token="c2", gateway_id="pay-2")
FORBIDDEN_BACK: dict[str, tuple[str, tuple[Record, ...]]] = {
    "settled without an entry": ("settled_refund_is_booked", (BACK,)),
    "bounced without an entry": ("bounced_refund_is_booked", (BOUNCED, RETURNED)),
    "bounced and never settled": ("settled_refund_is_booked", (BOUNCED, bounce_entry(BOUNCED))),
    "not settled": ("entry_agrees_with_refund", (REFUND, RETURNED)),
    "refused": ("entry_agrees_with_refund", (replace(REFUND, state=RefundState.REFUSED), RETURNED)),
    "no refund": ("entry_agrees_with_refund", (RETURNED,)),
    "another amount": ("entry_agrees_with_refund", (BACK, refund_entry(BACK_ONE))),
    "another currency": ("entry_agrees_with_refund", (BACK, refund_entry(replace(BACK, amount=Money("CNY", 12300))))),
    "another charge's": (
        "entry_agrees_with_refund",
        (OTHER, charge_entry(OTHER), BACK, replace(RETURNED, charge_id="c2")),
    ),
    "unbalanced": ("entry_is_balanced", (BACK, replace(RETURNED, postings=RETURNED.postings[:1]))),
    "no name": ("entry_names_its_refund", (BACK, replace(RETURNED, refund_id=None))),
    "one yen too much": ("refunds_within_charge", returned(12301, "r1")),
    "in several": ("refunds_within_charge", (*returned(12000, "r1"), *returned(301, "r2"))),
    "another currency than was charged": ("refunds_within_charge", returned(1, "r1", "CNY")),
}


@pytest.mark.parametrize("name", FORBIDDEN_BACK)
async def test_what_the_books_forbid_of_money_that_goes_back(store: Store, name: str) -> None:
    rule, records = FORBIDDEN_BACK[name]
    await write(store, PAYMENT, PAID, BOOKED)
    await refuse(store, rule, *records)
    await write(store, BACK, RETURNED)


async def test_a_refund_and_its_bounce_are_booked_once(store: Store) -> None:
    await write(store, PAYMENT, PAID, BOOKED, BOUNCED, RETURNED, bounce_entry(BACK))
    await refuse(store, "entry_once_a_refund", replace(RETURNED, fact_id="again"))
    await refuse(store, "entry_once_a_bounce", replace(bounce_entry(BACK), fact_id="again"))


async def test_a_charge_has_one_refund_of_ours_and_any_number_made_at_the_gateway(store: Store) -> None:
    await write(store, PAYMENT, PAID, BOOKED, REFUND)
    await refuse(store, "refund_of_ours", replace(REFUND, id="rf-again"))
    await write(store, *returned(100, "r2"), *returned(100, "r1"))
    async with store.transaction() as tx:
        assert [refund.id for refund in await tx.refunds("c1")] == ["r1", "r2", "rf-c1"]
        await tx.save_refund(replace(REFUND, id="r0", ours=False, intended_at=NOW + 3 * MINUTE))
        assert [refund.id for refund in await tx.refunds("c1")] == ["r1", "r2", "rf-c1", "r0"]
        assert await tx.refund("rf-again") is None


async def test_more_than_was_charged_never_goes_back_whenever_it_is_tried(store: Store) -> None:
    await write(store, PAYMENT, PAID, BOOKED, *returned(12000, "r1"))
    await refuse(store, "refunds_within_charge", *returned(301, "r2"))
    await write(store, *returned(300, "r3"))
    await refuse(store, "refunds_within_charge", *returned(1, "r4"))


async def test_what_bounced_may_go_back_again(store: Store) -> None:
    await write(store, PAYMENT, PAID, BOOKED, BACK, RETURNED)
    await refuse(store, "refunds_within_charge", *returned(1, "r1"))
    await write(store, BOUNCED, bounce_entry(BACK))
    await write(store, *returned(12300, "r2"))
    await refuse(store, "refunds_within_charge", *returned(1, "r3"))


async def test_a_charge_that_is_not_ours_is_booked_without_a_record(store: Store) -> None:
    back = replace(refund_entry(replace(BACK, id="r1", charge_id="s1"), Account.SUSPENSE), is_ours=False)
    too_much = replace(refund_entry(replace(BACK_ONE, id="r2", charge_id="s1"), Account.SUSPENSE), is_ours=False)
    await refuse(store, "refunds_within_charge", back)
    await write(store, STRANGER)
    await refuse(store, "entry_once_a_charge", replace(STRANGER, fact_id="again"))
    await write(store, back)
    await refuse(store, "refunds_within_charge", too_much)
    assert await entries(store, "s1") == [STRANGER, back]


ROUND = (Account.GATEWAY, TOTAL), (Account.SALES, -TOTAL)
YUAN = Money("CNY", 10)
LOOSE: dict[str, tuple[Record, ...]] = {
    "a charge that is not ours, as a sale": (replace(STRANGER, postings=postings(*ROUND)),),
    "a charge that takes money away": (
        replace(STRANGER, postings=postings((Account.GATEWAY, -TOTAL), (Account.SUSPENSE, TOTAL))),
    ),
    "a charge that moves nothing": (
        replace(STRANGER, postings=postings((Account.RETURNS, TOTAL), (Account.SUSPENSE, -TOTAL))),
    ),
    "a charge of ours that is called not ours": (CHARGE, replace(BOOKED, is_ours=False)),
    "a charge with two sides at the gateway": (
        PAID,
        replace(BOOKED, postings=postings(*ROUND, (Account.GATEWAY, TOTAL), (Account.SUSPENSE, -TOTAL))),
    ),
    "a charge with another currency beside it": (
        PAID,
        replace(BOOKED, postings=postings(*ROUND, (Account.FEES, YUAN), (Account.SALES, -YUAN))),
    ),
    "another amount than was asked for, as a return": (SURPLUS, charge_entry(SURPLUS, Account.RETURNS)),
    "a refund the wrong way round": (
        PAID,
        BOOKED,
        BACK,
        replace(RETURNED, postings=postings((Account.GATEWAY, TOTAL), (Account.RETURNS, -TOTAL))),
    ),
    "a refund of ours that is called not ours": (PAID, BOOKED, replace(RETURNED, is_ours=False)),
    "a bounce of what never went back": (STRANGER, replace(bounce_entry(replace(BACK, charge_id="s1")), is_ours=False)),
}


@pytest.mark.parametrize("name", LOOSE)
async def test_what_the_books_should_forbid_as_well(store: Store, name: str) -> None:
    await write(store, PAYMENT)
    with pytest.raises(BrokenRule):
        await write(store, *LOOSE[name])


async def test_what_was_paid_stays_as_it_was_booked(store: Store) -> None:
    await write(store, PAYMENT, PAID, BOOKED)
    with pytest.raises(BrokenRule):
        await write(store, SURPLUS)


# Whole transactions.


async def test_a_rule_that_is_broken_last_undoes_all_that_came_before(store: Store, lines: Lines) -> None:
    async def settle() -> None:
        async with store.transaction() as tx:
            await tx.note("f1", TimeUp(charge_id="c1"), NOW)
            await tx.queue("journey:p1", AskCharge(charge_id="c1"))
            for record in (PAYMENT, PAID, BOOKED, BACK):
                await write_one(tx, record)

    with pytest.raises(BrokenRule):
        await settle()
    async with store.transaction() as tx:
        assert await tx.note("f1", TimeUp(charge_id="c1"), NOW)
        assert (await tx.journey("p1"), await tx.charge("c1"), await tx.refund("rf-c1")) == (None, None, None)
        assert await tx.entries() == []
        assert await tx.balances() == []
    assert await lines.claim(5, LEASE) == []


async def test_within_a_transaction_any_order_will_do(store: Store) -> None:
    names = count()
    for order in permutations(range(5)):
        if order.index(0) > order.index(2):
            continue  # a refund is a charge's
        name = f"c{next(names)}"
        paid = replace(PAID, id=name, token=name, gateway_id=name)
        bounced = replace(BOUNCED, id=f"rf-{name}", charge_id=name)
        made: tuple[Record, ...] = (paid, charge_entry(paid), bounced, refund_entry(bounced), bounce_entry(bounced))
        journey = replace(PAYMENT, id=f"p-{name}", order=None, settled_by=name)
        await write(store, journey, *(replace_journey(made[step], journey.id) for step in order))


def replace_journey(record: Record, journey_id: str) -> Record:
    return replace(record, journey_id=journey_id) if isinstance(record, Charge) else record


# Whatever happens: nothing comes from nowhere, and nothing goes back that is not there.

numbers = count()
amounts = st.integers(1, 300)
acts = st.one_of(
    st.tuples(st.just("charge"), st.sampled_from(["JPY", "CNY"]), amounts),
    st.tuples(st.just("refund"), st.integers(0, 3), amounts),
    st.tuples(st.just("bounce"), st.integers(0, 5), st.just(0)),
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=st.lists(acts, max_size=14))
async def test_every_history_adds_up(store: Store, history: list[tuple[str, str | int, int]]) -> None:
    journey = replace(PAYMENT, id=f"p{next(numbers)}", order=None)
    await write(store, journey)
    charges: list[Charge] = []
    refunds: list[Refund] = []
    held: dict[str, int] = defaultdict(int)
    for act, which, value in history:
        match act:
            case "charge":
                name, amount = f"c{next(numbers)}", Money(str(which), value)
                paid = replace(PAID, id=name, token=name, journey_id=journey.id, gateway_id=name, paid=amount)
                await write(store, paid, charge_entry(paid, Account.SUSPENSE))
                charges.append(paid)
                held[name] += value
            case "refund" if charges:
                charge = charges[int(which) % len(charges)]
                assert charge.paid
                refund, entry = returned(value, f"r{next(numbers)}", charge.paid.currency)
                refund, entry = replace(refund, charge_id=charge.id), replace(entry, charge_id=charge.id)
                if value > held[charge.id]:
                    await refuse(store, "refunds_within_charge", refund, entry)
                else:
                    await write(store, refund, entry)
                    refunds.append(refund)
                    held[charge.id] -= value
            case "bounce" if refunds:
                refund = refunds.pop(int(which) % len(refunds))
                await write(store, replace(refund, state=RefundState.BOUNCED), bounce_entry(refund))
                held[refund.charge_id] += refund.amount.value
    assert await holdings(store, charges) == {charge.id: held[charge.id] for charge in charges}
    assert all(value >= 0 for value in held.values())


async def holdings(store: Store, charges: list[Charge]) -> dict[str, int]:
    """What the gateway holds of each charge; and all the accounts together hold nothing."""
    async with store.transaction() as tx:
        sums: dict[str, int] = defaultdict(int)
        for balance in await tx.balances():
            sums[balance.amount.currency] += balance.amount.value
        assert not any(sums.values())
        return {charge.id: at_gateway(await tx.entries(charge_id=charge.id)) for charge in charges}


def at_gateway(entries: object) -> int:
    assert isinstance(entries, list)
    sides = [side for entry in entries for side in entry.postings]
    return sum(side.amount.value for side in sides if side.account is Account.GATEWAY)

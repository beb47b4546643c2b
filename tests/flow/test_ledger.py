"""The books: nothing comes from nowhere, and what goes back leaves nothing behind."""

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from flow import classify
from flow.journey import Journey, Kind, advance
from flow.ledger import Account, Posting, Postings, bounced, charged, is_balanced, refunded
from flow.money import DECIMALS, Money
from flow.states import KEEPS, Payment, Verification
from tests.flow.examples import NOON, PLACES, journey, order

MOST = 10**16 - 1

currencies = st.sampled_from(sorted(DECIMALS))
values = st.integers(1, MOST)
amounts = st.builds(Money, currencies, values)
charge_ids = st.sampled_from(["c1", "c2"])


def totals(*entries: Postings) -> dict[tuple[Account, str], int]:
    """What stands in each account and currency after these entries; what is nought is left out."""
    sums: Counter[tuple[Account, str]] = Counter()
    for posting in (posting for entry in entries for posting in entry):
        sums[posting.account, posting.amount.currency] += posting.amount.value
    return {key: value for key, value in sums.items() if value}


def entry(account: Account, amount: Money) -> Postings:
    """A charge of which the whole is booked as one."""
    return (Posting(account=Account.GATEWAY, amount=amount), Posting(account=account, amount=-amount))


def paid_item(total: Money, *fees: Money) -> Journey:
    """An item that was paid with charge c1."""
    return journey(Kind.PAYMENT, Payment.PAID, settled_by="c1", order=order(total=total, fees=fees))


def verified() -> Journey:
    """A verification whose charge c1 was paid."""
    return journey(Kind.VERIFICATION, Verification.REFUNDING, settled_by="c1")


@st.composite
def splits(draw: st.DrawFn) -> tuple[Money, list[Money]]:
    """An amount, and parts that it falls into."""
    currency, parts = draw(currencies), draw(st.lists(st.integers(1, MOST // 8), min_size=1, max_size=8))
    return Money(currency, sum(parts)), [Money(currency, part) for part in parts]


@st.composite
def journeys(draw: st.DrawFn) -> Journey | None:
    """Any journey at all, with any order and fees, or none."""
    kind, state = draw(st.sampled_from(PLACES))
    fees = draw(st.lists(st.builds(Money, currencies, st.integers(-MOST, MOST)), max_size=3))
    known = draw(st.none() | st.builds(order, total=amounts, fees=st.just(tuple(fees))))
    settled_by = draw(st.none() | charge_ids)
    return draw(st.none() | st.just(journey(kind, state, order=known, settled_by=settled_by)))


@given(journeys(), charge_ids, amounts, amounts)
def test_every_entry_is_balanced_in_each_currency(
    journey: Journey | None, charge_id: str, paid: Money, back: Money
) -> None:
    charge = charged(journey, charge_id, paid)
    refund = refunded(back, charge)

    for booked in (charge, refund, bounced(charge), bounced(refund)):
        sums: Counter[str] = Counter()
        for posting in booked:
            sums[posting.amount.currency] += posting.amount.value
        assert not any(sums.values())
        assert is_balanced(booked)


@given(journeys(), charge_ids, amounts)
def test_the_gateway_holds_what_was_paid_until_it_went_back(
    journey: Journey | None, charge_id: str, paid: Money
) -> None:
    charge = charged(journey, charge_id, paid)

    assert totals(charge)[Account.GATEWAY, paid.currency] == paid.value
    assert (Account.GATEWAY, paid.currency) not in totals(charge, refunded(paid, charge))


@given(journeys(), charge_ids, splits())
def test_a_charge_that_went_back_leaves_nothing_but_sales_fees_and_returns_of_each_other(
    journey: Journey | None, charge_id: str, split: tuple[Money, list[Money]]
) -> None:
    """In one piece or in parts."""
    paid, parts = split
    charge = charged(journey, charge_id, paid)

    left = totals(charge, *(refunded(part, charge) for part in parts))

    assert left == totals(charge, refunded(paid, charge))
    assert {account for account, _ in left} <= {Account.SALES, Account.FEES, Account.RETURNS}
    assert sum(left.values()) == 0


@given(amounts)
def test_a_returned_sale_is_a_sale_and_its_return(paid: Money) -> None:
    charge = charged(paid_item(paid), "c1", paid)

    assert totals(charge, refunded(paid, charge)) == {
        (Account.SALES, paid.currency): -paid.value,
        (Account.RETURNS, paid.currency): paid.value,
    }


@given(st.sampled_from([Account.DEPOSITS, Account.SUSPENSE]), splits())
def test_what_was_owed_is_owed_less_with_each_part_that_goes_back(
    account: Account, split: tuple[Money, list[Money]]
) -> None:
    paid, parts = split
    charge = entry(account, paid)

    refund = refunded(parts[0], charge)

    assert refund == (Posting(account=Account.GATEWAY, amount=-parts[0]), Posting(account=account, amount=parts[0]))
    assert sum(totals(charge, refund).values()) == 0


@given(journeys(), charge_ids, splits())
def test_a_bounce_undoes_its_refund_and_no_other(
    journey: Journey | None, charge_id: str, split: tuple[Money, list[Money]]
) -> None:
    paid, parts = split
    charge = charged(journey, charge_id, paid)
    first, *others = [refunded(part, charge) for part in parts]

    assert totals(charge, first, *others, bounced(first)) == totals(charge, *others)
    assert bounced(bounced(first)) == first


@given(splits())
def test_the_fees_and_the_price_add_up_to_what_was_paid(split: tuple[Money, list[Money]]) -> None:
    """The gateway's side first, then the price, then each fee in its turn: all owed or earned, none of them less."""
    paid, [price, *fees] = split

    gateway, sale, *others = charged(paid_item(paid, *fees), "c1", paid)

    assert gateway == Posting(account=Account.GATEWAY, amount=paid)
    assert sale == Posting(account=Account.SALES, amount=-price)
    assert others == [Posting(account=Account.FEES, amount=-fee) for fee in fees]


@given(journeys(), charge_ids, amounts)
def test_nothing_is_ever_earned_below_nought(journey: Journey | None, charge_id: str, paid: Money) -> None:
    gateway, *others = charged(journey, charge_id, paid)

    assert gateway.amount == paid
    assert all(posting.amount.value < 0 for posting in others)
    assert sum(-posting.amount.value for posting in others) == paid.value


@pytest.mark.parametrize(
    "fees",
    [
        [Money("CNY", 300)],
        [Money("JPY", 300), Money("CNY", 300)],
        [Money("JPY", 12_300)],
        [Money("JPY", 12_301)],
        [Money("JPY", 12_000), Money("JPY", 300)],
        [Money("JPY", MOST)],
        [Money("JPY", 0)],
        [Money("JPY", 300), Money("JPY", 0)],
        [Money("JPY", -300)],
        [Money("JPY", 600), Money("JPY", -300)],
        [Money("CNY", 0)],
        [],
    ],
    ids=str,
)
def test_fees_that_make_no_sense_are_no_reason_to_lose_the_sale(fees: list[Money]) -> None:
    paid = Money("JPY", 12_300)

    assert charged(paid_item(paid, *fees), "c1", paid) == entry(Account.SALES, paid)


def test_the_smallest_price_beside_its_fees_is_a_price() -> None:
    paid = Money("JPY", 12_300)

    assert totals(charged(paid_item(paid, Money("JPY", 12_299)), "c1", paid)) == {
        (Account.GATEWAY, "JPY"): 12_300,
        (Account.SALES, "JPY"): -1,
        (Account.FEES, "JPY"): -12_299,
    }


@given(amounts)
def test_a_paid_item_of_no_known_order_is_a_sale(paid: Money) -> None:
    unknown = journey(Kind.PAYMENT, Payment.PAID, settled_by="c1")

    assert charged(unknown, "c1", paid) == entry(Account.SALES, paid)


@given(amounts)
def test_a_verification_is_owed_until_it_is_sent_back(paid: Money) -> None:
    charge = charged(verified(), "c1", paid)

    assert charge == entry(Account.DEPOSITS, paid)
    assert not totals(charge, refunded(paid, charge))


@given(journeys(), charge_ids, amounts)
def test_what_does_not_count_stands_in_suspense_and_what_counts_never_does(
    journey: Journey | None, charge_id: str, paid: Money
) -> None:
    counts = journey is not None and journey.state in KEEPS and journey.settled_by == charge_id

    charge = charged(journey, charge_id, paid)

    if counts:
        assert Account.SUSPENSE not in {posting.account for posting in charge}
    else:
        assert charge == entry(Account.SUSPENSE, paid)


@pytest.mark.parametrize("state", sorted(KEEPS, key=str), ids=str)
def test_another_charge_of_a_journey_that_was_paid_does_not_count(state: Payment | Verification) -> None:
    kind = Kind.PAYMENT if state is Payment.PAID else Kind.VERIFICATION
    paid = Money("JPY", 5)

    assert charged(journey(kind, state, settled_by="c1"), "c2", paid) == entry(Account.SUSPENSE, paid)


@pytest.mark.parametrize("kept", [paid_item(Money("JPY", 5)), verified()], ids=["item", "verification"])
def test_the_same_journey_keeps_its_money_only_where_it_was_waited_for(kept: Journey) -> None:
    paid = Money("JPY", 5)

    for state in {state for kind, state in PLACES if kind is kept.kind} - KEEPS:
        elsewhere = journey(kept.kind, state, settled_by="c1")
        assert charged(elsewhere, "c1", paid) == entry(Account.SUSPENSE, paid)
    assert charged(kept, "c1", paid) != entry(Account.SUSPENSE, paid)


@given(amounts)
def test_a_strangers_money_is_held_and_goes_back_from_where_it_was_held(paid: Money) -> None:
    charge = charged(None, "whose?", paid)

    assert charge == entry(Account.SUSPENSE, paid)
    assert not totals(charge, refunded(paid, charge))


@given(st.sampled_from(PLACES), amounts, amounts)
def test_money_that_was_not_asked_for_is_in_suspense_wherever_it_finds_the_journey(
    place: tuple[Kind, Payment | Verification], asked: Money, paid: Money
) -> None:
    """Of another amount or another currency: as the journey is moved by it, so it is booked."""
    assume(paid != asked)
    kind, state = place
    before = journey(kind, state, order=order(total=asked) if kind is Kind.PAYMENT else None)

    after, _ = advance(before, classify.settled(before, "c1", asked, paid, NOON))

    assert charged(after, "c1", paid) == entry(Account.SUSPENSE, paid)


@given(amounts, amounts)
def test_what_does_not_add_up_is_not_balanced(one: Money, other: Money) -> None:
    gateway, sale = entry(Account.SALES, one)
    wrong = Posting(account=Account.SALES, amount=-other)

    assert is_balanced((gateway, sale))
    assert is_balanced((gateway, wrong)) is (one == other)


@given(amounts)
def test_an_entry_has_two_sides(paid: Money) -> None:
    nothing = Posting(account=Account.GATEWAY, amount=Money(paid.currency, 0))

    assert not is_balanced(())
    assert not is_balanced((nothing,))
    assert is_balanced((nothing, nothing))


def test_two_currencies_make_no_balance_together() -> None:
    yen, yuan = entry(Account.SALES, Money("JPY", 5)), entry(Account.SALES, Money("CNY", 5))

    assert is_balanced((*yen, *yuan))
    assert not is_balanced((yen[0], yuan[1]))

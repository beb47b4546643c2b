"""The tables: every row does what it says, what has no row changes nothing, and money is never "not now"."""

from dataclasses import FrozenInstanceError
from itertools import chain

import pytest

from flow import events as on
from flow.effects import Effect
from flow.journey import START, STATES, TABLES, Kind, NotNow, advance
from flow.states import CLOSED, Payment, State, Verification
from tests.flow.examples import EVENTS, PLACES, event, journey, place_id

ROWS = [(kind, state, moved_by) for kind, state in PLACES for moved_by in TABLES[kind][state]]
NO_ROWS = [(kind, state, refused) for kind, state in PLACES for refused in EVENTS if refused not in TABLES[kind][state]]
GATEWAY_FACTS = (*on.MONEY_FACTS, on.ChargeOpened)
END_OF_MONEY = (
    (Kind.VERIFICATION, Verification.REFUNDED),
    (Kind.PAYMENT, Payment.PAID),
    (Kind.PAYMENT, Payment.PAID_ELSEWHERE),
    (Kind.PAYMENT, Payment.CANCELLED),
)
COUNTED = (Verification.REFUNDING, Verification.REFUNDED, Verification.REFUND_STUCK, Payment.PAID)
"""Where one charge counted already, so that any other is a repeated one."""
LIVE_LINK = [(kind, state) for kind, state in PLACES if state.name in ("LINK_SENT", "OPENED")]


def reachable(kind: Kind, start: State) -> set[State]:
    """Every state that some row of events leads to from `start`."""
    found: set[State] = set()
    new = {start}
    while new:
        found |= new
        new = {after for state in new for after, _ in TABLES[kind][state].values()} - found
    return found


@pytest.mark.parametrize(("kind", "state", "moved_by"), ROWS, ids=place_id)
def test_a_row_goes_where_it_says_and_does_what_it_says(kind: Kind, state: State, moved_by: type) -> None:
    before = journey(kind, state, charge_id="c1")

    after, effects = advance(before, event(moved_by))

    assert (after.state, effects) == TABLES[kind][state][moved_by]
    assert (after.id, after.kind, after.buyer_id, after.path) == (before.id, kind, before.buyer_id, before.path)
    assert (after.charge_id, after.version) == (before.charge_id, before.version)


@pytest.mark.parametrize(("kind", "state", "refused"), NO_ROWS, ids=place_id)
def test_what_has_no_row_is_declined_and_changes_nothing(kind: Kind, state: State, refused: type) -> None:
    before = journey(kind, state)

    with pytest.raises(NotNow, match=refused.__name__):
        advance(before, event(refused))

    assert before == journey(kind, state)


def test_a_journey_is_changed_by_nobody() -> None:
    start = journey(Kind.VERIFICATION, Verification.OFFERED)

    with pytest.raises(FrozenInstanceError):
        del start.state


@pytest.mark.parametrize("kind", Kind)
def test_each_state_has_a_row_of_its_own(kind: Kind) -> None:
    assert list(TABLES[kind]) == list(STATES[kind])
    assert all(isinstance(state, STATES[kind]) for state in TABLES[kind])


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_money_is_never_not_now(kind: Kind, state: State) -> None:
    assert set(on.MONEY_FACTS) <= set(TABLES[kind][state])


@pytest.mark.parametrize("state", Payment)
def test_a_payment_hears_everything_of_the_auction_house(state: Payment) -> None:
    assert set(on.AUCTION_FACTS) <= set(TABLES[Kind.PAYMENT][state])


@pytest.mark.parametrize("state", Verification)
def test_a_verification_hears_of_the_buyer_and_of_no_order(state: Verification) -> None:
    heard = set(on.AUCTION_FACTS) & set(TABLES[Kind.VERIFICATION][state])

    assert heard == {on.AlipayLinked, on.AlipayNotOffered}


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_the_clock_is_heard_everywhere(kind: Kind, state: State) -> None:
    assert {on.LinkExpired, on.ChargeOverdue} <= set(TABLES[kind][state])


def test_every_event_moves_some_journey() -> None:
    rows = chain.from_iterable(table.values() for table in TABLES.values())

    assert set(chain.from_iterable(rows)) == set(EVENTS)


def test_every_kind_of_work_is_asked_for_and_no_other() -> None:
    asked = {effect for kind, state in PLACES for _, effects in TABLES[kind][state].values() for effect in effects}

    assert asked == set(Effect)


@pytest.mark.parametrize(("kind", "state", "moved_by"), ROWS, ids=place_id)
def test_no_work_is_asked_for_twice_in_one_move(kind: Kind, state: State, moved_by: type) -> None:
    _, effects = TABLES[kind][state][moved_by]

    assert len(effects) == len(set(effects))


@pytest.mark.parametrize("kind", Kind)
def test_every_state_can_be_reached(kind: Kind) -> None:
    assert reachable(kind, START[kind]) == set(STATES[kind])


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_every_journey_can_end(kind: Kind, state: State) -> None:
    """It closes, or a person has it."""
    assert reachable(kind, state) & (CLOSED | {Payment.WITH_STAFF})


@pytest.mark.parametrize(("kind", "state"), END_OF_MONEY, ids=place_id)
@pytest.mark.parametrize("fact", GATEWAY_FACTS, ids=place_id)
def test_money_reopens_nothing_that_it_ended(kind: Kind, state: State, fact: type) -> None:
    after, _ = TABLES[kind][state].get(fact, (state, ()))

    assert after is state


@pytest.mark.parametrize(("kind", "state"), END_OF_MONEY, ids=place_id)
def test_an_end_is_never_left(kind: Kind, state: State) -> None:
    assert reachable(kind, state) == {state}


@pytest.mark.parametrize("fact", [on.ChargeSettled, on.PastChargeSettled], ids=place_id)
@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_a_payment_is_counted_or_sent_back_or_a_persons(kind: Kind, state: State, fact: type) -> None:
    """The three things that can be done with money that came; once a charge counted, its repeat does none of them."""
    after, effects = TABLES[kind][state][fact]

    answers = {Effect.REPORT_PAID, Effect.REFUND_CHARGE, Effect.CALL_STAFF} & set(effects)
    assert (after, effects) == (state, ()) if state in COUNTED else len(answers) == 1


@pytest.mark.parametrize(("kind", "state"), LIVE_LINK, ids=place_id)
def test_a_late_payment_closes_the_link_that_is_still_open(kind: Kind, state: State) -> None:
    _, current = TABLES[kind][state][on.ChargeSettled]
    _, past = TABLES[kind][state][on.PastChargeSettled]

    assert past == (Effect.CLOSE_CHARGE, *current)


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
@pytest.mark.parametrize(
    ("fact", "work"),
    [
        (on.ChargeRepeated, Effect.REFUND_CHARGE),
        (on.ChargeDiffers, Effect.CALL_STAFF),
        (on.RefundSettled, Effect.REPORT_REFUND),
        (on.RefundRefused, Effect.CALL_STAFF),
        (on.SurplusRefunded, Effect.REPORT_REFUND),
        (on.SurplusRefundRefused, Effect.CALL_STAFF),
        (on.ChargeUnclear, Effect.TELL_UNCLEAR),
        (on.RefundUnclear, Effect.TELL_UNCLEAR),
    ],
    ids=place_id,
)
def test_unexpected_money_has_one_rule_everywhere(kind: Kind, state: State, fact: type, work: Effect) -> None:
    _, effects = TABLES[kind][state][fact]

    assert work in effects


@pytest.mark.parametrize(("kind", "state", "moved_by"), ROWS, ids=place_id)
def test_work_about_money_names_the_money(kind: Kind, state: State, moved_by: type) -> None:
    """What sends a charge back knows which and how much; what reports a refund knows which."""
    _, effects = TABLES[kind][state][moved_by]
    known = event(moved_by)

    assert Effect.REFUND_CHARGE not in effects or (known.charge_id and known.amount)
    assert Effect.REPORT_REFUND not in effects or known.refund_id
    assert Effect.RECORD_LINKED not in effects or moved_by in (on.ChargeSettled, on.PastChargeSettled)


@pytest.mark.parametrize(("kind", "state"), LIVE_LINK, ids=place_id)
def test_a_link_that_is_given_up_is_void(kind: Kind, state: State) -> None:
    """Who leaves a link that can still be paid, without money or time having ended it, voids it."""
    for moved_by, (after, effects) in TABLES[kind][state].items():
        if moved_by in (*GATEWAY_FACTS, on.LinkExpired, on.LinkOpened, on.NewLinkPressed) or after is state:
            continue
        assert Effect.CLOSE_CHARGE in effects, moved_by.__name__


@pytest.mark.parametrize(("kind", "state", "moved_by"), ROWS, ids=place_id)
def test_a_link_is_sent_exactly_when_one_is_issued(kind: Kind, state: State, moved_by: type) -> None:
    after, effects = TABLES[kind][state][moved_by]
    sent = after.name == "LINK_SENT" and issubclass(moved_by, on.BuyerEvent)

    assert (Effect.ISSUE_LINK in effects) is sent
    assert (Effect.OPEN_CHARGE in effects) is (moved_by is on.LinkOpened)

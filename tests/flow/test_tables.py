"""The tables: every row does what it says, what has no row changes nothing, and money is never "not now"."""

from dataclasses import FrozenInstanceError
from itertools import chain

import pytest

from flow import events as on
from flow.effects import Effect
from flow.journey import START, STATES, TABLES, Kind, NotNow, advance
from flow.states import BEFORE_LINK, CLOSED, KEEPS, UNPAID, VERIFYING, Payment, State, Verification
from tests.flow.examples import EVENTS, PLACES, event, journey, place_id

ROWS = [(kind, state, moved_by) for kind, state in PLACES for moved_by in TABLES[kind][state]]
NO_ROWS = [(kind, state, refused) for kind, state in PLACES for refused in EVENTS if refused not in TABLES[kind][state]]
GATEWAY_FACTS = (*on.MONEY_FACTS, on.ChargeOpened)
EXPECTED = (on.ChargeSettled, on.ChargeSettledLate)
AFTER_MONEY: dict[State, dict[type, State]] = {
    Verification.REFUNDED: {on.RefundBounced: Verification.REFUND_STUCK},
    Payment.PAID: {on.RefundSettled: Payment.RETURNED},
    Payment.RETURNED: {},
}
"""Where the money is done with, and the only facts that still change the state."""
CHARGED = (Verification.REFUNDING, Verification.REFUNDED, Verification.REFUND_STUCK)
COUNTED = (*CHARGED, Payment.PAID, Payment.RETURNED)
"""Where one charge counted already, so that any other is a repeated one."""
NOT_DUE = (Payment.WATCHING, Payment.WITHDRAWN, Payment.GONE, Payment.CANCELLED, Payment.PAID_ELSEWHERE)
WITH_A_PERSON = {Verification.WITH_STAFF, Payment.WITH_STAFF}
LIVE_LINK = [(kind, state) for kind, state in PLACES if state.name in ("LINK_SENT", "OPENED")]
MOVED_BY_MONEY: dict[tuple[State, type], State] = {
    (Verification.OPENED, on.ChargeRefused): Verification.LAPSED,
    (Verification.REFUNDING, on.RefundSettled): Verification.REFUNDED,
    (Verification.REFUNDING, on.RefundRefused): Verification.REFUND_STUCK,
    (Verification.REFUNDED, on.RefundBounced): Verification.REFUND_STUCK,
    (Verification.REFUND_STUCK, on.RefundSettled): Verification.REFUNDED,
    (Verification.WITH_STAFF, on.SurplusRefunded): Verification.OFFERED,
    (Payment.OPENED, on.ChargeRefused): Payment.LAPSED,
    (Payment.PAID, on.RefundSettled): Payment.RETURNED,
    (Payment.WITH_STAFF, on.SurplusRefunded): Payment.WON,
}
"""What changes the state beside a payment: anything else that the gateway tells of money leaves it as it is."""


def reachable(kind: Kind, start: State) -> set[State]:
    """Every state that some row of events leads to from `start`."""
    found: set[State] = set()
    new = {start}
    while new:
        found |= new
        new = {after for state in new for after, _ in TABLES[kind][state].values()} - found
    return found


def open_to_buyer(kind: Kind, state: State) -> set[type]:
    """What the buyer can do there, beside asking where a refund is."""
    return {event for event in TABLES[kind][state] if issubclass(event, on.BuyerEvent)} - {on.RefundMissed}


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
def test_a_row_stays_in_its_own_journey(kind: Kind, state: State) -> None:
    assert all(isinstance(after, STATES[kind]) for after, _ in TABLES[kind][state].values())


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_money_is_never_not_now(kind: Kind, state: State) -> None:
    assert set(on.MONEY_FACTS) <= set(TABLES[kind][state])


def test_what_the_gateway_tells_of_money_is_a_money_fact() -> None:
    told = {event for event in EVENTS if event.__name__.startswith(("Charge", "PastCharge", "Refund", "PartRefund"))}
    told |= {event for event in EVENTS if event.__name__.startswith("Surplus")}

    assert set(on.MONEY_FACTS) == told - {on.ChargeOpened, on.ChargeOverdue, on.RefundMissed}


@pytest.mark.parametrize("state", Payment)
def test_a_payment_hears_everything_of_the_auction_house(state: Payment) -> None:
    assert set(on.AUCTION_FACTS) <= set(TABLES[Kind.PAYMENT][state])


@pytest.mark.parametrize("state", Verification)
def test_a_verification_hears_of_the_buyer_and_of_no_order(state: Verification) -> None:
    heard = set(on.AUCTION_FACTS) & set(TABLES[Kind.VERIFICATION][state])

    assert heard == {on.AlipayLinked, on.AlipayUnlinked, on.AlipayNotOffered}


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
    assert reachable(kind, state) & CLOSED


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_where_the_buyer_has_nothing_to_do_it_is_over_or_waits_for_others(kind: Kind, state: State) -> None:
    waits = WITH_A_PERSON | {Verification.REFUNDING, Verification.REFUND_STUCK}

    if state is not Payment.WATCHING:
        assert (state in CLOSED) is (not open_to_buyer(kind, state) and state not in waits)


def test_the_lists_of_states_hold_what_their_names_say() -> None:
    at_work = {state for kind, state in PLACES if open_to_buyer(kind, state)}

    assert {state for state in at_work if isinstance(state, Verification)} == VERIFYING
    assert {state for state in at_work if isinstance(state, Payment)} - {Payment.WATCHING} == UNPAID


@pytest.mark.parametrize("state", AFTER_MONEY, ids=place_id)
def test_what_money_ended_is_changed_by_nothing_but_money_that_moves_back(state: State) -> None:
    kind = Kind.PAYMENT if isinstance(state, Payment) else Kind.VERIFICATION

    assert {fact: after for fact, (after, _) in TABLES[kind][state].items() if after is not state} == AFTER_MONEY[state]


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_money_beside_the_way_changes_the_state_only_where_it_is_waited_for(kind: Kind, state: State) -> None:
    for fact in set(on.MONEY_FACTS) - {*EXPECTED, on.ChargeDiffers}:
        after, _ = TABLES[kind][state][fact]
        assert after is MOVED_BY_MONEY.get((state, fact), state), fact.__name__


@pytest.mark.parametrize(
    ("news", "end"),
    [(on.OrderCancelled, Payment.CANCELLED), (on.PaidElsewhere, Payment.PAID_ELSEWHERE)],
    ids=place_id,
)
@pytest.mark.parametrize("state", sorted({*UNPAID, Payment.WITH_STAFF}, key=str), ids=place_id)
def test_an_order_that_is_due_can_end_at_any_time(state: Payment, news: type, end: Payment) -> None:
    assert TABLES[Kind.PAYMENT][state][news] == (end, (Effect.CLOSE_CHARGE, Effect.ANNOUNCE))


@pytest.mark.parametrize("state", [Payment.CANCELLED, Payment.PAID_ELSEWHERE])
def test_an_order_that_is_over_is_due_again_only_by_word_of_the_auction_house(state: Payment) -> None:
    """And where money came for it meanwhile, a person decides."""
    row = TABLES[Kind.PAYMENT][state]

    assert {fact: after for fact, (after, _) in row.items() if after is not state} == {
        on.WonWithAlipay: Payment.WON,
        on.WonOtherwise: Payment.CHOOSING,
    }
    assert row[on.OrderReopened] == (state, (Effect.CALL_STAFF,))


@pytest.mark.parametrize("state", [*NOT_DUE, Payment.CHOOSING])
def test_an_item_won_with_alipay_is_announced(state: Payment) -> None:
    assert TABLES[Kind.PAYMENT][state][on.WonWithAlipay] == (Payment.WON, (Effect.ANNOUNCE,))


@pytest.mark.parametrize("state", sorted(UNPAID - {Payment.CHOOSING}, key=str), ids=place_id)
def test_an_item_that_is_to_be_paid_with_alipay_already_is_shown_as_it_is_now(state: Payment) -> None:
    assert TABLES[Kind.PAYMENT][state][on.WonWithAlipay] == (state, (Effect.SHOW,))


def test_a_card_of_an_item_that_alipay_is_not_offered_for_is_shown_anew() -> None:
    assert TABLES[Kind.PAYMENT][Payment.WATCHING][on.AlipayNotOffered] == (Payment.WATCHING, (Effect.SHOW,))


@pytest.mark.parametrize("state", NOT_DUE)
def test_an_item_won_otherwise_is_announced(state: Payment) -> None:
    assert TABLES[Kind.PAYMENT][state][on.WonOtherwise] == (Payment.CHOOSING, (Effect.ANNOUNCE,))


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_a_payment_is_counted_or_sent_back_or_a_persons(kind: Kind, state: State) -> None:
    """The three things that can be done with money that came; once a charge counted, its repeat does none of them."""
    after, effects = TABLES[kind][state][on.ChargeSettled]

    answers = {Effect.REPORT_PAID, Effect.REFUND_CHARGE, Effect.CALL_STAFF} & set(effects)
    assert (after, effects) == (state, ()) if state in COUNTED else len(answers) == 1


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_a_payment_after_the_deadline_counts_like_one_in_time_and_a_person_looks(kind: Kind, state: State) -> None:
    after, effects = TABLES[kind][state][on.ChargeSettled]
    late_after, late_effects = TABLES[kind][state][on.ChargeSettledLate]
    called = {Effect.CALL_STAFF} if Effect.REPORT_PAID in effects else set()

    assert late_after is after
    assert set(late_effects) == set(effects) | called


@pytest.mark.parametrize("fact", EXPECTED, ids=place_id)
def test_money_is_kept_where_it_is_reported_to_the_auction_house_and_nowhere_else(fact: type) -> None:
    moves = [TABLES[kind][state][fact] for kind, state in PLACES]
    reports = {Effect.REPORT_PAID, Effect.REPORT_VERIFIED}

    assert {after for after, effects in moves if reports & set(effects)} == KEEPS
    assert all(reports & set(effects) or not effects for after, effects in moves if after in KEEPS)


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_who_paid_as_expected_cannot_pay_again(kind: Kind, state: State) -> None:
    for fact in EXPECTED:
        after, effects = TABLES[kind][state][fact]
        assert after not in KEEPS or after is state or effects[0] is Effect.CLOSE_CHARGE


@pytest.mark.parametrize("state", [state for state in Payment if state in UNPAID])
def test_an_order_that_is_gone_is_closed_unless_its_charge_may_be_paid(state: Payment) -> None:
    after, effects = TABLES[Kind.PAYMENT][state][on.OrderGone]

    if state is Payment.OPENED:
        assert (after, effects) == (state, ())
    else:
        assert (after, effects) == (Payment.GONE, (Effect.CLOSE_CHARGE, Effect.REPORT_GONE, Effect.ANNOUNCE))


def test_what_is_gone_can_come_back_or_end_otherwise_and_its_money_waits_for_a_person() -> None:
    ends = {event: TABLES[Kind.PAYMENT][Payment.GONE][event][0] for event in (*on.AUCTION_FACTS, *EXPECTED)}

    assert {event: after for event, after in ends.items() if after is not Payment.GONE} == {
        on.WonWithAlipay: Payment.WON,
        on.WonOtherwise: Payment.CHOOSING,
        on.OrderCancelled: Payment.CANCELLED,
        on.PaidElsewhere: Payment.PAID_ELSEWHERE,
        on.ChargeSettled: Payment.WITH_STAFF,
        on.ChargeSettledLate: Payment.WITH_STAFF,
    }


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_another_amount_is_a_persons_case_while_the_money_is_due(kind: Kind, state: State) -> None:
    """And no other link of it can be paid meanwhile; where nothing is due, a person is called all the same."""
    after, effects = TABLES[kind][state][on.ChargeDiffers]

    if open_to_buyer(kind, state):
        assert after in WITH_A_PERSON
        assert effects == (Effect.CLOSE_CHARGE, Effect.CALL_STAFF, Effect.ANNOUNCE)
    else:
        assert (after, effects) == (state, (Effect.CALL_STAFF, Effect.TELL_MONEY))


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
@pytest.mark.parametrize(
    ("fact", "work"),
    [
        (on.ChargeRepeated, Effect.REFUND_CHARGE),
        (on.ChargeDiffers, Effect.CALL_STAFF),
        (on.ChargeReversed, Effect.REPORT_REFUND),
        (on.RefundSettled, Effect.REPORT_REFUND),
        (on.PartRefundSettled, Effect.REPORT_REFUND),
        (on.RefundRefused, Effect.CALL_STAFF),
        (on.RefundBounced, Effect.CALL_STAFF),
        (on.SurplusRefunded, Effect.REPORT_REFUND),
        (on.SurplusRefundRefused, Effect.CALL_STAFF),
        (on.ChargeUnclear, Effect.TELL_UNCLEAR),
    ],
    ids=place_id,
)
def test_unexpected_money_has_one_rule_everywhere(kind: Kind, state: State, fact: type, work: Effect) -> None:
    _, effects = TABLES[kind][state][fact]
    rules = {Effect.REFUND_CHARGE, Effect.CALL_STAFF, Effect.REPORT_REFUND, Effect.TELL_UNCLEAR}

    assert rules & set(effects) == {work}


BESIDE = (
    on.ChargeRepeated,
    on.ChargeDiffers,
    on.ChargeReversed,
    on.RefundBounced,
    on.SurplusRefunded,
    on.SurplusRefundRefused,
)


@pytest.mark.parametrize("fact", BESIDE, ids=place_id)
@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_the_buyer_hears_of_money_that_moves_beside_the_way(kind: Kind, state: State, fact: type) -> None:
    """By the card where the state changes, else in words of its own."""
    after, effects = TABLES[kind][state][fact]

    assert {Effect.ANNOUNCE, Effect.TELL_MONEY} & set(effects) == {
        Effect.TELL_MONEY if after is state else Effect.ANNOUNCE
    }


@pytest.mark.parametrize("fact", [on.RefundSettled, on.PartRefundSettled, on.RefundRefused], ids=place_id)
@pytest.mark.parametrize("state", Payment)
def test_the_buyer_of_an_item_hears_of_every_refund(state: Payment, fact: type) -> None:
    after, effects = TABLES[Kind.PAYMENT][state][fact]

    assert (Effect.TELL_MONEY if after is state else Effect.ANNOUNCE) in effects


@pytest.mark.parametrize("state", Verification)
def test_who_does_not_see_the_refund_is_answered_wherever_one_is_due(state: Verification) -> None:
    moves = TABLES[Kind.VERIFICATION][state]

    assert moves.get(on.RefundMissed) == ((state, (Effect.TELL_REFUND,)) if state in CHARGED else None)


@pytest.mark.parametrize("news", [on.OrderRepriced, on.OrderCancelled, on.PaidElsewhere], ids=place_id)
@pytest.mark.parametrize("state", [Payment.PAID, Payment.RETURNED])
def test_what_the_auction_house_changes_of_a_paid_order_is_a_persons_case(state: Payment, news: type) -> None:
    assert TABLES[Kind.PAYMENT][state][news] == (state, (Effect.CALL_STAFF,))


@pytest.mark.parametrize(("kind", "state", "moved_by"), ROWS, ids=place_id)
def test_work_about_money_names_the_money(kind: Kind, state: State, moved_by: type) -> None:
    """What sends a charge back knows which and how much; what reports a refund knows which."""
    _, effects = TABLES[kind][state][moved_by]
    known = event(moved_by)

    assert Effect.REFUND_CHARGE not in effects or (known.charge_id and known.amount)
    assert Effect.REPORT_REFUND not in effects or known.refund_id
    assert Effect.RECORD_LINKED not in effects or moved_by in EXPECTED


@pytest.mark.parametrize(("kind", "state"), LIVE_LINK, ids=place_id)
def test_a_link_that_is_given_up_is_void(kind: Kind, state: State) -> None:
    """Who leaves a link that can still be paid, without a refusal or time having ended it, voids it."""
    ended = (on.ChargeRefused, on.LinkExpired, on.LinkOpened)
    for moved_by, (after, effects) in TABLES[kind][state].items():
        if moved_by not in ended and (after is not state or Effect.ISSUE_LINK in effects):
            assert effects[0] is Effect.CLOSE_CHARGE, moved_by.__name__


@pytest.mark.parametrize(("kind", "state"), PLACES, ids=place_id)
def test_whatever_ends_what_is_to_be_paid_voids_its_links(kind: Kind, state: State) -> None:
    """Also where no link is thought to be open: money that comes after the end has to be sent back."""
    for moved_by, (after, effects) in TABLES[kind][state].items():
        if state in VERIFYING | UNPAID | WITH_A_PERSON and after in CLOSED:
            assert effects[0] is Effect.CLOSE_CHARGE, moved_by.__name__


@pytest.mark.parametrize(("kind", "state", "moved_by"), ROWS, ids=place_id)
def test_a_link_is_sent_exactly_when_one_is_issued(kind: Kind, state: State, moved_by: type) -> None:
    after, effects = TABLES[kind][state][moved_by]
    sent = after.name == "LINK_SENT" and issubclass(moved_by, on.BuyerEvent | on.OrderRepriced)

    assert (Effect.ISSUE_LINK in effects) is sent
    assert (Effect.OPEN_CHARGE in effects) is (moved_by is on.LinkOpened)


def test_the_path_is_settled_by_the_first_link() -> None:
    """What can be reached while no link is issued, no money came, and the item is still followed."""
    found: set[State] = set()
    new: set[State] = {START[Kind.PAYMENT]}
    while new:
        found |= new
        moves = [move for state in new for fact, move in TABLES[Kind.PAYMENT][state].items() if fact not in EXPECTED]
        new = {after for after, effects in moves if Effect.ISSUE_LINK not in effects} - found - CLOSED - WITH_A_PERSON

    assert found == BEFORE_LINK


@pytest.mark.parametrize("news", [on.AlipayLinked, on.AlipayUnlinked], ids=place_id)
@pytest.mark.parametrize("state", Payment)
def test_a_card_whose_path_may_change_is_shown_anew(state: Payment, news: type) -> None:
    assert TABLES[Kind.PAYMENT][state][news] == (state, (Effect.SHOW,) if state in BEFORE_LINK else ())

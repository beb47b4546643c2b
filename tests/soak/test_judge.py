"""The judgement of a soak sees what it is there for: a run in which all went well, and each fault planted in it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from flow.states import Payment
from tests.soak.deals import Deal, Event, bought
from tests.soak.evidence import Charge, Dead, Evidence, Item, Kept, Message, Move
from tests.soak.havoc import Cause
from tests.soak.judge import violations
from tests.soak.sender import Told
from tests.soak.told import Telling

CHAT = 700_100_001


def message(at: float, *tellings: Telling, text: str = "") -> Message:
    """A new message that tells this."""
    return Message(at=at, chat_id=CHAT, is_new=True, is_lost=False, text=text, tellings=tellings)


def event(order: str, version: int, kind: str) -> Event:
    """A version of an order."""
    return Event(order=order, buyer="B1", version=version, type=kind)


REPRICED = Deal(order="O1", buyer="B1", events=(event("O1", 1, "bid.won"), event("O1", 2, "order.changed")))
CANCELLED = Deal(order="O2", buyer="B1", events=(event("O2", 1, "bid.won"), event("O2", 2, "order.cancelled")))
BOUGHT = bought("O3", "B1")
DEALS = (REPRICED, CANCELLED, BOUGHT)

WON = message(10.0, Telling("O1", 1, Payment.WON), Telling("O2", 1, Payment.WON))
NEW_PRICE = message(20.0, Telling("O1", 2, Payment.WON))
NO_MORE = message(21.0, Telling("O2", 1, Payment.CANCELLED))
PAY = message(22.0, Telling("O3", 1, Payment.WON))
PAID = message(30.0, Telling("O3", 1, Payment.PAID))

GOOD = Evidence(
    kept=Kept(
        facts=frozenset(f"auction:{each.id}" for deal in DEALS for each in deal.events),
        moves=[
            Move("auction:msg_O1_1", "j1", "WonWithAlipay"),
            Move("auction:msg_O1_2", "j1", "OrderRepriced"),
            Move("auction:msg_O2_1", "j2", "WonWithAlipay"),
            Move("auction:msg_O2_2", "j2", "OrderCancelled"),
            Move("auction:msg_O3_1", "j3", "WonWithAlipay"),
            Move("charge:c3", "j3", "ChargeSettled"),
        ],
        items=[
            Item(journey_id="j1", order="O1", state=Payment.WON, version=2),
            Item(journey_id="j2", order="O2", state=Payment.CANCELLED, version=1),
            Item(journey_id="j3", order="O3", state=Payment.PAID, version=1),
        ],
        versions={"O1": 2, "O2": 2, "O3": 1},
        payments=1,
        held=110,
    ),
    deals={deal.order: deal for deal in DEALS},
    chats={deal.order: CHAT for deal in DEALS},
    told={
        each.id: Told(first=float(place), taken=place + 0.5) for deal in DEALS for place, each in enumerate(deal.events)
    },
    messages=[WON, NEW_PRICE, NO_MORE, PAY, PAID],
    walked=["O3"],
    charges=[Charge("O3", paid=True, net=110)],
    reported=["O3"],
)

Plant = Callable[[Evidence], Evidence]


def keeping(**changes: Any) -> Plant:
    """The database holds something else."""
    return lambda end: replace(end, kept=replace(end.kept, **changes))


def showing(*messages: Message) -> Plant:
    """Telegram saw something else."""
    return lambda end: replace(end, messages=messages)


def seeing(**changes: Any) -> Plant:
    """Something else was seen."""
    return lambda end: replace(end, **changes)


FAULTS: dict[str, tuple[Plant, str]] = {
    "an event that is never accepted": (
        seeing(told={**GOOD.told, "msg_O1_2": Told(first=1.0)}),
        "facts_are_taken_once: msg_O1_2: was not accepted",
    ),
    "an accepted event without an effect": (
        keeping(facts=GOOD.kept.facts - {"auction:msg_O1_2"}),
        "facts_are_taken_once: msg_O1_2: was accepted, and led to nothing",
    ),
    "a fact that moves twice": (
        keeping(moves=[*GOOD.kept.moves, GOOD.kept.moves[1]]),
        "facts_are_taken_once: j1: was moved 2 times by OrderRepriced of auction:msg_O1_2",
    ),
    "an order that is won twice": (
        keeping(moves=[*GOOD.kept.moves, Move("orders:B1", "j1", "WonWithAlipay")]),
        "facts_are_taken_once: j1: was moved 2 times by WonWithAlipay",
    ),
    "an order without a journey": (keeping(items=GOOD.kept.items[1:]), "orders_have_one_journey: O1: has 0 journeys"),
    "an order with two journeys": (
        keeping(items=[*GOOD.kept.items, replace(GOOD.kept.items[0], journey_id="j9")]),
        "orders_have_one_journey: O1: has 2 journeys",
    ),
    "a version that is not taken": (
        keeping(versions={**GOOD.kept.versions, "O1": 1}),
        "orders_have_one_journey: O1: version 1 was taken, 2 was told",
    ),
    "a price that is not the newest": (
        keeping(items=[replace(GOOD.kept.items[0], version=1), *GOOD.kept.items[1:]]),
        "orders_have_one_journey: O1: is of version 1, 2 was told",
    ),
    "a cancelled order that is open": (
        keeping(items=[replace(each, state=Payment.WON) if each.order == "O2" else each for each in GOOD.kept.items]),
        "orders_have_one_journey: O2: is won, was told to be cancelled",
    ),
    "an order that is closed without a word": (
        keeping(items=[replace(GOOD.kept.items[0], state=Payment.GONE), *GOOD.kept.items[1:]]),
        "orders_have_one_journey: O1: is gone, not won",
    ),
    "a win that is never told": (
        showing(WON, NEW_PRICE, NO_MORE),
        "buyers_see_what_is_so: O3: no message tells of it",
    ),
    "a new price that is not told": (
        showing(WON, NO_MORE, PAY, PAID),
        "buyers_see_what_is_so: O1: is won in version 2",
    ),
    "a cancellation that is not told": (
        showing(WON, NEW_PRICE, PAY, PAID),
        "buyers_see_what_is_so: O2: is cancelled in version 1",
    ),
    "another end than the true one": (
        showing(WON, NEW_PRICE, replace(NO_MORE, tellings=(Telling("O2", 1, Payment.PAID),)), PAY, PAID),
        "buyers_see_what_is_so: O2: is cancelled",
    ),
    "work that is left": (keeping(waiting=["ShowCard in chat:1: None"]), "nothing_waits: ShowCard in chat:1"),
    "work that is given up in an open chat": (
        keeping(dead=[Dead(f"chat:{CHAT}", "ShowCard", "KeyError")]),
        "nothing_waits: ShowCard in chat:700100001: was given up, KeyError",
    ),
    "an older version after a newer one": (
        showing(WON, NEW_PRICE, replace(WON, at=25.0), NO_MORE, PAY, PAID, replace(NEW_PRICE, is_new=False)),
        "chats_keep_their_order: O1: version 1 was told after version 2",
    ),
    "a card that comes alive again": (
        showing(WON, NEW_PRICE, NO_MORE, replace(WON, is_new=False), NEW_PRICE, NO_MORE, PAY, PAID),
        "chats_keep_their_order: O2: was told to be due after its end",
    ),
    "a card that comes twice": (
        showing(WON, NEW_PRICE, replace(NEW_PRICE, at=20.4), NO_MORE, PAY, PAID),
        "doubles_have_a_cause: chat 700100001",
    ),
    "a digest that is told again with more in it": (
        showing(WON, NEW_PRICE, replace(PAY, tellings=(*PAY.tellings, *NEW_PRICE.tellings)), NO_MORE, PAID),
        "doubles_have_a_cause: chat 700100001",
    ),
    "a greeting that comes twice": (
        showing(*GOOD.messages, message(40.0, text="Welcome!"), message(50.0, text="Welcome!")),
        "doubles_have_a_cause: chat 700100001: 'Welcome!' was sent 10.0 s after",
    ),
    "a message too soon after another": (seeing(too_fast=["chat 1: 429"]), "pace_is_kept: chat 1: 429"),
    "an order that is paid twice": (
        seeing(charges=[*GOOD.charges, *GOOD.charges]),
        "money_moved_once: O3: was paid 2 times, 220 is held",
    ),
    "a payment that is reported twice": (seeing(reported=["O3", "O3"]), "money_moved_once: O3: was reported 2 times"),
    "a payment that is not reported": (seeing(reported=[]), "money_moved_once: O3: was reported 0 times"),
    "money that is not in the books": (keeping(held=0), "money_moved_once: the books hold 0"),
    "a buyer who waits in vain": (seeing(walked=[]), "money_moved_once: O3: its buyer did not come to the end"),
    "a process that ends badly": (seeing(other=["web 1: ended by itself"]), "nothing_else_was_wrong: web 1"),
}


def test_a_run_in_which_all_went_well_has_no_violation() -> None:
    assert violations(GOOD) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named(fault: str) -> None:
    plant, named = FAULTS[fault]

    assert any(violation.startswith(named) for violation in violations(plant(GOOD))), violations(plant(GOOD))


@pytest.mark.parametrize(
    "excuse",
    [
        showing(WON, replace(NEW_PRICE, is_lost=True), replace(NEW_PRICE, at=25.0), NO_MORE, PAY, PAID),
        lambda end: replace(
            showing(WON, NEW_PRICE, replace(NEW_PRICE, at=25.0), NO_MORE, PAY, PAID)(end),
            causes=[Cause("kill", 20.2, 20.2)],
        ),
        lambda end: replace(
            showing(WON, NEW_PRICE, replace(NEW_PRICE, at=25.0), NO_MORE, PAY, PAID)(end),
            causes=[Cause("restart", 15.0, 19.9)],
        ),
    ],
    ids=["lost answer", "kill", "restart"],
)
def test_what_was_lost_may_come_twice(excuse: Plant) -> None:
    assert violations(excuse(GOOD)) == []


def test_a_kill_long_before_or_after_is_no_excuse() -> None:
    twice = showing(WON, NEW_PRICE, replace(NEW_PRICE, at=25.0), NO_MORE, PAY, PAID)(GOOD)

    for at in (18.0, 24.0):
        [violation] = violations(replace(twice, causes=[Cause("kill", at, at)]))
        assert violation.startswith("doubles_have_a_cause")


def test_nothing_is_wanted_of_a_closed_chat() -> None:
    closed = keeping(closed=frozenset({CHAT}), dead=[Dead(f"chat:{CHAT}", "ShowCard", "blocked")])(GOOD)

    assert violations(replace(closed, messages=())) == []


def test_an_order_that_ended_before_its_buyer_came_need_not_be_told() -> None:
    late = replace(message(9.0, text="Hello, this chat is now connected"), is_greeting=True)
    early = replace(late, at=0.5)
    rest = [replace(WON, tellings=WON.tellings[:1]), NEW_PRICE, PAY, PAID]

    assert violations(replace(GOOD, messages=[late, *rest])) == []
    assert violations(replace(GOOD, messages=[early, *rest])) == ["buyers_see_what_is_so: O2: no message tells of it"]


def test_an_order_that_ended_before_it_was_told_needs_no_journey() -> None:
    unseen = keeping(items=[item for item in GOOD.kept.items if item.order != "O2"])(GOOD)
    unseen = replace(unseen, told={**GOOD.told, "msg_O2_1": Told(first=0.0, taken=9.0)})

    assert violations(replace(unseen, messages=[replace(WON, tellings=WON.tellings[:1]), NEW_PRICE, PAY, PAID])) == []

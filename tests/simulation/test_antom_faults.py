"""Every fault of the simulated Antom: of a call, of a notice, of the whole."""

import json
from collections.abc import Callable
from itertools import pairwise

import pytest

from service.verdicts import (
    Opened,
    Unknown,
)
from tests.simulation.antom import Faults, Status
from tests.simulation.antom.faults import CallFault
from tests.simulation.crash import Process
from tests.simulation.shop import CHARGE, DAY, Shop, settled

Make = Callable[[Faults], Shop]


EXECUTED = {
    CallFault.LOST_REQUEST: False,
    CallFault.LATE_REQUEST: False,
    CallFault.LOST_REPLY: True,
    CallFault.UNKNOWN_BEFORE: False,
    CallFault.UNKNOWN_AFTER: True,
    CallFault.BROKEN_BEFORE: False,
    CallFault.BROKEN_AFTER: True,
    CallFault.TOO_MANY: False,
    CallFault.GARBAGE: True,
    CallFault.WRONGLY_SIGNED: True,
}


@pytest.mark.parametrize("fault", EXECUTED)
def test_every_fault_leaves_the_caller_unsure(make: Make, fault: CallFault) -> None:
    shop = make(Faults(**{fault.value: 1.0}))
    assert isinstance(shop.do(shop.gateway.open(CHARGE)), Unknown)
    assert (CHARGE.id in shop.antom.book.charges) is EXECUTED[fault]


def test_a_late_request_is_carried_out_when_nobody_waits_any_more(make: Make) -> None:
    shop = make(Faults(late_request=1, late_seconds=120))
    assert shop.do(shop.gateway.open(CHARGE)) == Unknown(reason="timeout")
    assert shop.antom.book.charges == {}
    shop.wait(121)
    assert CHARGE.id in shop.antom.book.charges


def test_a_slow_answer_comes_in_time_or_not(make: Make) -> None:
    shop = make(Faults(slow=1))
    verdicts = [type(shop.do(shop.gateway.open(CHARGE))) for _ in range(50)]
    assert set(verdicts) == {Opened, Unknown}


def test_a_crash_of_the_caller_does_not_stop_the_gateway(shop: Shop) -> None:
    process = Process("caller")
    shop.loop.spawn(process, shop.gateway.open(CHARGE))
    shop.wait(0.001)
    shop.loop.crash(process)
    shop.wait(1)
    assert CHARGE.id in shop.antom.book.charges


def test_notices_are_repeated_as_documented_until_acknowledged(shop: Shop) -> None:
    shop.door.open = False
    shop.paid()
    shop.wait(2 * DAY)
    told = [at.total_seconds() for at, _ in shop.door.heard]
    pauses = [later - sooner for sooner, later in pairwise(told)]
    assert pauses == pytest.approx([120, 600, 600, 3600, 7200, 21600, 54000], abs=11)
    assert len(set(map(json.dumps, shop.door.bodies))) == 1
    assert not shop.antom.notices[0].acknowledged


def test_a_notice_is_heard_once_the_door_opens(shop: Shop) -> None:
    shop.door.open = False
    shop.paid()
    shop.wait(60)
    shop.door.open = True
    shop.wait(2 * DAY)
    assert len(shop.door.heard) == 2


def test_lost_notices_never_come(make: Make) -> None:
    shop = make(Faults(notice_lost=1))
    shop.paid()
    shop.wait(2 * DAY)
    assert shop.door.heard == []
    assert shop.antom.notices[0].tries == 8


def test_a_notice_may_come_many_times_at_once(make: Make) -> None:
    shop = make(Faults(notice_repeated=1))
    shop.paid()
    shop.wait(2 * DAY)
    assert 2 <= len(shop.door.heard) <= 4


def test_delayed_notices_change_their_order(make: Make) -> None:
    firsts: set[str] = set()
    for _ in range(20):
        shop = make(Faults(notice_delayed=1, notice_seconds=3600, pending_payment=1, decision_seconds=10))
        shop.paid()
        shop.wait(2 * DAY)
        firsts.add(shop.door.bodies[0]["notifyType"])
    assert firsts == {"PAYMENT_PENDING", "PAYMENT_RESULT"}


def test_after_an_acknowledged_success_a_contradiction_may_come(make: Make) -> None:
    shop = make(Faults(contradiction=1))
    charge = shop.paid()
    shop.wait(2 * DAY)
    assert [settled(notice) for notice in shop.door.notices()] == [True, False]
    assert charge.status is Status.SUCCESS


def test_an_outage_stops_calls_and_notices_but_not_the_buyer(shop: Shop) -> None:
    charge = shop.opened()
    shop.antom.go_out(3600)
    assert shop.antom.pay(charge.url)
    assert isinstance(shop.look_up(), Unknown)
    shop.wait(3000)
    assert shop.door.heard == []
    shop.wait(DAY)
    assert [settled(notice) for notice in shop.door.notices()] == [True]


def test_an_outage_may_begin_at_any_call_and_calm_ends_it(make: Make) -> None:
    shop = make(Faults(outage=1, outage_seconds=1e6))
    assert isinstance(shop.do(shop.gateway.open(CHARGE)), Unknown)
    shop.antom.calm()
    assert isinstance(shop.do(shop.gateway.open(CHARGE)), Opened)

"""What every payment gateway promises."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, timedelta
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings

from flow.money import Money
from service.ports import PaymentGateway
from service.verdicts import (
    ChargeRequest,
    Device,
    Opened,
    OpenVerdict,
    RefundRequest,
    Refused,
    Settled,
    Unknown,
)
from tests.contract.gateways import GATEWAYS, Booked, Counter, Fault, MakeCounter, Verb
from tests.contract.walks import WALKS, Ask, Live, Walk
from tests.contract.wire import BROKEN, answering

TOTAL = Money("JPY", 12300)
FAULTS: tuple[Fault, ...] = get_args(Fault)
LOST: tuple[Fault, ...] = ("answer_lost", "failed_after", "undecided_after", "garbage", "wrongly_signed")
"""What hides the answer of a call that was carried out."""


@pytest.fixture(params=GATEWAYS)
async def counter(request: pytest.FixtureRequest) -> AsyncIterator[Counter]:
    """One of the implementations, its book empty."""
    make: MakeCounter = request.param
    async with make() as counter:
        yield counter


@pytest.fixture
def gateway(counter: Counter) -> PaymentGateway:
    return counter.gateway


@pytest.fixture
def charge(counter: Counter) -> ChargeRequest:
    return ChargeRequest(
        id="p1-1",
        reference="order-1",
        description="南部鉄器 <急須> & 'lid' 🫖",
        amount=TOTAL,
        device="ios",
        client_ip="203.0.113.9",
        return_url="http://127.0.0.1:8080/back/t",
        expires_at=counter.clock.now() + timedelta(minutes=14),
    )


async def opened(gateway: PaymentGateway, charge: ChargeRequest) -> Opened:
    verdict = await gateway.open(charge)
    assert isinstance(verdict, Opened)
    return verdict


async def settled(counter: Counter, charge: ChargeRequest) -> Settled:
    """The charge, opened and paid."""
    await counter.pay((await opened(counter.gateway, charge)).url)
    verdict = await counter.gateway.look_up(charge.id)
    assert isinstance(verdict, Settled)
    return verdict


def refund_of(paid: Settled, charge_id: str = "p1-1", amount: Money = TOTAL) -> RefundRequest:
    return RefundRequest(id=f"rf-{charge_id}", charge_gateway_id=paid.gateway_id, amount=amount, reason="not due")


# A charge is opened once, however often it is asked for.


@pytest.mark.parametrize("device", get_args(Device))
async def test_an_opened_charge_waits_for_the_buyer_at_its_link(
    gateway: PaymentGateway, charge: ChargeRequest, device: Device
) -> None:
    waiting = await opened(gateway, replace(charge, device=device, client_ip=None))
    assert waiting.url.startswith(("https://", "http://127.0.0.1"))
    assert isinstance(await gateway.look_up(charge.id), Unknown)


async def test_the_same_id_is_the_same_charge_with_the_same_link(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    first = await opened(gateway, charge)
    assert await gateway.open(charge) == first
    assert list(await counter.book()) == [charge.id]


@pytest.mark.parametrize("fault", LOST)
async def test_a_lost_link_is_had_by_asking_again(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest, fault: Fault
) -> None:
    await counter.fail("open", fault)
    assert isinstance(await gateway.open(charge), Unknown)
    again = await opened(gateway, charge)
    assert await gateway.open(charge) == again
    assert list(await counter.book()) == [charge.id]


async def test_another_amount_under_a_known_id_is_neither_yes_nor_no(
    gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    await opened(gateway, charge)
    assert isinstance(await gateway.open(replace(charge, amount=Money("JPY", 5))), Unknown)


# How a charge stands.


async def test_an_id_that_was_never_opened_is_absent(gateway: PaymentGateway) -> None:
    for verdict in (await gateway.look_up("p9-1"), await gateway.cancel("p9-1"), await gateway.look_up_refund("rf-9")):
        assert isinstance(verdict, Unknown)
        assert verdict.absent


async def test_a_waiting_charge_is_unknown_and_not_absent(gateway: PaymentGateway, charge: ChargeRequest) -> None:
    await opened(gateway, charge)
    verdict = await gateway.look_up(charge.id)
    assert isinstance(verdict, Unknown)
    assert not verdict.absent


async def test_a_paid_charge_is_settled_with_its_amount_its_id_and_its_time(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    waiting = await opened(gateway, charge)
    counter.clock.pass_time(timedelta(minutes=3))
    await counter.pay(waiting.url)
    verdict = await gateway.look_up(charge.id)
    assert isinstance(verdict, Settled)
    assert verdict.amount == TOTAL
    assert verdict.gateway_id == waiting.gateway_id
    assert verdict.at == counter.clock.now()
    assert verdict.at.tzinfo is UTC
    assert await gateway.open(charge) == verdict


async def test_a_late_payment_is_unknown_until_it_is_final(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    await counter.take("payment_late")
    await counter.pay((await opened(gateway, charge)).url)
    assert isinstance(await gateway.look_up(charge.id), Unknown)
    counter.clock.pass_time(timedelta(seconds=2))
    assert isinstance(await gateway.look_up(charge.id), Settled)


async def test_what_the_buyer_declined_is_refused(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    await counter.decline((await opened(gateway, charge)).url)
    assert isinstance(await gateway.look_up(charge.id), Refused)
    assert isinstance(await gateway.open(charge), Refused)


async def test_what_the_wallet_rejected_is_refused_with_the_gateways_word(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    await counter.take("payment_rejected")
    await counter.pay((await opened(gateway, charge)).url)
    assert await gateway.look_up(charge.id) == Refused(code="RISK_REJECT")


async def test_what_was_cancelled_is_refused_and_can_no_longer_be_paid(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    waiting = await opened(gateway, charge)
    assert isinstance(await gateway.cancel(charge.id), Refused)
    assert isinstance(await gateway.cancel(charge.id), Refused)
    await counter.pay(waiting.url)
    assert isinstance(await gateway.look_up(charge.id), Refused)
    assert (await counter.book())[charge.id].paid == 0


async def test_what_was_paid_and_then_cancelled_is_sent_back(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    await settled(counter, charge)
    assert isinstance(await gateway.cancel(charge.id), Refused)
    assert isinstance(await gateway.look_up(charge.id), Refused)
    assert (await counter.book())[charge.id].returned == TOTAL.value


async def test_what_expired_is_refused(counter: Counter, gateway: PaymentGateway, charge: ChargeRequest) -> None:
    await opened(gateway, charge)
    counter.clock.pass_time(timedelta(minutes=14))
    assert isinstance(await gateway.look_up(charge.id), Refused)


# A charge is sent back once, however often it is asked for.


async def test_the_same_id_is_the_same_refund(counter: Counter, gateway: PaymentGateway, charge: ChargeRequest) -> None:
    refund = refund_of(await settled(counter, charge))
    back = await gateway.refund(refund)
    assert isinstance(back, Settled)
    assert back.amount == TOTAL
    assert back.at == counter.clock.now()
    assert await gateway.refund(refund) == back
    assert await gateway.look_up_refund(refund.id) == back
    assert (await counter.book())[charge.id] == Booked(paid=12300, returned=12300, refunds={refund.id: True})


@pytest.mark.parametrize("fault", LOST)
async def test_a_refund_whose_answer_was_lost_is_settled_by_an_inquiry(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest, fault: Fault
) -> None:
    refund = refund_of(await settled(counter, charge))
    await counter.fail("refund", fault)
    assert isinstance(await gateway.refund(refund), Unknown)
    found = await gateway.look_up_refund(refund.id)
    assert isinstance(found, Settled)
    assert await gateway.refund(refund) == found
    assert (await counter.book())[charge.id].returned == TOTAL.value


async def test_a_refund_that_never_arrived_is_absent_and_repeated(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    refund = refund_of(await settled(counter, charge))
    await counter.fail("refund", "request_lost")
    assert isinstance(await gateway.refund(refund), Unknown)
    found = await gateway.look_up_refund(refund.id)
    assert isinstance(found, Unknown)
    assert found.absent
    assert isinstance(await gateway.refund(refund), Settled)


async def test_a_late_refund_is_unknown_until_it_is_final(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    refund = refund_of(await settled(counter, charge))
    await counter.take("refund_late")
    for verdict in (await gateway.refund(refund), await gateway.look_up_refund(refund.id)):
        assert isinstance(verdict, Unknown)
        assert not verdict.absent
    counter.clock.pass_time(timedelta(seconds=2))
    assert isinstance(await gateway.look_up_refund(refund.id), Settled)


async def test_a_rejected_refund_is_refused_for_good(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    refund = refund_of(await settled(counter, charge))
    await counter.take("refund_rejected")
    for verdict in (await gateway.refund(refund), await gateway.look_up_refund(refund.id)):
        assert isinstance(verdict, Refused)
    assert isinstance(await gateway.refund(refund), Refused)
    assert (await counter.book())[charge.id].returned == 0


async def test_more_than_was_paid_is_never_sent_back(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    paid = await settled(counter, charge)
    assert isinstance(await gateway.refund(refund_of(paid, amount=Money("JPY", 12301))), Refused)
    part = replace(refund_of(paid, amount=Money("JPY", 12300)), id="rf-other")
    assert isinstance(await gateway.refund(part), Settled)
    assert isinstance(await gateway.refund(replace(part, id="rf-third", amount=Money("JPY", 1))), Refused)
    assert (await counter.book())[charge.id].returned == TOTAL.value


async def test_another_amount_under_a_known_refund_moves_nothing(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    paid = await settled(counter, charge)
    assert isinstance(await gateway.refund(refund_of(paid, amount=Money("JPY", 5))), Settled)
    assert isinstance(await gateway.refund(refund_of(paid, amount=Money("JPY", 6))), Unknown)
    assert (await counter.book())[charge.id].returned == 5


async def test_what_is_not_paid_yet_is_not_sent_back(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest
) -> None:
    waiting = await opened(gateway, charge)
    refund = RefundRequest(id="rf-p1-1", charge_gateway_id=waiting.gateway_id or "", amount=TOTAL, reason="not due")
    assert isinstance(await gateway.refund(refund), Unknown)
    assert (await counter.book())[charge.id].refunds == {}


# A failure of the way there is Unknown, and never an exception.

Call = Callable[[PaymentGateway, ChargeRequest], Awaitable[OpenVerdict]]

REFUND = RefundRequest(id="rf-p1-1", charge_gateway_id="2026112319401080010000", amount=TOTAL, reason="not due")
VERBS: Mapping[Verb, Call] = {
    "open": lambda gateway, charge: gateway.open(charge),
    "look_up": lambda gateway, charge: gateway.look_up(charge.id),
    "cancel": lambda gateway, charge: gateway.cancel(charge.id),
    "refund": lambda gateway, _: gateway.refund(REFUND),
    "look_up_refund": lambda gateway, _: gateway.look_up_refund(REFUND.id),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_call_that_goes_wrong_is_unknown(
    counter: Counter, gateway: PaymentGateway, charge: ChargeRequest, fault: Fault
) -> None:
    for verb, call in VERBS.items():
        await counter.fail(verb, fault)
        verdict = await call(gateway, charge)
        assert isinstance(verdict, Unknown), verb
        assert not verdict.absent, verb


@pytest.mark.parametrize("server", BROKEN)
async def test_a_server_that_breaks_off_is_unknown(counter: Counter, charge: ChargeRequest, server: str) -> None:
    async with answering(BROKEN[server]) as url, counter.at(url) as gateway:
        for verb, call in VERBS.items():
            verdict = await call(gateway, charge)
            assert isinstance(verdict, Unknown), verb
            assert not verdict.absent, verb
            assert url not in verdict.reason


async def test_nobody_there_is_unknown(counter: Counter, charge: ChargeRequest, unused_tcp_port: int) -> None:
    async with counter.at(f"http://127.0.0.1:{unused_tcp_port}") as gateway:
        for verb, call in VERBS.items():
            assert isinstance(await call(gateway, charge), Unknown), verb


# No verdict lies, whatever happens on the way.


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=WALKS)
async def test_money_is_where_the_verdicts_say(
    counter: Counter, charge: ChargeRequest, steps: list[Ask | Live]
) -> None:
    walk = Walk(counter, charge)
    await walk.begin()
    for step in steps:
        await (walk.ask(step) if isinstance(step, Ask) else walk.live(step))
    await walk.end()

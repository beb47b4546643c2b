"""Whole histories under all faults at once."""

import asyncio
from contextlib import closing
from dataclasses import replace

from flow.money import Money
from service.verdicts import (
    RefundRequest,
    Settled,
)
from tests.simulation.antom import Charge, Faults, Status
from tests.simulation.shop import CHARGE, DAY, Shop

HARSH = Faults(
    lost_request=0.1,
    late_request=0.05,
    lost_reply=0.1,
    unknown_before=0.05,
    unknown_after=0.05,
    broken_before=0.03,
    broken_after=0.03,
    too_many=0.03,
    garbage=0.03,
    wrongly_signed=0.03,
    slow=0.1,
    outage=0.01,
    pending_payment=0.3,
    failed_pending=0.3,
    late_payment=0.3,
    slow_refund=0.3,
    failed_refund=0.2,
    quote=0.5,
    notice_lost=0.3,
    notice_repeated=0.3,
    notice_delayed=0.3,
    notice_after_cancel=0.5,
    contradiction=0.3,
)


def harsh_history(seed: int) -> list[str]:
    """A clumsy merchant and impatient buyers under all faults at once; ends calm."""
    told: list[str] = []
    with closing(Shop(seed, HARSH)) as shop:
        dice = shop.loop.random("test")

        async def buyer(number: int) -> None:
            charge = replace(CHARGE, id=f"ch-{number}")
            for _ in range(8):
                told.append(f"{number} {await shop.gateway.open(charge)}")
                await asyncio.sleep(dice.uniform(1, 300))
                if charge.id in shop.antom.book.charges:
                    told.append(f"{number} {await act(shop.antom.book.charges[charge.id])}")

        async def act(charge: Charge) -> object:
            refund = RefundRequest(
                id=f"{charge.id}-{dice.randint(1, 2)}",
                charge_gateway_id=charge.payment_id,
                amount=Money("JPY", dice.choice([5000, 12300])),
                reason="r",
            )
            match dice.randint(1, 7):
                case 1:
                    return await shop.gateway.cancel(charge.id)
                case 2:
                    return shop.antom.portal_refund(charge, 5000)
                case 3:
                    return await shop.gateway.refund(refund)
                case 4:
                    return await shop.gateway.look_up(charge.id)
                case _:
                    return shop.antom.pay(charge.url)

        async def all_buyers() -> None:
            await asyncio.gather(*map(buyer, range(5)))

        shop.do(all_buyers())
        shop.antom.calm()
        shop.wait(2 * DAY)
        check(shop)
        told += [f"{at} {notice}" for at, notice in shop.door.heard]
        return [*told, f"{shop.loop.steps} steps, trace {shop.loop.trace}"]


def check(shop: Shop) -> None:
    """The book is sound, everything is decided, and what the gateway says is what the book says."""
    book = shop.antom.book
    for charge in book.charges.values():
        lines = [line.amount.value for line in book.movements if line.charge_id == charge.id]
        assert 0 <= charge.returned <= charge.paid
        assert sum(lines) == charge.net
        assert charge.status not in (Status.PROCESSING, Status.PENDING)
        assert (charge.status is Status.SUCCESS) <= (charge.paid == 12300)
        assert isinstance(shop.do(shop.gateway.look_up(charge.id)), Settled) is (charge.status is Status.SUCCESS)
        assert all(refund.status in (Status.SUCCESS, Status.FAIL) for refund in charge.refunds)
    assert book.balance("JPY") == sum(charge.net for charge in book.charges.values())
    protocol = {"PARAM_ILLEGAL", "INVALID_SIGNATURE", "NO_INTERFACE_DEF", "CLIENT_INVALID"}
    late = {("pay", "PARAM_ILLEGAL")}  # a request that arrives after its own expiry
    assert not {refusal for refusal in shop.antom.refusals if refusal[1] in protocol} - late


def test_under_all_faults_the_book_stays_sound() -> None:
    histories = [harsh_history(seed) for seed in range(30)]
    everything = "\n".join(line for history in histories for line in history)
    for word in ("Opened", "Settled", "Refused", "timeout", "HTTP 500", "well signed", "CANCELLED", "PENDING"):
        assert word in everything, f"no seed came to {word}"


def test_a_harsh_history_repeats_from_its_seed() -> None:
    assert harsh_history(5) == harsh_history(5) != harsh_history(6)

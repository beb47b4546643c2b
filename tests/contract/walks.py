"""Ways through two charges in which anything goes wrong, each verdict held against the true book as it comes."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, get_args
from uuid import uuid4

from hypothesis import strategies as st

from service.verdicts import ChargeRequest, Opened, OpenVerdict, RefundRequest, Refused, Settled, Unknown, Verdict
from tests.contract.gateways import Booked, Counter, Fault, Turn, Verb


@dataclass(frozen=True)
class Ask:
    """The service calls the gateway, perhaps in vain."""

    verb: Verb
    number: int
    fault: Fault | None


@dataclass(frozen=True)
class Live:
    """The buyer does something at the cashier's, or time passes."""

    act: Literal["pay", "decline", "wait"]
    number: int
    turn: Turn | None


NUMBERS = st.integers(1, 2)
ASKS = st.builds(Ask, st.sampled_from(get_args(Verb)), NUMBERS, st.none() | st.sampled_from(get_args(Fault)))
LIVES = st.builds(
    Live, st.sampled_from(["pay", "pay", "decline", "wait"]), NUMBERS, st.none() | st.sampled_from(get_args(Turn))
)
WALKS = st.lists(ASKS | LIVES, min_size=4, max_size=16)


class Walk:
    """One such way."""

    def __init__(self, counter: Counter, charge: ChargeRequest) -> None:
        name, until = uuid4().hex, counter.clock.now() + timedelta(minutes=14)
        self._counter = counter
        self._charges = {n: replace(charge, id=f"{name}-{n}", expires_at=until) for n in (1, 2)}
        self._waiting: dict[int, Opened] = {}

    async def begin(self) -> None:
        """The first charge is open, so that every walk is about something."""
        await self.ask(Ask("open", 1, None))
        assert 1 in self._waiting

    async def live(self, life: Live) -> None:
        """The buyer acts, or time passes."""
        if life.turn:
            await self._counter.take(life.turn)
        waiting = self._waiting.get(life.number)
        if life.act == "wait":
            self._counter.clock.pass_time(timedelta(seconds=2))
        elif waiting:
            await (self._counter.pay if life.act == "pay" else self._counter.decline)(waiting.url)

    async def ask(self, ask: Ask) -> None:
        """The gateway is asked; its explicit yes or no is what the book says."""
        if ask.fault:
            await self._counter.fail(ask.verb, ask.fault)
        charge = self._charges[ask.number]
        verdict = await self._asked(ask)
        booked = (await self._counter.book()).get(charge.id)
        if isinstance(verdict, Opened):
            self._waiting[ask.number] = verdict
            assert booked is not None
        elif ask.verb in ("refund", "look_up_refund"):
            believe_refund(verdict, f"rf-{charge.id}", booked or NOTHING)
        else:
            believe_charge(verdict, booked)

    async def _asked(self, ask: Ask) -> OpenVerdict:
        gateway, charge = self._counter.gateway, self._charges[ask.number]
        match ask.verb:
            case "open":
                return await gateway.open(charge)
            case "look_up":
                return await gateway.look_up(charge.id)
            case "cancel":
                return await gateway.cancel(charge.id)
            case "refund":
                return await gateway.refund(self._refund(ask.number))
            case "look_up_refund":
                return await gateway.look_up_refund(f"rf-{charge.id}")

    def _refund(self, number: int) -> RefundRequest:
        charge, waiting = self._charges[number], self._waiting.get(number)
        gateway_id = (waiting.gateway_id if waiting else None) or "none"
        return RefundRequest(id=f"rf-{charge.id}", charge_gateway_id=gateway_id, amount=charge.amount, reason="not due")

    async def end(self) -> None:
        """When all has come to rest, what the verdicts add up to is what the book holds."""
        await self._counter.calm()
        self._counter.clock.pass_time(timedelta(minutes=15))
        book = await self._counter.book()
        for charge in self._charges.values():
            paid = await self._counter.gateway.look_up(charge.id)
            back = await self._counter.gateway.look_up_refund(f"rf-{charge.id}")
            for verdict in (paid, back):
                assert not isinstance(verdict, Unknown) or verdict.absent
            booked = book.get(charge.id, NOTHING)
            assert worth(paid) - worth(back) == booked.paid - booked.returned
            assert sum(booked.refunds.values()) <= 1


NOTHING = Booked(paid=0, returned=0, refunds={})


def worth(verdict: Verdict) -> int:
    return verdict.amount.value if isinstance(verdict, Settled) else 0


def believe_charge(verdict: Verdict, booked: Booked | None) -> None:
    """A yes is money that came; a no is no money that is kept; absent is a charge that nobody has."""
    if isinstance(verdict, Unknown):
        assert not verdict.absent or booked is None
        return
    assert booked is not None
    assert booked.paid - (booked.returned if isinstance(verdict, Refused) else 0) == worth(verdict)


def believe_refund(verdict: Verdict, refund_id: str, booked: Booked) -> None:
    """A yes is money that went back; a no is none; absent is a refund that nobody has."""
    if isinstance(verdict, Unknown):
        assert not verdict.absent or refund_id not in booked.refunds
        return
    assert booked.refunds.get(refund_id, False) is isinstance(verdict, Settled)
    assert isinstance(verdict, Refused) or booked.returned == worth(verdict)

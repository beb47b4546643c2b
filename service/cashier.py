"""Carries out what concerns money: every call has an id that was committed before it, and may be repeated."""

from dataclasses import replace

from flow.journey import Journey
from flow.money import Money
from service.books import held
from service.courier import backoff
from service.desk import Desk
from service.errors import UnknownRecord
from service.facts import ChargeClosing, ChargeTold, RefundTold, Source, TimeUp
from service.ports import Claim, Clock, PaymentGateway, Store
from service.receipt import Receipt
from service.records import Charge, ChargeState, Refund, RefundState
from service.rules import Rules
from service.verdicts import ChargeRequest, Opened, OpenVerdict, RefundRequest, Refused, Settled, Unknown, Verdict
from service.work import AskCharge, CancelCharge, Dead, Done, EndCharge, Hold, Later, OpenCharge, Outcome, SendRefund

IN_LINE = 4
"""How often a cancellation is tried before what waits behind it may pass: the old link ends before a new one opens."""

ALREADY_RETURNED = "ALREADY_RETURNED"
"""Our word for a refund that is not sent, as the money went back by other means."""

NEVER_OPENED = "NEVER_OPENED"
"""Our word for a charge that the gateway still does not know when its time is up: nothing can be paid on it."""

_WORDS: dict[type, str] = {Opened: "opened", Settled: "settled", Refused: "refused", Unknown: "unclear"}


class Cashier:
    """Asks the gateway, and takes its answers through the door."""

    def __init__(self, store: Store, gateway: PaymentGateway, desk: Desk, rules: Rules, clock: Clock) -> None:
        self._store, self._gateway, self._desk, self._rules, self._clock = store, gateway, desk, rules, clock

    async def open(self, work: OpenCharge, claim: Claim) -> Outcome:
        """Ask the gateway to wait for the buyer; a lost answer is asked for again with the same id."""
        charge, journey = await self._load(work.charge_id)
        if charge.void or charge.state is not ChargeState.OPENING or self._clock.now() >= charge.expires_at:
            return Done()
        verdict = await self._gateway.open(self._request(charge, journey))
        if isinstance(verdict, Unknown):
            return Later(backoff(claim.attempts, longest=30), verdict.reason)
        return await self._tell(claim, ChargeTold(charge_id=charge.id, verdict=verdict, source=Source.ANSWER))

    async def ask(self, work: AskCharge, claim: Claim) -> Outcome:
        """Ask how a charge stands. Only an explicit answer moves it; silence is never shown as failure."""
        charge, _ = await self._load(work.charge_id)
        if charge.state >= ChargeState.REFUSED and not (work.noticed or work.recheck):
            return Done()
        verdict: Verdict = await self._gateway.look_up(charge.id)
        if isinstance(verdict, Unknown) and verdict.absent and self._clock.now() >= charge.expires_at:
            verdict = Refused(code=NEVER_OPENED)
        told = ChargeTold(
            charge_id=charge.id,
            verdict=verdict,
            source=Source.INQUIRY,
            by_buyer=work.by_buyer,
            noticed=work.noticed,
        )
        if not isinstance(verdict, Unknown):
            return await self._tell(claim, told)
        if work.by_buyer:
            await self._tell(claim, told)
        return await self._again(charge, claim, told) if work.watch else Done()

    async def cancel(self, work: CancelCharge, claim: Claim) -> Outcome:
        """End a charge; asked about first, since cancelling a paid one sends the money back unseen."""
        charge, _ = await self._load(work.charge_id)
        if charge.state >= ChargeState.REFUSED:
            return Done()
        verdict, source = await self._gateway.look_up(charge.id), Source.INQUIRY
        if isinstance(verdict, Unknown):
            closing = await self._desk.receive(f"charge:{charge.id}:closing", ChargeClosing(charge_id=charge.id))
            if closing is Receipt.DECLINED:
                return Done()
            verdict, source = await self._gateway.cancel(charge.id), Source.ANSWER
        told = ChargeTold(charge_id=charge.id, verdict=verdict, source=source)
        if not isinstance(verdict, Unknown):
            return await self._tell(claim, told)
        if claim.attempts < IN_LINE:
            return Hold(backoff(claim.attempts), verdict.reason)
        return await self._again(charge, claim, told)

    async def end(self, work: EndCharge, _: Claim) -> Outcome:
        """Say at the door that a charge's time is up."""
        await self._desk.receive(f"charge:{work.charge_id}:time_up", TimeUp(charge_id=work.charge_id))
        return Done()

    async def refund(self, work: SendRefund, claim: Claim) -> Outcome:
        """Send a charge back, exactly once: an unclear outcome is asked about, then repeated with the same id."""
        refund, charge, held = await self._load_refund(work.refund_id)
        if refund.state >= RefundState.REFUSED:
            return Done()
        verdict = await self._send(refund, charge) if held.value > 0 else Refused(code=ALREADY_RETURNED)
        if isinstance(verdict, Refused) or (isinstance(verdict, Unknown) and claim.attempts > 1):
            await self._take_returns(charge, claim)
        if isinstance(verdict, Unknown):
            return Later(backoff(claim.attempts), verdict.reason)
        fact = RefundTold(refund_id=refund.id, verdict=verdict)
        await self._desk.receive(refund_fact_id(refund.id, verdict, claim.work_id), fact)
        return Done()

    async def _take_returns(self, charge: Charge, claim: Claim) -> None:
        """A refund may be refused because the money went back already: what the gateway says of that comes first."""
        verdict = await self._gateway.look_up(charge.id)
        if not isinstance(verdict, Unknown):
            fact = ChargeTold(charge_id=charge.id, verdict=verdict, source=Source.INQUIRY)
            source_id = f"{claim.work_id}-{claim.attempts}"
            await self._desk.receive(fact_id(charge.id, verdict, source_id), fact)

    async def _send(self, refund: Refund, charge: Charge) -> Verdict:
        if refund.state is RefundState.SENT:
            verdict = await self._gateway.look_up_refund(refund.id)
            if not (isinstance(verdict, Unknown) and verdict.absent):
                return verdict
        async with self._store.transaction() as tx:
            await tx.save_refund(replace(refund, state=RefundState.SENT))
        return await self._gateway.refund(
            RefundRequest(
                id=refund.id,
                charge_gateway_id=charge.gateway_id or "",
                amount=refund.amount,
                reason=self._rules.verification_label,
            )
        )

    async def _tell(self, claim: Claim, told: ChargeTold) -> Outcome:
        await self._desk.receive(fact_id(told.charge_id, told.verdict, claim.work_id), told)
        return Done()

    async def _again(self, charge: Charge, claim: Claim, told: ChargeTold) -> Outcome:
        reason = getattr(told.verdict, "reason", "")
        if self._clock.now() - charge.issued_at <= self._rules.inquiry_time:
            return Later(backoff(claim.attempts, first=60, longest=3600), reason)
        if told.noticed is not None:
            await self._tell(claim, told)
        return Dead(f"no final answer within {self._rules.inquiry_time}: {reason}")

    def _request(self, charge: Charge, journey: Journey) -> ChargeRequest:
        return ChargeRequest(
            id=charge.id,
            reference=journey.order.order_id if journey.order else journey.id,
            description=journey.order.title if journey.order else self._rules.verification_label,
            amount=charge.amount,
            device=charge.device or "desktop",
            client_ip=charge.client_ip,
            return_url=self._rules.back(charge.token),
            expires_at=charge.expires_at,
        )

    async def _load(self, charge_id: str) -> tuple[Charge, Journey]:
        async with self._store.transaction() as tx:
            charge = await tx.charge(charge_id)
            journey = await tx.journey(charge.journey_id) if charge else None
        if charge is None or journey is None:
            raise UnknownRecord(f"charge {charge_id}")
        return charge, journey

    async def _load_refund(self, refund_id: str) -> tuple[Refund, Charge, Money]:
        """The refund, its charge, and what the gateway still holds of that."""
        async with self._store.transaction() as tx:
            refund = await tx.refund(refund_id)
            charge = await tx.charge(refund.charge_id) if refund else None
            if refund is None or charge is None:
                raise UnknownRecord(f"refund {refund_id}")
            return refund, charge, await held(tx, charge)


def fact_id(charge_id: str, verdict: OpenVerdict, source_id: object) -> str:
    """One id for one word about a charge from one place: what it means beside the others, the desk decides."""
    return f"charge:{charge_id}:{_WORDS[type(verdict)]}:{source_id}"


def refund_fact_id(refund_id: str, verdict: Verdict, source_id: object) -> str:
    """One id for one word about a refund from one place."""
    return f"refund:{refund_id}:{_WORDS[type(verdict)]}:{source_id}"

"""Carries out what concerns money: every call has an id that was committed before it, and may be repeated."""

from dataclasses import replace
from datetime import timedelta

from flow.journey import Journey
from service.courier import backoff
from service.desk import Desk
from service.errors import UnknownRecord
from service.facts import ChargeTold, RefundTold, TimeUp
from service.ports import Claim, Clock, PaymentGateway, Store
from service.records import Charge, ChargeState, Refund, RefundState
from service.rules import Rules
from service.verdicts import ChargeRequest, Opened, OpenVerdict, RefundRequest, Refused, Settled, Unknown, Verdict
from service.work import AskCharge, CancelCharge, Dead, Done, EndCharge, Later, OpenCharge, Outcome, SendRefund

OLDEST = timedelta(hours=24)
"""How long a charge is asked about; Antom repeats its notices for as long (docs.antom.com/ac/ams/notify_refund)."""

NEVER_OPENED = "NEVER_OPENED"
"""Our word for a charge that the gateway still does not know when its time is up: nothing can be paid on it."""

_WORDS: dict[type, str] = {Opened: "opened", Settled: "settled", Refused: "refused"}


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
        return await self._tell(charge, verdict)

    async def ask(self, work: AskCharge, claim: Claim) -> Outcome:
        """Ask how a charge stands. Only an explicit answer moves it; silence is never shown as failure."""
        charge, _ = await self._load(work.charge_id)
        if charge.state >= ChargeState.REFUSED:
            return Done()
        verdict = await self._gateway.look_up(charge.id)
        if not isinstance(verdict, Unknown):
            return await self._tell(charge, verdict)
        if verdict.absent and self._clock.now() >= charge.expires_at:
            return await self._tell(charge, Refused(code=NEVER_OPENED))
        if work.by_buyer:
            fact = ChargeTold(charge_id=charge.id, verdict=verdict, by_buyer=True)
            await self._desk.receive(f"charge:{charge.id}:asked:{claim.work_id}", fact)
        return self._again(charge, claim, verdict.reason) if work.watch else Done()

    async def cancel(self, work: CancelCharge, claim: Claim) -> Outcome:
        """End a charge; asked about first, since cancelling a paid one would send the money back unseen."""
        charge, _ = await self._load(work.charge_id)
        if charge.state >= ChargeState.REFUSED:
            return Done()
        verdict = await self._gateway.look_up(charge.id)
        if isinstance(verdict, Unknown):
            verdict = await self._gateway.cancel(charge.id)
        if isinstance(verdict, Unknown):
            return self._again(charge, claim, verdict.reason)
        return await self._tell(charge, verdict)

    async def end(self, work: EndCharge, _: Claim) -> Outcome:
        """Say at the door that a charge's time is up."""
        await self._desk.receive(f"charge:{work.charge_id}:time_up", TimeUp(charge_id=work.charge_id))
        return Done()

    async def refund(self, work: SendRefund, claim: Claim) -> Outcome:
        """Send a charge back, exactly once: an unclear outcome is asked about, then repeated with the same id."""
        refund, charge = await self._load_refund(work.refund_id)
        if refund.state >= RefundState.REFUSED:
            return Done()
        verdict = await self._send(refund, charge)
        if isinstance(verdict, Unknown):
            return Later(backoff(claim.attempts), verdict.reason)
        fact = RefundTold(refund_id=refund.id, verdict=verdict)
        await self._desk.receive(refund_fact_id(refund.id, verdict), fact)
        return Done()

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

    async def _tell(self, charge: Charge, verdict: OpenVerdict) -> Outcome:
        fact = ChargeTold(charge_id=charge.id, verdict=verdict)
        await self._desk.receive(fact_id(charge.id, verdict), fact)
        return Done()

    def _again(self, charge: Charge, claim: Claim, reason: str) -> Outcome:
        if self._clock.now() - charge.issued_at > OLDEST:
            return Dead(f"no final answer within {OLDEST}: {reason}")
        return Later(backoff(claim.attempts, first=60, longest=3600), reason)

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

    async def _load_refund(self, refund_id: str) -> tuple[Refund, Charge]:
        async with self._store.transaction() as tx:
            refund = await tx.refund(refund_id)
            charge = await tx.charge(refund.charge_id) if refund else None
        if refund is None or charge is None:
            raise UnknownRecord(f"refund {refund_id}")
        return refund, charge


def fact_id(charge_id: str, verdict: OpenVerdict) -> str:
    """One id for one final word about a charge, whether a notice or an inquiry brings it."""
    return f"charge:{charge_id}:{_WORDS[type(verdict)]}"


def refund_fact_id(refund_id: str, verdict: Verdict) -> str:
    """One id for one final word about a refund, whether a notice or an inquiry brings it."""
    return f"refund:{refund_id}:{_WORDS[type(verdict)]}"

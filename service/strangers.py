"""Asks the gateway about charges and refunds that are not ours: made at the gateway, or lost with an older backup."""

from datetime import timedelta

from service.courier import backoff
from service.desk import Desk
from service.facts import ChargeTold, ReturnSought, Source, StrangerTold
from service.ports import Claim, Clock, PaymentGateway, Store
from service.rules import Rules
from service.verdicts import Settled, Unknown, Verdict
from service.work import AskStranger, Dead, Done, Later, Outcome, SeekReturn

REFUNDABLE = timedelta(days=365)
"""How long Alipay lets a payment be refunded (docs.antom.com/ac/antomop/alipay_cn)."""

PATIENCE = 8
"""How often the charges are gone through: the gateway may not answer for each, and a refund may be known here before
the payment is."""

MOST = 50
"""How many charges are asked about to find the one that a refund belongs to."""


class Strangers:
    """What is not ours is asked about as patiently as what is."""

    def __init__(self, store: Store, gateway: PaymentGateway, desk: Desk, rules: Rules, clock: Clock) -> None:
        self._store, self._gateway, self._desk, self._rules, self._clock = store, gateway, desk, rules, clock

    async def ask(self, work: AskStranger, claim: Claim) -> Outcome:
        """Ask about a charge that is not ours, until the answer is final."""
        verdict = await self._gateway.look_up(work.charge_id)
        if isinstance(verdict, Unknown) and not verdict.absent:
            return self._again(claim, verdict.reason)
        fact = StrangerTold(charge_id=work.charge_id, verdict=verdict)
        await self._desk.receive(f"stranger:{work.charge_id}:{claim.work_id}-{claim.attempts}", fact)
        return Done()

    async def seek(self, work: SeekReturn, claim: Claim) -> Outcome:
        """Find the charge of a refund: ask about those that it can be of, the likeliest first."""
        verdict = await self._gateway.look_up_refund(work.refund_id)
        if isinstance(verdict, Unknown) and not verdict.absent:
            return self._again(claim, verdict.reason)
        for charge_id, is_ours in await self._candidates(verdict):
            found = await self._gateway.look_up(charge_id)
            if isinstance(found, Settled) and any(back.refund_id == work.refund_id for back in found.returns):
                fact = _told(charge_id, found, is_ours=is_ours)
                await self._desk.receive(f"return:{work.refund_id}:{claim.work_id}", fact)
                return Done()
        if isinstance(verdict, Settled) and claim.attempts < PATIENCE:
            return Later(backoff(claim.attempts, first=60), "no charge found yet")
        sought = ReturnSought(refund_id=work.refund_id, amount=work.amount)
        await self._desk.receive(f"return:{work.refund_id}:unmatched", sought)
        return Done()

    async def _candidates(self, verdict: Verdict) -> list[tuple[str, bool]]:
        """The charges that the refund can be of, and whether each is ours."""
        if not isinstance(verdict, Settled):
            return []
        async with self._store.transaction() as tx:
            ours = await tx.settled_charges(verdict.amount, self._clock.now() - REFUNDABLE, MOST)
            open_items = await tx.open_items(self._clock.now())
        strangers = [item.charge_id for item in open_items if item.buyer_id is None]
        return [*((charge.id, True) for charge in ours), *((name, False) for name in strangers)]

    def _again(self, claim: Claim, reason: str) -> Outcome:
        delay = backoff(claim.attempts, first=60, longest=3600)
        return Dead(reason) if claim.attempts > self._rules.inquiry_time / timedelta(hours=1) else Later(delay, reason)


def _told(charge_id: str, found: Settled, *, is_ours: bool) -> ChargeTold | StrangerTold:
    if is_ours:
        return ChargeTold(charge_id=charge_id, verdict=found, source=Source.INQUIRY)
    return StrangerTold(charge_id=charge_id, verdict=found)

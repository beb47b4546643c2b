"""Asks the gateway about charges and refunds that are not ours: made at the gateway, or lost with an older backup."""

from datetime import timedelta
from typing import TypeGuard

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
"""How often the charges are gone through when each gives an answer: a refund may be known here before the payment."""

MOST = 50
"""How many charges are asked about to find the one that a refund belongs to."""


class Strangers:
    """What is not ours is asked about as patiently as what is."""

    def __init__(self, store: Store, gateway: PaymentGateway, desk: Desk, rules: Rules, clock: Clock) -> None:
        self._store, self._gateway, self._desk, self._rules, self._clock = store, gateway, desk, rules, clock

    async def ask(self, work: AskStranger, claim: Claim) -> Outcome:
        """Ask about a charge that is not ours, until the answer is final."""
        verdict = await self._gateway.look_up(work.charge_id)
        if _is_unclear(verdict):
            is_over = claim.attempts > self._most_attempts
            return Dead(verdict.reason) if is_over else Later(_delay(claim), verdict.reason)
        fact = StrangerTold(charge_id=work.charge_id, verdict=verdict)
        await self._desk.receive(f"stranger:{work.charge_id}:{claim.work_id}-{claim.attempts}", fact)
        return Done()

    async def seek(self, work: SeekReturn, claim: Claim) -> Outcome:
        """Find the charge of a refund: ask about those that it can be of, the likeliest first."""
        verdict = await self._gateway.look_up_refund(work.refund_id)
        found = verdict if _is_unclear(verdict) else await self._search(work.refund_id, verdict)
        if isinstance(found, ChargeTold | StrangerTold):
            await self._desk.receive(f"return:{work.refund_id}:{claim.work_id}", found)
            return Done()
        if isinstance(found, Unknown) and claim.attempts <= self._most_attempts:
            return Later(_delay(claim), found.reason)
        if isinstance(verdict, Settled) and claim.attempts < PATIENCE:
            return Later(backoff(claim.attempts, first=60), "no charge found yet")
        sought = ReturnSought(refund_id=work.refund_id, amount=work.amount)
        await self._desk.receive(f"return:{work.refund_id}:unmatched", sought)
        return Done()

    async def _search(self, refund_id: str, refund: Verdict) -> ChargeTold | StrangerTold | Unknown | None:
        """What is to be told of the refund's charge. `Unknown`: one of those asked about gave no answer."""
        unclear = None
        for charge_id, is_ours in await self._candidates(refund):
            found = await self._gateway.look_up(charge_id)
            if isinstance(found, Settled) and any(back.refund_id == refund_id for back in found.returns):
                return _told(charge_id, found, is_ours=is_ours)
            unclear = found if isinstance(found, Unknown) else unclear
        return unclear

    async def _candidates(self, verdict: Verdict) -> list[tuple[str, bool]]:
        """The charges that the refund can be of, and whether each is ours."""
        if not isinstance(verdict, Settled):
            return []
        async with self._store.transaction() as tx:
            ours = await tx.settled_charges(verdict.amount, self._clock.now() - REFUNDABLE, MOST)
            open_items = await tx.open_items(self._clock.now())
        strangers = [item.charge_id for item in open_items if item.buyer_id is None]
        return [*((charge.id, True) for charge in ours), *((name, False) for name in strangers)]

    @property
    def _most_attempts(self) -> int:
        return self._rules.inquiry_time // timedelta(hours=1)


def _is_unclear(verdict: Verdict) -> TypeGuard[Unknown]:
    return isinstance(verdict, Unknown) and not verdict.absent


def _delay(claim: Claim) -> timedelta:
    return backoff(claim.attempts, first=60, longest=3600)


def _told(charge_id: str, found: Settled, *, is_ours: bool) -> ChargeTold | StrangerTold:
    if is_ours:
        return ChargeTold(charge_id=charge_id, verdict=found, source=Source.INQUIRY)
    return StrangerTold(charge_id=charge_id, verdict=found)

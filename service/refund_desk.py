"""Takes what the gateway says about money that goes back."""

from dataclasses import replace

from flow import classify
from flow.journey import Journey
from flow.money import Money
from service.books import Books, held
from service.charges import load
from service.facts import BounceTold, RefundTold
from service.moves import Mover
from service.ports import Clock, Transaction
from service.receipt import Receipt
from service.records import Charge, Refund, RefundState
from service.staff import Call, Case, Staff
from service.verdicts import Refused, Return, Settled
from service.work import SeekReturn

CONTRADICTED = "CONTRADICTED"
"""Our word for a refund of more than is held: the books cannot take it, and a person has to look."""


class RefundDesk:
    """Refunds of ours, and those made at the gateway: each is booked once, and never more than was charged."""

    def __init__(self, mover: Mover, books: Books, staff: Staff, clock: Clock) -> None:
        self._mover, self._books, self._staff, self._clock = mover, books, staff, clock

    async def refund_told(self, tx: Transaction, fact_id: str, fact: RefundTold) -> Receipt:
        """An answer, an inquiry or a notice about a refund; the first that is final wins."""
        found = await tx.refund(fact.refund_id)
        if found is None:
            return await self._stranger(tx, fact)
        journey, charge = await load(tx, found.charge_id)
        refund = await tx.refund(fact.refund_id) or found
        match fact.verdict:
            case Settled(gateway_id=gateway_id, amount=amount) if refund.state < RefundState.SETTLED:
                await self._settle(tx, fact_id, journey, charge, replace(refund, gateway_id=gateway_id), amount)
            case Refused(code=code) if refund.state < RefundState.REFUSED:
                await self._refuse(tx, fact_id, journey, charge, replace(refund, reason=code))
            case Refused() if refund.state >= RefundState.SETTLED:
                await self._staff.call(tx, Call.REFUND_CONTRADICTED, Case.of(journey, charge, refund))
            case _:
                return Receipt.SEEN
        return Receipt.TAKEN

    async def bounced(self, tx: Transaction, fact_id: str, fact: BounceTold) -> Receipt:
        """A confirmed refund came back (docs.antom.com/ac/auto_debit/refund): a person has to find another way."""
        found = await tx.refund(fact.refund_id)
        if found is None:
            return Receipt.DECLINED
        journey = (await load(tx, found.charge_id))[0]
        refund = await tx.refund(fact.refund_id) or found
        if refund.state is not RefundState.SETTLED:
            return Receipt.DECLINED
        await tx.save_refund(replace(refund, state=RefundState.BOUNCED))
        await self._books.bounced(tx, fact_id, refund)
        await self._mover.move(
            tx, fact_id, journey, classify.bounced(journey, refund.charge_id, refund.id, refund.amount)
        )
        return Receipt.TAKEN

    async def take_returns(
        self, tx: Transaction, fact_id: str, journey: Journey, charge: Charge, returns: tuple[Return, ...]
    ) -> Receipt:
        """What went back of a charge: ours that we did not know of yet, or made at the gateway without us."""
        receipt = Receipt.SEEN
        for back in returns:
            refund = await tx.refund(back.refund_id) or self.foreign(charge, back)
            if refund.state < RefundState.SETTLED:
                told = replace(refund, gateway_id=back.gateway_id)
                journey = await self._settle(tx, fact_id, journey, charge, told, back.amount)
                receipt = Receipt.TAKEN
        return receipt

    async def reverse(self, tx: Transaction, fact_id: str, journey: Journey, charge: Charge) -> Receipt:
        """The gateway closed a charge that was settled, so what it still held went back."""
        still = await held(tx, charge)
        if still.value <= 0:
            return Receipt.SEEN
        refund = self.reversal(charge, still)
        await self._settle(tx, fact_id, journey, charge, refund, still)
        return Receipt.TAKEN

    def reversal(self, charge: Charge, amount: Money) -> Refund:
        """What the gateway sent back by closing a paid charge; it gives that no id, so ours is derived."""
        return Refund(
            id=f"rv-{charge.id}",
            charge_id=charge.id,
            amount=amount,
            intended_at=self._clock.now(),
            ours=False,
            gateway_id=charge.gateway_id,
        )

    async def _settle(
        self, tx: Transaction, fact_id: str, journey: Journey, charge: Charge, refund: Refund, amount: Money
    ) -> Journey:
        """`amount` is what the gateway says went back; another one than was meant, a person hears of."""
        still = await held(tx, charge)
        is_too_much = amount.currency != still.currency or still < amount
        if is_too_much or amount != refund.amount:
            await self._staff.call(tx, Call.REFUND_CONTRADICTED, Case.of(journey, charge, refund))
        if is_too_much:
            await tx.save_refund(replace(refund, state=RefundState.REFUSED, reason=CONTRADICTED))
            return journey
        settled = replace(refund, state=RefundState.SETTLED, amount=amount)
        await tx.save_refund(settled)
        await self._books.refunded(tx, fact_id, settled)
        whole = still == amount and not await self._holds_beside(tx, journey, charge)
        event = classify.refunded(journey, charge.id, refund.id, amount, whole=whole)
        return await self._mover.move(tx, fact_id, journey, event)

    async def _holds_beside(self, tx: Transaction, journey: Journey, charge: Charge) -> bool:
        """Whether, beside a charge that did not count, another such is still held."""
        others = [c for c in await tx.charges(journey.id) if c.id not in (charge.id, journey.settled_by)]
        holds = [(await held(tx, other)).value > 0 for other in others if other.paid]
        return journey.settled_by != charge.id and any(holds)

    async def _refuse(self, tx: Transaction, fact_id: str, journey: Journey, charge: Charge, refund: Refund) -> None:
        """A final no; where nothing is held any more, the money went back by other means, and all is well."""
        await tx.save_refund(replace(refund, state=RefundState.REFUSED))
        still = await held(tx, charge)
        if still.value > 0:
            event = classify.refund_refused(journey, charge.id, refund.id, refund.reason or "")
            await self._mover.move(tx, fact_id, journey, event)

    def foreign(self, charge: Charge, back: Return) -> Refund:
        """A refund that was made at the gateway without us."""
        now = self._clock.now()
        return Refund(
            id=back.refund_id,
            charge_id=charge.id,
            amount=back.amount,
            intended_at=now,
            ours=False,
            gateway_id=back.gateway_id,
        )

    async def _stranger(self, tx: Transaction, fact: RefundTold) -> Receipt:
        """A refund that is not one of ours was made at the gateway: find its charge."""
        if not isinstance(fact.verdict, Settled):
            return Receipt.DECLINED
        work = SeekReturn(refund_id=fact.refund_id, amount=fact.verdict.amount)
        await tx.queue_once(f"return:{fact.refund_id}", work)
        return Receipt.TAKEN

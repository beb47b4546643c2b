"""Takes what only a person can decide, and sees that it is told once."""

from flow.money import Money
from service.books import Books
from service.charge_desk import ChargeDesk
from service.charges import load
from service.facts import (
    ChargeTold,
    ChargeUnresolved,
    RefundOverdue,
    ReportsUnwanted,
    ReturnSought,
    Source,
    StrangerTold,
)
from service.moves import Mover
from service.ports import Transaction
from service.receipt import Receipt
from service.records import ChargeState, RefundState
from service.staff import Call, Case, Staff
from service.verdicts import CANCELLED, Refused, Settled


class AlarmDesk:
    """Late refunds, charges without an answer, and money that is not one of ours."""

    def __init__(self, mover: Mover, charges: ChargeDesk, books: Books, staff: Staff) -> None:
        self._mover, self._charges, self._books, self._staff = mover, charges, books, staff

    async def refund_overdue(self, tx: Transaction, _: str, fact: RefundOverdue) -> Receipt:
        """A refund takes longer than was promised: the support chat and the buyer hear of it."""
        refund = await tx.refund(fact.refund_id)
        if refund is None or refund.state >= RefundState.REFUSED:
            return Receipt.SEEN
        journey, charge = await load(tx, refund.charge_id)
        await self._staff.call(tx, Call.REFUND_OVERDUE, Case.of(journey, charge, refund))
        await self._mover.tell(tx, journey.buyer_id, "money.refund_overdue", amount=refund.amount)
        return Receipt.TAKEN

    async def charge_unresolved(self, tx: Transaction, _: str, fact: ChargeUnresolved) -> Receipt:
        """A charge whose end the gateway never told."""
        journey, charge = await load(tx, fact.charge_id)
        if charge.state >= ChargeState.REFUSED:
            return Receipt.SEEN
        await self._staff.call(tx, Call.CHARGE_UNRESOLVED, Case.of(journey, charge))
        return Receipt.TAKEN

    async def stranger_told(self, tx: Transaction, fact_id: str, fact: StrangerTold) -> Receipt:
        """What the gateway says of a charge that is not ours; paid money stands in the books until it is decided."""
        told = ChargeTold(charge_id=fact.charge_id, verdict=fact.verdict, source=Source.INQUIRY)
        if await self._charges.recover(tx, fact_id, told) is not Receipt.DECLINED:
            return Receipt.TAKEN
        await tx.lock(f"stranger:{fact.charge_id}")
        if isinstance(fact.verdict, Refused) and fact.verdict.code == CANCELLED:
            await self._books.stranger_reversed(tx, fact_id, fact.charge_id)
        if not isinstance(fact.verdict, Settled):
            return Receipt.TAKEN
        is_new = not await tx.entries(charge_id=fact.charge_id)
        await self._books.stranger(tx, fact_id, fact.charge_id, fact.verdict)
        if is_new:
            await self._call(tx, Call.CHARGE_UNKNOWN_PAID, fact.charge_id, fact.verdict.amount)
        return Receipt.TAKEN

    async def return_sought(self, tx: Transaction, _: str, fact: ReturnSought) -> Receipt:
        """A refund that was made at the gateway, of nobody knows which charge."""
        await self._call(tx, Call.REFUND_UNKNOWN, fact.refund_id, fact.amount)
        return Receipt.TAKEN

    async def reports_unwanted(self, tx: Transaction, _: str, fact: ReportsUnwanted) -> Receipt:
        """Only the support chat can hear of it: the auction house wants to be told nothing."""
        await self._call(tx, Call.REPORTS_UNWANTED, fact.webhook_id, None)
        return Receipt.TAKEN

    async def _call(self, tx: Transaction, why: Call, about: str, amount: Money | None) -> None:
        await self._staff.call(tx, why, Case(about=about, amount=amount))

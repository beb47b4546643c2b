"""The way to a person: one message to the support chat, and `handoff.opened` to the auction house."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from flow.journey import Journey
from flow.money import Money
from service import outbox, reports
from service.lines import chat_line
from service.ports import Clock, Names, Transaction
from service.records import Charge, Refund
from service.rules import Rules
from service.work import Say

NOTHING = "-"

ORDER_GONE = "order_gone"
"""Why only the auction house is asked: no money waits, and when its list is broken there are many."""


class Call(StrEnum):
    """Why a person is called; `staff.<call>` in the catalogue says it in words."""

    BUYER_ASKED = "buyer_asked"
    UNLINK_ASKED = "unlink_asked"
    CHARGE_DIFFERS = "charge_differs"
    CHARGE_LATE = "charge_late"
    CHARGE_NOT_ASKED = "charge_not_asked"
    CHARGE_CONTRADICTED = "charge_contradicted"
    CHARGE_UNRESOLVED = "charge_unresolved"
    CHARGE_UNKNOWN = "charge_unknown"
    CHARGE_UNKNOWN_PAID = "charge_unknown_paid"
    ORDER_CHANGED_AFTER_PAYMENT = "order_changed_after_payment"
    REPORTS_UNWANTED = "reports_unwanted"
    REFUND_REFUSED = "refund_refused"
    REFUND_BOUNCED = "refund_bounced"
    REFUND_OVERDUE = "refund_overdue"
    REFUND_CONTRADICTED = "refund_contradicted"
    REFUND_UNKNOWN = "refund_unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of the matter, for the person who takes it up."""

    buyer_id: str | None = None
    journey: Journey | None = None
    charge: Charge | None = None
    refund: Refund | None = None
    amount: Money | None = None
    about: str | None = None

    @classmethod
    def of(cls, journey: Journey, charge: Charge, refund: Refund | None = None) -> Self:
        """The case of a charge."""
        return cls(buyer_id=journey.buyer_id, journey=journey, charge=charge, refund=refund)

    @property
    def order_id(self) -> str | None:
        """The order, where there is one."""
        return self.journey.order.order_id if self.journey and self.journey.order else None

    def values(self) -> dict[str, str]:
        """The case as the support chat shows it: ids, ours and the gateway's."""
        gateway_ids = [record.gateway_id for record in (self.charge, self.refund) if record and record.gateway_id]
        names = [record.id for record in (self.charge, self.refund) if record]
        amount = self.amount or (self.charge.paid or self.charge.amount if self.charge else None)
        return {
            "buyer": self.buyer_id or NOTHING,
            "order": self.order_id or NOTHING,
            "case": self.journey.id if self.journey else NOTHING,
            "payment": ", ".join(names) or self.about or NOTHING,
            "gateway_id": ", ".join(gateway_ids) or NOTHING,
            "amount": str(amount) if amount else NOTHING,
        }


class Staff:
    """Calls a person; until a desk exists, that is the support chat."""

    def __init__(self, rules: Rules, clock: Clock, names: Names) -> None:
        self._rules, self._clock, self._names = rules, clock, names

    async def call(self, tx: Transaction, why: Call, case: Case) -> None:
        """Ask a person to look, with the case attached."""
        if case.buyer_id is not None:
            await self.ask_house(tx, why.value, case.buyer_id, case.order_id)
        chat_id = self._rules.support_chat_id
        if chat_id is not None:
            say = Say(chat_id=chat_id, text="staff.case", values=case.values(), texts={"why": f"staff.{why}"})
            await tx.queue(chat_line(chat_id), say)

    async def ask_house(self, tx: Transaction, why: str, buyer_id: str, order_id: str | None) -> None:
        """Ask a person at the auction house to look."""
        report_id, now = f"handoff-{self._names.short()}", self._clock.now()
        await outbox.send(tx, reports.handoff(report_id, buyer_id, order_id, why, now))

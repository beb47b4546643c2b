"""Asks the gateway about every charge of a period and compares: what was missed is found, and can be mended."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from flow.money import Money
from service.books import held
from service.cashier import NEVER_OPENED
from service.charges import journey_and_number, name_charge
from service.desk import Desk
from service.differences import Difference, DifferenceKind, listed, of_charge, of_refund, of_stranger
from service.errors import OurFault, UnknownRecord
from service.facts import ChargeTold, Fact, RefundTold, Source, StrangerTold
from service.ports import Clock, PaymentGateway, Store
from service.receipt import Receipt
from service.records import Charge, ChargeState, Refund, RefundState
from service.rules import Rules
from service.verdicts import CANCELLED, Refused, Settled, Unknown, Verdict

logger = logging.getLogger(__name__)

AT_ONCE = 8
"""How many questions the gateway has to answer at a time."""

MOST_LOST = 20
"""How many charges of one journey are looked for that may have been lost here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """The gateway gave no final answer about a charge, or a refund of it."""

    charge_id: str
    reason: str
    refund_id: str | None = None

    @property
    def subject(self) -> str:
        """The id of what it is about."""
        return self.refund_id or self.charge_id


Finding = Difference | Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What a run found; `checked` counts the charges that were asked about."""

    checked: int
    differences: tuple[Difference, ...]
    unclear: tuple[Unclear, ...]

    @property
    def mended(self) -> int:
        """How many differences are no more."""
        return sum(difference.is_mended for difference in self.differences)

    @property
    def is_good(self) -> bool:
        """Whether both sides now say the same, and everything was answered."""
        return self.mended == len(self.differences) and not self.unclear


class Reconciliation:
    """One run. `run_id` names the facts of a run that mends; without it nothing is changed.

    The gateway is asked first and our records are read after, so that news which comes meanwhile is no difference.
    """

    def __init__(
        self,
        store: Store,
        gateway: PaymentGateway,
        desk: Desk,
        rules: Rules,
        clock: Clock,
        *,
        run_id: str | None = None,
    ) -> None:
        self._store, self._gateway, self._desk, self._rules, self._clock = store, gateway, desk, rules, clock
        self._run_id = run_id
        self._checked = 0

    async def run(self, since: datetime, *, lost: bool = False) -> Reconciled:
        """Compare the charges issued since then, those of the same journeys, and all whose money is open still.

        After an older backup was restored, `lost` looks in every open journey for charges that are not known here.

        Raises Unavailable where the store is away; the gateway's silence is a finding.
        """
        journeys, strangers = await self._subjects(since, lost=lost)
        found = await _each(self._journey, journeys) + await _each(self._stranger, strangers)
        return Reconciled(
            checked=self._checked,
            differences=tuple(each for each in found if isinstance(each, Difference)),
            unclear=tuple(each for each in found if isinstance(each, Unclear)),
        )

    async def _subjects(self, since: datetime, *, lost: bool) -> tuple[list[str], list[str]]:
        """The journeys, and the charges that only the books know; each once."""
        async with self._store.transaction() as tx:
            charges = list(await tx.attempts(since))
            strangers, journeys = [], list(await tx.open_journeys()) if lost else []
            for charge_id in dict.fromkeys(item.charge_id for item in await tx.open_items(self._clock.now())):
                charge = await tx.charge(charge_id)
                if charge is None:
                    strangers.append(charge_id)
                else:
                    charges.append(charge)
        return list(dict.fromkeys([*(charge.journey_id for charge in charges), *journeys])), strangers

    async def _journey(self, journey_id: str) -> list[Finding]:
        async with self._store.transaction() as tx:
            charges = await tx.charges(journey_id)
        found: list[Finding] = []
        for charge in charges:
            found += await self._charge(charge.id)
        newest = max((journey_and_number(charge.id)[1] for charge in charges), default=0)
        return found + await self._lost(journey_id, newest)

    async def _charge(self, charge_id: str) -> list[Finding]:
        self._checked += 1
        said = await self._gateway.look_up(charge_id)
        charge, _, _ = await self._load(charge_id)
        if isinstance(said, Unknown) and not said.absent:
            unclear = [] if self._may_be_paid(charge) else [Unclear(charge_id=charge_id, reason=said.reason)]
            return [*unclear, *await self._refunds(charge_id, said)]
        word = _final(charge, said, is_over=self._clock.now() >= charge.expires_at)

        async def compare() -> list[Difference]:
            charge, refunds, held = await self._load(charge_id)
            return of_charge(charge, held, {refund.id: refund for refund in refunds}, word)

        fact = ChargeTold(charge_id=charge_id, verdict=word, source=Source.INQUIRY)
        return [*await self._mended(charge_id, fact, compare), *await self._refunds(charge_id, said)]

    def _may_be_paid(self, charge: Charge) -> bool:
        """Whether both sides may still wait for the buyer; the question after the next charge tells if nobody is
        there."""
        return charge.state < ChargeState.REFUSED and self._clock.now() < charge.expires_at

    async def _refunds(self, charge_id: str, said: Verdict) -> list[Finding]:
        """Each refund that the gateway did not list is asked about by itself, but for what closing a charge sent back:
        that has no id at the gateway."""
        _, refunds, _ = await self._load(charge_id)
        told = {back.refund_id for back in listed(said)}
        found: list[Finding] = []
        for refund in refunds:
            has_id_there = refund.ours or isinstance(said, Settled)
            if has_id_there and refund.id not in told:
                found += await self._refund(refund)
        return found

    async def _refund(self, refund: Refund) -> list[Finding]:
        said = await self._gateway.look_up_refund(refund.id)
        if isinstance(said, Unknown) and not said.absent:
            may_take = refund.state < RefundState.REFUSED and self._clock.now() < self._due(refund)
            return [] if may_take else [Unclear(charge_id=refund.charge_id, refund_id=refund.id, reason=said.reason)]

        async def compare() -> list[Difference]:
            async with self._store.transaction() as tx:
                return of_refund(refund.charge_id, refund.id, await tx.refund(refund.id), said)

        return [*await self._mended(refund.id, RefundTold(refund_id=refund.id, verdict=said), compare)]

    def _due(self, refund: Refund) -> datetime:
        return refund.intended_at + self._rules.refund_time

    async def _lost(self, journey_id: str, known: int) -> list[Finding]:
        """Charges after the last one that is known here, by the name that each would have."""
        found: list[Finding] = []
        for number in range(known + 1, known + 1 + MOST_LOST):
            charge_id = name_charge(journey_id, number)
            async with self._store.transaction() as tx:
                if await tx.entries(charge_id=charge_id):
                    continue
            lost = await self._ask_stranger(charge_id)
            found += lost
            if not any(isinstance(each, Difference) for each in lost):
                break
        return found

    async def _stranger(self, charge_id: str) -> list[Finding]:
        self._checked += 1
        return await self._ask_stranger(charge_id)

    async def _ask_stranger(self, charge_id: str) -> list[Finding]:
        said = await self._gateway.look_up(charge_id)
        if isinstance(said, Unknown) and not said.absent:
            return [Unclear(charge_id=charge_id, reason=said.reason)]
        async with self._store.transaction() as tx:
            found = of_stranger(charge_id, await tx.entries(charge_id=charge_id), said)
        is_closed = said == Refused(code=CANCELLED)
        if not found or (any(each.kind is DifferenceKind.NOT_PAID_THERE for each in found) and not is_closed):
            return [*found]
        is_taken = await self._tell(charge_id, StrangerTold(charge_id=charge_id, verdict=said))
        return [replace(each, is_mended=is_taken) for each in found]

    async def _mended(
        self, subject: str, fact: ChargeTold | RefundTold, compare: Callable[[], Awaitable[list[Difference]]]
    ) -> list[Difference]:
        """The differences, each with whether it is gone now that the gateway's word was taken."""
        found = await compare()
        if not found or isinstance(fact.verdict, Unknown) or not await self._tell(subject, fact):
            return found
        left = {each.subject for each in await compare()}
        return [replace(each, is_mended=each.subject not in left) for each in found]

    async def _tell(self, subject: str, fact: Fact) -> bool:
        """Whether a run that mends took the fact. One that the books refuse is logged, and the run goes on."""
        if self._run_id is None:
            return False
        try:
            receipt = await self._desk.receive(f"reconcile:{self._run_id}:{subject}", fact)
        except OurFault as error:
            logger.error("not mended", extra={"subject": subject, "reason": str(error)})
            return False
        return receipt is Receipt.TAKEN

    async def _load(self, charge_id: str) -> tuple[Charge, Sequence[Refund], Money]:
        """A charge, its refunds, and what the books say is held of it."""
        async with self._store.transaction() as tx:
            charge = await tx.charge(charge_id)
            if charge is None:
                raise UnknownRecord(f"charge {charge_id}")
            return charge, await tx.refunds(charge_id), await held(tx, charge)


def _final(charge: Charge, said: Verdict, *, is_over: bool) -> Verdict:
    """The gateway's word; one that never heard of a charge whose time is up says that it cannot be paid."""
    is_open = charge.state in (ChargeState.OPENING, ChargeState.OPEN)
    return Refused(code=NEVER_OPENED) if isinstance(said, Unknown) and is_open and is_over else said


async def _each(ask: Callable[[str], Awaitable[list[Finding]]], subjects: Iterable[str]) -> list[Finding]:
    """The findings in the order of the subjects, of which `AT_ONCE` are asked about at a time."""
    found: dict[str, list[Finding]] = {subject: [] for subject in subjects}
    waiting = iter(list(found))

    async def go_on() -> None:
        for subject in waiting:
            found[subject] = await ask(subject)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(go_on())
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return [finding for findings in found.values() for finding in findings]

"""Takes what the gateway says, and what the clock says about its charges."""

from dataclasses import replace

from flow import classify
from flow import events as on
from flow.journey import Journey, NotNow
from flow.states import Payment, Verification
from service.errors import UnknownRecord
from service.facts import ChargeTold, LandingOpened, RefundTold, TimeUp
from service.moves import Mover
from service.ports import Transaction
from service.receipt import Receipt
from service.records import Charge, ChargeState, RefundState
from service.verdicts import Opened, OpenVerdict, Refused, Settled, Unknown

_UNOPENED = (Verification.LINK_SENT, Payment.LINK_SENT)


class MoneyDesk:
    """Charges and refunds: the states of both only grow, whatever the order of the news."""

    def __init__(self, mover: Mover) -> None:
        self._mover = mover

    async def landing_opened(self, tx: Transaction, fact_id: str, fact: LandingOpened) -> Receipt:
        """The buyer opened the landing page: the charge is committed before the gateway is called."""
        journey, charge = await _load(tx, fact.charge_id)
        if charge.void or charge.state is not ChargeState.ISSUED:
            return Receipt.DECLINED
        opened = replace(charge, state=ChargeState.OPENING, device=fact.device, client_ip=fact.client_ip)
        await tx.save_charge(opened)
        return await self._try(tx, fact_id, journey, on.LinkOpened())

    async def charge_told(self, tx: Transaction, fact_id: str, fact: ChargeTold) -> Receipt:
        """An answer, an inquiry or a notice about a charge; the first that is final wins."""
        found = await tx.charge(fact.charge_id)
        if found is None:
            return Receipt.DECLINED
        journey, charge = await _load(tx, fact.charge_id)
        event = _charge_event(journey, charge, fact)
        if event is None:
            return Receipt.SEEN
        await tx.save_charge(_charge_after(charge, fact.verdict))
        return await self._try(tx, fact_id, journey, event)

    async def refund_told(self, tx: Transaction, fact_id: str, fact: RefundTold) -> Receipt:
        """An answer, an inquiry or a notice about a refund; the first that is final wins."""
        refund = await tx.refund(fact.refund_id)
        if refund is None:
            return Receipt.DECLINED
        journey, charge = await _load(tx, refund.charge_id)
        refund = await tx.refund(fact.refund_id) or refund
        match fact.verdict:
            case Settled(gateway_id=gateway_id, amount=amount) if refund.state is not RefundState.SETTLED:
                await tx.save_refund(replace(refund, state=RefundState.SETTLED, gateway_id=gateway_id))
                event = classify.refunded(journey, charge.id, refund.id, amount)
            case Refused(code=code) if refund.state < RefundState.REFUSED:
                await tx.save_refund(replace(refund, state=RefundState.REFUSED, reason=code))
                event = classify.refund_refused(journey, charge.id, refund.id, code)
            case _:
                return Receipt.SEEN
        return await self._try(tx, fact_id, journey, event)

    async def time_up(self, tx: Transaction, fact_id: str, fact: TimeUp) -> Receipt:
        """A charge's time is over: unopened it is void; opened, only the gateway knows."""
        journey, charge = await _load(tx, fact.charge_id)
        if journey.charge_id != charge.id or charge.void or charge.state >= ChargeState.REFUSED:
            return Receipt.SEEN
        if charge.state is ChargeState.ISSUED:
            await tx.save_charge(replace(charge, void=True))
        event = on.LinkExpired() if journey.state in _UNOPENED else on.ChargeOverdue()
        return await self._try(tx, fact_id, journey, event)

    async def _try(self, tx: Transaction, fact_id: str, journey: Journey, event: on.Event) -> Receipt:
        try:
            await self._mover.move(tx, fact_id, journey, event)
        except NotNow:
            return Receipt.DECLINED
        return Receipt.TAKEN


def _charge_event(journey: Journey, charge: Charge, fact: ChargeTold) -> on.Event | None:
    match fact.verdict:
        case Settled(amount=amount, at=at) if charge.state < ChargeState.SETTLED:
            return classify.settled(journey, charge.id, charge.amount, amount, at)
        case Refused(code=code) if charge.state < ChargeState.REFUSED:
            return classify.refused(journey, charge.id, code)
        case Opened() if charge.state < ChargeState.OPEN:
            return on.ChargeOpened(charge_id=charge.id)
        case Unknown() if fact.by_buyer:
            return on.ChargeUnclear(charge_id=charge.id)
        case _:
            return None


def _charge_after(charge: Charge, verdict: OpenVerdict) -> Charge:
    match verdict:
        case Opened(gateway_id=gateway_id, url=url):
            return replace(charge, state=ChargeState.OPEN, gateway_id=gateway_id, url=url)
        case Settled(gateway_id=gateway_id, amount=amount, at=at):
            return replace(charge, state=ChargeState.SETTLED, gateway_id=gateway_id, paid=amount, paid_at=at)
        case Refused(code=code):
            return replace(charge, state=ChargeState.REFUSED, reason=code)
        case Unknown():
            return charge


async def _load(tx: Transaction, charge_id: str) -> tuple[Journey, Charge]:
    """The charge and its journey, read again under their buyer's lock."""
    charge = await tx.charge(charge_id)
    journey = await tx.journey(charge.journey_id) if charge else None
    if journey is None:
        raise UnknownRecord(f"charge {charge_id}")
    await tx.lock(f"buyer:{journey.buyer_id}")
    journey, charge = await tx.journey(journey.id), await tx.charge(charge_id)
    if journey is None or charge is None:
        raise UnknownRecord(f"charge {charge_id}")
    return journey, charge

"""Takes what the gateway says, and what the clock says about its charges."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from flow import classify
from flow import events as on
from flow.journey import Journey, Kind, NotNow
from flow.states import Payment, Verification
from service.books import Books
from service.charges import journey_and_number, load
from service.facts import ChargeClosing, ChargeTold, LandingOpened, Source, TimeUp
from service.lines import journey_line
from service.moves import Mover
from service.ports import Clock, Names, Transaction
from service.receipt import Receipt
from service.records import Charge, ChargeState, Refund, RefundState
from service.refund_desk import RefundDesk
from service.rules import Rules
from service.staff import Call, Case, Staff
from service.verdicts import CANCELLED, Opened, Refused, Settled, Unknown
from service.work import AskCharge, AskStranger

REVERSED = "REVERSED"
"""Our word for why a link ended whose payment the gateway sent back."""

RECHECK = timedelta(minutes=15)
"""When a charge that was paid while it was being cancelled is asked about once more: the cancellation may come late."""

_UNOPENED = (Verification.LINK_SENT, Payment.LINK_SENT)


class ChargeDesk:
    """The state of a charge only grows, whatever the order of the news, and each is booked once."""

    def __init__(
        self, mover: Mover, books: Books, staff: Staff, refunds: RefundDesk, rules: Rules, clock: Clock, names: Names
    ) -> None:
        self._mover, self._books, self._staff, self._refunds = mover, books, staff, refunds
        self._rules, self._clock, self._names = rules, clock, names

    async def landing_opened(self, tx: Transaction, fact_id: str, fact: LandingOpened) -> Receipt:
        """The buyer opened the landing page: the charge is committed before the gateway is called."""
        journey, charge = await load(tx, fact.charge_id)
        if charge.void or charge.state is not ChargeState.ISSUED:
            return Receipt.DECLINED
        opened = replace(charge, state=ChargeState.OPENING, device=fact.device, client_ip=fact.client_ip)
        await tx.save_charge(opened)
        return await self._try(tx, fact_id, journey, on.LinkOpened())

    async def time_up(self, tx: Transaction, fact_id: str, fact: TimeUp) -> Receipt:
        """A charge's time is over: unopened it is void; opened, only the gateway knows."""
        journey, charge = await load(tx, fact.charge_id)
        if charge.void or charge.state >= ChargeState.REFUSED:
            return Receipt.SEEN
        if charge.state is ChargeState.ISSUED:
            await tx.save_charge(replace(charge, void=True))
        event = on.LinkExpired() if journey.state in _UNOPENED else on.ChargeOverdue()
        return await self._try(tx, fact_id, journey, event)

    async def closing(self, tx: Transaction, _: str, fact: ChargeClosing) -> Receipt:
        """A cancellation is about to be sent; declined where the charge is final by now."""
        charge = (await load(tx, fact.charge_id))[1]
        if charge.state >= ChargeState.REFUSED:
            return Receipt.DECLINED
        await tx.save_charge(replace(charge, closing=True))
        return Receipt.TAKEN

    async def charge_told(self, tx: Transaction, fact_id: str, fact: ChargeTold) -> Receipt:
        """An answer, an inquiry or a notice about a charge; the first that is final wins."""
        if await tx.charge(fact.charge_id) is None:
            return await self._stranger(tx, fact)
        journey, charge = await load(tx, fact.charge_id)
        match fact.verdict:
            case Settled() as paid:
                return await self._charge_settled(tx, fact_id, fact, journey, charge, paid)
            case Refused(code=code):
                return await self._charge_refused(tx, fact_id, fact, journey, charge, code)
            case Opened() as opened if charge.state < ChargeState.OPEN:
                await tx.save_charge(_opened(charge, opened))
                return await self._try(tx, fact_id, journey, on.ChargeOpened(charge_id=charge.id))
            case Unknown() if fact.source is Source.NOTICE and charge.state is ChargeState.SETTLED:
                return await self._contradicted(tx, journey, charge, fact.source)
            case Unknown() if fact.noticed is not None:
                return await self._contradicted(tx, journey, charge, fact.source)
            case Unknown() if fact.by_buyer and charge.state < ChargeState.REFUSED:
                return await self._try(tx, fact_id, journey, on.ChargeUnclear(charge_id=charge.id))
            case _:
                return Receipt.SEEN

    async def _charge_settled(
        self, tx: Transaction, fact_id: str, fact: ChargeTold, journey: Journey, charge: Charge, paid: Settled
    ) -> Receipt:
        if charge.state is ChargeState.SETTLED:
            return await self._refunds.take_returns(tx, fact_id, journey, charge, paid.returns)
        if charge.closing and fact.source is Source.NOTICE:
            # What is paid on a charge that is being cancelled is sent back: only an inquiry tells which came first.
            work = AskCharge(charge_id=charge.id, watch=True, noticed=paid)
            await tx.queue(journey_line(journey.id), work)
            return Receipt.TAKEN
        settled = _settled(charge, paid)
        if journey.kind is Kind.PAYMENT and sum(back.amount.value for back in paid.returns) == paid.amount.value:
            refunds = [self._refunds.foreign(charge, back) for back in paid.returns]
            return await self._reversed_unseen(tx, fact_id, journey, settled, refunds)
        await tx.save_charge(settled)
        event = classify.settled(journey, charge.id, charge.amount, paid.amount, paid.at)
        after = await self._mover.move(tx, fact_id, journey, event)
        await self._books.charged(tx, fact_id, after, settled)
        await self._remember_wallet(tx, journey.buyer_id, paid.wallet_id)
        await self._refunds.take_returns(tx, fact_id, after, settled, paid.returns)
        if charge.closing:
            work = AskCharge(charge_id=charge.id, watch=True, recheck=True)
            await tx.queue(journey_line(journey.id), work, at=self._clock.now() + RECHECK)
        return Receipt.TAKEN

    async def _charge_refused(
        self, tx: Transaction, fact_id: str, fact: ChargeTold, journey: Journey, charge: Charge, code: str
    ) -> Receipt:
        is_closed = code == CANCELLED and fact.source is Source.INQUIRY
        if charge.state is ChargeState.SETTLED and is_closed:
            return await self._refunds.reverse(tx, fact_id, journey, charge)
        if charge.state is ChargeState.SETTLED:
            return await self._contradicted(tx, journey, charge, fact.source)
        if fact.noticed is not None and is_closed:
            settled = _settled(charge, fact.noticed)
            reversal = self._refunds.reversal(settled, fact.noticed.amount)
            return await self._reversed_unseen(tx, fact_id, journey, settled, [reversal])
        if fact.noticed is not None:
            return await self._contradicted(tx, journey, charge, fact.source)
        if charge.state is ChargeState.REFUSED:
            return Receipt.SEEN
        await tx.save_charge(replace(charge, state=ChargeState.REFUSED, reason=code))
        return await self._try(tx, fact_id, journey, classify.refused(journey, charge.id, code))

    async def _contradicted(self, tx: Transaction, journey: Journey, charge: Charge, source: Source) -> Receipt:
        """The gateway says another thing of a settled charge: what is booked stays, a person looks, and we ask."""
        await self._staff.call(tx, Call.CHARGE_CONTRADICTED, Case.of(journey, charge))
        if source is not Source.INQUIRY:
            await tx.queue(journey_line(journey.id), AskCharge(charge_id=charge.id, watch=True, recheck=True))
        return Receipt.TAKEN

    async def _reversed_unseen(
        self, tx: Transaction, fact_id: str, journey: Journey, charge: Charge, refunds: Sequence[Refund]
    ) -> Receipt:
        """Paid, and sent back before we knew of either: booked both ways, and the journey goes its way."""
        await tx.save_charge(charge)
        for refund in refunds:
            await tx.save_refund(replace(refund, state=RefundState.SETTLED))
        paid = charge.paid or charge.amount
        event = on.ChargeReversed(charge_id=charge.id, amount=paid, refund_id=refunds[-1].id)
        after = await self._mover.move(tx, fact_id, journey, event)
        await self._books.charged(tx, fact_id, after, charge)
        for refund in refunds:
            await self._books.refunded(tx, fact_id, refund)
        await self._try(tx, fact_id, after, classify.refused(after, charge.id, REVERSED))
        return Receipt.TAKEN

    async def recover(self, tx: Transaction, fact_id: str, told: ChargeTold) -> Receipt:
        """A charge of a journey of ours that our records lost, with an older backup: it is written down again, closed,
        and then takes the gateway's word. Declined where the name is not derived from a journey of ours."""
        journey_id, number = journey_and_number(told.charge_id)
        journey = await tx.journey(journey_id) if number else None
        if journey is None or isinstance(told.verdict, Unknown | Opened):
            return Receipt.DECLINED
        await tx.lock(f"buyer:{journey.buyer_id}")
        if await tx.charge(told.charge_id) is None and not await tx.entries(charge_id=told.charge_id):
            await tx.save_charge(self._lost(journey, told))
        return await self.charge_told(tx, fact_id, told)

    def _lost(self, journey: Journey, told: ChargeTold) -> Charge:
        due = journey.order.total if journey.order else None
        paid, now = told.verdict.amount if isinstance(told.verdict, Settled) else None, self._clock.now()
        return Charge(
            id=told.charge_id,
            journey_id=journey.id,
            token=self._names.token(),
            amount=due or paid or self._rules.verification_amount,
            issued_at=now,
            expires_at=now,
            state=ChargeState.OPENING,
            void=True,
        )

    async def _stranger(self, tx: Transaction, fact: ChargeTold) -> Receipt:
        """Money that may not be ours is not lost for it: the gateway is asked each time, and a person told once."""
        await tx.queue_once(f"stranger:{fact.charge_id}", AskStranger(charge_id=fact.charge_id))
        if await tx.note(f"stranger:{fact.charge_id}:met", fact, self._clock.now()):
            await self._staff.call(tx, Call.CHARGE_UNKNOWN, Case(about=fact.charge_id))
        return Receipt.TAKEN

    async def _remember_wallet(self, tx: Transaction, buyer_id: str, wallet_id: str | None) -> None:
        buyer = await tx.buyer(buyer_id)
        if wallet_id is not None and buyer is not None and buyer.wallet_id != wallet_id:
            await tx.save_buyer(replace(buyer, wallet_id=wallet_id))

    async def _try(self, tx: Transaction, fact_id: str, journey: Journey, event: on.Event) -> Receipt:
        try:
            await self._mover.move(tx, fact_id, journey, event)
        except NotNow:
            return Receipt.DECLINED
        return Receipt.TAKEN


def _opened(charge: Charge, opened: Opened) -> Charge:
    return replace(
        charge,
        state=ChargeState.OPEN,
        gateway_id=opened.gateway_id,
        url=opened.url,
        estimate=opened.estimate,
        estimated_at=opened.estimated_at,
    )


def _settled(charge: Charge, paid: Settled) -> Charge:
    return replace(charge, state=ChargeState.SETTLED, gateway_id=paid.gateway_id, paid=paid.amount, paid_at=paid.at)

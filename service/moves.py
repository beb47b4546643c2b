"""Moves a journey inside a transaction and turns the flow's effects into rows and queued work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from flow import events as on
from flow.effects import Effect
from flow.journey import START, Journey, Kind, advance
from flow.linked import Alipay
from flow.order import Item
from flow.states import Payment
from flow.steps import Path
from service import reports
from service.errors import UnknownRecord
from service.ports import Clock, Names, Transaction
from service.records import Buyer, Charge, ChargeState, Refund
from service.rules import Rules
from service.work import AskCharge, CancelCharge, EndCharge, OpenCharge, Report, Say, SendRefund, ShowCard


def chat_line(chat_id: int) -> str:
    """The line that keeps a chat's messages in order."""
    return f"chat:{chat_id}"


def journey_line(journey_id: str) -> str:
    """The line that keeps a journey's gateway calls in order."""
    return f"journey:{journey_id}"


def order_line(journey: Journey) -> str:
    """The line that keeps the outcome events about one order, or one buyer's verification, in order."""
    return f"report:{journey.order.order_id if journey.order else journey.buyer_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move under way: the journey after it, the event, and the buyer it belongs to."""

    tx: Transaction
    journey: Journey
    event: on.Event
    buyer: Buyer


class Mover:
    """The only caller of `advance`."""

    def __init__(self, rules: Rules, clock: Clock, names: Names) -> None:
        self._rules, self._clock, self._names = rules, clock, names
        self._carry: dict[Effect, Callable[[Move], Awaitable[Journey]]] = {
            Effect.SHOW: self._show,
            Effect.ANNOUNCE: self._announce,
            Effect.TELL_UNCLEAR: self._tell_unclear,
            Effect.ISSUE_LINK: self._issue_link,
            Effect.OPEN_CHARGE: self._open_charge,
            Effect.CLOSE_CHARGE: self._close_charge,
            Effect.ASK_GATEWAY: self._ask_gateway,
            Effect.REFUND_CHARGE: self._refund_charge,
            Effect.RECORD_LINKED: self._record_linked,
            Effect.BEGIN_PAYMENT: self._begin_payment,
            Effect.REPORT_VERIFIED: self._report_verified,
            Effect.REPORT_PAID: self._report_paid,
            Effect.REPORT_REFUND: self._report_refund,
            Effect.CALL_STAFF: self._call_staff,
        }

    async def begin(self, tx: Transaction, buyer_id: str, kind: Kind, path: Path, item: Item | None = None) -> Journey:
        """A new journey at its start, not yet shown."""
        name = f"{kind[0]}{self._names.short()}"
        return await tx.save_journey(
            Journey(id=name, kind=kind, buyer_id=buyer_id, path=path, state=START[kind], item=item)
        )

    async def move(self, tx: Transaction, fact_id: str, journey: Journey, event: on.Event) -> Journey:
        """Advance, carry the effects, save. Raises NotNow, and then nothing has changed."""
        after, effects = advance(journey, event)
        buyer = await tx.buyer(journey.buyer_id) or Buyer(buyer_id=journey.buyer_id)
        move = Move(tx=tx, journey=after, event=event, buyer=buyer)
        for effect in effects:
            move = replace(move, journey=await self._carry[effect](move))
        saved = await tx.save_journey(move.journey)
        await tx.note_move(fact_id, journey, saved, type(event).__name__)
        return saved

    async def show(self, tx: Transaction, journey: Journey) -> None:
        """Bring the journey's card up to date in its place; a buyer without a chat sees it when they connect."""
        await self._queue_card(tx, journey, ShowCard(journey_id=journey.id))

    async def redraw(self, tx: Transaction, journey: Journey) -> None:
        """Send the journey's card anew, since the buyer asked for it or must see it below the rest."""
        await self._queue_card(tx, journey, ShowCard(journey_id=journey.id, manner="redraw"))

    async def _queue_card(self, tx: Transaction, journey: Journey, card: ShowCard) -> None:
        chat = await _chat_id(tx, journey.buyer_id)
        if chat is not None:
            await tx.queue(chat_line(chat), card)

    async def _show(self, move: Move) -> Journey:
        await self.show(move.tx, move.journey)
        return move.journey

    async def _announce(self, move: Move) -> Journey:
        saved_as = move.journey.version + 1
        card = ShowCard(journey_id=move.journey.id, manner="announce", version=saved_as)
        await self._queue_card(move.tx, move.journey, card)
        return move.journey

    async def _tell_unclear(self, move: Move) -> Journey:
        chat = await _chat_id(move.tx, move.journey.buyer_id)
        if chat is not None:
            await move.tx.queue(chat_line(chat), Say(chat_id=chat, text=f"unclear.{move.journey.kind}"))
        return move.journey

    async def _issue_link(self, move: Move) -> Journey:
        journey, now = move.journey, self._clock.now()
        before = await move.tx.charges(journey.id)
        for charge in before:
            if charge.state is ChargeState.ISSUED and not charge.void:
                await move.tx.save_charge(replace(charge, void=True))
        charge = Charge(
            id=f"{journey.id}-{len(before) + 1}",
            journey_id=journey.id,
            token=self._names.token(),
            amount=journey.order.total if journey.order else self._rules.verification_amount,
            issued_at=now,
            expires_at=now + self._rules.payment_time,
        )
        await move.tx.save_charge(charge)
        await move.tx.queue(journey_line(journey.id), EndCharge(charge_id=charge.id), at=charge.expires_at)
        return replace(journey, charge_id=charge.id, reason=None)

    async def _open_charge(self, move: Move) -> Journey:
        charge = await _current(move)
        line, now = journey_line(move.journey.id), self._clock.now()
        await move.tx.queue(line, OpenCharge(charge_id=charge.id))
        await move.tx.queue(line, AskCharge(charge_id=charge.id, watch=True), at=now + self._rules.first_inquiry)
        return move.journey

    async def _close_charge(self, move: Move) -> Journey:
        charge = await _current(move)
        await move.tx.save_charge(replace(charge, void=True))
        if charge.state in (ChargeState.OPENING, ChargeState.OPEN):
            await move.tx.queue(journey_line(move.journey.id), CancelCharge(charge_id=charge.id))
        return move.journey

    async def _ask_gateway(self, move: Move) -> Journey:
        charge = await _current(move)
        by_buyer = isinstance(move.event, on.CheckPressed)
        await move.tx.queue(journey_line(move.journey.id), AskCharge(charge_id=charge.id, by_buyer=by_buyer))
        return move.journey

    async def _refund_charge(self, move: Move) -> Journey:
        assert isinstance(move.event, on.ChargeSettled | on.PastChargeSettled | on.ChargeRepeated)  # noqa: S101 - tested
        refund = Refund(id=f"rf-{move.event.charge_id}", charge_id=move.event.charge_id, amount=move.event.amount)
        if await move.tx.refund(refund.id) is None:
            await move.tx.save_refund(refund)
            await move.tx.queue(journey_line(move.journey.id), SendRefund(refund_id=refund.id))
        return move.journey

    async def _record_linked(self, move: Move) -> Journey:
        at = getattr(move.event, "at", None) or self._clock.now()
        await move.tx.save_buyer(
            replace(move.buyer, link=move.buyer.link.told(Alipay.LINKED, at, move.buyer.link.limit))
        )
        return move.journey

    async def _begin_payment(self, move: Move) -> Journey:
        for waiting in await move.tx.journeys(move.journey.buyer_id, Kind.PAYMENT):
            if waiting.state in (Payment.WATCHING, Payment.CHOOSING):
                await self.redraw(move.tx, waiting)
        return move.journey

    async def _report_verified(self, move: Move) -> Journey:
        await self._report(move, await reports.verified(move.tx, move.journey, self._clock.now()))
        return move.journey

    async def _report_paid(self, move: Move) -> Journey:
        await self._report(move, await reports.paid(move.tx, move.journey, self._clock.now()))
        return move.journey

    async def _report_refund(self, move: Move) -> Journey:
        assert isinstance(move.event, on.RefundSettled | on.SurplusRefunded)  # noqa: S101 - tested
        report = await reports.refunded(move.tx, move.journey, move.event.refund_id, self._clock.now())
        await self._report(move, report)
        return move.journey

    async def _call_staff(self, move: Move) -> Journey:
        await self.call_staff(move.tx, move.journey.buyer_id, type(move.event).__name__, move.journey)
        return move.journey

    async def call_staff(self, tx: Transaction, buyer_id: str, reason: str, journey: Journey | None = None) -> None:
        """Tell the staff's chat and the auction house that a person should look at this case."""
        order_id = journey.order.order_id if journey and journey.order else None
        now = self._clock.now()
        report = reports.handoff(f"handoff-{self._names.short()}", buyer_id, order_id, reason, now)
        await tx.queue(f"report:{order_id or buyer_id}", report)
        if self._rules.support_chat_id is not None:
            chat = self._rules.support_chat_id
            values = {"buyer": buyer_id, "case": journey.id if journey else "-", "reason": reason}
            await tx.queue(chat_line(chat), Say(chat_id=chat, text="staff.case", values=values))

    async def _report(self, move: Move, report: Report) -> None:
        await move.tx.queue(order_line(move.journey), report)


async def _chat_id(tx: Transaction, buyer_id: str) -> int | None:
    buyer = await tx.buyer(buyer_id)
    if buyer is None or buyer.telegram_user_id is None:
        return None
    chat = await tx.chat_of_user(buyer.telegram_user_id)
    return chat.chat_id if chat else None


async def _current(move: Move) -> Charge:
    charge = await move.tx.charge(move.journey.charge_id or "")
    if charge is None:
        raise UnknownRecord(f"charge of {move.journey.id}")
    return charge

"""Moves a journey inside a transaction and turns the flow's effects into rows and queued work."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from flow import events as on
from flow.effects import Effect
from flow.journey import START, Journey, Kind, advance
from flow.linked import Alipay
from flow.money import Money
from flow.order import Item, Order
from flow.states import UNPAID, Payment
from flow.steps import Path
from service import outbox, reports
from service.charges import next_name
from service.errors import UnknownRecord
from service.lines import chat_line, journey_line
from service.places import Place, news_of
from service.ports import Clock, Names, Transaction
from service.preferences import preference_of
from service.records import Buyer, Charge, ChargeState, Refund, RefundState, Topic
from service.reminders import Reminders
from service.rules import Rules
from service.staff import ORDER_GONE, Call, Case, Staff
from service.work import AskCharge, CancelCharge, EndCharge, OpenCharge, Report, Say, SendRefund, ShowCard

TOLD: dict[type, str] = {
    on.ChargeRepeated: "money.repeated",
    on.ChargeDiffers: "money.differs",
    on.ChargeReversed: "money.reversed",
    on.RefundSettled: "money.refunded",
    on.PartRefundSettled: "money.refunded",
    on.SurplusRefunded: "money.refunded",
    on.RefundRefused: "money.refund_refused",
    on.SurplusRefundRefused: "money.refund_refused",
    on.RefundBounced: "money.refund_bounced",
    on.SurplusBounced: "money.refund_bounced",
}
"""What a buyer is told of money that moves beside the journey's way."""

CALLED: dict[type, Call] = {
    on.ChargeSettled: Call.CHARGE_NOT_ASKED,
    on.ChargeSettledLate: Call.CHARGE_LATE,
    on.ChargeDiffers: Call.CHARGE_DIFFERS,
    on.RefundRefused: Call.REFUND_REFUSED,
    on.SurplusRefundRefused: Call.REFUND_REFUSED,
    on.RefundBounced: Call.REFUND_BOUNCED,
    on.SurplusBounced: Call.REFUND_BOUNCED,
    on.OrderRepriced: Call.ORDER_CHANGED_AFTER_PAYMENT,
    on.OrderReopened: Call.ORDER_CHANGED_AFTER_PAYMENT,
    on.OrderCancelled: Call.ORDER_CHANGED_AFTER_PAYMENT,
    on.PaidElsewhere: Call.ORDER_CHANGED_AFTER_PAYMENT,
}
"""Why a person is called."""

REPORTED = on.RefundSettled | on.PartRefundSettled | on.SurplusRefunded | on.ChargeReversed
"""What the auction house hears of money that was sent back."""


TOPICS: dict[type, Topic] = {
    on.WonWithAlipay: Topic.WINS,
    on.WonOtherwise: Topic.WINS,
    on.OrderRepriced: Topic.ORDERS,
    on.DeadlineMoved: Topic.ORDERS,
    on.OrderCancelled: Topic.ORDERS,
    on.PaidElsewhere: Topic.ORDERS,
    on.OrderGone: Topic.ORDERS,
}
"""What a buyer can mute: then the card is drawn in its place instead of announced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move under way: the journey after it, and the event."""

    tx: Transaction
    journey: Journey
    event: on.Event


class Mover:
    """The only caller of `advance`."""

    def __init__(self, rules: Rules, clock: Clock, names: Names, staff: Staff, reminders: Reminders) -> None:
        self._rules, self._clock, self._names, self._staff = rules, clock, names, staff
        self._reminders = reminders
        self._carry: dict[Effect, Callable[[Move], Awaitable[Journey]]] = {
            Effect.SHOW: self._show,
            Effect.ANNOUNCE: self._announce,
            Effect.TELL_UNCLEAR: self._tell_unclear,
            Effect.TELL_MONEY: self._tell_money,
            Effect.TELL_REFUND: self._tell_refund,
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
            Effect.REPORT_GONE: self._report_gone,
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
        move = Move(tx=tx, journey=after, event=event)
        for effect in effects:
            move = replace(move, journey=await self._carry[effect](move))
        saved = await tx.save_journey(move.journey)
        await tx.note_move(fact_id, journey, saved, type(event).__name__)
        await self._reminders.follow(tx, journey, saved)
        return saved

    async def remind(self, tx: Transaction, journey: Journey) -> None:
        """Plan the journey's reminders, as the buyer's chat can be reached now."""
        await self._reminders.plan(tx, journey)

    async def show(self, tx: Transaction, journey: Journey) -> None:
        """Bring the journey's card up to date in its place; a buyer without a chat sees it when they connect."""
        await self._queue_card(tx, journey, ShowCard(journey_id=journey.id))

    async def refresh(self, tx: Transaction, journey: Journey) -> None:
        """Draw the journey's card in its place although nothing moved: what hangs there says more than it should."""
        await self._queue_card(tx, journey, ShowCard(journey_id=journey.id, manner="refresh"))

    async def redraw(self, tx: Transaction, journey: Journey, *, merges: bool = False) -> None:
        """Send the journey's card anew, since the buyer asked for it or must see it below the rest."""
        await self._queue_card(tx, journey, ShowCard(journey_id=journey.id, manner="redraw", merges=merges))

    async def bring(self, tx: Transaction, journey: Journey, place: Place) -> None:
        """Send the journey's card: anew where it is shown in the chat, else as its news, unless that waits already."""
        card = news_of(journey, place) if place.is_empty else ShowCard(journey_id=journey.id, manner="redraw")
        await self._queue_card(tx, journey, card)

    async def tell(
        self, tx: Transaction, buyer_id: str, text: str, *, journey_id: str | None = None, **amounts: Money
    ) -> None:
        """Say a text of the catalogue to a buyer who has a chat that can be reached."""
        chat = await tx.chat_of_buyer(buyer_id)
        if chat is not None and chat.unreachable_at is None:
            say = Say(chat_id=chat.chat_id, text=text, amounts=amounts, journey_id=journey_id)
            await tx.queue(chat_line(chat.chat_id), say)

    async def _queue_card(self, tx: Transaction, journey: Journey, card: ShowCard, topic: Topic | None = None) -> bool:
        """Queue it, where the chat can be reached; False where the buyer does not want to hear of its topic."""
        chat = await tx.chat_of_buyer(journey.buyer_id)
        if chat is None:
            return True
        is_muted = topic is not None and topic in (await preference_of(tx, chat)).muted
        if chat.unreachable_at is None:
            await tx.queue(chat_line(chat.chat_id), ShowCard(journey_id=journey.id) if is_muted else card)
        elif card.manner == "announce" and journey.state in UNPAID:
            await self.report_unreachable(tx, journey, "chat closed")
        return not is_muted

    async def report_unreachable(self, tx: Transaction, journey: Journey, reason: str) -> None:
        """Tell the auction house that a won item has to be told to its buyer another way."""
        await outbox.send(tx, self._unreachable(journey.buyer_id, journey.order, reason))

    async def report_buyer_unreachable(self, tx: Transaction, buyer_id: str, reason: str) -> None:
        """Tell the auction house that this buyer's chat is closed, though nothing waits there now."""
        await outbox.send(tx, self._unreachable(buyer_id, None, reason))

    def _unreachable(self, buyer_id: str, order: Order | None, reason: str) -> Report:
        name = f"unreachable-{self._names.short()}"
        return reports.unreachable(name, buyer_id, order, reason, self._clock.now())

    async def _show(self, move: Move) -> Journey:
        await self.show(move.tx, move.journey)
        return move.journey

    async def _announce(self, move: Move) -> Journey:
        saved_as = move.journey.version + 1
        is_win = isinstance(move.event, on.WonWithAlipay | on.WonOtherwise)
        card = ShowCard(journey_id=move.journey.id, manner="announce", version=saved_as, merges=is_win)
        rings = await self._queue_card(move.tx, move.journey, card, TOPICS.get(type(move.event)))
        return replace(move.journey, news=saved_as) if rings else move.journey

    async def _tell_unclear(self, move: Move) -> Journey:
        await self._tell(move, f"unclear.{move.journey.kind}")
        return move.journey

    async def _tell_money(self, move: Move) -> Journey:
        amount = getattr(move.event, "amount", None)
        amounts = {"amount": amount} if amount else {}
        await self._tell(move, TOLD[type(move.event)], **amounts)
        return move.journey

    async def _tell_refund(self, move: Move) -> Journey:
        """The answer follows the state; a refund under way is asked about at once."""
        for refund in await move.tx.refunds(move.journey.settled_by or ""):
            if refund.ours and refund.state < RefundState.REFUSED:
                await move.tx.queue(journey_line(move.journey.id), SendRefund(refund_id=refund.id))
        await self._tell(move, f"refund_missed.{move.journey.state.value}")
        return move.journey

    async def _issue_link(self, move: Move) -> Journey:
        journey, now = move.journey, self._clock.now()
        before = await move.tx.charges(journey.id)
        charge = Charge(
            id=next_name(journey.id, before),
            journey_id=journey.id,
            token=self._names.token(),
            amount=journey.order.total if journey.order else self._rules.verification_amount,
            issued_at=now,
            expires_at=now + self._rules.payment_time,
        )
        await move.tx.save_charge(charge)
        await move.tx.queue(journey_line(journey.id), EndCharge(charge_id=charge.id), at=charge.expires_at)
        return replace(journey, charge_id=charge.id)

    async def _open_charge(self, move: Move) -> Journey:
        charge = await _current(move)
        line, now = journey_line(move.journey.id), self._clock.now()
        await move.tx.queue(line, OpenCharge(charge_id=charge.id))
        await move.tx.queue(line, AskCharge(charge_id=charge.id, watch=True), at=now + self._rules.first_inquiry)
        return move.journey

    async def _close_charge(self, move: Move) -> Journey:
        for charge in await move.tx.charges(move.journey.id):
            if charge.void or charge.state >= ChargeState.REFUSED:
                continue
            await move.tx.save_charge(replace(charge, void=True))
            if charge.state is not ChargeState.ISSUED:
                await move.tx.queue(journey_line(move.journey.id), CancelCharge(charge_id=charge.id))
        return move.journey

    async def _ask_gateway(self, move: Move) -> Journey:
        charge = await _current(move)
        by_buyer = isinstance(move.event, on.CheckPressed)
        await move.tx.queue(journey_line(move.journey.id), AskCharge(charge_id=charge.id, by_buyer=by_buyer))
        return move.journey

    async def _refund_charge(self, move: Move) -> Journey:
        assert isinstance(move.event, on.ChargeSettled | on.ChargeSettledLate | on.ChargeRepeated)  # noqa: S101 - tested
        refund = Refund(
            id=f"rf-{move.event.charge_id}",
            charge_id=move.event.charge_id,
            amount=move.event.amount,
            intended_at=self._clock.now(),
        )
        if await move.tx.refund(refund.id) is None:
            await move.tx.save_refund(refund)
            await move.tx.queue(journey_line(move.journey.id), SendRefund(refund_id=refund.id))
        return move.journey

    async def _record_linked(self, move: Move) -> Journey:
        at = getattr(move.event, "at", None) or self._clock.now()
        buyer = await move.tx.buyer(move.journey.buyer_id) or Buyer(buyer_id=move.journey.buyer_id)
        await move.tx.save_buyer(replace(buyer, link=buyer.link.told(Alipay.LINKED, at, buyer.link.limit)))
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
        assert isinstance(move.event, REPORTED)  # noqa: S101 - tested
        report = await reports.refunded(move.tx, move.journey, move.event.refund_id, self._clock.now())
        await self._report(move, report)
        return move.journey

    async def _report_gone(self, move: Move) -> Journey:
        order_id = move.journey.order.order_id if move.journey.order else None
        await self._staff.ask_house(move.tx, ORDER_GONE, move.journey.buyer_id, order_id)
        return move.journey

    async def _call_staff(self, move: Move) -> Journey:
        event, tx = move.event, move.tx
        refund = await tx.refund(getattr(event, "refund_id", ""))
        charge = await tx.charge(
            getattr(event, "charge_id", refund.charge_id if refund else move.journey.settled_by or "")
        )
        amount = getattr(event, "amount", None)
        case = Case(buyer_id=move.journey.buyer_id, journey=move.journey, charge=charge, refund=refund, amount=amount)
        await self._staff.call(tx, CALLED[type(event)], case)
        return move.journey

    async def _tell(self, move: Move, text: str, **amounts: Money) -> None:
        await self.tell(move.tx, move.journey.buyer_id, text, journey_id=move.journey.id, **amounts)

    async def _report(self, move: Move, report: Report) -> None:
        await outbox.send(move.tx, report)


async def _current(move: Move) -> Charge:
    charge = await move.tx.charge(move.journey.charge_id or "")
    if charge is None:
        raise UnknownRecord(f"charge of {move.journey.id}")
    return charge

"""What must hold at the end of every history, whatever happened in it: each rule yields its violations."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flow.journey import Journey, Kind
from flow.ledger import Account, EntryKind
from flow.order import Order
from flow.states import UNPAID, Payment, Verification
from service.records import Buyer, Charge, ChargeState, Chat, Digest, Entry, OpenItem, Refund, RefundState, Unsettled
from service.reminders import deadline_of
from service.staff import Call
from service.views import DigestView, NoteView, PressButton
from service.work import CheckOrders, Remind, Report, Sweep, Tidy
from tests.simulation import antom
from tests.simulation.backends import Seen
from tests.simulation.loop import START, SimClock
from tests.simulation.service import STAFF
from tests.simulation.world import World

_LONG_AGO = START - timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a history ended, on our side and on the gateway's."""

    world: World
    seen: Seen
    charges: Sequence[Charge]
    refunds: Sequence[Refund]
    entries: Sequence[Entry]
    open_items: Sequence[OpenItem]
    buyers: dict[str, Buyer]
    chats: dict[str, Chat]
    digests: dict[str, Sequence[Digest]]
    """Those that the store knows, by the journeys that they show."""

    def journey(self, journey_id: str) -> Journey:
        """A journey by its id."""
        return next(journey for journey in self.seen.journeys if journey.id == journey_id)

    def held(self, charge_id: str) -> int:
        """What our books say the gateway holds of a charge."""
        return sum(
            posting.amount.value
            for entry in self.entries
            if entry.charge_id == charge_id and entry.kind is not EntryKind.BOUNCE
            for posting in entry.postings
            if posting.account is Account.GATEWAY
        )

    def called(self, why: Call) -> list[NoteView]:
        """What the support chat was told for this reason."""
        notes = [note for note in self.world.telegram.said if note.chat_id == STAFF]
        return [note for note in notes if note.texts.get("why") == f"staff.{why}"]


async def end_of(world: World) -> End:
    """Look at everything once."""
    seen = await world.backend.seen()
    async with world.backend.store.transaction() as tx:
        charges = await tx.attempts(_LONG_AGO)
        buyers = {buyer.buyer_id: buyer for b in world.buyers if (buyer := await tx.buyer(b.buyer_id))}
        chats = {b.buyer_id: chat for b in world.buyers if (chat := await tx.chat(b.chat_id))}
        return End(
            world=world,
            seen=seen,
            charges=charges,
            refunds=[refund for charge in charges for refund in await tx.refunds(charge.id)],
            entries=await tx.entries(),
            open_items=await tx.open_items(SimClock(world.loop).now()),
            buyers=buyers,
            chats=chats,
            digests={journey.id: await tx.digests(journey.id) for journey in seen.journeys},
        )


def money_agrees(end: End) -> Iterator[str]:
    """The gateway holds of each charge exactly what our books say."""
    book = end.world.antom.book
    known = {entry.charge_id for entry in end.entries}
    for charge_id in sorted({*known, *book.charges}):
        theirs = book.charges[charge_id].net if charge_id in book.charges else 0
        if theirs != end.held(charge_id):
            yield f"{charge_id}: the gateway holds {theirs}, our books say {end.held(charge_id)}"


def reconciliation_finds_all(end: End) -> Iterator[str]:
    """Only what is made in the portal without a notice has to be found by asking, and one run finds it."""
    found = {difference.charge_id for difference in end.world.reconciled.differences}
    for charge_id in sorted(found - end.world.unannounced):
        yield f"{charge_id}: was found by the reconciliation only"
    for finding in (*end.world.reconciled_again.differences, *end.world.reconciled_again.unclear):
        yield f"{finding}: is left after a reconciliation"


def verifications_come_back(end: End) -> Iterator[str]:
    """Each verification charge goes back once, unless the gateway refuses it: then a person knows."""
    for charge in end.charges:
        theirs = end.world.antom.book.charges.get(charge.id)
        if end.journey(charge.journey_id).kind is not Kind.VERIFICATION or theirs is None or not theirs.paid:
            continue
        if theirs.returned > theirs.paid:
            yield f"{charge.id}: {theirs.returned} of {theirs.paid} went back"
        if theirs.net and not _is_with_staff(end, charge):
            yield f"{charge.id}: {theirs.net} did not go back, and no person knows"


def _is_with_staff(end: End, charge: Charge) -> bool:
    """Whether an open item says so: a refused refund, or money that was not what was asked for."""
    whys = {item.why for item in end.open_items if item.charge_id == charge.id}
    return bool(whys & {Unsettled.REFUND_REFUSED, Unsettled.REFUND_BOUNCED, Unsettled.SUSPENSE})


def orders_are_paid_once(end: End) -> Iterator[str]:
    """Of the charges of an order at most one stays, and what stays beside it waits for a person."""
    for journey in end.seen.journeys:
        if journey.kind is not Kind.PAYMENT:
            continue
        kept = [c for c in end.charges if c.journey_id == journey.id and end.held(c.id) > 0]
        sold = [c for c in kept if _is_sold(end, c)]
        if len(sold) > 1:
            yield f"{journey.id}: sold more than once by {[c.id for c in sold]}"
        for charge in kept:
            if charge not in sold and not _is_with_staff(end, charge):
                yield f"{journey.id}: {charge.id} is kept beside the order, and no person knows"


def _is_sold(end: End, charge: Charge) -> bool:
    postings = [posting for entry in end.entries if entry.charge_id == charge.id for posting in entry.postings]
    return any(posting.account is Account.SALES for posting in postings)


def states_go_forward(end: End) -> Iterator[str]:
    """Each journey's moves make a chain, and what is paid or sent back is never taken back."""
    where: dict[str, str] = {}
    for step in end.seen.steps:
        if where.get(step.journey_id, step.before) != step.before:
            yield f"{step.journey_id}: was {where[step.journey_id]}, moved from {step.before}"
        if step.after not in _AFTER.get(step.before, {step.after}):
            yield f"{step.journey_id}: went from {step.before} to {step.after}"
        where[step.journey_id] = step.after
    for journey in end.seen.journeys:
        if where.get(journey.id, journey.state.value) != journey.state.value:
            yield f"{journey.id}: is {journey.state.value}, its moves end at {where[journey.id]}"


_AFTER = {
    Payment.PAID.value: {"paid", "returned"},
    Payment.RETURNED.value: {"returned"},
    Payment.CANCELLED.value: {"cancelled", "won", "choosing"},
    Payment.PAID_ELSEWHERE.value: {"paid_elsewhere", "won", "choosing"},
    Verification.REFUNDING.value: {"refunding", "refunded", "refund_stuck"},
    Verification.REFUNDED.value: {"refunded", "refund_stuck"},
    Verification.REFUND_STUCK.value: {"refund_stuck", "refunded"},
}


def nothing_is_lost(end: End) -> Iterator[str]:
    """What was acknowledged was read, and had its say or its reason; nothing waits but the sweep, and what is ahead."""
    for number, source, source_id in end.seen.letters:
        if not _is_taken(end.seen.fact_ids, source, source_id):
            yield f"letter {number} of {source} led to nothing"
    for work in end.seen.waiting:
        if not isinstance(work, Sweep | CheckOrders | Tidy) and not _is_ahead(end, work):
            yield f"{work} still waits"
    for work, reason in end.seen.dead:
        if not _may_die(work, reason):
            yield f"{work} was given up: {reason}"


def _is_ahead(end: End, work: object) -> bool:
    """A reminder of a deadline that is still to come, of an item that is still to be paid."""
    deadline = deadline_of(end.journey(work.journey_id)) if isinstance(work, Remind) else None
    return deadline is not None and deadline > SimClock(end.world.loop).now()


def _is_taken(fact_ids: frozenset[str], source: str, source_id: str) -> bool:
    if source == "antom":
        told = f":notice-{source_id}"
        return any(fact_id.endswith(told) for fact_id in fact_ids) or f"notice:{source_id}" in fact_ids
    return f"{source}:{source_id}" in fact_ids


def _may_die(work: object, reason: str) -> bool:
    return "blocked" in reason or isinstance(work, Report)


def alarms_are_raised(end: End) -> Iterator[str]:
    """Each open item is one that a person was told of."""
    for item in end.open_items:
        if item.why in (Unsettled.REFUND_UNDER_WAY, Unsettled.CHARGE_UNCLEAR):
            yield f"{item.charge_id}: {item.why} after all that time"
        elif not any(end.called(why) for why in _CALLS[item.why]):
            yield f"{item.charge_id}: {item.why}, and nobody was called"


_CALLS: dict[Unsettled, tuple[Call, ...]] = {
    Unsettled.REFUND_REFUSED: (Call.REFUND_REFUSED,),
    Unsettled.REFUND_BOUNCED: (Call.REFUND_BOUNCED,),
    Unsettled.SUSPENSE: (
        Call.CHARGE_DIFFERS,
        Call.CHARGE_UNKNOWN_PAID,
        Call.CHARGE_NOT_ASKED,
        Call.REFUND_CONTRADICTED,
    ),
}


def chats_tell_the_truth(end: End) -> Iterator[str]:
    """Each card and each digest shows every journey as it is; an unpaid item is told of."""
    for journey in end.seen.journeys:
        chat, buyer = end.chats.get(journey.buyer_id), end.buyers.get(journey.buyer_id)
        if chat is None or buyer is None or buyer.telegram_user_id is None or chat.unreachable_at is not None:
            continue
        card = end.world.telegram.card(chat.chat_id, journey.id, end.seen.noted)
        if end.world.telegram.told(chat.chat_id, journey.id, end.seen.noted) is None and journey.state in UNPAID:
            yield f"{journey.id}: {journey.state} was never told"
        for digest in end.digests.get(journey.id, ()):
            if digest.chat_id == chat.chat_id:
                yield from _lies(journey, end.world.telegram.digest(digest.chat_id, digest.message_id))
        if card is not None and _told(card.journey) != _told(journey):
            yield f"{journey.id}: is {journey.state.value}, the card shows {card.journey.state.value}"


def _lies(journey: Journey, digest: DigestView | None) -> Iterator[str]:
    for said in digest.journeys if digest else ():
        if said.id == journey.id and _listed(said) != _listed(journey):
            yield f"{journey.id}: is {journey.state.value}, a digest says {said.state.value}"
    for button in digest.buttons if digest else ():
        if isinstance(button, PressButton) and button.subject == journey.id and journey.state not in UNPAID:
            yield f"{journey.id}: is {journey.state.value}, a digest has its button"


def _listed(journey: Journey) -> tuple[object, ...]:
    """What a digest says of a journey."""
    if journey.state not in UNPAID or journey.order is None:
        return (journey.state,)
    return (journey.order.total, journey.order.pay_by)


def _told(journey: Journey) -> tuple[object, ...]:
    return (journey.state, journey.order) if journey.state in UNPAID else (journey.state,)


def outcomes_are_reported_once(end: End) -> Iterator[str]:
    """The auction house heard of each paid order once, and of no other."""
    told: dict[str, int] = {}
    for event in end.world.house.outcomes.values():
        if event["type"] == "payment.completed":
            told[event["data"]["order_id"]] = told.get(event["data"]["order_id"], 0) + 1
    for journey in end.seen.journeys:
        order: Order | None = journey.order
        paid = journey.state in (Payment.PAID, Payment.RETURNED)
        if order is not None and told.get(order.order_id, 0) != int(paid):
            yield f"{order.order_id}: {journey.state.value}, completed was told {told.get(order.order_id, 0)} times"


def orders_agree(end: End) -> Iterator[str]:
    """What is unpaid at the auction house is known here, as new as there, and due unless a person decides about money
    that came for it; what is not unpaid there is not so here."""
    unpaid = end.world.house.orders
    known = {journey.order.order_id: journey for journey in end.seen.journeys if journey.order}
    for order in unpaid.values():
        journey, buyer = known.get(order.order_id), end.buyers.get(order.buyer_id)
        if buyer is None or buyer.telegram_user_id is None:
            continue
        if journey is None or journey.order is None:
            yield f"{order.order_id}: was never heard of"
        elif (journey.state in _ENDED and not _is_disputed(end, journey)) or journey.order.version < order.version:
            yield f"{order.order_id}: {journey.state.value}, version {journey.order.version} of {order.version}"
    for order_id, journey in known.items():
        if journey.state in UNPAID and order_id not in unpaid:
            yield f"{order_id}: {journey.state.value} here, not unpaid there"


def _is_disputed(end: End, journey: Journey) -> bool:
    return any(note.values["case"] == journey.id for note in end.called(Call.ORDER_CHANGED_AFTER_PAYMENT))


_ENDED = (Payment.GONE, Payment.CANCELLED, Payment.PAID_ELSEWHERE)


def states_agree_with_the_gateway(end: End) -> Iterator[str]:
    """No charge or refund is final here in another way than there."""
    for charge in end.charges:
        theirs = end.world.antom.book.charges.get(charge.id)
        if charge.state is ChargeState.SETTLED and (theirs is None or not theirs.paid):
            yield f"{charge.id}: settled here, never paid there"
        if charge.state is not ChargeState.SETTLED and theirs is not None and theirs.net:
            yield f"{charge.id}: paid there, {charge.state.name} here"
    for refund in end.refunds:
        other = end.world.antom.book.refunds.get(refund.id)
        if refund.state >= RefundState.SETTLED and refund.ours and not _went_back(other):
            yield f"{refund.id}: {refund.state.name} here, not there"


def _went_back(refund: antom.Refund | None) -> bool:
    return refund is not None and refund.status is antom.Status.SUCCESS


Rule = Callable[[End], Iterator[str]]

RULES: tuple[Rule, ...] = (
    money_agrees,
    reconciliation_finds_all,
    verifications_come_back,
    orders_are_paid_once,
    states_go_forward,
    nothing_is_lost,
    alarms_are_raised,
    chats_tell_the_truth,
    outcomes_are_reported_once,
    orders_agree,
    states_agree_with_the_gateway,
)


def violations(end: End) -> list[str]:
    """All violations of all rules."""
    return [f"{rule.__name__}: {violation}" for rule in RULES for violation in rule(end)]


Judge = Callable[[World], Awaitable[list[str]]]

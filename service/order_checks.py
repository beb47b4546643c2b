"""Finds lost events: compares the unpaid orders of every connected buyer with the auction house's, again and again."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from math import ceil

from flow import classify
from flow.journey import Journey, Kind
from flow.order import Order
from flow.states import UNPAID
from service.auction_house import NotFound, Unavailable
from service.courier import backoff
from service.desk import Desk
from service.facts import OrdersListed
from service.lines import ORDERS, orders_line
from service.ports import AuctionHouse, Claim, Clock, Store
from service.rules import Rules
from service.work import AskOrders, CheckOrders, Done, Later, Outcome


class OrderChecks:
    """A turn takes as many buyers as one round in `Rules.orders_time` needs, so that the house is asked evenly."""

    def __init__(self, store: Store, house: AuctionHouse, desk: Desk, rules: Rules, clock: Clock) -> None:
        self._store, self._house, self._desk, self._rules, self._clock = store, house, desk, rules, clock

    async def begin(self) -> None:
        """See that the turns go on. Raises Unavailable."""
        async with self._store.transaction() as tx:
            await tx.queue_once(ORDERS, CheckOrders())

    async def turn(self, _: CheckOrders, __: Claim) -> Outcome:
        """Have the buyers asked about who were looked at longest ago; nobody is asked about twice at once."""
        now, round_time = self._clock.now(), self._rules.orders_time
        turn = min(self._rules.orders_turn, round_time)
        async with self._store.transaction() as tx:
            most = ceil(await tx.connected_buyers() * (turn / round_time))
            for buyer_id in await tx.take_unchecked(now - round_time, now, most):
                await tx.queue_once(orders_line(buyer_id), AskOrders(buyer_id=buyer_id))
        return Later(turn, "again")

    async def ask(self, work: AskOrders, claim: Claim) -> Outcome:
        """Ask about one buyer. What is missing there is looked for a second time before it counts as gone."""
        asked_at = self._clock.now()
        answer = await self._house.unpaid_orders(work.buyer_id)
        if isinstance(answer, Unavailable):
            return await self._put_off(work, claim, answer)
        if isinstance(answer, NotFound):
            return Done()
        async with self._store.transaction() as tx:
            journeys = await tx.journeys(work.buyer_id, Kind.PAYMENT)
        missing = _missing(journeys, answer)
        listed = OrdersListed(
            buyer_id=work.buyer_id,
            at=asked_at,
            orders=_news(journeys, answer),
            gone=tuple(order for order in missing if order in work.missing),
        )
        if listed.orders or listed.gone:
            await self._desk.receive(f"orders:{work.buyer_id}:{asked_at.isoformat()}", listed)
        if missing and not work.missing:
            await self._look_again(work.buyer_id, missing)
        return Done()

    async def _look_again(self, buyer_id: str, missing: tuple[tuple[str, int], ...]) -> None:
        again = AskOrders(buyer_id=buyer_id, missing=missing)
        async with self._store.transaction() as tx:
            await tx.queue(orders_line(buyer_id), again, at=self._clock.now() + self._rules.second_look)

    async def _put_off(self, work: AskOrders, claim: Claim, away: Unavailable) -> Outcome:
        """A house that is away delays the round: its buyers come again at the pace of the turns, not all at once."""
        if work.missing:
            return Later(max(backoff(claim.attempts), timedelta(seconds=away.retry_after or 0)), away.reason)
        async with self._store.transaction() as tx:
            await tx.note_orders_seen(work.buyer_id, self._clock.now() - 0.9 * self._rules.orders_time)
        return Done()


def _news(journeys: Sequence[Journey], listed: Iterable[Order]) -> tuple[Order, ...]:
    """The listed orders that we do not know, not so new, or thought gone."""
    known = {journey.order.order_id: journey for journey in journeys if journey.order}
    return tuple(order for order in listed if _is_news(known.get(order.order_id), order))


def _is_news(journey: Journey | None, order: Order) -> bool:
    if journey is None or journey.order is None:
        return True
    return journey.order.version < order.version or classify.is_back(journey, order)


def _missing(journeys: Iterable[Journey], listed: Iterable[Order]) -> tuple[tuple[str, int], ...]:
    """The orders that are unpaid here and not listed there, with their versions."""
    names = {order.order_id for order in listed}
    unpaid = (journey.order for journey in journeys if journey.order and journey.state in UNPAID)
    return tuple((order.order_id, order.version) for order in unpaid if order.order_id not in names)

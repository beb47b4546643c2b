"""The one door. Webhook, notice, button, typed text, timer: all come in here, each fact once."""

from collections.abc import Awaitable, Callable
from typing import Any

from service import auction_events as auction
from service import facts
from service.alarm_desk import AlarmDesk
from service.auction_desk import AuctionDesk
from service.books import Books
from service.buyer_desk import BuyerDesk
from service.charge_desk import ChargeDesk
from service.chats import Chats
from service.item_desk import ItemDesk
from service.moves import Mover
from service.ports import Clock, Names, Store, Transaction
from service.preference_desk import PreferenceDesk
from service.reach_desk import ReachDesk
from service.receipt import Receipt
from service.refund_desk import RefundDesk
from service.reminder_desk import ReminderDesk
from service.reminders import Reminders
from service.rules import Rules
from service.staff import Staff
from service.urgency import of_fact

Taker = Callable[[Transaction, str, Any], Awaitable[Receipt]]


class Desk:
    """Takes facts, one transaction each: seen before? then nothing; else move, save, queue what follows.

    `languages` are those that texts exist in.
    """

    def __init__(self, store: Store, rules: Rules, clock: Clock, names: Names, languages: tuple[str, ...]) -> None:
        self._store, self._clock = store, clock
        staff, books = Staff(rules, clock, names), Books(clock)
        reminders = Reminders(rules, clock)
        mover = Mover(rules, clock, names, staff, reminders)
        house, refunds = AuctionDesk(mover), RefundDesk(mover, books, staff, clock)
        charges = ChargeDesk(mover, books, staff, refunds, rules, clock, names)
        alarms, reach = AlarmDesk(mover, charges, books, staff), ReachDesk(mover, clock)
        chats = Chats(house, languages, clock)
        items = ItemDesk(mover, house, chats, clock)
        reminding, preferences = ReminderDesk(mover, reminders, rules, clock), PreferenceDesk(chats, reminders, clock)
        buyers = BuyerDesk(mover, items, house, chats, staff, clock, reminding, preferences)
        self._takers: dict[type, Taker] = {
            facts.CommandGiven: buyers.command,
            facts.CodeBrought: buyers.code,
            facts.CodeAnswered: buyers.code_answered,
            facts.ProductShown: items.product,
            facts.OrderShown: items.order_shown,
            facts.ForeignLinkShown: buyers.foreign_link,
            facts.ItemMissing: items.missing,
            facts.HouseSilent: items.silent,
            facts.WordsSaid: buyers.words,
            facts.Pressed: buyers.pressed,
            facts.ZoneTyped: preferences.typed,
            facts.ReminderDue: reminding.due,
            facts.BuyerTold: items.told,
            facts.LandingOpened: charges.landing_opened,
            facts.ChargeTold: charges.charge_told,
            facts.ChargeClosing: charges.closing,
            facts.RefundTold: refunds.refund_told,
            facts.BounceTold: refunds.bounced,
            facts.StrangerTold: alarms.stranger_told,
            facts.ReturnSought: alarms.return_sought,
            facts.RefundOverdue: alarms.refund_overdue,
            facts.ChargeUnresolved: alarms.charge_unresolved,
            facts.ReportsUnwanted: alarms.reports_unwanted,
            facts.OrdersListed: house.listed,
            facts.WalletUnlinked: house.wallet_unlinked,
            facts.ChatClosed: reach.chat_closed,
            facts.TimeUp: charges.time_up,
            auction.BidWon: house.order,
            auction.OrderChanged: house.order,
            auction.OrderCancelled: house.cancelled,
            auction.OrderPaid: house.paid_elsewhere,
            auction.BuyerConnected: house.connected,
            auction.BuyerDisconnected: house.disconnected,
            auction.BuyerAlipayChanged: house.alipay_changed,
            auction.UnknownEvent: house.unknown,
        }

    @property
    def kinds(self) -> frozenset[type]:
        """The kinds of facts that somebody takes."""
        return frozenset(self._takers)

    async def receive(self, fact_id: str, fact: facts.Fact) -> Receipt:
        """Take `fact`, whose id is unique among all facts ever; safe to repeat. Raises Unavailable."""
        async with self._store.transaction(of_fact(fact)) as tx:
            if not await tx.note(fact_id, fact, self._clock.now()):
                return Receipt.SEEN
            return await self._takers[type(fact)](tx, fact_id, fact)

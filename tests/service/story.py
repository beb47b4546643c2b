"""One buyer's story: what the gateway, the auction house and the buyer say, and what follows from it."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from flow.journey import Journey, Kind
from flow.ledger import Account
from flow.linked import Alipay
from flow.money import Money
from flow.offers import Act
from flow.order import Item, Order
from service.auction_events import BidWon, BuyerAlipayChanged, BuyerConnected, OrderCancelled, OrderChanged, OrderPaid
from service.desk import Desk
from service.facts import (
    BuyerTold,
    ChargeTold,
    Command,
    CommandGiven,
    Fact,
    Intent,
    LandingOpened,
    Person,
    Pressed,
    RefundTold,
    Source,
    TimeUp,
)
from service.lines import chat_line
from service.ports import Claim
from service.receipt import Receipt
from service.records import Button, Buyer, Charge, Chat, OpenItem, Refund
from service.verdicts import Opened, OpenVerdict, Refused, Return, Settled, Unknown, Verdict
from service.work import Remind, Report, Say, ShowCard, Work
from store import codec
from store.postgres import Pool, PostgresStore
from tests.service.examples import NOW, ORDER, RULES, TOTAL, Clock

CHAT, STAFF = 7, -100
PERSON = Person(chat_id=CHAT, user_id=CHAT, name="林", language="en")
WALLET = "wallet-1"
HOUSE_RULES = replace(RULES, support_chat_id=STAFF)
ITEM = Item(
    auction_id=ORDER.auction_id,
    title=ORDER.title,
    url="https://auction.example/item/t1",
    price=Money("JPY", 5200),
    ends_at=NOW + timedelta(hours=6),
)


class CountedNames:
    """Names that tell in which order they were given."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def short(self) -> str:
        return f"{next(self._numbers):016}"

    def token(self) -> str:
        return f"{next(self._numbers):022}"


@dataclass
class News:
    """What was queued since one looked last."""

    told: list[str] = field(default_factory=list)
    """Texts to the buyer."""
    calls: list[str] = field(default_factory=list)
    """Why staff is called."""
    reports: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """Outcome events, without the calls for staff."""
    cards: list[str] = field(default_factory=list)
    """In which manner the buyer's cards are drawn."""
    work: list[Work] = field(default_factory=list)
    """Everything else, most of it for the gateway."""
    due: list[datetime] = field(default_factory=list, compare=False)
    """When reminders are to come."""

    @property
    def reported(self) -> list[str]:
        """The outcome events' types."""
        return [kind for kind, _ in self.reports]

    def take(self, line: str, work: Work, at: datetime) -> None:
        """Sort one work in."""
        match work:
            case Remind():
                self.due.append(at)
            case Say(chat_id=chat_id, text="staff.case", texts=texts) if chat_id == STAFF:
                self.calls.append(texts["why"].removeprefix("staff."))
            case Say(text=text):
                assert line == chat_line(CHAT)
                self.told.append(text)
            case ShowCard(manner=manner):
                self.cards.append(manner)
            case Report(body=body):
                event = json.loads(body)
                if event["type"] != "handoff.opened":
                    self.reports.append((event["type"], event["data"]))
            case _:
                self.work.append(work)


class Story:
    """The whole door over a real store, with the clock and the names in the test's hand."""

    def __init__(self, store: PostgresStore, pool: Pool) -> None:
        self.store, self.pool, self.clock, self.rules = store, pool, Clock(), HOUSE_RULES
        self.names = CountedNames()
        self.desk = Desk(store, self.rules, self.clock, self.names, ("en", "zh_Hans"))
        self._facts = count(1)

    async def take(self, *facts: Fact) -> list[Receipt]:
        """Each through the door, with an id of its own."""
        return [await self.desk.receive(f"fact-{next(self._facts)}", fact) for fact in facts]

    async def news(self) -> News:
        """What was queued since the last look; all of it counts as done."""
        rows = await self.pool.fetch("select line, kind, body, run_at from work where dead_at is null order by id")
        await self.pool.execute("delete from work")
        await self.pool.execute("delete from line")
        news = News()
        for row in rows:
            news.take(row["line"], codec.unpack_work(row["kind"], row["body"]), row["run_at"])
        return news

    async def after(self, *facts: Fact) -> News:
        """What follows from these facts alone."""
        await self.news()
        await self.take(*facts)
        return await self.news()

    async def connected(self, alipay: Alipay = Alipay.LINKED) -> None:
        """The buyer has a chat, and what the auction house says of them is known."""
        told = BuyerTold(buyer_id="b1", intent=Intent.GREET, alipay=alipay, at=NOW)
        await self.take(BuyerConnected(at=NOW, buyer_id="b1", telegram_user_id=CHAT), given(Command.START), told)

    async def opened(self, order: Order = ORDER) -> str:
        """The item is won, its link opened on a phone, and the gateway waits; the charge's id."""
        await self.take(won(order))
        await self.press(Act.PAY, Act.USE_ALIPAY, order_id=order.order_id)
        return await self.open_link(order.order_id)

    async def open_link(self, order_id: str | None = "o1") -> str:
        """The current link is opened on a phone, and the gateway waits; the charge's id."""
        charge_id = (await self.journey(order_id)).charge_id or ""
        await self.take(LandingOpened(charge_id=charge_id, device="ios", client_ip=None), waiting(charge_id))
        return charge_id

    async def verifying(self) -> str:
        """The verification's link is opened on a phone, and the gateway waits; the charge's id."""
        await self.take(BuyerTold(buyer_id="b1", intent=Intent.VERIFY, alipay=Alipay.NOT_LINKED, at=NOW))
        await self.press(Act.VERIFY, order_id=None)
        return await self.open_link(None)

    async def press(self, *acts: Act, order_id: str | None = "o1") -> list[Receipt]:
        """Buttons of the order's card, or of the verification's."""
        journey = await self.journey(order_id)
        return [await self.push(act, journey.id) for act in acts]

    async def push(self, act: str, subject: str) -> Receipt:
        """A button with this subject."""
        button = Button(
            id=self.names.token(), chat_id=CHAT, act=act, subject=subject, expires_at=NOW + timedelta(days=30)
        )
        async with self.store.transaction() as tx:
            await tx.save_button(button)
        [receipt] = await self.take(Pressed(person=PERSON, button_id=button.id))
        return receipt

    async def journey(self, order_id: str | None = "o1") -> Journey:
        """The order's journey, or the buyer's newest verification."""
        async with self.store.transaction() as tx:
            if order_id is not None:
                found = await tx.journey_of_order(order_id)
            else:
                found = (await tx.journeys("b1", Kind.VERIFICATION))[-1]
        assert found is not None
        return found

    async def charge(self, charge_id: str) -> Charge:
        async with self.store.transaction() as tx:
            found = await tx.charge(charge_id)
        assert found is not None
        return found

    async def refunds(self, charge_id: str) -> Sequence[Refund]:
        async with self.store.transaction() as tx:
            return await tx.refunds(charge_id)

    async def buyer(self) -> Buyer:
        async with self.store.transaction() as tx:
            found = await tx.buyer("b1")
        assert found is not None
        return found

    async def chat(self) -> Chat:
        async with self.store.transaction() as tx:
            found = await tx.chat(CHAT)
        assert found is not None
        return found

    async def open_items(self) -> list[OpenItem]:
        async with self.store.transaction() as tx:
            return [*await tx.open_items(self.clock.now())]

    async def books(self, charge_id: str | None = None) -> list[tuple[str, str]]:
        """Each entry's kind, and its sides beside the gateway's."""
        async with self.store.transaction() as tx:
            entries = await tx.entries(charge_id=charge_id)
        return [
            (entry.kind.value, f"{side.account} {side.amount}")
            for entry in entries
            for side in entry.postings
            if side.account is not Account.GATEWAY
        ]


# The vocabulary: facts as the gateway, the auction house and the buyer tell them.


def paid(
    charge_id: str,
    amount: Money = TOTAL,
    *,
    at: datetime | None = NOW,
    source: Source = Source.NOTICE,
    returns: tuple[Return, ...] = (),
    noticed: Settled | None = None,
) -> ChargeTold:
    return told(charge_id, money(charge_id, amount, at=at, returns=returns), source, noticed=noticed)


def money(
    charge_id: str, amount: Money = TOTAL, *, at: datetime | None = NOW, returns: tuple[Return, ...] = ()
) -> Settled:
    return Settled(gateway_id=f"pay-{charge_id}", amount=amount, at=at, wallet_id=WALLET, returns=returns)


def refused(
    charge_id: str, code: str = "USER_CANCELED", source: Source = Source.NOTICE, noticed: Settled | None = None
) -> ChargeTold:
    return told(charge_id, Refused(code=code), source, noticed=noticed)


def unclear(
    charge_id: str, source: Source = Source.NOTICE, *, by_buyer: bool = False, noticed: Settled | None = None
) -> ChargeTold:
    return told(charge_id, Unknown(reason="PROCESSING"), source, by_buyer=by_buyer, noticed=noticed)


def waiting(charge_id: str) -> ChargeTold:
    verdict = Opened(gateway_id=f"pay-{charge_id}", url="https://open-sea-global.alipay.com/pay?a=1")
    return told(charge_id, verdict, Source.ANSWER)


def told(
    charge_id: str, verdict: OpenVerdict, source: Source, *, by_buyer: bool = False, noticed: Settled | None = None
) -> ChargeTold:
    return ChargeTold(charge_id=charge_id, verdict=verdict, source=source, by_buyer=by_buyer, noticed=noticed)


def back(refund_id: str, amount: Money = TOTAL) -> Return:
    return Return(refund_id=refund_id, gateway_id=f"back-{refund_id}", amount=amount)


def sent_back(refund_id: str, amount: Money = TOTAL) -> RefundTold:
    return refund_told(refund_id, Settled(gateway_id=f"back-{refund_id}", amount=amount, at=NOW))


def not_sent_back(refund_id: str, code: str = "REFUND_WINDOW_EXCEED") -> RefundTold:
    return refund_told(refund_id, Refused(code=code))


def refund_told(refund_id: str, verdict: Verdict) -> RefundTold:
    return RefundTold(refund_id=refund_id, verdict=verdict)


def time_up(charge_id: str) -> TimeUp:
    return TimeUp(charge_id=charge_id)


def won(order: Order = ORDER) -> BidWon:
    return BidWon(at=NOW, order=replace(order, payment_method="alipay"))


def changed(version: int = 2, **values: Any) -> OrderChanged:
    return OrderChanged(at=NOW, order=replace(ORDER, payment_method="alipay", version=version, **values))


def repriced(total: Money, version: int = 2) -> OrderChanged:
    return changed(version, total=total)


def cancelled(version: int = 5) -> OrderCancelled:
    return OrderCancelled(at=NOW, order_id="o1", buyer_id="b1", version=version)


def paid_elsewhere(version: int = 5) -> OrderPaid:
    return OrderPaid(at=NOW, order_id="o1", buyer_id="b1", version=version, paid_with="card", paid_at=NOW)


def alipay_is(alipay: Alipay, at: datetime = NOW + timedelta(minutes=1), limit: Money | None = None) -> Fact:
    return BuyerAlipayChanged(at=at, buyer_id="b1", alipay=alipay, limit=limit)


def given(command: Command) -> CommandGiven:
    return CommandGiven(person=PERSON, command=command)


def claim_of(work: Work, attempts: int = 1, work_id: int = 1) -> Claim:
    """The claim that a carrier gets with its work."""
    return Claim(line="journey", fence=1, work_id=work_id, work=work, attempts=attempts)

"""Random scripts for a store: many small transactions over a handful of keys, so that they collide."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from flow.journey import Journey, Kind
from flow.ledger import Account, EntryKind, Posting
from flow.money import Money
from flow.order import Order
from flow.states import Payment, Verification
from flow.steps import Path
from service.facts import TimeUp
from service.ports import Letter, Transaction
from service.records import (
    Button,
    Buyer,
    Card,
    Charge,
    ChargeState,
    Chat,
    Entry,
    Preference,
    Refund,
    RefundState,
    Reminded,
)
from service.work import AskCharge, CancelCharge, SendRefund

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
Statement = Callable[[Transaction], Awaitable[Any]]


class Script:
    """Statements drawn from a seed; `faults` is how often a value is one that is refused."""

    def __init__(self, seed: int, *, keys: int = 3, faults: float = 0.2) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - a seed, so that a failure comes again
        self._keys, self._faults = keys, faults

    def clash(self) -> Statement:
        """A statement that others may have to wait for."""
        draw = self.one(
            [
                *(self.lock, self.note, self.keep, self.newer, self.save_chat, self.save_buyer, self.save_card),
                *(self.save_charge, self.save_journey, self.queue_once),
            ]
        )
        statement: Statement = draw()
        return statement

    def statement(self) -> Statement:
        """Any statement that writes."""
        draw = self._chance.choice(
            [
                *(self.save_charge, self.save_refund, self.post) * 3,
                *(self.save_journey, self.book) * 2,
                *(self.note, self.keep, self.save_chat, self.save_buyer, self.newer),
                *(self.save_card, self.save_button, self.queue, self.queue_once, self.lock),
                *(self.save_reminded, self.save_preference, self.take_back),
            ]
        )
        return draw()

    async def begin(self, tx: Transaction) -> None:
        """A journey of each key, to stand on."""
        for number in range(self._keys):
            kind, state = (Kind.VERIFICATION, Verification.OFFERED) if number == 1 else (Kind.PAYMENT, Payment.WON)
            await tx.save_journey(Journey(id=f"j{number}", kind=kind, buyer_id="b0", path=Path.RETURNING, state=state))

    def lock(self) -> Statement:
        name = self.name("buyer:")
        return lambda tx: tx.lock(name)

    def book(self) -> Statement:
        """A settled charge with its entry, as the service does it; at times followed by its refund."""
        charge = replace(self.charge(), state=ChargeState.SETTLED, amount=Money("JPY", 5), paid=Money("JPY", 5))
        refund = replace(self.refund(), charge_id=charge.id, state=RefundState.SETTLED, amount=Money("JPY", 5))
        accounts = [Account.GATEWAY, self.one([Account.SALES, Account.SUSPENSE])]
        is_refunded = self.one([True, False])

        async def run(tx: Transaction) -> None:
            await tx.save_charge(charge)
            await tx.post(entry(EntryKind.CHARGE, charge.id, None, accounts, 5))
            if is_refunded:
                await tx.save_refund(refund)
                await tx.post(entry(EntryKind.REFUND, charge.id, refund.id, accounts, -5))

        return run

    def post(self) -> Statement:
        kind = self.one(EntryKind)
        refund_id = self.name("r") if self.mostly([kind is not EntryKind.CHARGE], kind is EntryKind.CHARGE) else None
        accounts = [Account.GATEWAY, self.one(Account)]
        drawn = entry(kind, self.name("c"), refund_id, accounts, self.mostly([5, 5, -5, -5, 7], 0))
        drawn = replace(drawn, is_ours=self.one([True, True, False]))
        drawn = self.mostly([drawn], replace(drawn, postings=drawn.postings[:1]))
        return lambda tx: tx.post(drawn)

    def save_charge(self) -> Statement:
        charge = self.charge()
        return lambda tx: tx.save_charge(charge)

    def charge(self) -> Charge:
        state = self.one(ChargeState)
        is_paid = self.mostly([state is ChargeState.SETTLED], state is not ChargeState.SETTLED)
        return Charge(
            id=self.name("c"),
            journey_id=self.name("j"),
            token=self.name("t"),
            amount=Money("JPY", self.mostly([5, 5, 5, 7], 0)),
            issued_at=self.time(),
            expires_at=self.time(),
            state=state,
            gateway_id=self.one([None, None, self.name("g")]),
            paid=Money("JPY", self.one([5, 5, 7])) if is_paid else None,
            estimate=self.one([None, Money("CNY", 30)]),
            closing=self.one([True, False]),
            reason=self.one([None, "refused"]),
        )

    def save_refund(self) -> Statement:
        refund = self.refund()
        return lambda tx: tx.save_refund(refund)

    def refund(self) -> Refund:
        return Refund(
            id=self.name("r"),
            charge_id=self.name("c"),
            amount=Money("JPY", self.mostly([5], 0)),
            intended_at=self.time(),
            ours=self.one([True, True, False]),
            state=self.one(RefundState),
            gateway_id=self.one([None, self.name("g")]),
        )

    def save_journey(self) -> Statement:
        journey_id = self.name("j")
        kind = Kind.VERIFICATION if journey_id == "j1" else Kind.PAYMENT
        drawn = Journey(
            id=journey_id,
            kind=kind,
            buyer_id=self.name("b"),
            path=self.one(Path),
            state=self.one([Payment.WON, Payment.SELECTING]) if kind is Kind.PAYMENT else Verification.OFFERED,
            order=self.one([None, None, self.order()]),
            settled_by=self.one([None, None, self.name("c")]),
        )
        is_loaded, version = self.mostly([True], False), self.one([0, 0, 1, 2])

        async def run(tx: Transaction) -> Journey:
            kept = await tx.journey(drawn.id) if is_loaded else None
            return await tx.save_journey(replace(drawn, version=kept.version if kept else version))

        return run

    def order(self) -> Order:
        return Order(
            order_id=self.name("o"), buyer_id="b1", auction_id="a1", title="壺", total=Money("JPY", 5), version=1
        )

    def note(self) -> Statement:
        fact_id = self.one([f"charge:{self.name('c')}:unresolved", f"refund:{self.name('r')}:overdue"])
        return lambda tx: tx.note(fact_id, TimeUp(charge_id="c1"), NOW)

    def keep(self) -> Statement:
        letter = Letter(
            source=self.name("s"), source_id=self.name("n"), body=b"\0", headers={"a": "b"}, received_at=NOW
        )

        return lambda tx: tx.keep(letter)

    def save_chat(self) -> Statement:
        number = self._chance.randrange(self._keys)
        name = self.mostly(["A", "B"], self.one(["NUL\0", "\ud800"]))
        chat = Chat(chat_id=number, user_id=self._chance.randrange(self._keys), name=name, language="en")
        return lambda tx: tx.save_chat(chat)

    def save_buyer(self) -> Statement:
        user_id, wallet_id = self.one([None, self._chance.randrange(self._keys)]), self.one([None, self.name("w")])
        buyer = Buyer(buyer_id=self.name("b"), telegram_user_id=user_id, wallet_id=wallet_id)
        return lambda tx: tx.save_buyer(buyer)

    def newer(self) -> Statement:
        order_id, version = self.name("o"), self.mostly([1, 2, 3], 2**31)
        return lambda tx: tx.newer(order_id, version)

    def save_card(self) -> Statement:
        card = Card(journey_id=self.name("j"), chat_id=self.mostly([1], 2**63), message_id=1, version=1, announced=1)
        return lambda tx: tx.save_card(card)

    def save_reminded(self) -> Statement:
        sent = self.one([None, timedelta(hours=1)])
        reminded = Reminded(
            journey_id=self.mostly([self.name("j")], "j\0"), pay_by=self.time(), known_at=NOW, sent=sent
        )
        return lambda tx: tx.save_reminded(reminded)

    def save_preference(self) -> Statement:
        zone = self.mostly(["Asia/Tokyo", "UTC+08:00"], "\ud800")
        preference = Preference(chat_id=self.one([0, 1, 2]), zone=zone)
        return lambda tx: tx.save_preference(preference)

    def take_back(self) -> Statement:
        line = f"journey:{self.name('j')}"
        return lambda tx: tx.take_back(line)

    def save_button(self) -> Statement:
        button = Button(id=self.name("x"), chat_id=1, act="pay", subject=self.name("j"), expires_at=NOW)
        return lambda tx: tx.save_button(button)

    def queue(self) -> Statement:
        line, work = f"journey:{self.name('j')}", self.work()
        return lambda tx: tx.queue(line, work, at=NOW)

    def queue_once(self) -> Statement:
        line, work = f"journey:{self.name('j')}", self.work()
        return lambda tx: tx.queue_once(line, work)

    def work(self) -> AskCharge | CancelCharge | SendRefund:
        drawn: AskCharge | CancelCharge | SendRefund = self.one(
            [
                AskCharge(charge_id=self.name("c")),
                CancelCharge(charge_id=self.name("c")),
                SendRefund(refund_id=self.name("r")),
            ]
        )
        return drawn

    def name(self, letter: str) -> str:
        return f"{letter}{self._chance.randrange(self._keys)}"

    def time(self) -> datetime:
        return NOW + timedelta(hours=self._chance.randrange(-2, 3))

    def chance(self, of: float) -> bool:
        """True, so often."""
        return self._chance.random() < of

    def mostly(self, of: Any, fault: Any) -> Any:
        """Any one, or the fault."""
        return fault if self.chance(self._faults) else self.one(of)

    def one(self, of: Any) -> Any:
        """Any one."""
        return self._chance.choice([*of])


def entry(kind: EntryKind, charge_id: str, refund_id: str | None, accounts: Sequence[Account], value: int) -> Entry:
    first, second = accounts
    return Entry(
        kind=kind,
        charge_id=charge_id,
        gateway_id="g",
        fact_id="f",
        at=NOW,
        postings=(
            Posting(account=first, amount=Money("JPY", value)),
            Posting(account=second, amount=Money("JPY", -value)),
        ),
        refund_id=refund_id,
    )


async def everything(tx: Transaction, keys: int = 3) -> list[Any]:
    """All that a store can be asked about."""
    told: list[Any] = [
        *(await tx.entries(), await tx.balances(), await tx.open_items(NOW), await tx.summary()),
        await tx.duties(refund_before=NOW, ask_after=NOW),
        *(await tx.attempts(NOW), await tx.settled_charges(Money("JPY", 5), NOW - timedelta(hours=1), 2)),
    ]
    for number in range(keys):
        told += [await tx.chat(number), await tx.chat_of_user(number), await tx.buyer_of_user(number)]
        told += [await tx.journey(f"j{number}"), await tx.journey_of_order(f"o{number}")]
        told += [await tx.journeys(f"b{number}"), await tx.journeys(f"b{number}", Kind.PAYMENT)]
        told += [await tx.buyer(f"b{number}"), await tx.buyers_of_wallet(f"w{number}")]
        told += [await tx.charge(f"c{number}"), await tx.charge_of_token(f"t{number}"), await tx.charges(f"j{number}")]
        told += [await tx.refund(f"r{number}"), await tx.refunds(f"c{number}"), await tx.card(f"j{number}")]
        told += [await tx.chat_of_buyer(f"b{number}")]
        told += [await tx.reminded(f"j{number}"), await tx.preference(number)]
        told += [await tx.button(f"x{number}"), await tx.entries(charge_id=f"c{number}")]
        told += [await tx.entries(buyer_id=f"b{number}"), await tx.entries(order_id=f"o{number}")]
    return told

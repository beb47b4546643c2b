"""The landing page's use case: who is paid, for what, how much, until when; and the one attempt behind it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from flow.journey import Journey
from flow.money import Money
from service import zones
from service.desk import Desk
from service.errors import UnknownRecord
from service.facts import LandingOpened
from service.languages import DEFAULT
from service.ports import Clock, Store, Transaction
from service.preferences import preference_of
from service.records import Charge, ChargeState, Chat
from service.rules import Rules
from service.verdicts import Device

Standing = Literal["waiting", "ready", "settled", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """A landing page. `standing`: `waiting` for the gateway, `ready` with its `url`, `settled`, or `ended` unpaid.

    `amount` is what is charged; `title` the won item (None for a verification, whose charge comes back at once);
    `expires_at` and `pay_by` are aware UTC; `language` is the buyer's. `estimate` is what the gateway says the wallet
    will show, as of `estimated_at`; `zone` is the buyer's time zone.
    """

    token: str
    standing: Standing
    language: str
    shop: str
    amount: Money
    title: str | None
    expires_at: datetime
    pay_by: datetime | None
    url: str | None
    zone: str
    refunded: bool = False
    estimate: Money | None = None
    estimated_at: datetime | None = None

    @property
    def is_verification(self) -> bool:
        """Whether this charge only proves the account, and is sent back."""
        return self.title is None


class Landings:
    """Reads landing pages, and opens the attempt when a phone comes."""

    def __init__(self, store: Store, desk: Desk, rules: Rules, clock: Clock) -> None:
        self._store, self._desk, self._rules, self._clock = store, desk, rules, clock

    async def find(self, token: str) -> Landing | None:
        """The page of this token as things stand; None where there is none. Creates nothing."""
        async with self._store.transaction() as tx:
            charge = await tx.charge_of_token(token)
            return await self._landing(tx, charge) if charge else None

    async def open(
        self, token: str, device: Device, client_ip: str | None, *, patience: timedelta = timedelta(seconds=3)
    ) -> Landing | None:
        """The page for a phone: commits the attempt, then waits at most `patience` for the gateway's link."""
        async with self._store.transaction() as tx:
            charge = await tx.charge_of_token(token)
        if charge is None:
            return None
        if _can_open(charge, self._clock.now()):
            fact = LandingOpened(charge_id=charge.id, device=device, client_ip=client_ip)
            await self._desk.receive(f"landing:{charge.id}", fact)
        return await self._wait(token, self._clock.now() + patience)

    async def _wait(self, token: str, until: datetime) -> Landing | None:
        while (landing := await self.find(token)) and landing.standing == "waiting" and self._clock.now() < until:
            await asyncio.sleep(0.05)
        return landing

    async def _landing(self, tx: Transaction, charge: Charge) -> Landing:
        journey = await tx.journey(charge.journey_id)
        if journey is None:
            raise UnknownRecord(charge.journey_id)
        refunds, chat = await tx.refunds(charge.id), await _chat(tx, journey)
        return Landing(
            token=charge.token,
            standing=_standing(charge, self._clock.now()),
            language=chat.language if chat else DEFAULT,
            zone=(await preference_of(tx, chat)).zone if chat else zones.guessed(DEFAULT),
            shop=self._rules.shop,
            amount=charge.amount,
            title=journey.order.title if journey.order else None,
            expires_at=charge.expires_at,
            pay_by=journey.order.pay_by if journey.order else None,
            url=charge.url,
            estimate=charge.estimate if charge.estimated_at else None,
            estimated_at=charge.estimated_at,
            refunded=any(refund.is_settled for refund in refunds),
        )


def _can_open(charge: Charge, now: datetime) -> bool:
    return charge.state is ChargeState.ISSUED and not charge.void and now < charge.expires_at


def _standing(charge: Charge, now: datetime) -> Standing:
    if charge.state is ChargeState.SETTLED:
        return "settled"
    if charge.void or charge.state is ChargeState.REFUSED or now >= charge.expires_at:
        return "ended"
    return "ready" if charge.url else "waiting"


async def _chat(tx: Transaction, journey: Journey) -> Chat | None:
    buyer = await tx.buyer(journey.buyer_id)
    return await tx.chat_of_user(buyer.telegram_user_id) if buyer and buyer.telegram_user_id else None

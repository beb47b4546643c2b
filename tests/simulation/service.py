"""One process of the real service on simulated outsides: everything between the wire and the store is the product's."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import TypeVar

from app.wiring import carriers
from gateway.antom import notices
from gateway.antom.client import AntomGateway, Merchant
from gateway.antom.signing import Signer, Verifier
from gateway.auction import events
from gateway.exchange import Call, Exchange, NoReply, Reply
from service.arrivals import Arrival, take_in, update_arrival
from service.bell import Bell
from service.cards import Cards
from service.cashier import Cashier
from service.courier import Courier
from service.desk import Desk
from service.enquiries import Enquiries
from service.errors import AssistantError, Refused
from service.facts import Command, CommandGiven, Person, Pressed
from service.inbox import Inbox
from service.landing import Landing, Landings
from service.order_checks import OrderChecks
from service.ports import Letter, Letterbox, Lines, Store
from service.reconciliation import Reconciled, Reconciliation
from service.reporter import Reporter
from service.retention import Retention
from service.rules import Rules
from service.strangers import Strangers
from service.sweep import Sweep
from service.work import ReadAuctionEvent, ReadNotice
from tests.simulation.antom import keys
from tests.simulation.crash import Process
from tests.simulation.house import SimHouse
from tests.simulation.loop import START, SimClock, SimLoop
from tests.simulation.telegram import SimTelegram
from web.antom import line_of as notice_line
from web.auction import line_of as event_line

T = TypeVar("T")

CLIENT_ID = "SIM_CLIENT"
URL = "https://antom.test"
PUBLIC_URL = "https://bot.test"
PAY_HOST = "qr.alipay.com"
STAFF = -1001
PATIENCE = 10.0

RULES = Rules(
    shop="Shop",
    verification_label="verification",
    public_url=PUBLIC_URL,
    item_url="https://shop.test/item/{auction_id}",
    support_chat_id=STAFF,
    inquiry_time=timedelta(hours=24),
    sweep_interval=timedelta(minutes=10),
    orders_time=timedelta(minutes=30),
    orders_turn=timedelta(minutes=15),
    second_look=timedelta(minutes=5),
    tidy_interval=timedelta(hours=3),
)

GOOD = b'{"result":{"resultCode":"SUCCESS","resultStatus":"S","resultMessage":"success"}}'


class SimNames:
    """Names of a seed."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def short(self) -> str:
        """16 hexadecimal digits."""
        return f"{self._random.getrandbits(64):016x}"

    def token(self) -> str:
        """22 characters."""
        return f"{self._random.getrandbits(88):022x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outsides:
    """What the service talks to."""

    antom: Exchange
    house: SimHouse
    telegram: SimTelegram


@dataclass(frozen=True, slots=True, kw_only=True)
class Handles:
    """A process's own way to the database."""

    store: Store
    letterbox: Letterbox
    lines: Lines
    kill: Callable[[], object]


class Service:
    """The service in one process, from its start to its crash."""

    def __init__(self, loop: SimLoop, process: Process, handles: Handles, outsides: Outsides, names: SimNames) -> None:
        self._loop, self.process = loop, process
        clock, store = SimClock(loop), handles.store
        self._clock, self._store, self._letterbox = clock, store, handles.letterbox
        desk = self.desk = Desk(store, RULES, clock, names, ("en",))
        gateway = self.gateway = _gateway(outsides.antom, clock)
        self.landings = Landings(store, desk, RULES, clock)
        self._reader = notices.NoticeReader(CLIENT_ID, Verifier([keys().antom.public_key()]))
        sweep, retention = Sweep(store, desk, RULES, clock), Retention(store, RULES, clock)
        checks = OrderChecks(store, outsides.house, desk, RULES, clock)
        self._recurring = (sweep, checks, retention)
        carried = carriers(
            Cards(store, outsides.telegram, desk, RULES, clock, names, ("en",)),
            Cashier(store, gateway, desk, RULES, clock),
            Strangers(store, gateway, desk, RULES, clock),
            sweep,
            Enquiries(outsides.house, desk, clock),
            Inbox(handles.letterbox, desk, events.parse, notices.parse, self._feed),
            Bell(desk),
            Reporter(store, outsides.house, desk, clock, loop.random("jitter").random),
            checks,
            retention,
        )
        self._courier = Courier(handles.lines, carried, width=8, lease=timedelta(seconds=60), rest=timedelta(hours=1))
        process.at_crash(handles.kill)
        loop.spawn(process, self._run())

    async def _run(self) -> None:
        for recurring in self._recurring:
            await recurring.begin()
        await self._courier.run(asyncio.Event())

    async def ask(self, request: Callable[[], Awaitable[T]]) -> T | None:
        """The answer to a request from outside; None where the process crashes, fails or takes too long."""
        answered: asyncio.Future[T | None] = self._loop.create_future()
        self._loop.spawn(self.process, _answer(request, answered))
        try:
            async with asyncio.timeout(PATIENCE):
                return await answered
        except TimeoutError:
            return None

    async def notified(self, call: Call) -> Reply | NoReply:
        """The door for the gateway's notices, as the web edge has it."""
        try:
            notice = self._reader.read(call.method, "/antom/notify", call.headers, call.body)
        except Refused:
            return Reply(status=401, headers={}, body=b"")
        source_id = f"{call.body!r}"
        letter = Letter(source="antom", source_id=source_id, body=call.body, headers={}, received_at=self._clock.now())
        await self._keep(Arrival(letter=letter, line=notice_line(notice), read=ReadNotice))
        return Reply(status=200, headers={}, body=GOOD)

    async def told(self, event_id: str, body: bytes) -> bool:
        """The door for the auction house's events."""
        line = event_line(events.parse(body))
        letter = Letter(source="auction", source_id=event_id, body=body, headers={}, received_at=self._clock.now())
        await self._keep(Arrival(letter=letter, line=line, read=ReadAuctionEvent))
        return True

    async def updated(self, body: bytes) -> bool:
        """The door for Telegram's updates."""
        await self._keep(update_arrival(body, self._clock.now()))
        return True

    async def landed(self, token: str) -> Landing | None:
        """The landing page, opened on a phone."""
        return await self.landings.open(token, "ios", None)

    async def reconcile(self, run_id: str | None) -> Reconciled:
        """The operator's command, from the beginning; with a run's id it mends."""
        run = Reconciliation(self._store, self.gateway, self.desk, RULES, self._clock, run_id=run_id)
        return await run.run(START)

    async def _keep(self, arrival: Arrival) -> None:
        await take_in(self._letterbox, arrival)

    async def _feed(self, body: bytes) -> None:
        """An update's meaning; the bot's handlers are tried elsewhere."""
        update = json.loads(body)
        fact_id, said = f"telegram:{update['update_id']}", update["message"]
        user_id = said["chat"]["id"]
        person = Person(chat_id=user_id, user_id=user_id, name="Buyer", language="en")
        if "press" in said:
            await self.desk.receive(fact_id, Pressed(person=person, button_id=said["press"]))
        else:
            await self.desk.receive(fact_id, CommandGiven(person=person, command=Command(said["command"])))


async def _answer(request: Callable[[], Awaitable[T]], answered: "asyncio.Future[T | None]") -> None:
    try:
        result: T | None = await request()
    except AssistantError:
        result = None
    if not answered.done():
        answered.set_result(result)


def _gateway(antom: Exchange, clock: SimClock) -> AntomGateway:
    merchant = Merchant(
        url=URL, client_id=CLIENT_ID, notify_url=f"{PUBLIC_URL}/antom/notify", pay_hosts=frozenset({PAY_HOST})
    )
    return AntomGateway(antom, merchant, Signer(keys().merchant), Verifier([keys().antom.public_key()]), clock)

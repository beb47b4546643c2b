"""Builds every object by hand. Nothing is connected before `assemble`, and no other package knows this file."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from random import Random
from typing import Protocol

import aiohttp
import asyncpg
from prometheus_client import CollectorRegistry
from telegram.ext import ExtBot

from app.clock import RandomNames, SystemClock
from app.settings import Settings
from bot import catalogue
from bot.application import BotApplication, build_application, feed
from bot.messenger import TelegramMessenger
from bot.request import AiohttpRequest
from bot.shop_links import ShopLinks
from gateway.antom import keys, notices
from gateway.antom.client import AntomGateway, Merchant
from gateway.antom.signing import Signer, Verifier
from gateway.auction import events
from gateway.auction.client import AuctionHouse
from gateway.auction.signing import Webhooks, parse_secret
from gateway.exchange import exchange
from service import work
from service.bell import Bell
from service.cards import Cards
from service.cashier import Cashier
from service.courier import Carrier, Courier
from service.desk import Desk
from service.enquiries import Enquiries
from service.errors import AssistantError, Unavailable
from service.inbox import Inbox
from service.landing import Landings
from service.order_checks import OrderChecks
from service.pace import Pace
from service.reporter import Reporter
from service.retention import Retention
from service.rules import Rules
from service.sessions import Sessions
from service.statements import figures
from service.strangers import Strangers
from service.sweep import Sweep
from service.texts import Texts
from store.embedded import EmbeddedServer, EmbeddedServerError
from store.lines import PostgresLines
from store.migrate import migrate
from store.postgres import Pool, PostgresStore
from web import pages
from web.doors import Doors

logger = logging.getLogger(__name__)

WALLET_LANGUAGE = "zh_Hans"
"""The language of what the wallet shows of a charge: its users read Chinese."""

CONNECTIONS = 12
MIGRATION_SECONDS = 60.0
LOOK_SECONDS = 2.0
"""How often the embedded server is looked at; looking at one that lives takes a few milliseconds."""
COMMAND_SECONDS = 2.5
"""How long a statement may take; a database that hangs counts as away after at most twice that."""


class DatabaseAway(AssistantError):
    """The database does not answer; check DATABASE_URL, or leave it unset to use the embedded server."""


class Recurring(Protocol):
    """Work that comes again for ever, whichever process does it."""

    async def begin(self) -> None:
        """See that it goes on. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """What a process can run, connected."""

    settings: Settings
    clock: SystemClock
    dsn: str
    store: PostgresStore
    wake: asyncio.Event
    desk: Desk
    courier: Courier
    recurring: tuple[Recurring, ...]
    gateway: AntomGateway
    rules: Rules
    bot: BotApplication
    connected: asyncio.Event
    texts: Texts
    doors: Doors


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The address of the database, its schema the newest: the operator's server, or the embedded one."""
    async with AsyncExitStack() as stack:
        dsn = settings.database_url.get_secret_value() if settings.database_url else None
        if dsn is None:
            dsn = await stack.enter_async_context(_embedded(settings))
        await _migrate(dsn)
        yield dsn


@asynccontextmanager
async def _embedded(settings: Settings) -> AsyncIterator[str]:
    """The embedded server, started again whenever it died."""
    server = EmbeddedServer(settings.data_dir, bin_dir=settings.postgres_bin)
    async with server as dsn:
        watching = asyncio.create_task(_keep_alive(server))
        try:
            yield dsn
        finally:
            watching.cancel()
            await asyncio.wait([watching])


async def _keep_alive(server: EmbeddedServer) -> None:
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            await server.start()
        except EmbeddedServerError as error:
            logger.error("the embedded server does not start", extra={"reason": type(error).__name__})


async def _migrate(dsn: str) -> None:
    try:
        async with asyncio.timeout(MIGRATION_SECONDS):
            await migrate(dsn)
    except Unavailable as error:
        raise DatabaseAway(error.detail) from None
    except TimeoutError:
        raise DatabaseAway("the migration takes too long") from None


@asynccontextmanager
async def assemble(settings: Settings) -> AsyncIterator[Assembly]:
    """Everything, connected; closed in reverse order at the end of the block."""
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        pool = await stack.enter_async_context(connections(dsn))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield build(settings, dsn, pool, session)


def connections(dsn: str) -> Pool:
    """The pool, not connected yet."""
    return asyncpg.create_pool(
        dsn, min_size=2, max_size=CONNECTIONS, command_timeout=COMMAND_SECONDS, reset=leave_as_it_is
    )


async def leave_as_it_is(_: object) -> None:
    """Nothing that goes through the pool leaves anything in its session, but an open transaction, which asyncpg rolls
    back by itself; so there is nothing to reset, and each transaction has a round trip less."""


def build(settings: Settings, dsn: str, pool: Pool, session: aiohttp.ClientSession) -> Assembly:
    """Every object, by hand."""
    clock, names, wake = SystemClock(), RandomNames(), asyncio.Event()
    store, lines = PostgresStore(pool), PostgresLines(pool, wake, _pace(settings))
    texts = catalogue.texts()
    rules = _rules(settings, texts)
    desk = Desk(store, rules, clock, names, texts.languages)
    application = build_application(
        token=settings.telegram_token.get_secret_value(),
        api_url=settings.telegram_api_url,
        memory=Sessions(store, clock),
        door=desk,
        texts=texts,
        links=ShopLinks(settings.auction_item_url),
    )
    messenger = TelegramMessenger(application.bot, texts, settings.shop_name, paid=settings.send_rate > FREE_RATE)
    gateway, house = payment_gateway(settings, session, clock), auction_house(settings, session, clock)
    sweep, retention = Sweep(store, desk, rules, clock), Retention(store, rules, clock)
    checks, connected = OrderChecks(store, house, desk, rules, clock), asyncio.Event()
    carried = carriers(
        Cards(store, messenger, desk, rules, clock, names, texts.languages),
        Cashier(store, gateway, desk, rules, clock),
        Strangers(store, gateway, desk, rules, clock),
        sweep,
        Enquiries(house, desk, clock),
        Inbox(store, desk, events.parse, notices.parse, partial(_feed, application, connected)),
        Bell(desk),
        Reporter(store, house, desk, clock, Random().random),  # noqa: S311 - spreads load, hides nothing
        checks,
        retention,
    )
    return Assembly(
        settings=settings,
        clock=clock,
        dsn=dsn,
        store=store,
        wake=wake,
        desk=desk,
        courier=Courier(lines, carried, width=settings.send_rate // 4 + 64, messages=settings.send_rate // 4 + 48),
        recurring=(sweep, checks, retention),
        gateway=gateway,
        rules=rules,
        bot=application,
        connected=connected,
        texts=texts,
        doors=_doors(settings, store, Landings(store, desk, rules, clock), clock),
    )


def _doors(settings: Settings, store: PostgresStore, landings: Landings, clock: SystemClock) -> Doors:
    return Doors(
        letterbox=store,
        landings=landings,
        verify_event=_webhooks(settings).verify,
        parse_event=events.parse,
        read_notice=notices.NoticeReader(settings.antom_client_id, _verifier(settings)).read,
        telegram_secrets=tuple(secret.get_secret_value().encode() for secret in settings.telegram_secret),
        texts=pages.texts(),
        clock=clock,
        ready=store.ping,
        figures=partial(figures, store, store, clock),
        registry=CollectorRegistry(),
        public_url=settings.root_url,
        bot_link="",
    )


async def _feed(application: BotApplication, connected: asyncio.Event, body: bytes) -> None:
    """Hand an update to the bot, whose handlers have to know its name. Raises Unavailable until it does."""
    if not connected.is_set():
        raise Unavailable("Telegram")
    await feed(application, body)


def carriers(
    cards: Cards,
    cashier: Cashier,
    strangers: Strangers,
    sweep: Sweep,
    enquiries: Enquiries,
    inbox: Inbox,
    bell: Bell,
    reporter: Reporter,
    checks: OrderChecks,
    retention: Retention,
) -> dict[type, Carrier]:
    return {
        work.ReadUpdate: inbox.update,
        work.ReadAuctionEvent: inbox.auction_event,
        work.ReadNotice: inbox.notice,
        work.ShowCard: cards.card,
        work.RetireCard: cards.retire,
        work.RedrawDigest: cards.digests.redraw,
        work.CatchUp: cards.catching_up.run,
        work.ShowReminder: cards.reminder,
        work.Remind: bell.remind,
        work.ShowSettings: cards.settings,
        work.Say: cards.say,
        work.TellPayments: cards.payments,
        work.TellStatus: cards.status,
        work.OfferLanguages: cards.languages,
        work.OfferUnlink: cards.unlink,
        work.OpenCharge: cashier.open,
        work.AskCharge: cashier.ask,
        work.CancelCharge: cashier.cancel,
        work.EndCharge: cashier.end,
        work.SendRefund: cashier.refund,
        work.AskStranger: strangers.ask,
        work.SeekReturn: strangers.seek,
        work.Sweep: sweep.run,
        work.RedeemCode: enquiries.redeem,
        work.AskHouse: enquiries.ask,
        work.Report: reporter.report,
        work.CheckOrders: checks.turn,
        work.AskOrders: checks.ask,
        work.Tidy: retention.run,
    }


FREE_RATE = 30
"""Messages a second that Telegram lets go for nothing (core.telegram.org/bots/faq)."""


def _pace(settings: Settings) -> Pace:
    pace = Pace(per_second=settings.send_rate, gap=timedelta(seconds=settings.chat_gap))
    group_gap = max(pace.group_gap, 3 * pace.gap) if pace.gap else pace.gap
    return replace(pace, group_gap=group_gap)


def _rules(settings: Settings, texts: Texts) -> Rules:
    return Rules(
        shop=settings.shop_name,
        verification_label=texts(WALLET_LANGUAGE, "charge.verification", shop=settings.shop_name).unescape(),
        public_url=settings.root_url,
        item_url=settings.auction_item_url,
        payments_url=settings.auction_payments_url,
        support_chat_id=settings.support_chat_id,
        payment_time=timedelta(minutes=settings.payment_minutes),
        refund_time=timedelta(minutes=settings.refund_alarm_minutes),
        inquiry_time=timedelta(hours=settings.inquiry_hours),
        reminder_ladder=tuple(timedelta(hours=hours) for hours in settings.reminder_hours),
        orders_time=timedelta(hours=settings.orders_check_hours),
        retention=timedelta(days=settings.retention_days),
    )


def payment_gateway(settings: Settings, session: aiohttp.ClientSession, clock: SystemClock) -> AntomGateway:
    """The gateway, its keys loaded. Raises BadSecret."""
    merchant = Merchant(
        url=settings.antom_url,
        client_id=settings.antom_client_id,
        notify_url=f"{settings.root_url}/antom/notify",
        pay_hosts=frozenset(settings.pay_hosts),
    )
    signer = Signer(keys.load_private_key(settings.antom_private_key_file))
    return AntomGateway(partial(exchange, session), merchant, signer, _verifier(settings), clock)


def _verifier(settings: Settings) -> Verifier:
    return Verifier(keys.load_public_keys(settings.antom_public_key_file))


def auction_house(settings: Settings, session: aiohttp.ClientSession, clock: SystemClock) -> AuctionHouse:
    """The auction house. Raises BadSecret."""
    return AuctionHouse(
        partial(exchange, session),
        url=settings.auction_url,
        api_key=settings.auction_api_key.get_secret_value(),
        webhooks=_webhooks(settings),
        clock=clock,
    )


def _webhooks(settings: Settings) -> Webhooks:
    return Webhooks([parse_secret(secret.get_secret_value()) for secret in settings.auction_webhook_secret])


@asynccontextmanager
async def telegram_bot(settings: Settings) -> AsyncIterator[ExtBot[None]]:
    """The bot alone, connected. Raises TelegramError."""
    request = AiohttpRequest(connection_pool_size=1)
    async with ExtBot(
        settings.telegram_token.get_secret_value(),
        base_url=f"{settings.telegram_api_url}/bot",
        request=request,
        get_updates_request=AiohttpRequest(connection_pool_size=1),
    ) as bot:
        yield bot

"""One process: the roles it plays, from its start to a graceful stop."""

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from aiohttp import web as aiohttp_web
from telegram.error import InvalidToken, TelegramError

from app.settings import Settings, is_loopback
from app.wiring import Assembly, assemble
from bot.polling import LongPoll, RawUpdate, poll
from bot.profile import ALLOWED_UPDATES, set_up, set_webhook
from bot.request import AiohttpRequest
from service.arrivals import keep, update_arrival
from service.errors import AssistantError, Unavailable
from store.lines import listen
from web import server

logger = logging.getLogger(__name__)

Role = Literal["web", "worker", "poll"]

TELEGRAM = "https://t.me"
PAUSE_SECONDS = 5.0


class TokenRefused(AssistantError):
    """Telegram refuses the bot's token; check ALIPAY_BOT_TELEGRAM_TOKEN."""


class PortTaken(AssistantError):
    """The web server cannot listen there; set ALIPAY_BOT_LISTEN to a free address and port."""


class SecretMissing(AssistantError):
    """A webhook needs a secret: set ALIPAY_BOT_TELEGRAM_SECRET, or leave ALIPAY_BOT_PUBLIC_URL unset to poll."""


async def serve(settings: Settings, roles: frozenset[Role]) -> bool:
    """Play the roles until SIGTERM or SIGINT; a second signal ends the process at once."""
    if settings.public_url and not settings.telegram_secret:
        raise SecretMissing
    stop = asyncio.Event()
    on_signals(stop)
    async with assemble(settings) as assembly:
        await play(assembly, roles, stop)
    return True


async def play(
    assembly: Assembly, roles: frozenset[Role], stop: asyncio.Event, ready: asyncio.Event | None = None
) -> None:
    """Play the roles on what is connected, until `stop` is set; `ready` is set once all of them run.

    At the end nothing more is taken in, work under way is finished, and only then is the rest let go.
    """
    try:
        async with asyncio.TaskGroup() as group:
            await _play(assembly, roles, stop, group, ready or asyncio.Event())
    except* AssistantError as errors:
        raise _first(errors) from None
    finally:
        await assembly.bot.shutdown()


async def _play(
    assembly: Assembly, roles: frozenset[Role], stop: asyncio.Event, group: asyncio.TaskGroup, ready: asyncio.Event
) -> None:
    listening = group.create_task(listen(assembly.dsn, assembly.wake))
    intake = [group.create_task(_connect(assembly, roles))]
    if "poll" in roles and assembly.settings.public_url is None:
        intake.append(group.create_task(_poll(assembly)))
    working = group.create_task(_work(assembly, stop)) if "worker" in roles else None
    runner = await _listen(assembly) if "web" in roles else None
    logger.info("ready", extra={"roles": sorted(roles), "address": assembly.settings.root_url})
    ready.set()
    await stop.wait()
    if runner is not None:
        await runner.cleanup()
    for task in intake:
        task.cancel()
    if working is not None:
        await working
    listening.cancel()


def _first(errors: BaseException) -> BaseException:
    """The one error that ended the process: what came after it is its consequence."""
    while isinstance(errors, BaseExceptionGroup):
        errors = errors.exceptions[0]
    return errors


async def _listen(assembly: Assembly) -> aiohttp_web.AppRunner:
    settings = assembly.settings
    runner = server.runner(server.application(replace(assembly.doors, bot_link=await _bot_link(assembly))))
    await runner.setup()
    try:
        await aiohttp_web.TCPSite(runner, settings.host, settings.port).start()
    except OSError as error:
        await runner.cleanup()
        raise PortTaken(settings.listen) from error
    return runner


async def _bot_link(assembly: Assembly) -> str:
    """The way back into the chat; on the stand the simulator's own page."""
    if is_loopback(assembly.settings.telegram_api_url):
        return assembly.settings.telegram_api_url
    try:
        async with asyncio.timeout(PAUSE_SECONDS):
            await assembly.connected.wait()
    except TimeoutError:
        return TELEGRAM
    return f"{TELEGRAM}/{assembly.bot.bot.username}"


async def _connect(assembly: Assembly, roles: frozenset[Role]) -> None:
    """Ask Telegram who we are until it answers, then tell it how to show us and where updates go."""
    while True:
        try:
            await assembly.bot.initialize()
            assembly.connected.set()
            await _introduce(assembly, roles)
        except InvalidToken:
            raise TokenRefused from None
        except TelegramError as error:
            logger.warning("Telegram is away", extra={"reason": type(error).__name__})
            await asyncio.sleep(PAUSE_SECONDS)
        else:
            return


async def _introduce(assembly: Assembly, roles: frozenset[Role]) -> None:
    settings, bot = assembly.settings, assembly.bot.bot
    if "web" in roles and settings.public_url is not None:
        await set_webhook(bot, settings.public_url, settings.telegram_secret[0].get_secret_value())
    if "worker" in roles:
        await set_up(bot, assembly.texts, settings.shop_name)


async def _work(assembly: Assembly, stop: asyncio.Event) -> None:
    """Carry out queued work, also while Telegram is away: only updates wait until we know who we are."""
    await _begin_recurring(assembly)
    await assembly.courier.run(stop)


async def _begin_recurring(assembly: Assembly) -> None:
    while True:
        try:
            for recurring in assembly.recurring:
                await recurring.begin()
            return
        except Unavailable as error:
            logger.warning("the store is away", extra={"reason": str(error)})
            await asyncio.sleep(PAUSE_SECONDS)


async def _poll(assembly: Assembly) -> None:
    async def keep_all(updates: Sequence[RawUpdate]) -> None:
        now = assembly.clock.now()
        async with assembly.store.transaction() as tx:
            for update in updates:
                await keep(tx, update_arrival(update.body, now))

    await assembly.connected.wait()
    async with AiohttpRequest(connection_pool_size=1) as request:
        try:
            await poll(LongPoll(request, assembly.bot.bot.base_url, allowed_updates=ALLOWED_UPDATES), keep_all)
        except InvalidToken:
            raise TokenRefused from None


def on_signals(stop: asyncio.Event) -> None:
    """Set `stop` at SIGTERM or SIGINT; a second one ends the process at once."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)

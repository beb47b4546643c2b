"""The operator's commands: schema, and a look at settings and connections."""

from collections.abc import Awaitable, Callable

import aiohttp
import typer
from telegram.error import TelegramError

from app import logs
from app import settings as settings_module
from app.clock import SystemClock
from app.settings import Settings, is_loopback
from app.wiring import auction_house, database, payment_gateway, telegram_bot
from service.auction_house import Unavailable
from service.errors import AssistantError
from service.verdicts import Unknown
from store.migrate import newest

NOBODY = "check-0"
"""An id that neither the gateway nor the auction house knows: asking about it moves nothing."""


class TelegramAway(AssistantError):
    """Telegram is away or refuses the token; check ALIPAY_BOT_TELEGRAM_TOKEN and ALIPAY_BOT_TELEGRAM_API_URL."""


class GatewayAway(AssistantError):
    """The gateway gave no answer that can be believed; check ALIPAY_BOT_ANTOM_URL, the client id and both key files."""


class HouseAway(AssistantError):
    """The auction house gave no usable answer; check ALIPAY_BOT_AUCTION_URL and ALIPAY_BOT_AUCTION_API_KEY."""


Look = Callable[[Settings], Awaitable[str]]


async def migrate() -> bool:
    """Bring the schema to the newest revision."""
    settings = _load()
    async with database(settings):
        typer.echo(f"schema: {newest()}")
    return True


async def check() -> bool:
    """One line for each thing that must work; whether all do."""
    settings = _load()
    typer.echo("settings: good")
    results = [await _try(name, look, settings) for name, look in _LOOKS.items()]
    if settings.is_loopback and not is_loopback(settings.telegram_api_url):
        typer.echo("warning: buyers' phones cannot open loopback links; set ALIPAY_BOT_PUBLIC_URL", err=True)
    return all(results)


async def _try(name: str, look: Look, settings: Settings) -> bool:
    try:
        typer.echo(f"{name}: {await look(settings)}")
    except AssistantError as error:
        typer.echo(f"{name}: {error}", err=True)
        return False
    return True


async def _database(settings: Settings) -> str:
    async with database(settings):
        return f"good, schema {newest()}"


async def _telegram(settings: Settings) -> str:
    try:
        async with telegram_bot(settings) as bot:
            return f"good, @{bot.username}"
    except TelegramError as error:
        raise TelegramAway(type(error).__name__) from None


async def _gateway(settings: Settings) -> str:
    async with aiohttp.ClientSession() as session:
        verdict = await payment_gateway(settings, session, SystemClock()).look_up(NOBODY)
    if isinstance(verdict, Unknown) and not verdict.absent:
        raise GatewayAway(verdict.reason)
    return "good, our signature is taken and its own verified"


async def _auction_house(settings: Settings) -> str:
    async with aiohttp.ClientSession() as session:
        answer = await auction_house(settings, session, SystemClock()).buyer(NOBODY)
    if isinstance(answer, Unavailable):
        raise HouseAway(answer.reason)
    return "good, our key is taken"


_LOOKS: dict[str, Look] = {
    "database": _database,
    "telegram": _telegram,
    "antom": _gateway,
    "auction house": _auction_house,
}


def _load() -> Settings:
    settings = settings_module.load()
    logs.configure("WARNING", settings.log_format)
    return settings

"""The service starts while Telegram is away: whatever needs no chat is done, and the rest waits without being lost."""

import json
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from app.settings import given
from app.stand import Ports, free_port, stand
from sandbox.alipay.signing import Signer
from store.postgres import Pool
from tests.haste import HASTE
from tests.journeys.buyers import Buyer, saw, verifying
from tests.journeys.conftest import serving
from tests.journeys.gate import Gate
from tests.journeys.stage import NEW, RADIO, Stage, until


async def test_money_goes_back_while_telegram_is_away_and_what_was_said_is_answered_afterwards(
    keys: Path, dsn: str, pool: Pool
) -> None:
    async with AsyncExitStack() as stack:
        simulators = await stack.enter_async_context(stand(keys, Ports(), webhook=True))
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
        here = simulators.environment | HASTE | {"DATABASE_URL": dsn}
        away = here | {"ALIPAY_BOT_TELEGRAM_API_URL": f"http://127.0.0.1:{free_port()}"}
        async with serving(given(here)) as assembly:
            stage = Stage(
                opened=simulators,
                assembly=assembly,
                pool=pool,
                session=session,
                gate=Gate(simulators.addresses.auction, stack),
                signer=Signer((keys / "antom.pem").read_text()),
            )
            buyer = await stage.buyer(NEW, past=[*verifying(RADIO), Buyer.opens_link, saw("verification.opened")])

        async with serving(given(away), meets_telegram=False):
            await says(stage, buyer, "/status")
            await until(lambda: was_tried(pool, "ReadUpdate"))
            await stage.portal("pay")
            await until(lambda: is_sent_back(stage))
            assert await stage.dead() == []

        async with serving(given(here)):
            await buyer.has_seen("status.connected")
            await buyer.has_seen("verification.refunded")
            assert await stage.dead() == []


async def says(stage: Stage, buyer: Buyer, text: str) -> None:
    """What the buyer wrote was on its way when Telegram went away."""
    person = {"id": buyer.person.id, "is_bot": False, "first_name": buyer.name, "language_code": "en"}
    chat = {"id": buyer.person.id, "type": "private"}
    message = {"message_id": 2**30, "date": 0, "chat": chat, "from": person, "text": text}
    body = json.dumps({"update_id": 2**30, "message": message}).encode()
    assert await stage.post("/telegram", body, stage.telegram_headers()) == 200


async def was_tried(pool: Pool, kind: str) -> bool:
    """Whether somebody took up work of this kind."""
    return bool(await pool.fetchval("select count(*) from work where kind = $1 and attempts > 0", kind))


async def is_sent_back(stage: Stage) -> bool:
    """Whether the gateway sent all of the charge back."""
    return [refund["status"] for refund in (await stage.charge())["refunds"]] == ["SUCCESS"]

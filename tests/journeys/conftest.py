"""The stand, with the real service in this process on a real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from app.process import play
from app.settings import Settings, given
from app.stand import Ports, stand
from app.wiring import Assembly, assemble
from sandbox.alipay.signing import Signer
from store.postgres import Pool
from tests.haste import HASTE
from tests.journeys.gate import Gate
from tests.journeys.stage import Stage
from tests.journeys.support import open_support_chat

MODES = ("polling", "webhook")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stand keeps its keys, so that they are made once."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def mode() -> str:
    """How updates come; a test may ask for the other, or for both."""
    return "polling"


@pytest.fixture
def staffed() -> bool:
    """Whether there is a support chat; a test may ask for one."""
    return False


@pytest.fixture
def settings() -> dict[str, str]:
    """Further settings of the service, by their names without the prefix; a test may ask for some."""
    return {}


@pytest.fixture
async def stage(
    keys: Path, dsn: str, pool: Pool, mode: str, staffed: bool, settings: dict[str, str]
) -> AsyncIterator[Stage]:
    """The stand and the service, both running."""
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(stand(keys, Ports(), webhook=mode == "webhook"))
        jar = aiohttp.CookieJar(unsafe=True)
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=jar))
        support = await open_support_chat(opened.addresses.telegram, session) if staffed else None
        gate = Gate(opened.addresses.auction, stack)
        variables = {"DATABASE_URL": dsn, "ALIPAY_BOT_AUCTION_URL": await gate.open()}
        variables |= {f"ALIPAY_BOT_{name}": value for name, value in settings.items()}
        if support is not None:
            variables["ALIPAY_BOT_SUPPORT_CHAT_ID"] = str(support.chat_id)
        assembly = await stack.enter_async_context(serving(given(opened.environment | HASTE | variables)))
        yield Stage(
            opened=opened,
            assembly=assembly,
            pool=pool,
            session=session,
            gate=gate,
            signer=Signer((keys / "antom.pem").read_text()),
            support=support,
        )


@asynccontextmanager
async def serving(settings: Settings, *, meets_telegram: bool = True) -> AsyncIterator[Assembly]:
    """The service in a task of its own, as fixtures begin and end in different ones."""
    stop = asyncio.Event()
    up: asyncio.Future[Assembly] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(_serve(settings, stop, up, meets_telegram))
    await asyncio.wait({serving, up}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield up.result() if up.done() else serving.result()
    finally:
        stop.set()
        await serving


async def _serve(
    settings: Settings, stop: asyncio.Event, up: "asyncio.Future[Assembly]", meets_telegram: bool
) -> Assembly:
    ready = asyncio.Event()
    async with assemble(settings) as assembly, asyncio.TaskGroup() as group:
        group.create_task(play(assembly, frozenset({"web", "worker", "poll"}), stop, ready))
        await ready.wait()
        if meets_telegram:
            await assembly.connected.wait()
        up.set_result(assembly)
    return assembly

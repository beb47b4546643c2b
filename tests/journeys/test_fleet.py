"""Two web and two worker processes on one database, requests in turn; half of them are asked to end under load."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from app.stand import Ports, stand
from store.postgres import Pool
from tests.journeys.fleet import balancer, fleet
from tests.journeys.stage import until
from tests.journeys.test_kills import Town, assert_each_thing_happened_once, nothing_is_due

ROLES = ("web", "web", "worker", "worker")


@pytest.mark.slow
async def test_any_process_takes_any_request_and_those_that_end_lose_nothing(
    keys: Path, dsn: str, pool: Pool, tmp_path: Path
) -> None:
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)))
        opened = await stack.enter_async_context(stand(keys, Ports(), webhook=True))
        variables = opened.environment | {"DATABASE_URL": dsn}
        services = await stack.enter_async_context(fleet(variables, tmp_path, ROLES, session))
        addresses = list(services)
        door = await stack.enter_async_context(balancer(urlsplit(opened.service).port or 0, addresses[:2]))
        town = Town(opened, session)
        walking = asyncio.create_task(town.live())
        try:
            await until(lambda: walked(town, walking, 2), seconds=120)
            ended = [await services[addresses[number]].stop() for number in (0, 2)]
            await until(lambda: walked(town, walking, 4), seconds=120)
            town.asleep = True
            await walking
        finally:
            walking.cancel()

        assert ended == [0, 0]
        assert min(door.answered.values()) > 0
        await until(lambda: nothing_is_due(pool))
        await assert_each_thing_happened_once(town, pool)
    assert Counter(walk.kind for walk in town.walks).keys() == {"first_time", "returning"}


async def walked(town: Town, walking: "asyncio.Task[None]", number: int) -> bool:
    """Whether so many buyers came home."""
    if walking.done():
        walking.result()
    return len(town.walks) >= number

"""The composition: every kind of work has who carries it, every fact who takes it."""

from typing import get_args

import aiohttp
import asyncpg
import pytest

from app.settings import given
from app.stand import Ports, Stand, stand
from app.wiring import build
from service import facts
from service.work import Work
from store.postgres import Pool


@pytest.fixture
async def opened(tmp_path_factory: pytest.TempPathFactory) -> Stand:
    async with stand(tmp_path_factory.mktemp("stand"), Ports()) as opened:
        return opened


async def test_everything_has_somebody(opened: Stand, pool: Pool) -> None:
    async with aiohttp.ClientSession() as session:
        assembly = build(given(opened.environment), "postgresql://", pool, session)

    assert assembly.courier.kinds == frozenset(get_args(Work))
    assert assembly.desk.kinds == frozenset(get_args(facts.Fact))


async def test_building_connects_to_nothing(opened: Stand) -> None:
    pool = asyncpg.create_pool("postgresql://127.0.0.1:9/none", min_size=0)
    async with aiohttp.ClientSession() as session:
        assert build(given(opened.environment), "postgresql://", pool, session).settings.port > 0

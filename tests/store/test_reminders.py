"""What waited for its payment before there were reminders is reminded of, too."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from service.pace import Pace
from service.work import Remind
from store.lines import PostgresLines
from store.migrate import migrate

FIRST = Path(__file__).parents[2] / "store" / "migrations" / "versions" / "0001_initial.sql"
STAMP = "create table alembic_version (version_num text primary key); insert into alembic_version values ('0001');"
JOURNEY = """
insert into journey (id, kind, buyer_id, path, state, "order", version)
values ($1, 'payment', 'b1', 'returning', $2, $3, 1)
"""
CHAT = "insert into chat (chat_id, user_id, name, language, chosen) values (7, 7, '林', 'zh_Hans', true)"


@pytest.fixture
async def old_dsn(empty_dsn: str) -> str:
    """The address of a database of the first revision, with a chat and items in every state of their payment."""
    old = await asyncpg.connect(empty_dsn)
    for script in (FIRST.read_text(encoding="utf-8"), STAMP, CHAT):
        await old.execute(script)
    for number, (state, days) in enumerate([("won", 2), ("lapsed", 1), ("won", -1), ("won", None), ("cancelled", 2)]):
        await old.execute(JOURNEY, f"p{number}", state, json.dumps(order(f"o{number}", days)))
    await old.close()
    return empty_dsn


def order(order_id: str, days: int | None) -> dict[str, object]:
    pay_by = (datetime.now(UTC) + timedelta(days=days)).isoformat() if days is not None else None
    total = {"currency": "JPY", "value": 5000}
    about = {"order_id": order_id, "buyer_id": "b1", "auction_id": "a1", "title": "壺", "version": 1}
    return {**about, "total": total, "pay_by": pay_by}


async def test_each_item_with_a_deadline_ahead_is_looked_at_at_once(old_dsn: str) -> None:
    await migrate(old_dsn)
    async with asyncpg.create_pool(old_dsn, min_size=1, max_size=2) as pool:
        claims = await PostgresLines(pool, asyncio.Event(), Pace()).claim(10, timedelta(minutes=1))
        assert {claim.line: claim.work for claim in claims} == {
            "remind:p0": Remind(journey_id="p0"),
            "remind:p1": Remind(journey_id="p1"),
        }
        assert await pool.fetchval("select name from chat where chat_id = 7") == "林"

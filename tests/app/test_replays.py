"""The command that has something done again, as an operator meets it: its words and its exit codes."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.stand import Ports, stand
from service import outbox, reports
from service.work import Report, Say
from store.postgres import Pool, PostgresStore
from tests.app.test_books import Ended, alipay_bot


class Past:
    """A database with events of the last days, and the command over it."""

    def __init__(self, store: PostgresStore, pool: Pool) -> None:
        self._store, self.pool = store, pool
        self.now = datetime.now(UTC)

    async def made(self, name: str, hours: float, *, reason: str | None = None, taken: bool = False) -> Report:
        """An event that was made so long ago, and given up for a reason, taken, or waiting."""
        report = reports.handoff(name, "b1", "o1", "buyer_asked", self.now - timedelta(hours=hours))
        kept = outbox.kept_of(report)
        tried = replace(
            kept,
            attempts=10 if reason else 1,
            reason=reason,
            dead_at=self.now if reason else None,
            taken_at=self.now if taken else None,
        )
        async with self._store.transaction() as tx:
            await tx.save_report(tried)
            if not taken:
                await tx.queue("report:o1", report)
        if reason:
            await self.pool.execute("update work set dead_at = now() where body ->> 'webhook_id' = $1", name)
        return report

    async def waiting(self) -> list[str]:
        """The events that wait, in their order."""
        rows = await self.pool.fetch(
            "select body ->> 'webhook_id' as id from work where dead_at is null and kind = 'Report' order by id"
        )
        return [row["id"] for row in rows]


@pytest.fixture
async def past(
    tmp_path: Path, dsn: str, store: PostgresStore, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Past]:
    async with stand(tmp_path, Ports()) as opened:
        for name, value in (opened.environment | {"DATABASE_URL": dsn}).items():
            monkeypatch.setenv(name, value)
        yield Past(store, pool)


async def replay(*words: str) -> Ended:
    return await alipay_bot("replay", *words)


async def test_one_event_is_sent_again(past: Past) -> None:
    await past.made("handoff-1", 1, reason="HTTP 503")

    ended = await replay("handoff-1")

    assert ended.code == 0
    [line, sum_up] = ended.out.splitlines()
    assert line.startswith("handoff-1  handoff.opened  o1  ")
    assert line.endswith("given up after 10: HTTP 503")
    assert sum_up == "1 are sent again, 0 on their way already"
    assert await past.waiting() == ["handoff-1"]


async def test_a_window_is_sent_again_in_its_order(past: Past) -> None:
    for number, hours in enumerate((30, 20, 10, 1)):
        await past.made(f"handoff-{number}", hours, taken=True)

    ended = await replay("--since", "24h", "--until", "5h")

    assert ended.code == 0
    assert ended.out.splitlines()[-1] == "2 are sent again, 0 on their way already"
    assert await past.waiting() == ["handoff-1", "handoff-2"]


async def test_of_a_window_only_the_dead_may_be_meant(past: Past) -> None:
    await past.made("handoff-1", 3, reason="HTTP 503")
    await past.made("handoff-2", 2, taken=True)
    await past.made("handoff-3", 1)

    ended = await replay("--since", "24h", "--dead")

    assert ended.out.splitlines()[-1] == "1 are sent again, 0 on their way already"
    assert await past.waiting() == ["handoff-1", "handoff-3"]


async def test_a_dry_run_lists_and_changes_nothing(past: Past) -> None:
    await past.made("handoff-1", 3, reason="HTTP 503")
    await past.made("handoff-2", 2)

    ended = await replay("--since", "24h", "--dry-run")

    assert [line.split("  ")[0] for line in ended.out.splitlines()] == [
        "handoff-1",
        "handoff-2",
        "1 would be sent again, 1 on their way already",
    ]
    assert await past.waiting() == ["handoff-2"]


async def test_any_given_up_work_is_done_again_by_its_number(past: Past, store: PostgresStore) -> None:
    async with store.transaction() as tx:
        await tx.queue("chat:7", Say(chat_id=7, text="help"))
    work_id = await past.pool.fetchval("update work set dead_at = now() returning id")

    ended = await replay(str(work_id))

    assert (ended.code, ended.out) == (0, f"{work_id}: Say is done again\n")
    assert await past.pool.fetchval("select dead_at from work") is None


async def test_a_dry_run_names_the_work_and_leaves_it_given_up(past: Past, store: PostgresStore) -> None:
    async with store.transaction() as tx:
        await tx.queue("chat:7", Say(chat_id=7, text="help"))
    work_id = await past.pool.fetchval("update work set dead_at = now() returning id")

    ended = await replay(str(work_id), "--dry-run")

    assert (ended.code, ended.out) == (0, f"{work_id}: Say would be done again\n")
    assert await past.pool.fetchval("select dead_at from work") is not None


@pytest.mark.parametrize("words", [(), ("--dry-run",)])
@pytest.mark.parametrize("name", ["handoff-9", "42", "9" * 30, "４２"])
async def test_what_does_not_exist_is_said(past: Past, name: str, words: tuple[str, ...]) -> None:
    ended = await replay(name, *words)

    assert ended.code == 1
    assert "There is no outcome event and no given-up work with this id" in ended.err


@pytest.mark.parametrize(
    "words",
    [(), ("handoff-1", "--since", "24h"), ("handoff-1", "--dead"), ("--since", "soon"), ("--dead",)],
)
async def test_what_is_meant_must_be_clear(past: Past, words: tuple[str, ...]) -> None:
    ended = await replay(*words)

    assert ended.code == 2

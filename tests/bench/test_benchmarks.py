"""Every benchmark runs on tiny numbers, so that none rots; the figures say nothing here."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, fields, replace

from asyncpg import DeadlockDetectedError

from bench.__main__ import BENCHMARKS
from bench.bed import Bed, Service, make_bed
from bench.size import SMOKE
from store.postgres import Pool

EMPTY = """
do $$ declare found text; begin
    set local session_replication_role = replica;
    for found in select tablename from pg_tables
        where schemaname = 'public' and tablename not in ('alembic_version', 'pace') loop
        execute format('delete from %I', found);
    end loop;
end $$
"""


async def empty(pool: Pool) -> None:
    """Forget everything. The worker may be at work in the same tables, and then PostgreSQL ends one of the two."""
    is_done = False
    while not is_done:
        with suppress(DeadlockDetectedError):
            await pool.execute(EMPTY)
            is_done = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FrugalBed(Bed):
    """One web process and one worker serve all benchmarks, since to start them takes longest; each begins empty."""

    shared: Service
    pids: Mapping[str, int]

    @asynccontextmanager
    async def service(self, dsn: str, *roles: str, **settings: str) -> AsyncIterator[Service]:
        await empty(self.shared.pool)
        yield replace(self.shared, pids=[self.pids[role] for role in roles])


@asynccontextmanager
async def frugal_bed() -> AsyncIterator[FrugalBed]:
    async with make_bed() as bed, bed.database() as dsn, bed.service(dsn, "web", "worker") as service:
        given = {field.name: getattr(bed, field.name) for field in fields(bed)}
        yield FrugalBed(**given, shared=service, pids=dict(zip(("web", "worker"), service.pids, strict=True)))


async def test_every_benchmark_runs() -> None:
    async with frugal_bed() as bed:
        for name, run in BENCHMARKS.items():
            section = await run(bed, SMOKE)

            assert section.rows, name
            assert all(row.figure.high > 0 for row in section.rows if row.unit == "/s"), name

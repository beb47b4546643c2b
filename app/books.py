"""The operator's commands about money: read the books, hold them against the gateway's, note what came back."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import typer

from app import logs, printed
from app.clock import RandomNames
from app.settings import load
from app.wiring import Assembly, assemble
from service.errors import AssistantError
from service.facts import BounceTold
from service.receipt import Receipt
from service.reconciliation import Reconciliation
from service.records import RefundState


class NoSuchRefund(AssistantError):
    """There is no refund with this id; `alipay-bot ledger --buyer ID` shows those of a buyer."""


class RefundNotSettled(AssistantError):
    """Only a refund that the gateway confirmed can come back; `alipay-bot ledger --open` shows how this one stands."""


async def balances(*, as_json: bool) -> bool:
    """What every account holds, and how much was counted."""
    async with assembled() as assembly, assembly.store.transaction() as tx:
        found, counts = await tx.balances(), await tx.summary()
    _say(printed.balances_json(found, counts) if as_json else printed.balances_lines(found, counts))
    return True


async def statement(buyer_id: str | None, order_id: str | None, *, as_json: bool) -> bool:
    """Every entry about a buyer or an order, and what is held now."""
    async with assembled() as assembly, assembly.store.transaction() as tx:
        entries = await tx.entries(buyer_id=buyer_id, order_id=order_id)
    _say(printed.statement_json(entries) if as_json else printed.statement_lines(entries))
    return True


async def open_items(*, as_json: bool) -> bool:
    """All money that is not where it ends; whether none is so for longer than a refund may take."""
    async with assembled() as assembly, assembly.store.transaction() as tx:
        now = assembly.clock.now()
        items = await tx.open_items(now)
    _say(printed.open_json(items, now) if as_json else printed.open_lines(items, now))
    return all(now - item.since <= assembly.rules.refund_time for item in items)


async def reconcile(since: datetime, *, lost: bool, mend: bool, as_json: bool) -> bool:
    """Hold the books against the gateway's; whether both now say the same."""
    async with assembled() as assembly:
        run = Reconciliation(
            assembly.store,
            assembly.gateway,
            assembly.desk,
            assembly.rules,
            assembly.clock,
            run_id=RandomNames().short() if mend else None,
        )
        done = await run.run(since, lost=lost)
    _say(printed.reconciled_json(done, since) if as_json else printed.reconciled_lines(done))
    return done.is_good


async def refund_returned(refund_id: str) -> bool:
    """Take in that a confirmed refund came back. Raises NoSuchRefund, RefundNotSettled."""
    async with assembled() as assembly:
        async with assembly.store.transaction() as tx:
            refund = await tx.refund(refund_id)
        if refund is None:
            raise NoSuchRefund(refund_id)
        if refund.state < RefundState.SETTLED:
            raise RefundNotSettled(f"{refund.id} is {refund.state.name.lower()}")
        receipt = await assembly.desk.receive(f"refund:{refund.id}:bounced", BounceTold(refund_id=refund.id))
    what = f"{refund.id}: {refund.amount}"
    told = "came back; the books hold it again, and the support chat and the buyer are told"
    typer.echo(
        f"{what} {told}" if receipt is Receipt.TAKEN else f"{what} is known to have come back; nothing is changed"
    )
    return True


@asynccontextmanager
async def assembled() -> AsyncIterator[Assembly]:
    """Everything, connected, with the operator's settings; quiet but for what is wrong."""
    settings = load()
    logs.configure("WARNING", settings.log_format)
    async with assemble(settings) as assembly:
        yield assembly


def _say(result: printed.Json | list[str]) -> None:
    typer.echo(json.dumps(result, indent=2) if isinstance(result, dict) else "\n".join(result))

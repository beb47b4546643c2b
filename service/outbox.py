"""The way out of outcome events: each is kept as it will be sent, and queued in its line."""

import json
from datetime import datetime

from service.lines import UNREACHABLE, report_line
from service.ports import Transaction
from service.records import KeptReport
from service.urgency import Urgency
from service.work import Report


async def send(tx: Transaction, report: Report) -> None:
    """Keep the event, and queue its sending."""
    kept = kept_of(report)
    await tx.save_report(kept)
    await tx.queue(line_of(kept), report, urgency=Urgency.DEADLINE if kept.type == UNREACHABLE else None)


def kept_of(report: Report) -> KeptReport:
    """The record of an event that was not sent yet."""
    event = json.loads(report.body)
    return KeptReport(
        webhook_id=report.webhook_id,
        type=event["type"],
        buyer_id=event["data"]["buyer_id"],
        order_id=event["data"].get("order_id"),
        body=report.body,
        made_at=datetime.fromisoformat(event["timestamp"]),
    )


def line_of(kept: KeptReport) -> str:
    """The line that an event keeps its order in."""
    return report_line(kept.type, kept.order_id or kept.buyer_id)


def pay_by(kept: KeptReport) -> datetime | None:
    """The deadline that an event speaks of, where it does."""
    told = json.loads(kept.body)["data"].get("pay_by")
    return datetime.fromisoformat(told) if told else None

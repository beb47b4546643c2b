"""The books as an operator reads them: lines for people, aligned within 100 columns, and values for JSON."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from flow.ledger import Account
from flow.money import Money
from service.differences import Difference, Side
from service.reconciliation import Reconciled, Unclear
from service.records import Balance, Entry, LedgerSummary, OpenItem
from service.reports import amount

Json = dict[str, object]


def balances_json(balances: Sequence[Balance], counts: LedgerSummary) -> Json:
    """All accounts, and what was counted."""
    return {
        "balances": [{"account": each.account, "amount": amount(each.amount)} for each in balances],
        "counts": dict(_counts(counts)),
    }


def balances_lines(balances: Sequence[Balance], counts: LedgerSummary) -> list[str]:
    """All accounts, and what was counted."""
    accounts = [(each.account.value, f"{each.amount!s:>20}") for each in balances]
    counted = [(name.replace("_", " "), str(count)) for name, count in _counts(counts)]
    return [*(aligned(["account", f"{'balance':>20}"], accounts)), "", *aligned(["what", "count"], counted)]


def statement_json(entries: Sequence[Entry]) -> Json:
    """Every entry, and what is held now."""
    return {
        "entries": [_entry_json(entry) for entry in entries],
        "held": [amount(money) for money in held(entries)],
    }


def statement_lines(entries: Sequence[Entry]) -> list[str]:
    """Two lines an entry, the ids in the second; at the end what is held now."""
    heads = [(utc(entry.at), entry.kind.value, f"{_moved(entry):>16}", ", ".join(_others(entry))) for entry in entries]
    table = aligned(["time (UTC)", "kind", f"{'amount':>16}", "account"], heads)
    ids = [
        "    our id, the gateway's id",
        *(_ids(entry.refund_id or entry.charge_id, entry.gateway_id) for entry in entries),
    ]
    now = ", ".join(str(money) for money in held(entries)) or "nothing"
    return [*_interleaved(table, ids), f"held now: {now}"]


def held(entries: Sequence[Entry]) -> list[Money]:
    """What the gateway still holds of these charges, in each currency."""
    sums: dict[str, Money] = {}
    for posting in (posting for entry in entries for posting in entry.postings if posting.account is Account.GATEWAY):
        code = posting.amount.currency
        sums[code] = sums.get(code, Money(code, 0)) + posting.amount
    return [money for _, money in sorted(sums.items()) if money.value]


def open_json(items: Sequence[OpenItem], now: datetime) -> Json:
    """All open items, oldest first; the age in whole seconds."""
    return {
        "open_items": [
            {
                "why": item.why,
                "since": rfc3339(item.since),
                "age_seconds": int((now - item.since).total_seconds()),
                "amount": amount(item.amount),
                "buyer_id": item.buyer_id,
                "order_id": item.order_id,
                "charge_id": item.charge_id,
                "refund_id": item.refund_id,
                "gateway_id": item.gateway_id,
                "reason": item.reason,
            }
            for item in items
        ]
    }


def open_lines(items: Sequence[OpenItem], now: datetime) -> list[str]:
    """Two lines an item, the ids in the second."""
    if not items:
        return ["nothing is open"]
    heads = [
        (
            item.why.value,
            f"{_age(now - item.since):>8}",
            f"{item.amount!s:>16}",
            item.buyer_id or "-",
            item.order_id or "-",
        )
        for item in items
    ]
    table = aligned(["why", f"{'age':>8}", f"{'amount':>16}", "buyer", "order"], heads)
    ids = [
        _ids(item.refund_id or item.charge_id, item.gateway_id or "-", *([item.reason] if item.reason else []))
        for item in items
    ]
    return _interleaved(table, ["    our id, the gateway's id, its reason", *ids])


def reconciled_json(done: Reconciled, since: datetime) -> Json:
    """Every difference, and what is unclear."""
    return {
        "since": rfc3339(since),
        "checked": done.checked,
        "differences": [_difference_json(each) for each in done.differences],
        "unclear": [
            {"charge_id": each.charge_id, "refund_id": each.refund_id, "reason": each.reason} for each in done.unclear
        ],
        "mended": done.mended,
    }


def reconciled_lines(done: Reconciled) -> list[str]:
    """The differences, then what is unclear, then one line that counts."""
    return [
        *_differences(done.differences),
        *_unclear(done.unclear),
        f"checked={done.checked} differences={len(done.differences)} unclear={len(done.unclear)} mended={done.mended}",
    ]


def rfc3339(at: datetime) -> str:
    """A time in UTC, as RFC 3339 writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _differences(differences: Sequence[Difference]) -> list[str]:
    rows = [
        (each.kind.value, each.subject, _side(each.ours), _side(each.theirs), "mended" if each.is_mended else "")
        for each in differences
    ]
    return aligned(["difference", "our id", "here", "at the gateway", ""], rows) if rows else []


def _unclear(unclear: Sequence[Unclear]) -> list[str]:
    rows = [(each.subject, each.reason) for each in unclear]
    return aligned(["unclear", "reason"], rows) if rows else []


def _side(side: Side) -> str:
    return " ".join(str(part) for part in (side.state, side.amount, side.code) if part is not None)


def _side_json(side: Side) -> Json:
    return {"state": side.state, "amount": amount(side.amount) if side.amount else None, "code": side.code}


def _difference_json(each: Difference) -> Json:
    return {
        "kind": each.kind,
        "charge_id": each.charge_id,
        "refund_id": each.refund_id,
        "ours": _side_json(each.ours),
        "theirs": _side_json(each.theirs),
        "mended": each.is_mended,
    }


def _entry_json(entry: Entry) -> Json:
    return {
        "at": rfc3339(entry.at),
        "kind": entry.kind,
        "charge_id": entry.charge_id,
        "refund_id": entry.refund_id,
        "gateway_id": entry.gateway_id,
        "postings": [{"account": each.account, "amount": amount(each.amount)} for each in entry.postings],
    }


def _counts(counts: LedgerSummary) -> list[tuple[str, int]]:
    names = ("verification_charges", "verification_refunds", "payments", "refunds", "unsettled")
    return [(name, getattr(counts, name)) for name in names]


def _moved(entry: Entry) -> str:
    return ", ".join(str(each.amount) for each in entry.postings if each.account is Account.GATEWAY)


def _others(entry: Entry) -> Iterable[str]:
    """The accounts on the other side, each once."""
    return dict.fromkeys(each.account.value for each in entry.postings if each.account is not Account.GATEWAY)


def utc(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _age(age: timedelta) -> str:
    """Two units are enough: `3d 4h`, `4h 12m`, `12m 5s`."""
    minutes, seconds = divmod(max(int(age.total_seconds()), 0), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {minutes}m" if hours else f"{minutes}m {seconds}s"


def _ids(*ids: str) -> str:
    return f"    {'  '.join(_shown(each) for each in ids)}"


def _interleaved(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return [line for pair in zip(first, second, strict=True) for line in pair]


def aligned(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell."""
    cells = [[*heading], *([_shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heading))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _shown(text: str) -> str:
    """A text of somebody else's without what would steer the terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)

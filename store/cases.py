"""Reads all that is kept about one item or one buyer; changes nothing."""

import json
from collections.abc import Sequence
from typing import Any

from service.timeline import Happening
from store.codec import Row


async def happenings(connection: Any, queries: Any, name: str) -> Sequence[Happening]:
    """All about the order, buyer, journey, charge or refund of this name, in the order of time."""
    journeys = [row async for row in queries.journeys(connection, name=name)]
    is_buyer = await queries.is_buyer(connection, name=name) or any(row["buyer_id"] == name for row in journeys)
    rows = queries.happenings(
        connection,
        journeys=[row["id"] for row in journeys],
        orders=[name, *(row["order_id"] for row in journeys if row["order_id"])],
        buyer_id=name if is_buyer else None,
    )
    return [_happening(row) async for row in rows]


def _happening(row: Row) -> Happening:
    return Happening(at=row["at"], kind=row["kind"], subject=row["subject"], details=json.loads(row["details"]))

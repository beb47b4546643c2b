"""What the money's state comes down to, in figures for the operator's machines."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from service.ports import Clock, Store
from service.records import Balance, Unsettled

MOST_TYPES = 20
"""How many unknown types are told apart; the rarest of more are counted together, since senders make them up."""

OTHERS = "other"


class Counts(Protocol):
    """What the store counts."""

    async def dead_work(self) -> Mapping[str, int]:
        """How much work was given up, by kind. Raises Unavailable."""
        ...

    async def gone_orders(self) -> int:
        """How many orders the auction house does not list as unpaid, and has not told why. Raises Unavailable."""
        ...

    async def unknown_events(self) -> Mapping[str, int]:
        """How many events came of each type that is not known here, the most frequent first. Raises Unavailable."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Open items and the age of the oldest in seconds, by why; balances in smallest units; dead work by kind;
    events of unknown types by type; orders that are gone at the auction house."""

    open_items: Mapping[Unsettled, int]
    oldest: Mapping[Unsettled, float]
    balances: Sequence[Balance]
    dead_work: Mapping[str, int]
    unknown_events: Mapping[str, int] = field(default_factory=dict)
    gone_orders: int = 0


async def figures(store: Store, counts: Counts, clock: Clock) -> Figures:
    """The figures of this moment, with a nought for what is well. Raises Unavailable."""
    now = clock.now()
    async with store.transaction() as tx:
        items, balances = await tx.open_items(now), await tx.balances()
    counted = Counter(item.why for item in items)
    since = {item.why: item.since for item in reversed(items)}
    return Figures(
        open_items={why: counted[why] for why in Unsettled},
        oldest={why: (now - since.get(why, now)).total_seconds() for why in Unsettled},
        balances=balances,
        dead_work=await counts.dead_work(),
        unknown_events=_bounded(await counts.unknown_events()),
        gone_orders=await counts.gone_orders(),
    )


def _bounded(counted: Mapping[str, int]) -> Mapping[str, int]:
    first, rest = [*counted.items()][:MOST_TYPES], [*counted.values()][MOST_TYPES:]
    return dict(first) | ({OTHERS: dict(first).get(OTHERS, 0) + sum(rest)} if rest else {})

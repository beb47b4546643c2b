"""What the money's state comes down to, in figures for the operator's machines."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from service.ports import Clock, Store
from service.records import Balance, Unsettled

CountDead = Callable[[], Awaitable[Mapping[str, int]]]
"""How much work was given up, by kind. Raises Unavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Open items and the age of the oldest in seconds, by why; balances in smallest units; dead work by kind."""

    open_items: Mapping[Unsettled, int]
    oldest: Mapping[Unsettled, float]
    balances: Sequence[Balance]
    dead_work: Mapping[str, int]


async def figures(store: Store, count_dead: CountDead, clock: Clock) -> Figures:
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
        dead_work=await count_dead(),
    )

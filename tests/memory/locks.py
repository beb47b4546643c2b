"""Locks that transactions hold until their end: of names, of rows, of unique values."""

import asyncio
from collections import deque
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from service.errors import Unavailable
from tests.memory.columns import Refusal


class Waiter(NamedTuple):
    """Who waits for a lock."""

    owner: object
    is_shared: bool
    granted: "asyncio.Future[None]"


class Locks:
    """Who holds what; whoever waits longest is next. An owner is any object, compared by identity.

    Sharers of a lock shut out only who wants it alone, and pass whoever waits for that, as PostgreSQL's do.
    """

    def __init__(self) -> None:
        self._holders: dict[Hashable, dict[object, bool]] = {}
        self._held: dict[object, dict[Hashable, None]] = {}
        self._queues: dict[Hashable, deque[Waiter]] = {}
        self._awaited: dict[object, Hashable] = {}

    async def acquire(self, owner: object, name: Hashable, *, is_shared: bool = False) -> bool:
        """Hold `name`; False where it was held already. Raises Refusal on a deadlock, Unavailable when let go of."""
        holders = self._holders.get(name)
        if holders and owner in holders and (is_shared or not holders[owner]):
            return False
        if holders and any(self._blockers(owner, name, is_shared=is_shared)):
            await self._wait(owner, name, is_shared=is_shared)
        else:
            self._grant(owner, name, is_shared=is_shared)
        return True

    def release(self, owner: object, name: Hashable) -> None:
        """Hand `name` to whoever is next."""
        del self._held[owner][name]
        del self._holders[name][owner]
        if not self._holders[name]:
            del self._holders[name]
        self._hand_on(name)

    def release_all(self, owner: object) -> None:
        """Hand on all that `owner` holds, and end its waiting."""
        self._leave(owner)
        for name in [*self._held.get(owner, ())]:
            self.release(owner, name)
        self._held.pop(owner, None)

    def _hand_on(self, name: Hashable) -> None:
        queue = self._queues.get(name)
        while queue and not any(self._blockers(queue[0].owner, name, is_shared=queue[0].is_shared)):
            waiter = queue.popleft()
            self._grant(waiter.owner, name, is_shared=waiter.is_shared)
            waiter.granted.set_result(None)
        if not queue:
            self._queues.pop(name, None)

    def _blockers(self, owner: object, name: Hashable, *, is_shared: bool) -> Iterator[object]:
        holders = self._holders.get(name, {})
        return (holder for holder in holders if holder is not owner and not (is_shared and holders[holder]))

    def _grant(self, owner: object, name: Hashable, *, is_shared: bool) -> None:
        self._awaited.pop(owner, None)
        self._holders.setdefault(name, {})[owner] = is_shared
        self._held.setdefault(owner, {})[name] = None

    async def _wait(self, owner: object, name: Hashable, *, is_shared: bool) -> None:
        if self._would_never_end(owner, name, is_shared=is_shared):
            raise Refusal(Unavailable("DeadlockDetectedError"))
        waiter = Waiter(owner, is_shared, asyncio.get_running_loop().create_future())
        self._queues.setdefault(name, deque()).append(waiter)
        self._awaited[owner] = name
        try:
            await waiter.granted
        finally:
            self._leave(owner)
        if name not in self._held.get(owner, {}):
            raise Unavailable("ConnectionDoesNotExistError")

    def _would_never_end(self, owner: object, name: Hashable, *, is_shared: bool) -> bool:
        """Whether one of those who are waited for waits, by way of others, for `owner`."""
        left = [*self._blockers(owner, name, is_shared=is_shared)]
        seen: dict[object, None] = {}
        while left:
            holder = left.pop()
            if holder is owner:
                return True
            if holder in self._awaited and holder not in seen:
                seen[holder] = None
                left += [other for other in self._holders[self._awaited[holder]] if other is not holder]
        return False

    def _leave(self, owner: object) -> None:
        """Stop waiting; who still sleeps on it is woken, to find nothing."""
        if owner not in self._awaited:
            return
        name = self._awaited.pop(owner)
        waiter = next(waiter for waiter in self._queues[name] if waiter.owner is owner)
        self._queues[name].remove(waiter)
        if not waiter.granted.done():
            waiter.granted.set_result(None)
        self._hand_on(name)

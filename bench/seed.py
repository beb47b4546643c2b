"""What is in a database before a round: buyers with chats, and what waits for them.

One number stands for a buyer, their chat, their Telegram account and the order that they won: `B<n>`, n, n, `O<n>`.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.events import won
from service.lines import chat_line
from service.ports import Letter
from service.work import ReadAuctionEvent, Say
from store.postgres import Pool, PostgresStore
from web.auction import SOURCE

FIRST = 7_000_000_000
"""The number of the first buyer: no other number in a row looks like it."""

_PEOPLE = """
with buyer as (
    insert into buyer (buyer_id, display_name, telegram_user_id, connection_at, alipay, alipay_at)
    select 'B' || n, 'Buyer ' || n, n, now(), 'linked', now() - interval '1 day'
    from generate_series($1::bigint, $2::bigint) n
)
insert into chat (chat_id, user_id, name, language, chosen, buyer_id)
select n, n, 'Buyer', 'en', true, 'B' || n from generate_series($1::bigint, $2::bigint) n
"""

_HELD = """
insert into line (key, due, held_until)
select 'chat:' || n, '2200-01-01', '2200-01-01' from generate_series($1::bigint, $2::bigint) n
"""

_LET_GO = """
with held as (
    update line set due = now(), held_until = '-infinity' where held_until = '2200-01-01' returning key
)
select pg_notify('work', ''), count(*) from held
"""


class Numbers:
    """Hands out numbers that nobody has had; a benchmark's sides share one."""

    def __init__(self) -> None:
        self._next = FIRST

    def take(self, count: int) -> range:
        """So many, in a row."""
        first, self._next = self._next, self._next + count
        return range(first, self._next)


async def people(pool: Pool, numbers: Sequence[int]) -> None:
    """Connected buyers, whose accounts are linked."""
    await pool.execute(_PEOPLE, numbers[0], numbers[-1])


async def hold_chats(pool: Pool, numbers: Sequence[int]) -> None:
    """From now on these chats take work, and nothing of it is begun."""
    await pool.execute(_HELD, numbers[0], numbers[-1])


async def let_go(pool: Pool) -> None:
    """Every chat that was held is due."""
    await pool.execute(_LET_GO)


async def queue_events(pool: Pool, numbers: Sequence[int]) -> None:
    """One `bid.won` a buyer waits to be read, as if it had just been acknowledged; all at once."""
    now = datetime.now(UTC)
    async with PostgresStore(pool).transaction() as tx:
        for number in numbers:
            body = json.dumps(won(number)).encode()
            letter = Letter(source=SOURCE, source_id=f"msg_{number}", body=body, headers={}, received_at=now)
            inbox_id = await tx.keep(letter)
            assert inbox_id is not None
            await tx.queue(f"auction:B{number}", ReadAuctionEvent(inbox_id=inbox_id))


async def queue_texts(pool: Pool, numbers: Sequence[int], each: int = 1) -> None:
    """So many texts wait in each chat, numbered in their order; all at once."""
    async with PostgresStore(pool).transaction() as tx:
        for place in range(each):
            for number in numbers:
                values = {"name": f"#{place}#"}
                await tx.queue(chat_line(number), Say(chat_id=number, text="connected", values=values))


async def is_empty(pool: Pool, lines: str) -> bool:
    """Whether no line that begins so has anything left to do; reminders are days ahead."""
    waits = "select exists (select from line where key like $1 || '%' and key not like 'remind:%' and due < 'infinity')"
    return not await pool.fetchval(waits, lines)


async def forget(pool: Pool, lines: str) -> None:
    """Drop the work of all lines that begin so."""
    await pool.execute("delete from work where line like $1 || '%'", lines)
    await pool.execute("delete from line where key like $1 || '%'", lines)

"""What is promised of letters from outside: kept once, read in their order, as urgently as they deserve."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.errors import Malformed
from service.ports import Claim, Letter, Letterbox, Lines
from service.urgency import Urgency
from service.work import Done, Hold, ReadAuctionEvent, Reading, ReadNotice, ReadUpdate
from tests.contract.conftest import Backend

LEASE = timedelta(minutes=5)
LETTER = Letter(
    source="auction",
    source_id="m1",
    body=b"{}",
    headers={"webhook-id": "m1"},
    received_at=datetime(2026, 8, 3, tzinfo=UTC),
)


async def take_in(letterbox: Letterbox, name: str, line: str = "auction:b1", urgency: Urgency = Urgency.WIN) -> bool:
    return await letterbox.take_in(replace(LETTER, source_id=name), line, ReadAuctionEvent, urgency)


async def name_of(letterbox: Letterbox, claim: Claim) -> str:
    """The name of the letter that a claim is to read."""
    assert isinstance(claim.work, ReadAuctionEvent)
    return (await letterbox.letter(claim.work.inbox_id)).source_id


@pytest.mark.parametrize("read", [ReadUpdate, ReadAuctionEvent, ReadNotice])
async def test_a_letter_is_kept_and_waits_to_be_read(backend: Backend, read: type[Reading]) -> None:
    assert await backend.letterbox.take_in(LETTER, "auction:b1", read, Urgency.WIN)
    [claim] = await backend.lines.claim(10, LEASE)
    assert isinstance(claim.work, read)
    assert (claim.line, claim.attempts) == ("auction:b1", 1)
    assert await backend.letterbox.letter(claim.work.inbox_id) == LETTER


async def test_a_letter_that_comes_again_is_not_read_again(letterbox: Letterbox, lines: Lines) -> None:
    assert await take_in(letterbox, "m1")
    assert not await take_in(letterbox, "m1")
    [claim] = await lines.claim(10, LEASE)
    await lines.finish([(claim, Done())])
    assert not await take_in(letterbox, "m1")
    assert await lines.claim(10, LEASE) == []


async def test_of_one_letter_that_comes_several_times_at_once_one_is_read(letterbox: Letterbox, lines: Lines) -> None:
    assert sorted(await asyncio.gather(*(take_in(letterbox, "m1") for _ in range(4)))) == [False, False, False, True]
    assert len(await lines.claim(10, LEASE)) == 1


async def test_letters_that_come_at_once_are_all_kept_and_read_in_their_order(backend: Backend) -> None:
    names = [f"m{number:03}" for number in range(150, 0, -1)]
    kept = await asyncio.gather(
        *(take_in(backend.letterbox, name, f"auction:b{place % 3}") for place, name in enumerate(names))
    )
    assert all(kept)
    read: dict[str, list[str]] = {}
    while claims := await backend.lines.claim(10, LEASE):
        for claim in claims:
            read.setdefault(claim.line, []).append(await name_of(backend.letterbox, claim))
        await backend.lines.finish([(claim, Done()) for claim in claims])
    assert read == {f"auction:b{line}": names[line::3] for line in range(3)}


async def test_one_that_cannot_be_kept_spoils_no_other(letterbox: Letterbox, lines: Lines) -> None:
    found = await asyncio.gather(
        *(take_in(letterbox, name, f"auction:{name[:2]}") for name in ("m1", "m2", "m\0", "m3", "m4")),
        return_exceptions=True,
    )
    assert [type(each) for each in found] == [bool, bool, Malformed, bool, bool]
    assert len(await lines.claim(10, LEASE)) == 4


async def test_who_leaves_meanwhile_spoils_no_other(letterbox: Letterbox) -> None:
    tasks = [asyncio.create_task(take_in(letterbox, f"m{number}")) for number in range(8)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert found[1::2] == [True] * 4
    assert all(isinstance(each, asyncio.CancelledError) for each in found[::2])


async def test_letters_of_a_line_are_read_in_their_order_one_at_a_time(letterbox: Letterbox, lines: Lines) -> None:
    names = [f"m{number}" for number in range(4)]
    for name in names:
        assert await take_in(letterbox, name)
    read = []
    for _ in names:
        [claim] = await lines.claim(10, LEASE)
        read.append(await name_of(letterbox, claim))
        await lines.finish([(claim, Done())])
    assert read == names


async def test_a_letter_that_comes_while_its_line_is_busy_waits_for_its_end(backend: Backend) -> None:
    await take_in(backend.letterbox, "m1")
    [first] = await backend.lines.claim(10, LEASE)
    await take_in(backend.letterbox, "m2")
    assert await backend.other_lines.claim(10, LEASE) == []
    await backend.lines.finish([(first, Done())])
    [second] = await backend.other_lines.claim(10, LEASE)
    assert await name_of(backend.letterbox, second) == "m2"


async def test_a_letter_for_a_line_that_is_held_waits_for_the_end_of_the_hold(backend: Backend) -> None:
    await take_in(backend.letterbox, "m1")
    [first] = await backend.lines.claim(10, LEASE)
    await backend.lines.finish([(first, Hold(timedelta(minutes=1), "away"))])
    await take_in(backend.letterbox, "m2")
    assert await backend.lines.claim(10, LEASE) == []
    await backend.pass_time(timedelta(minutes=1))
    [claim] = await backend.lines.claim(10, LEASE)
    assert await name_of(backend.letterbox, claim) == "m1"


async def test_the_most_urgent_letter_is_read_first(letterbox: Letterbox, lines: Lines) -> None:
    await take_in(letterbox, "m1", "auction:b1", Urgency.REST)
    await take_in(letterbox, "m2", "auction:b2", Urgency.WIN)
    await take_in(letterbox, "m3", "auction:b3", Urgency.REST)
    await take_in(letterbox, "m4", "auction:b3", Urgency.ANSWER)
    assert [claim.line for _ in range(3) for claim in await lines.claim(1, LEASE)] == [
        "auction:b3", "auction:b2", "auction:b1",
    ]  # fmt: skip


async def test_whoever_waits_for_work_hears_of_a_letter(backend: Backend) -> None:
    await backend.lines.wait(timedelta(seconds=0.01))
    waiting = asyncio.create_task(backend.lines.wait(timedelta(hours=1)))
    await asyncio.wait([waiting], timeout=0.1)
    await take_in(backend.letterbox, "m1")
    await waiting
    assert len(await backend.lines.claim(10, LEASE)) == 1


async def test_a_letter_that_no_column_can_hold_is_refused_and_not_kept(letterbox: Letterbox, lines: Lines) -> None:
    with pytest.raises(Malformed):
        await take_in(letterbox, "m\0")
    assert await lines.claim(10, LEASE) == []

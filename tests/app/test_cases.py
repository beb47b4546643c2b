"""`alipay-bot case`: one item's story on one screen."""

from datetime import datetime, timedelta
from typing import get_args

import pytest

from app import timelines
from service.timeline import Happening, HappeningKind
from tests.app.test_books import Books, books  # noqa: F401 - a fixture
from tests.service.examples import NOW


async def test_a_case_is_one_line_for_each_thing_in_the_order_of_time(books: Books) -> None:  # noqa: F811
    await books.had_a_good_day()

    ended, told = await books.run("case", "o1"), await books.json("case", "o1")

    heading, *lines = ended.out.splitlines()
    assert ended.code == 0
    assert heading.split() == ["time", "(UTC)", "what", "of"]
    assert [line.split()[2] for line in lines] == [each["kind"] for each in told]
    assert any(line.endswith("  12,300 JPY, settled, 20261123190741010007000000000003") for line in lines)
    assert {"charge", "entry", "fact", "link", "move", "report", "work"} >= {each["kind"] for each in told}
    starts = {len(line) - len(line.split(maxsplit=4)[4]) for line in lines}
    assert len(starts) == 1
    times = [datetime.fromisoformat(each["at"]) for each in told]
    assert times == sorted(times)
    assert {at.utcoffset() for at in times} == {timedelta()}


async def test_a_buyers_case_holds_their_verification_and_its_refund(books: Books) -> None:  # noqa: F811
    await books.had_a_good_day()

    told = await books.json("case", "b1")

    assert {each["id"] for each in told} >= {"v1", "p1", "v1-1", "rf-v1-1", "p1-1"}


async def test_an_unknown_name_is_an_error(books: Books) -> None:  # noqa: F811
    ended = await books.run("case", "nothing")

    assert (ended.code, ended.out) == (1, "")
    assert "Nothing is known by this name" in ended.err


TOLD = [
    (
        Happening(at=NOW, kind="move", subject="p1", details={"event": "E", "from": "won", "to": "won"}),
        "stays won by E",
    ),
    (
        Happening(
            at=NOW,
            kind="message",
            subject="p1",
            details={
                "view": "CardView",
                "result": "waiting",
                "reason": "too many calls",
                "until": "2026-11-23T07:32:07+02:00",
            },
        ),
        "CardView, waiting, until 05:32:07: too many calls",
    ),
    (
        Happening(at=NOW, kind="message", subject="7", details={"view": "NoteView", "says": "help", "result": "sent"}),
        "help, sent",
    ),
    (
        Happening(
            at=NOW,
            kind="work",
            subject="chat:7",
            details={"work": "Say", "state": "dead", "attempts": 3, "reason": "x\x1b"},
        ),
        "Say, dead, 3 tries: x?",
    ),
    (
        Happening(
            at=NOW,
            kind="work",
            subject="auction:b1",
            details={
                "work": "ReadAuctionEvent",
                "from": "auction",
                "letter_id": "msg_1",
                "state": "waiting",
                "attempts": 0,
            },
        ),
        "ReadAuctionEvent of auction msg_1, waiting, 0 tries",
    ),
]


@pytest.mark.parametrize(("happening", "words"), TOLD, ids=[words for _, words in TOLD])
def test_each_thing_has_its_words(happening: Happening, words: str) -> None:
    assert timelines.lines([happening])[1].endswith(f"  {words}")


def test_every_kind_has_its_words() -> None:
    assert set(timelines.WORDS) == set(get_args(HappeningKind))

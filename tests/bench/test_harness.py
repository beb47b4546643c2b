"""How samples become figures, ratios and verdicts."""

import re

import pytest

from bench.harness import (
    Floor,
    Row,
    Sample,
    Section,
    Spread,
    at_least,
    at_most,
    of_bare,
    percentile,
    processor,
    rates,
    spread,
    table,
    take_turns,
)
from bench.report import page, section_text
from bench.size import Size


def samples(*rates: float) -> list[Sample]:
    return [Sample(count=100, seconds=100 / rate, cpu=0.1) for rate in rates]


async def test_the_sides_take_turns_and_the_first_round_does_not_count() -> None:
    asked: list[str] = []

    async def ours(count: int) -> Sample:
        asked.append("ours")
        return Sample(count=count, seconds=len(asked))

    async def bare(count: int) -> Sample:
        asked.append("bare")
        return Sample(count=count, seconds=len(asked))

    found = await take_turns({"ours": ours, "bare": bare}, Size(rounds=2, warm_up=1), 7)

    assert asked == ["bare", "ours", "ours", "bare", "bare", "ours"]
    assert [sample.seconds for sample in found["ours"]] == [3, 6]
    assert [sample.count for sample in found["bare"]] == [7, 7]


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    """The second round was slow for both sides, and the third for ours alone."""
    row = rates("sent", samples(512, 64, 256), samples(1024, 128, 1024))

    assert row.figure == Spread(256, 64, 512)
    assert row.ratio == Spread(0.5, 0.25, 0.5)


@pytest.mark.parametrize(
    ("floor", "missed"),
    [(of_bare(0.5), False), (of_bare(0.6), True), (at_least(50), False), (at_least(51), True), (at_most(49), True)],
)
def test_a_floor_is_met_by_the_median(floor: Floor, missed: bool) -> None:
    row = Row(what="", unit="/s", figure=spread([40, 50, 900]), ratio=spread([0.1, 0.5, 0.9]), floor=floor)

    assert row.is_missed is missed


def test_a_floor_of_the_ratio_is_missed_where_there_is_none() -> None:
    assert Row(what="", unit="/s", figure=spread([1]), floor=of_bare(0.1)).is_missed


def test_a_percentile_is_of_all_rounds_together() -> None:
    rounds = [
        Sample(count=50, seconds=1, latencies=[each / 1000 for each in part]) for part in (range(50), range(50, 100))
    ]

    assert percentile("p50", 0.5, rounds).figure.middle == pytest.approx(50)
    assert percentile("p99", 0.99, rounds).figure.middle == pytest.approx(99)


def test_the_processor_is_counted_for_each_unit() -> None:
    assert processor("", samples(1, 2)).figure.middle == pytest.approx(1000)


def test_the_table_names_what_is_missed() -> None:
    text = table([rates("sent", samples(1234.5), samples(5000), of_bare(0.5)), rates("kept", samples(2), samples(1))])

    assert re.search(
        r"\| sent +\| 1,234 /s +\| 5,000 +\| 0\.25 +\| at least 0\.50 of the bare bound +\| MISSED +\|", text
    )
    assert len({len(line) for line in text.splitlines()}) == 1


def test_the_page_has_the_machine_and_every_section() -> None:
    section = Section(title="Sending", told="What is sent.", rows=[], limit="The bot's own limit.")

    text = page({"machine": "2 cores"}, [section])

    assert "| machine | 2 cores |" in text
    assert section_text(section) in text
    assert "What limits it: the bot's own limit." in text

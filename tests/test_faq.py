"""The article in our words and the steps of the journeys say the same, in every language."""

import re
from itertools import pairwise
from pathlib import Path as File

import pytest

from flow.faq import HEADINGS
from flow.steps import FIRST_TIME, STEPS, Path, Step, position
from service.languages import LANGUAGES

ARTICLE = (File(__file__).parents[1] / "docs" / "faq.md").read_text(encoding="utf-8")
NAMES = {"en": "English", "zh_Hans": "简体中文", "zh_Hant": "繁體中文", "ja": "日本語"}

STEP = re.compile(r'#### <a id="(?P<language>\w+)-(?P<step>\w+)"></a>(?P<heading>.+)')
ROW = re.compile(r"\| \[(?P<heading>[^]]+)]\(#(?P<anchor>[^)]+)\) \| (?P<returning>[^|]+) \| (?P<first_time>[^|]+) \|")
SENTENCE = re.compile(r"[。！？]|[.!?](?=\s|$)")


def section(language: str) -> str:
    """What the article says in one language, from its heading to the next one."""
    [text] = re.findall(rf"(?ms)^## {NAMES[language]}\n(.*?)(?=^## |\Z)", ARTICLE)
    return str(text)


def step_headings(text: str) -> list[str]:
    return re.findall(r"(?m)^####.*$", text)


def test_the_article_speaks_the_languages_of_the_assistant() -> None:
    assert set(HEADINGS) == set(LANGUAGES)
    assert re.findall(r"(?m)^## (.+)$", ARTICLE) == list(NAMES.values())


def test_the_source_is_named_once() -> None:
    assert ARTICLE.count("faq.buyee.jp/article/186") == 1


@pytest.mark.parametrize("language", NAMES)
@pytest.mark.parametrize("path", Path)
def test_each_path_has_its_steps_in_order(language: str, path: Path) -> None:
    lines = section(language).splitlines()

    places = [lines.index(f'#### <a id="{language}-{step}"></a>{HEADINGS[language][step]}') for step in STEPS[path]]

    assert all(before < after for before, after in pairwise(places))


@pytest.mark.parametrize("language", NAMES)
def test_each_heading_belongs_to_a_step(language: str) -> None:
    found = [STEP.fullmatch(line) for line in step_headings(section(language))]

    told = [(match["language"], Step(match["step"]), match["heading"]) for match in found if match]

    assert told == [(language, step, HEADINGS[language][step]) for step in FIRST_TIME]
    assert len(found) == len(told)


def test_no_step_is_told_outside_a_language() -> None:
    assert len(step_headings(ARTICLE)) == len(NAMES) * len(Step)


@pytest.mark.parametrize("language", NAMES)
def test_the_overview_numbers_both_paths(language: str) -> None:
    rows = [match.groupdict() for match in ROW.finditer(section(language))]

    assert [(row["heading"], row["anchor"]) for row in rows] == [
        (HEADINGS[language][step], f"{language}-{step}") for step in FIRST_TIME
    ]
    for path in Path:
        numbered = [tuple(map(int, re.findall(r"\d+", row[path]))) for row in rows]
        assert [place for place in numbered if place] == [position(path, step) for step in STEPS[path]]


@pytest.mark.parametrize("language", NAMES)
def test_each_step_is_told_in_two_to_four_sentences(language: str) -> None:
    _, *told = re.split(r"(?m)^####.*$", section(language))

    for text in told:
        body, _, _ = text.partition("\n### ")
        assert 2 <= len(SENTENCE.findall(body)) <= 4, body

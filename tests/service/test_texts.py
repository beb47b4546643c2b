"""Catalogues of words, made for the test."""

from datetime import UTC, datetime, timedelta, timezone
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from flow.money import DECIMALS, Money
from service.texts import MissingText, Texts

HEADER = {"": "Content-Type: text/plain; charset=UTF-8\\n"}
WORDS = {
    "en": {
        "hello": "Hello <b>{name}</b>, {{braces}} & more",
        "only": "Only English",
        "zone.china": "Shanghai",
        "zone.city": "{when} {place} time",
        "zone.offset": "{when} {place}",
    },
    "zh_Hans": {"hello": "<b>{name}</b>，您好", "only": "", "zone.china": "北京", "zone.city": "{place}时间 {when}"},
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Texts:
    folder = tmp_path_factory.mktemp("locales")
    for language, words in WORDS.items():
        _write(folder / language / "LC_MESSAGES" / "chat.po", words)
        _write(folder / language / "LC_MESSAGES" / "pages.po", {"hello": "from another domain"})
    return Texts(folder, "chat")


def _write(path: Path, words: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = [f'msgid "{key}"\nmsgstr "{words}"\n' for key, words in {**HEADER, **words}.items()]
    path.write_text("\n".join(entries), encoding="utf-8")


def test_the_languages_are_those_with_a_catalogue(texts: Texts) -> None:
    assert texts.languages == ("en", "zh_Hans")


def test_a_key_becomes_words_in_the_language(texts: Texts) -> None:
    assert texts("zh_Hans", "hello", name="林") == "<b>林</b>，您好"
    assert texts("en", "hello", name="Lin") == "Hello <b>Lin</b>, {braces} & more"


@pytest.mark.parametrize("language", ["zh_Hans", "ja", "xx"])
def test_what_a_language_does_not_say_is_said_in_english(texts: Texts, language: str) -> None:
    assert texts(language, "only") == "Only English"


def test_a_key_that_nobody_knows_is_a_fault_that_names_it(texts: Texts) -> None:
    with pytest.raises(MissingText, match=r"nothing\.here"):
        texts("zh_Hans", "nothing.here")


@given(name=st.text())
def test_a_value_is_escaped_and_is_no_pattern(texts: Texts, name: str) -> None:
    said = texts("zh_Hans", "hello", name=name)
    inside = said.removeprefix("<b>").removesuffix("</b>，您好")
    assert not set("<>\"'") & set(inside)
    assert unescape(inside) == unescape(str(escape(name)))


def test_words_of_ours_are_put_in_as_they_are(texts: Texts) -> None:
    assert texts("zh_Hans", "hello", name=texts("en", "hello", name="<i>")) == (
        "<b>Hello <b>&lt;i&gt;</b>, {braces} & more</b>，您好"
    )


@pytest.mark.parametrize(
    ("language", "money", "words"),
    [
        ("en", Money("JPY", 12300), "12,300 Japanese yen"),
        ("en", Money("CNY", 30), "0.30 Chinese yuan"),
        ("zh_Hans", Money("JPY", 12300), "12,300日元"),
        ("zh_Hans", Money("CNY", 123456), "1,234.56人民币"),
        ("ja", Money("JPY", 5), "5円"),
    ],
)
def test_money_is_named(texts: Texts, language: str, money: Money, words: str) -> None:
    assert texts.money(language, money) == words


@given(money=st.builds(Money, st.sampled_from(sorted(DECIMALS)), st.integers(0, 10**16 - 1)))
def test_money_is_said_to_the_last_digit(texts: Texts, money: Money) -> None:
    said = texts.money("en", money)
    assert "".join(filter(str.isdigit, said)).lstrip("0") == str(money.value).lstrip("0")


MOMENT = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "zone", "words"),
    [
        ("en", "America/New_York", "Nov 23 11:30 New York time"),
        ("en", "Asia/Shanghai", "Nov 24 00:30 Shanghai time"),
        ("en", "UTC+05:45", "Nov 23 22:15 UTC+05:45"),
        ("en", "UTC", "Nov 23 16:30 UTC"),
        ("zh_Hans", "Asia/Shanghai", "北京时间 11月24日 00:30"),
        ("zh_Hans", "Asia/Tokyo", "东京时间 11月24日 01:30"),
        ("zh_Hant", "Asia/Taipei", "11月24日 00:30 台北 time"),
    ],
)
def test_a_moment_is_said_in_the_readers_zone_which_is_named(
    texts: Texts, language: str, zone: str, words: str
) -> None:
    assert texts.moment(language, MOMENT, zone) == words


def test_a_moment_is_the_same_in_whatever_zone_it_is_given(texts: Texts) -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=-7)))
    assert texts.moment("zh_Hans", elsewhere, "UTC") == texts.moment("zh_Hans", MOMENT, "UTC")

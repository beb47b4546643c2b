import pytest

from service.languages import language_of

TAGS = [
    ("zh", "zh_Hans"),
    ("zh-hans", "zh_Hans"),
    ("zh-Hans-CN", "zh_Hans"),
    ("zh_CN", "zh_Hans"),
    ("zh-SG", "zh_Hans"),
    ("zh-hant", "zh_Hant"),
    ("zh-Hant-TW", "zh_Hant"),
    ("zh-TW", "zh_Hant"),
    ("zh_HK", "zh_Hant"),
    ("zh-mo", "zh_Hant"),
    ("en", "en"),
    ("en-GB", "en"),
    ("ja", "ja"),
    ("JA-jp", "ja"),
    ("ko", "en"),
    ("xx-TW", "en"),
    ("english", "en"),
    ("", "en"),
    ("-", "en"),
    (None, "en"),
]


@pytest.mark.parametrize(("tag", "language"), TAGS)
def test_the_nearest_language(tag: str | None, language: str) -> None:
    assert language_of(tag) == language


@pytest.mark.parametrize(
    ("tag", "language"),
    [("zh-TW", "zh_Hans"), ("zh-CN", "zh_Hans"), ("ja", "en"), ("en", "en"), (None, "en")],
)
def test_where_a_language_has_no_words_the_nearest_that_has(tag: str | None, language: str) -> None:
    assert language_of(tag, ("en", "zh_Hans")) == language


def test_one_chinese_is_nearer_to_the_other_than_english() -> None:
    assert language_of("zh-hans", ("en", "zh_Hant")) == "zh_Hant"

import re
from pathlib import Path
from string import Formatter

from babel.messages.pofile import read_po

import web
from web.landing import AWAY, ENDED, PAID, PAID_RETURNED, UNCONFIRMED, UNKNOWN, UNSURE, VERIFIED, VERIFIED_RETURNED

FOLDER = Path(web.__file__).parent
NOTICES = (AWAY, ENDED, PAID, PAID_RETURNED, UNCONFIRMED, UNKNOWN, UNSURE, VERIFIED, VERIFIED_RETURNED)
LANGUAGES = ("en", "zh_Hans")


def catalogue(language: str) -> dict[str, str]:
    with (FOLDER / "locales" / language / "LC_MESSAGES" / "pages.po").open("rb") as source:
        return {str(message.id): str(message.string) for message in read_po(source) if message.id}


def placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def used() -> set[str]:
    templates = "".join(path.read_text() for path in FOLDER.glob("templates/*.html"))
    direct = re.findall(r'\bt\("([a-z._]+)"[,)]', templates)
    notices = [f"notice.{notice.kind}.{part}" for notice in NOTICES for part in ("title", "text")]
    return {*direct, *notices, "zone.china", "zone.city", "zone.offset"}


def test_every_text_that_is_used_is_there_and_none_is_left_over() -> None:
    assert used() == set(catalogue("en"))


def test_every_language_is_complete_with_the_same_placeholders() -> None:
    english, chinese = (catalogue(language) for language in LANGUAGES)

    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert text, key
        assert chinese[key], key
        assert placeholders(text) == placeholders(chinese[key]), key


def test_no_template_holds_words_of_its_own() -> None:
    for path in FOLDER.glob("templates/*.html"):
        code_free = re.sub(r"{%.*?%}|{{.*?}}|<[^>]*>", "", path.read_text(), flags=re.DOTALL)
        assert not re.search(r"[^\W\d_]", code_free), path.name

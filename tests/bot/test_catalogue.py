"""The catalogues: complete, alike in every language, and with nothing that no code asks for."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import app
import bot
import service
from bot.handlers.buttons import TOASTS
from bot.keyboards import LABELS
from bot.profile import TELEGRAM_CODES
from flow.journey import Kind
from flow.offers import OFFERS, Act
from sandbox.telegram.markup import parse_html
from service.facts import Command
from service.languages import LANGUAGES
from service.moves import TOLD
from service.staff import Call

assert bot.__file__
LOCALES = Path(bot.__file__).parent / "locales"
PLAIN = re.compile(r"button\.|press\.|command\.|bot\.|language\.[a-z]{2}|group\.|error\.")
"""Keys of texts that Telegram shows without markup."""


def catalogue(language: str) -> dict[str, str]:
    with (LOCALES / language / "LC_MESSAGES" / "chat.po").open("rb") as source:
        return {str(message.id): str(message.string) for message in read_po(source) if message.id}


ENGLISH = catalogue("en")
OTHERS = [path.name for path in LOCALES.iterdir() if path.name != "en"]
ALL = ["en", *OTHERS]


def literals(package: str) -> Iterator[str]:
    for path in Path(package).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


SAID_BY = {"say": slice(2, 3), "tell": slice(2, 3), "unlink": slice(4, 5)}
"""Which argument of a call is the key of a text."""


def said_by_the_service() -> Iterator[str]:
    """The keys in `say(tx, chat, "key")`, `tell(tx, buyer, "key")` and `Say(..., text="key")`."""
    assert service.__file__
    for path in Path(service.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                named = [keyword.value for keyword in node.keywords if keyword.arg == "text"]
                called = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
                said = node.args[SAID_BY[called]] if called in SAID_BY else []
                for value in (*named, *said):
                    yield from (
                        part.value
                        for part in ast.walk(value)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value[-1:] != "."
                    )


COMPUTED = {
    *(f"unclear.{kind}" for kind in Kind),
    *(f"language.{language}" for language in LANGUAGES),
    *(f"command.{command}" for command in Command),
    *(f"staff.{call}" for call in Call),
    *(f"refund_missed.{state.value}" for state, acts in OFFERS.items() if Act.NOT_SEEN in acts),
}


def test_every_text_that_the_service_says_is_there() -> None:
    said = set(said_by_the_service())
    assert {"connect", "code.used", "code.unknown", "staff.case", "language.choose"} <= said
    assert {"money.refund_overdue", "unlinked.here", "unlinked.in_wallet", "unlink.ask"} <= said
    assert said | set(TOLD.values()) <= set(ENGLISH)


def test_every_text_that_the_bot_asks_for_is_there() -> None:
    asked = {*LABELS.values(), *(toast.text for toast in TOASTS.values() if toast), *COMPUTED}
    assert asked <= set(ENGLISH)


def test_nothing_is_there_that_no_code_asks_for() -> None:
    written = {literal for package in (app, bot, service) for literal in literals(str(package.__file__))}
    assert set(ENGLISH) - written - COMPUTED == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_every_text_with_the_same_placeholders(language: str) -> None:
    def placeholders(texts: dict[str, str]) -> dict[str, set[str]]:
        return {key: set(re.findall(r"\{(\w+)\}", text)) for key, text in texts.items()}

    assert placeholders(catalogue(language)) == placeholders(ENGLISH)


@pytest.mark.parametrize("language", ALL)
def test_texts_are_finished_and_valid_html(language: str) -> None:
    for key, text in catalogue(language).items():
        assert text.strip() == text != "", key
        assert not re.search("<", text) or not PLAIN.match(key), key
        assert parse_html(text).text, key


@pytest.mark.parametrize("language", ALL)
def test_a_button_that_a_text_names_is_called_so(language: str) -> None:
    texts = catalogue(language)
    labels = {text for key, text in texts.items() if key.startswith("button.")}
    named = {name for text in texts.values() for name in re.findall(r"(?:[Tt]ap |点击)<b>“?([^<”]+)”?</b>", text)}
    assert named
    assert named <= labels


@pytest.mark.parametrize("language", ALL)
def test_no_text_states_a_number_of_its_own(language: str) -> None:
    without_lists = {key: re.sub(r"^\d\. ", "", text, flags=re.MULTILINE) for key, text in catalogue(language).items()}
    numbered = {key for key, text in without_lists.items() if re.search(r"\d", text)}
    assert numbered == set()


@pytest.mark.parametrize("language", [language for language in TELEGRAM_CODES if language in ALL])
def test_what_telegram_shows_of_the_bot_fits(language: str) -> None:
    texts = {
        key: text.format(shop="JDirectItems Auction", n=1, duration="1 hour")
        for key, text in catalogue(language).items()
        if PLAIN.match(key) and "{id}" not in text and "{title}" not in text
    }
    assert len(texts["bot.description"]) <= 512
    assert len(texts["bot.about"]) <= 120
    assert all(1 <= len(texts[f"command.{command}"]) <= 256 for command in Command)
    assert all(len(texts[key]) <= 200 for key in texts if key.startswith("press."))

"""Every page in every language, and the choice between them."""

import json
import re
from pathlib import Path
from string import Formatter

import pytest

import sandbox.auction
from sandbox.auction.languages import LANGUAGES, choose
from tests.sandbox.auction.conftest import Person

FOLDER = Path(sandbox.auction.__file__).parent
TEXTS = {tag: json.loads((FOLDER / "texts" / f"{tag}.json").read_text(encoding="utf-8")) for tag in LANGUAGES}


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "en"),
        (None, "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        (None, "zh-TW", "zh-Hant"),
        (None, "fr, ja;q=0.5, en;q=0.4", "ja"),
        (None, "en;q=0.1, zh-HK;q=0.2", "zh-Hant"),
        (None, "en;q=0, ja;q=0.001", "ja"),
        (None, "*;q=0.5, ;;q=x, de", "en"),
        ("ja", "zh-CN", "ja"),
        ("cht", "en", "zh-Hant"),
        ("zh-hans", "en", "zh-Hans"),
        ("klingon", "zh-CN", "zh-Hans"),
    ],
)
def test_the_asked_language_then_the_browser_s(asked: str | None, accepted: str, language: str) -> None:
    assert choose(asked, accepted) == language


@pytest.mark.parametrize("tag", LANGUAGES)
def test_the_languages_agree_on_keys_and_placeholders(tag: str) -> None:
    def places(texts: dict[str, str]) -> dict[str, set[str]]:
        return {key: {name for _, name, _, _ in Formatter().parse(text) if name} for key, text in texts.items()}

    assert places(TEXTS[tag]) == places(TEXTS["en"])
    assert all(TEXTS[tag].values())


def test_every_text_that_a_template_names_exists() -> None:
    templates = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / "templates").glob("*.html"))
    named = set(re.findall(r'\bt\("(\w+)"[,)]', templates))
    assert named
    assert named <= TEXTS["en"].keys()


def test_every_reason_of_a_refusal_has_a_text() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py") if path.stem != "api")
    reasons = set(re.findall(r'raise (?:Refused|NotSignedIn)\("(\w+)"\)', code)) - {"code_used"}
    assert reasons
    assert {f"refused_{reason}" for reason in reasons} <= TEXTS["en"].keys()


@pytest.mark.parametrize("tag", LANGUAGES)
async def test_every_page_in_every_language(person: Person, tag: str) -> None:
    await person.act("/bid/t1194609512", amount="12800", payment_method="alipay")
    await person.act("/end/t1194609512")
    for path in ["/", "/item/jdirectitems/auction/t1194613083", "/myorders/other-payment", "/account", "/backoffice"]:
        page = await person.open(f"{path}?lang={tag}")
        assert f'<html lang="{tag}">' in page
        assert TEXTS[tag]["nav_payment"] in page
    assert f'<html lang="{tag}">' in await person.open("/account")  # remembered

"""Page texts in four languages, chosen by the browser's Accept-Language."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from importlib.resources import files

from babel import Locale
from babel.dates import format_skeleton

LANGUAGES = ("zh-Hans", "zh-Hant", "en", "ja")
_CHINA = timezone(timedelta(hours=8))
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo")


@dataclass(frozen=True)
class Texts:
    """A language's texts: call with a key and the values of its placeholders."""

    language: str
    table: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        return self.table[key].format(**values)

    def moment(self, at: datetime) -> str:
        """A moment on China's clock: `11月23日 16:34`."""
        local = at.astimezone(_CHINA)
        return f"{format_skeleton('MMMd', local, locale=Locale.parse(self.language, sep='-'))} {local:%H:%M}"


class Catalog:
    def __init__(self) -> None:
        folder = files(__package__) / "locales"
        self._texts = {
            language: Texts(language, json.loads((folder / f"{language}.json").read_text("utf-8")))
            for language in LANGUAGES
        }

    def choose(self, accept_language: str) -> Texts:
        """The best language that the header asks for; Simplified Chinese when it asks for none of ours."""
        for tag in _by_preference(accept_language):
            language = _language_of(tag)
            if language:
                return self._texts[language]
        return self._texts["zh-Hans"]


def _by_preference(header: str) -> list[str]:
    weighted = [part.strip().lower().partition(";q=") for part in header.split(",")]
    wanted = [(_weight(weight), tag) for tag, _, weight in weighted]
    return [tag for weight, tag in sorted(wanted, key=lambda pair: -pair[0]) if weight > 0]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0


def _language_of(tag: str) -> str | None:
    if tag.startswith(_TRADITIONAL):
        return "zh-Hant"
    return {"zh": "zh-Hans", "en": "en", "ja": "ja"}.get(tag.partition("-")[0])

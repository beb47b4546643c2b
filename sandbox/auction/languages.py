"""The pages' languages: which one a visitor gets, and its texts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

LANGUAGES = {"en": "English", "zh-Hans": "简体中文", "zh-Hant": "繁體中文", "ja": "日本語"}
JST = timezone(timedelta(hours=9), "JST")
_RANGE = re.compile(r"\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?")
_TRADITIONAL = ("zh-hant", "zh-tw", "zh-hk", "zh-mo", "cht")


def match(tag: str) -> str | None:
    """The language of ours that a BCP 47 tag asks for; `cht` is how shops spell zh-Hant."""
    lower = tag.lower()
    if lower.startswith(_TRADITIONAL):
        return "zh-Hant"
    return {"en": "en", "zh": "zh-Hans", "ja": "ja"}.get(lower.partition("-")[0])


def choose(asked: str | None, accepted: str) -> str:
    """`asked` (a tag) first, then an Accept-Language header, then English."""
    tags = [asked or "", *_by_preference(accepted)]
    return next((found for found in map(match, tags) if found), "en")


def _by_preference(accepted: str) -> list[str]:
    ranges = [found for found in map(_RANGE.fullmatch, accepted.split(",")) if found]
    weighted = [(float(found[2] or 1), found[1]) for found in ranges]
    return [tag for weight, tag in sorted(weighted, key=lambda pair: -pair[0]) if weight > 0]


@dataclass(frozen=True)
class Words:
    """One language: `words("key", name=value)`."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        return self.texts[key].format(**values)

    def money(self, yen: int) -> str:
        return self("money", value=f"{yen:,}")

    def japan_time(self, at: datetime) -> str:
        return f"{at.astimezone(JST):%Y-%m-%d %H:%M} JST"

    def utc_time(self, at: datetime) -> str:
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


class Languages:
    """All languages, read once from `texts/*.json`."""

    def __init__(self) -> None:
        folder = Path(__file__).parent / "texts"
        self._words = {
            tag: Words(tag, json.loads((folder / f"{tag}.json").read_text(encoding="utf-8"))) for tag in LANGUAGES
        }

    def words(self, language: str) -> Words:
        return self._words[language]

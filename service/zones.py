"""Time zones as buyers name them: guessed from a language, chosen from a list, or typed."""

import re
from datetime import timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

OFFERED = (
    "Asia/Shanghai",
    "Asia/Taipei",
    "Asia/Hong_Kong",
    "Asia/Tokyo",
    "Asia/Singapore",
    "Europe/London",
    "America/New_York",
    "America/Los_Angeles",
)
"""The zones that have a button."""

ELSEWHERE = "Asia/Tokyo"
"""The zone of whoever's language says nothing: the auctions' own, and an hour at most from where Alipay is used."""

_OFFSET = re.compile(r"(?:UTC|GMT)?\s*([+-])\s*(\d{1,2})(?::?([0-5]\d))?", re.IGNORECASE)
_FARTHEST = timedelta(hours=14)
"""The largest offset that is in use (Kiribati)."""


def guessed(language: str | None) -> str:
    """The zone that a language tag such as `zh-hans`, `zh-TW` or `ja`, or a language of ours, speaks for."""
    parts = (language or "").lower().replace("_", "-").split("-")
    if parts[0] == "ja":
        return "Asia/Tokyo"
    if parts[0] != "zh":
        return ELSEWHERE
    if "hk" in parts or "mo" in parts:
        return "Asia/Hong_Kong"
    return "Asia/Taipei" if "tw" in parts or "hant" in parts else "Asia/Shanghai"


def parsed(text: str) -> str | None:
    """The zone that somebody typed, as it is written: `Asia/Shanghai`, or an offset as `UTC+08:00`."""
    text = text.strip()
    if found := _OFFSET.fullmatch(text):
        sign, hours, minutes = found[1], int(found[2]), int(found[3] or 0)
        is_in_use = timedelta(hours=hours, minutes=minutes) <= _FARTHEST
        return f"UTC{sign}{hours:02}:{minutes:02}" if is_in_use else None
    return _names().get(text.replace(" ", "_").casefold())


def zone_of(name: str) -> tzinfo:
    """The zone of a name that `guessed` or `parsed` gave, also where the time zone database has lost it since."""
    if found := _OFFSET.fullmatch(name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-offset if found[1] == "-" else offset)
    return ZoneInfo(name if name in _names().values() else ELSEWHERE)


@cache
def _names() -> dict[str, str]:
    """Every zone's name, found by its name in small letters."""
    return {name.casefold(): name for name in sorted(available_timezones())}

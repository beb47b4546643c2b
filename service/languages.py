"""The languages that buyers are answered in."""

LANGUAGES = ("zh_Hans", "zh_Hant", "en", "ja")
DEFAULT = "en"

_TRADITIONAL = ("hant", "tw", "hk", "mo")


def language_of(tag: str | None, offered: tuple[str, ...] = LANGUAGES) -> str:
    """The offered language that is nearest to an IETF tag such as `zh-hans`, `zh-TW` or `ja`; English for any other."""
    parts = (tag or "").lower().replace("_", "-").split("-")
    if parts[0] == "zh":
        wanted = ["zh_Hant", "zh_Hans"] if any(part in _TRADITIONAL for part in parts) else ["zh_Hans", "zh_Hant"]
    else:
        wanted = [parts[0]]
    return next((language for language in wanted if language in offered), DEFAULT)

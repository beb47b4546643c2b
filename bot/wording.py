"""Texts that people wrote, made fit for a message: no invisible mischief, no more than a bounded length."""

import re
import unicodedata

ELLIPSIS = "…"

_UNWANTED = frozenset({"Cc", "Cs"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that change the direction of the text around them, so that an amount could read another way."""


def clean(text: str) -> str:
    """The text on one line, without NULs, lone surrogates and other characters that no one can see or store."""
    return " ".join("".join(map(_visible, text)).split())


def units(text: str) -> int:
    """The length as Telegram counts it, in UTF-16 code units (core.telegram.org/api/entities#entity-length)."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def bounded(text: str, most: int) -> str:
    """The cleaned text, cut with an ellipsis where it is longer than `most` UTF-16 units."""
    text = clean(text)
    if units(text) <= most:
        return text
    kept = text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore")
    return kept.rstrip() + ELLIPSIS


def without_tags(html: str) -> str:
    """A text of the catalogue with its tags taken off; references stay as they are."""
    return re.sub(r"</?[a-z][^>]*>", "", html)


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    unwanted = unicodedata.category(character) in _UNWANTED or character in _TURNING
    return "" if unwanted else character

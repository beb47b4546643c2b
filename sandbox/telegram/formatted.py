"""Text with entities: lengths in UTF-16 units, trimming, and the entities Telegram finds by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox.telegram import rules
from sandbox.telegram.jsontypes import Json

_FOUND = re.compile(
    r"(?<![A-Za-z0-9_])(?P<url>https?://[^\s<>\"]*[^\s<>\".,;:!?)\]。，；：！？）】」』])"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])"
    r"|(?<!\w)(?P<mention>@[A-Za-z][A-Za-z0-9_]{3,31})\b"
)
_OPAQUE = frozenset({"code", "pre", "text_link", "url", "text_mention"})


def units(text: str) -> int:
    """Length in UTF-16 code units, Telegram's measure for offsets and limits."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass(frozen=True)
class Formatted:
    text: str
    entities: tuple[Json, ...] = field(default=())

    @property
    def length(self) -> int:
        return units(self.text)

    def content(self, prefix: str = "") -> Json:
        """As message fields: `text` and `entities`, or `caption` and `caption_entities`."""
        if prefix:
            named: Json = {prefix: self.text, f"{prefix}_entities": list(self.entities)}
        else:
            named = {"text": self.text, "entities": list(self.entities)}
        return {name: value for name, value in named.items() if value}


def tidy(formatted: Formatted) -> Formatted:
    """Trim white space at both ends and add found entities, as the server does before it counts."""
    text = formatted.text.strip()
    shift = units(formatted.text) - units(formatted.text.lstrip())
    moved = (_clip(entity, shift, units(text)) for entity in formatted.entities)
    kept = [entity for entity in moved if entity["length"] > 0]
    found = [entity for entity in find_entities(text) if not any(_covers(old, entity) for old in kept)]
    return Formatted(text, tuple(sort([*kept, *found])[: rules.ENTITIES]))


def find_entities(text: str) -> Iterator[Json]:
    """Links, /commands and @mentions in plain text."""
    for match in _FOUND.finditer(text):
        offset = units(text[: match.start()])
        yield {"type": str(match.lastgroup), "offset": offset, "length": units(match.group())}


def sort(entities: list[Json]) -> list[Json]:
    """By place; where two begin together, the outer one first."""
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _clip(entity: Json, shift: int, length: int) -> Json:
    start = max(0, entity["offset"] - shift)
    end = min(length, entity["offset"] + entity["length"] - shift)
    return {**entity, "offset": start, "length": end - start}


def _covers(outer: Json, inner: Json) -> bool:
    overlaps = (
        outer["offset"] < inner["offset"] + inner["length"] and inner["offset"] < outer["offset"] + outer["length"]
    )
    return overlaps and outer["type"] in _OPAQUE

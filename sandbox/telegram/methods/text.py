"""Text and caption parameters: parsed, trimmed, then measured."""

from __future__ import annotations

from sandbox.telegram import rules
from sandbox.telegram.errors import Words, bad_request
from sandbox.telegram.formatted import Formatted, tidy
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.markup import parse_html


def message_text(text: str, parse_mode: str, entities: list[Json]) -> Formatted:
    """Raises Refused for an empty or too long text, and for bad markup."""
    formatted = _formatted(text, parse_mode, entities)
    if not formatted.text:
        raise bad_request(Words.MESSAGE_EMPTY)
    if formatted.length > rules.TEXT_UNITS:
        raise bad_request(Words.MESSAGE_TOO_LONG)
    return formatted


def caption_text(text: str, parse_mode: str, entities: list[Json]) -> Formatted:
    """Raises Refused for a too long caption and for bad markup."""
    formatted = _formatted(text, parse_mode, entities)
    if formatted.length > rules.CAPTION_UNITS:
        raise bad_request(Words.CAPTION_TOO_LONG)
    return formatted


def _formatted(text: str, parse_mode: str, entities: list[Json]) -> Formatted:
    if len(text.encode("utf-8", "surrogatepass")) > rules.TEXT_BYTES:
        raise bad_request(Words.TEXT_TOO_LONG)
    match parse_mode.lower():
        case "html":
            return tidy(parse_html(text))
        case "" | "none":
            return tidy(Formatted(text, tuple(_checked(entity) for entity in entities)))
        case _:
            # Markdown is not emulated: HTML needs three escapes, MarkdownV2 eighteen.
            raise bad_request("unsupported parse_mode")


def _checked(entity: Json) -> Json:
    place = entity.get("offset"), entity.get("length")
    if not isinstance(entity.get("type"), str) or not all(isinstance(number, int) for number in place):
        raise bad_request("can't parse MessageEntity: wrong type, offset or length")
    return entity

"""`parse_mode=HTML`: the tags Telegram knows, and its refusals for the rest (core.telegram.org/bots/api#html-style)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from sandbox.telegram.errors import Refused, bad_request
from sandbox.telegram.formatted import Formatted, sort, units
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.links import normal_link

ENTITY_OF_TAG = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}

_TOKEN = re.compile(
    r"(?P<reference>&(?:#[xX][0-9a-fA-F]+|#[0-9]+|lt|gt|amp|quot);?)"
    r"|</(?P<end>[^\s>]*)\s*(?P<closed>>?)"
    r"|<(?P<start>[^\s>]*)"
    r"|(?P<plain>[^&<]+|&)"
)
_ATTRIBUTE = re.compile(
    r"\s+(?P<name>[^\s=>]+)(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<token>[A-Za-z0-9.-]+)))?"
)
_TAG_END = re.compile(r"\s*>")


@dataclass(frozen=True)
class OpenTag:
    name: str
    argument: str
    offset: int
    pieces: int


def parse_html(source: str) -> Formatted:
    """Text and entities of an HTML message. Raises Refused ("can't parse entities: ...") with byte offsets."""
    return _Parser(source).parse()


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._position = 0
        self._pieces: list[str] = []
        self._length = 0
        self._open: list[OpenTag] = []
        self._entities: list[Json] = []

    def parse(self) -> Formatted:
        while token := _TOKEN.match(self._source, self._position):
            self._position = token.end()
            self._take(token)
        if self._open:
            raise _refused(f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"')
        return Formatted("".join(self._pieces), tuple(sort(self._entities)))

    def _take(self, token: re.Match[str]) -> None:
        if token["start"] is not None:
            self._start(token["start"].lower(), token.start())
        elif token["end"] is not None:
            self._end(token["end"].lower(), token.start(), closed=bool(token["closed"]))
        else:
            self._append(unescape(token["reference"]) if token["reference"] else token["plain"])

    def _append(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += units(piece)

    def _start(self, name: str, begin: int) -> None:
        place = f"at byte offset {self._bytes(begin)}"
        if self._position >= len(self._source):
            raise _refused(f"Unclosed start tag {place}")
        if name not in ENTITY_OF_TAG:
            raise _refused(f'Unsupported start tag "{name}" {place}')
        argument = _argument(name, self._attributes(place))
        if name == "span" and argument != "tg-spoiler":
            raise _refused(f'Tag "span" must have class "tg-spoiler" {place}')
        self._open.append(OpenTag(name, argument, self._length, len(self._pieces)))

    def _attributes(self, place: str) -> dict[str, str]:
        found: dict[str, str] = {}
        while attribute := _ATTRIBUTE.match(self._source, self._position):
            self._position = attribute.end()
            found[attribute["name"]] = unescape(
                attribute["double"] or attribute["single"] or (attribute["token"] or "").lower()
            )
        end = _TAG_END.match(self._source, self._position)
        if end is None:
            raise _refused(f"Unclosed start tag {place}")
        self._position = end.end()
        return found

    def _end(self, name: str, begin: int, *, closed: bool) -> None:
        place = f"at byte offset {self._bytes(begin)}"
        if not self._open:
            raise _refused(f"Unexpected end tag {place}")
        if not closed:
            raise _refused(f"Unclosed end tag {place}")
        expected = self._open[-1].name
        if name and name != expected:
            raise _refused(f'Unmatched end tag {place}, expected "</{expected}>", found "</{name}>"')
        self._close(self._open.pop())

    def _close(self, tag: OpenTag) -> None:
        place: Json = {"offset": tag.offset, "length": self._length - tag.offset}
        if not place["length"]:
            return
        if tag.name == "a":
            self._link(tag, place)
        elif tag.name in {"pre", "code"}:
            self._code(tag, place)
        else:
            kind = "expandable_blockquote" if tag.argument == "expandable" else ENTITY_OF_TAG[tag.name]
            self._entities.append({"type": kind, **place})

    def _link(self, tag: OpenTag, place: Json) -> None:
        url = tag.argument or "".join(self._pieces[tag.pieces :])
        user = re.fullmatch(r"tg://user\?id=(\d+)", url)
        if user:
            mentioned = {"id": int(user[1]), "is_bot": False, "first_name": ""}
            self._entities.append({"type": "text_mention", **place, "user": mentioned})
        elif link := normal_link(url):
            self._entities.append({"type": "text_link", **place, "url": link})

    def _code(self, tag: OpenTag, place: Json) -> None:
        """`<pre><code class="language-x">` is one entity with a language."""
        inner = self._entities[-1] if self._entities else {}
        if tag.name == "pre" and inner.get("type") == "code" and place.items() <= inner.items():
            self._entities[-1] = {**inner, "type": "pre"}
            return
        language = {"language": tag.argument} if tag.argument else {}
        self._entities.append({"type": tag.name, **place, **language})

    def _bytes(self, position: int) -> int:
        return len(self._source[:position].encode("utf-8", "surrogatepass"))


def _argument(tag: str, attributes: dict[str, str]) -> str:
    match tag:
        case "a":
            return attributes.get("href", "")
        case "span":
            return attributes.get("class", "")
        case "code":
            return attributes.get("class", "").removeprefix("language-")
        case "blockquote":
            return "expandable" if "expandable" in attributes else ""
        case _:
            return ""


def _refused(words: str) -> Refused:
    return bad_request(f"can't parse entities: {words}")

"""HTML parse mode: entities in UTF-16 units, and refusals that name the byte."""

from __future__ import annotations

import pytest

from sandbox.telegram.errors import Refused
from sandbox.telegram.formatted import Formatted, tidy
from sandbox.telegram.markup import parse_html


def entities(source: str) -> list[tuple[str, int, int]]:
    return [(entity["type"], entity["offset"], entity["length"]) for entity in parse_html(source).entities]


@pytest.mark.parametrize(
    ("tag", "kind"),
    [
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("strike", "strikethrough"),
        ("del", "strikethrough"),
        ("code", "code"),
        ("pre", "pre"),
        ("blockquote", "blockquote"),
        ("tg-spoiler", "spoiler"),
    ],
)
def test_each_tag_has_its_entity(tag: str, kind: str) -> None:
    assert entities(f"a<{tag}>bc</{tag}>") == [(kind, 1, 2)]


def test_offsets_count_utf16_units() -> None:
    assert entities("😀<b>好😀</b>") == [("bold", 2, 3)]


def test_nested_tags_come_outer_first() -> None:
    assert entities("<b>a<i>b</i></b>") == [("bold", 0, 2), ("italic", 1, 1)]
    assert entities("<i><b>ab</b></i>") == [("bold", 0, 2), ("italic", 0, 2)]


def test_references_are_decoded_in_text_and_links_and_others_stay() -> None:
    parsed = parse_html('&lt;b&gt; &amp; &#x597d; &#36; &nbsp; <a href="https://example.com/?a=1&amp;b=2">go</a>')
    assert parsed.text == "<b> & 好 $ &nbsp; go"
    assert parsed.entities[0]["url"] == "https://example.com/?a=1&b=2"


def test_links_take_their_text_or_name_a_user_and_bad_ones_are_dropped() -> None:
    assert parse_html("<a>example.com</a>").entities[0]["url"] == "http://example.com"
    assert parse_html('<a href="tg://user?id=42">Lin</a>').entities[0]["user"]["id"] == 42
    assert parse_html('<a href="alipays://pay">pay</a>') == Formatted("pay")


def test_code_with_a_language_and_the_spans_that_are_spoilers() -> None:
    (entity,) = parse_html('<pre><code class="language-python">x</code></pre>').entities
    assert (entity["type"], entity["language"]) == ("pre", "python")
    assert entities('<span class="tg-spoiler">x</span>') == [("spoiler", 0, 1)]
    assert entities("<blockquote expandable>x</blockquote>") == [("expandable_blockquote", 0, 1)]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("好<b/>", 'Unsupported start tag "b/" at byte offset 3'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("x<b", "Unclosed start tag at byte offset 1"),
        ('<a href="x>y</a>', "Unclosed start tag at byte offset 0"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)
def test_bad_markup_is_refused_with_its_place(source: str, words: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_html(source)
    assert refusal.value.description == f"Bad Request: can't parse entities: {words}"


def test_white_space_is_trimmed_and_entities_move_with_it() -> None:
    tidied = tidy(parse_html("  <b> Won </b>\n"))
    assert tidied == Formatted("Won", ({"type": "bold", "offset": 0, "length": 3},))


def test_commands_mentions_and_links_are_found_but_not_inside_code() -> None:
    found = tidy(Formatted("/pay @shop_bot 看https://example.com/a。"))
    assert [(entity["type"], entity["length"]) for entity in found.entities] == [
        ("bot_command", 4),
        ("mention", 9),
        ("url", 21),
    ]
    assert [entity["type"] for entity in tidy(parse_html("<code>/pay</code>")).entities] == ["code"]

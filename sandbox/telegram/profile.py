"""What a bot says of itself: commands per scope and language, name and descriptions per language."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.telegram.jsontypes import Json

Scope = tuple[str, ...]
DEFAULT_SCOPE: Scope = ("default",)


@dataclass
class Profile:
    """Texts by two-letter language code; the empty code serves everybody else."""

    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    short_descriptions: dict[str, str] = field(default_factory=dict)
    commands: dict[tuple[Scope, str], list[Json]] = field(default_factory=dict)

    def commands_for(self, scopes: list[Scope], language: str) -> list[Json]:
        """The first list set, by the order of the scopes, the person's language before the general one."""
        keys = [(scope, code) for scope in scopes for code in (language, "")]
        return next((self.commands[key] for key in keys if key in self.commands), [])


def put(texts: dict[str, str], language: str, text: str) -> None:
    """Set a text; an empty one removes it."""
    if text:
        texts[language] = text
    else:
        texts.pop(language, None)


def for_language(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or texts.get("", "")


def two_letters(language_code: str | None) -> str:
    """`zh-hans` is `zh` to the Bot API."""
    return (language_code or "").lower().partition("-")[0]

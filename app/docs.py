"""Writes the generated parts of the documentation: `python -m app.docs`, or `make docs`."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from pydantic.fields import FieldInfo

from app.settings import Settings, variable
from flow import diagram
from flow.journey import Kind
from service.errors import AssistantError

ROOT = Path(__file__).parents[1]

COMPUTED_DEFAULTS = {"data_dir": "`.data` beside the project; for root `/var/lib/alipay-bot`"}
"""Defaults that depend on the machine, in words."""


class NoMarkers(AssistantError):
    """The page lacks the comments between which a generated part belongs; put them back in."""


def main() -> None:
    """Bring every page up to date."""
    for page in PAGES:
        path = ROOT / page
        path.write_text(renewed(page, path.read_text(encoding="utf-8")), encoding="utf-8")


def renewed(page: str, text: str) -> str:
    """The page's text with its generated parts written anew. Raises NoMarkers."""
    for name, generate in PAGES[page].items():
        text = _put(text, name, generate())
    return text


def settings_table() -> str:
    """Every setting as a row of a Markdown table: name, default, meaning."""
    rows = [_row(name, field) for name, field in Settings.model_fields.items()]
    return "\n".join(["| Setting | Default | Meaning |", "|---|---|---|", *rows])


def journey(kind: Kind) -> str:
    """A journey's diagram as a Mermaid block."""
    return f"```mermaid\n{diagram.mermaid(kind).rstrip()}\n```"


PAGES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "README.md": {"settings": settings_table},
    "docs/architecture.md": {
        "verification": lambda: journey(Kind.VERIFICATION),
        "payment": lambda: journey(Kind.PAYMENT),
    },
}
"""Page, then the name in its markers: what makes the part between them."""


def _row(name: str, field: FieldInfo) -> str:
    cells = (f"`{variable(name)}`", _default(name, field), field.description or "")
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _default(name: str, field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    if name in COMPUTED_DEFAULTS:
        return COMPUTED_DEFAULTS[name]
    values = field.default if isinstance(field.default, tuple) else (field.default,)
    return ", ".join(f"`{value}`" for value in values if value is not None)


def _put(text: str, name: str, generated: str) -> str:
    start, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
    if text.count(start) != 1 or text.count(end) != 1:
        raise NoMarkers(name)
    block = f"{start}\n{generated}\n{end}"
    return re.sub(rf"{re.escape(start)}.*?{re.escape(end)}", lambda _: block, text, flags=re.DOTALL)


if __name__ == "__main__":
    main()

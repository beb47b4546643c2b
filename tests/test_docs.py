"""The documentation says what the code does: generated parts are current, and what is named exists."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from typer.main import get_command

from app import docs
from app.main import cli
from app.settings import Settings, variable
from gateway.auction import events, wire
from sandbox.auction import api
from sandbox.auction import events as house
from service import reports
from store.migrate import newest
from web.health import OPENAPI

ROOT = docs.ROOT
PAGES = sorted(path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRACT = (ROOT / "docs" / "auction-house.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
MIGRATIONS = ROOT / "store" / "migrations" / "versions"
DEPENDENCIES = (ROOT / "docs" / "decisions" / "0011-dependencies.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

CALLS: dict[str, Any] = {
    "GET /buyers/{buyer_id}": wire.BuyerWire,
    "GET /buyers/{buyer_id}/orders?state=unpaid": list[wire.OrderWire],
    "GET /items/{auction_id}": wire.ItemWire,
}
"""Heading in the contract: what reads the example of the answer under it."""


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of its depth or above."""
    depth = heading.partition(" ")[0]
    [found] = re.findall(rf"(?ms)^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(depth)}}} |\Z)", text)
    return str(found)


def headings(text: str) -> list[str]:
    """The names in backquotes in the headings of the third depth."""
    return [name for line in re.findall(r"(?m)^### (.+)$", text) for name in re.findall(r"`([^`]+)`", line)]


def examples(text: str) -> list[str]:
    return re.findall(r"(?s)```json\n(.*?)```", text)


def anchors(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them from headings, and those written by hand."""
    text = page.read_text(encoding="utf-8")
    made = {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in re.findall(r"(?m)^#+ (.+)$", text)}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


def links(page: Path) -> Iterator[str]:
    text = re.sub(r"(?s)```.*?```", "", page.read_text(encoding="utf-8"))
    for written, shown in re.findall(r"\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"", text):
        yield written or shown


@pytest.mark.parametrize("page", docs.PAGES)
def test_the_generated_parts_are_current(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")

    assert docs.renewed(page, text) == text, "run `make docs`"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_setting_is_in_the_table_and_has_a_meaning() -> None:
    assert re.findall(r"(?m)^\| `([A-Z_]+)` \|", README) == [variable(field) for field in Settings.model_fields]
    assert all(field.description for field in Settings.model_fields.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_setting_that_is_named_exists(page: Path) -> None:
    known = {variable(field) for field in Settings.model_fields}

    assert set(re.findall(r"\bALIPAY_BOT_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8"))) <= known


def test_every_command_is_in_the_readme_and_the_other_way_round() -> None:
    commands = set(getattr(get_command(cli), "commands"))  # noqa: B009 - a group, which the types do not say

    assert set(re.findall(r"`(?:\.venv/bin/)?alipay-bot ([a-z-]+)", README)) == commands


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8")))

    assert set(re.findall(r"(?m)(?:`|^)make ([a-z]+)", page.read_text(encoding="utf-8"))) <= targets


def test_the_schemas_number_is_the_newest_and_each_upgrade_is_explained() -> None:
    said = set(re.findall(r"\bschema:? (\d{4})", OPERATING))
    explained = re.findall(r"(?m)^\| (\d{4}) \|", section(OPERATING, "## Upgrades"))

    assert said == {newest()}
    assert explained == sorted(path.name[:4] for path in MIGRATIONS.glob("[0-9]*.sql"))[1:]


def test_every_table_of_the_schema_is_named() -> None:
    schema = "".join(path.read_text(encoding="utf-8") for path in sorted(MIGRATIONS.glob("*.sql")))

    named = re.findall(r"(?m)^\| `([a-z_]+)` \|", section(ARCHITECTURE, "## The data"))

    assert set(named) == set(re.findall(r"(?m)^create table (\w+)", schema))


def test_the_dependencies_are_those_of_the_project() -> None:
    required = [*PYPROJECT["dependencies"], *PYPROJECT["optional-dependencies"]["dev"]]

    listed = re.findall(r"(?m)^\| ([a-z][a-z0-9-]+) \| \d", DEPENDENCIES)

    assert listed == [re.split(r"[^a-z0-9-]", name)[0] for name in required]


def test_the_contract_names_the_events_that_are_read() -> None:
    assert set(headings(section(CONTRACT, "## Events in"))) == set(events.TYPES)


def test_the_contract_names_the_events_that_are_sent() -> None:
    source = Path(reports.__file__).read_text(encoding="utf-8")

    assert set(headings(section(CONTRACT, "## Events out"))) == set(re.findall(r'"([a-z]+\.[a-z_]+)"', source))


def test_the_contract_names_the_routes_for_events() -> None:
    routes = json.loads(OPENAPI.read_bytes())["paths"]

    named = re.findall(r"<public address>(/[a-z/]+)|at `(/[a-z.]+)`", CONTRACT)

    assert {first or second for first, second in named} <= set(routes)
    assert "/auction/events" in {first for first, _ in named}


def test_the_contract_names_the_calls_that_an_auction_house_answers() -> None:
    source = Path(api.__file__).read_text(encoding="utf-8")
    answered = {f"{verb.upper()} {path}" for verb, path in re.findall(r'web\.(get|post)\("([^"]+)"', source)}

    assert {name.partition("?")[0] for name in headings(section(CONTRACT, "## Calls"))} == answered


def test_the_examples_of_events_in_are_read() -> None:
    texts = examples(section(CONTRACT, "## Events in"))

    read = [events.parse(text.encode()) for text in texts]

    assert {json.loads(text)["type"] for text in texts} == set(events.TYPES) - {"order.changed"}
    assert len(read) == len(texts)


@pytest.mark.parametrize("heading", CALLS)
def test_the_examples_of_answers_are_read(heading: str) -> None:
    [text] = examples(section(CONTRACT, f"### `{heading}`"))

    assert TypeAdapter(CALLS[heading]).validate_python(wire.parse_json(text.encode()))


def test_the_examples_of_a_code_are_read_on_both_sides() -> None:
    asked, answered = examples(section(CONTRACT, "### `POST /telegram-links`"))

    assert set(json.loads(asked)) == {"code", "telegram_user_id", "telegram_name"}
    assert wire.LinkWire.model_validate_json(answered).display_name


def test_the_examples_of_events_out_are_read_by_an_auction_house() -> None:
    texts = examples(section(CONTRACT, "## Events out"))

    for text in texts:
        envelope, data = house.parse(text.encode())
        assert data is not None
        assert set(envelope.data) <= set(type(data).model_fields)

    assert [json.loads(text)["type"] for text in texts] == headings(section(CONTRACT, "## Events out"))

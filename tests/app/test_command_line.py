"""The command line as an operator meets it: a child process, its words and its exit code."""

import asyncio
import json
import os
import random
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from app.stand import Ports, Stand, stand
from store.migrate import newest

COMMAND = Path(sys.executable).with_name("alipay-bot")


class Ended(NamedTuple):
    """How a command ended."""

    code: int | None
    out: str
    err: str


async def alipay_bot(*words: str, environment: Mapping[str, str]) -> Ended:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ALIPAY_BOT_")}
    kept.pop("DATABASE_URL", None)
    process = await asyncio.create_subprocess_exec(
        str(COMMAND),
        *words,
        env=kept | dict(environment),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return Ended(process.returncode, out.decode(), err.decode())


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Stand]:
    async with stand(tmp_path, Ports()) as opened:
        yield opened


async def test_check_looks_at_everything(opened: Stand, dsn: str) -> None:
    ended = await alipay_bot("check", environment=opened.environment | {"DATABASE_URL": dsn})

    assert ended.code == 0, ended.err
    lines = [line.partition(":")[0] for line in ended.out.splitlines()]
    assert lines == ["settings", "database", "telegram", "antom", "auction house"]


async def test_check_says_what_each_trouble_is(opened: Stand, tmp_path: Path) -> None:
    wrong = {
        "DATABASE_URL": "postgresql://127.0.0.1:9/none",
        "ALIPAY_BOT_TELEGRAM_TOKEN": "1:another",
        "ALIPAY_BOT_AUCTION_API_KEY": "another",
        "ALIPAY_BOT_ANTOM_PUBLIC_KEY_FILE": str(tmp_path / "merchant.pem"),
    }

    ended = await alipay_bot("check", environment=opened.environment | wrong)

    assert ended.code == 1
    for name in (
        "database: The database",
        "telegram: Telegram",
        "antom: This file",
        "auction house: The auction house",
    ):
        assert name in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ALIPAY_BOT_NONSENSE": "1"}, "ALIPAY_BOT_NONSENSE: no such setting"),
        ({"DATABASE_URL": "postgresql://127.0.0.1:9/none"}, "check DATABASE_URL"),
        ({"ALIPAY_BOT_ANTOM_PRIVATE_KEY_FILE": "/nowhere.pem"}, "cannot be read"),
        ({"ALIPAY_BOT_AUCTION_WEBHOOK_SECRET": "whsec_short"}, "whsec_"),
        ({"ALIPAY_BOT_PUBLIC_URL": "https://bot.example"}, "ALIPAY_BOT_TELEGRAM_SECRET"),
    ],
)
async def test_run_refuses_what_it_cannot_run_with(opened: Stand, dsn: str, changed: dict[str, str], said: str) -> None:
    ended = await alipay_bot("run", environment=opened.environment | {"DATABASE_URL": dsn} | changed)

    assert ended.code == 1
    assert said in ended.err
    assert "Traceback" not in ended.err


async def test_run_refuses_a_token_that_telegram_refuses(opened: Stand, dsn: str) -> None:
    changed = {"DATABASE_URL": dsn, "ALIPAY_BOT_TELEGRAM_TOKEN": "1000001:a-canary"}

    ended = await alipay_bot("run", environment=opened.environment | changed)

    assert ended.code == 1
    assert "ALIPAY_BOT_TELEGRAM_TOKEN" in ended.err
    assert "a-canary" not in ended.err


async def test_a_data_folder_that_cannot_be_used_is_named(opened: Stand) -> None:
    ended = await alipay_bot("run", environment=opened.environment | {"ALIPAY_BOT_DATA_DIR": "/proc/nowhere"})

    assert ended.code == 1
    assert "/proc/nowhere" in ended.err
    assert "Traceback" not in ended.err


async def test_migrate_prepares_an_empty_database(opened: Stand, dsn: str) -> None:
    ended = await alipay_bot("migrate", environment=opened.environment | {"DATABASE_URL": dsn})

    assert (ended.code, ended.out) == (0, f"schema: {newest()}\n")


@pytest.mark.parametrize("form", ["mermaid", "text"])
async def test_flow_draws_both_journeys(form: str) -> None:
    ended = await alipay_bot("flow", "--format", form, environment={})

    assert ended.code == 0
    assert "refunding" in ended.out
    assert "paid_elsewhere" in ended.out


async def test_a_wrong_word_is_a_matter_of_usage() -> None:
    assert (await alipay_bot("nonsense", environment={})).code == 2
    assert (await alipay_bot("flow", "--format", "png", environment={})).code == 2


async def test_the_demo_plays_itself() -> None:
    ended = await alipay_bot(
        "demo", "--autoplay", "--json", "--port", str(four_free_ports()), "--lang", "en", environment={}
    )

    assert ended.code == 0, ended.err
    played = json.loads(ended.out)
    assert {walk["kind"]: len(walk["steps"]) for walk in played["journeys"]} == {"returning": 5, "first_time": 7}
    assert played["ledger"] == {
        "verification_charges": 1,
        "verification_refunds": 1,
        "payments": 2,
        "refunds": 0,
        "unsettled": 0,
    }
    assert {message["buyer"] for message in played["messages"]} == {walk["buyer"] for walk in played["journeys"]}
    assert all(message["text"] for message in played["messages"])


def four_free_ports() -> int:
    """The first of four ports in a row that nobody listens on."""
    while True:
        first = random.randint(18_000, 28_000)  # noqa: S311 - not a secret
        if all(is_free(port) for port in range(first, first + 4)):
            return first


def is_free(port: int) -> bool:
    """Whether nobody listens on a port."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

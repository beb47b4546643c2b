import json
from collections.abc import Mapping
from dataclasses import replace
from io import BytesIO

import pytest
from multidict import CIMultiDict

from service.work import ReadUpdate
from tests.web.conftest import Client, Connect
from tests.web.kept import NOW, Kept
from web.doors import Doors
from web.intake import TELEGRAM_LIMIT

SECRET = {"X-Telegram-Bot-Api-Secret-Token": "new-secret"}
BODY = b'{"update_id": 7, "message": {"chat": {"id": 42}, "text": "hello"}}'


async def test_an_update_is_kept_with_its_reading_and_answered_with_nothing(client: Client, kept: Kept) -> None:
    answer = await client.post("/telegram", data=BODY, headers=SECRET)

    assert (answer.status, await answer.read()) == (200, b"")
    letter = kept.letters[0]
    assert (letter.source, letter.source_id, letter.body, letter.received_at) == ("telegram", "7", BODY, NOW)
    assert kept.queued == [("telegram:42", ReadUpdate(inbox_id=1))]
    assert not letter.headers


async def test_an_update_that_comes_twice_is_read_once(client: Client, kept: Kept) -> None:
    for _ in range(2):
        answer = await client.post("/telegram", data=BODY, headers=SECRET)
        assert (answer.status, await answer.read()) == (200, b"")

    assert len(kept.queued) == 1


async def test_the_old_secret_still_fits_while_it_is_rotated(client: Client) -> None:
    answer = await client.post("/telegram", data=BODY, headers={"X-Telegram-Bot-Api-Secret-Token": "old-secret"})

    assert answer.status == 200


@pytest.mark.parametrize(
    "secrets",
    [[], [""], ["new-secre"], ["x" * 512], ["n\u00e9w-secret"], ["\u79d8\u5bc6"], ["new-secret"] * 2],
    ids=["missing", "empty", "short", "long", "latin", "chinese", "twice"],
)
async def test_a_wrong_secret_is_401(client: Client, kept: Kept, secrets: list[str]) -> None:
    headers = CIMultiDict([("X-Telegram-Bot-Api-Secret-Token", secret) for secret in secrets])

    answer = await client.post("/telegram", data=BODY, headers=headers)

    assert answer.status == 401
    assert not kept.letters


async def test_the_secret_is_checked_before_the_body_is_read(client: Client) -> None:
    answer = await client.post("/telegram", data=BytesIO(b"x" * (TELEGRAM_LIMIT + 1)))

    assert answer.status == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"{}",
        b"null",
        b'{"update_id": "7"}',
        b'{"update_id": true}',
        b'{"update_id": 7.0}',
        b'{"update_id": -1}',
        b'{"update_id": 99999999999999999999}',
        b'{"update_id": ' + b"9" * 5000 + b"}",
        b'{"update_id": 7, "message": {"x": NaN}}',
        b"\xff\xfe{\x00}\x00",
        b"[" * 100_000,
    ],
)
async def test_what_is_no_update_is_400(client: Client, kept: Kept, body: bytes) -> None:
    answer = await client.post("/telegram", data=body, headers=SECRET)

    assert answer.status == 400
    assert set(await answer.json()) == {"error"}
    assert not kept.letters


async def test_a_poisoned_text_is_kept_as_the_bytes_that_came(client: Client, kept: Kept) -> None:
    body = rb'{"update_id": 8, "message": {"chat": {"id": 42}, "text": "\u0000 \ud800"}}'

    answer = await client.post("/telegram", data=body, headers=SECRET)

    assert answer.status == 200
    assert kept.letters[0].body == body


async def test_a_body_up_to_the_limit_is_taken_and_one_more_byte_is_not(client: Client) -> None:
    frame = len(json.dumps({"update_id": 9, "x": ""}))
    statuses = []
    for size in (TELEGRAM_LIMIT, TELEGRAM_LIMIT + 1):
        body = json.dumps({"update_id": 9, "x": "x" * (size - frame)}).encode()
        statuses.append((await client.post("/telegram", data=BytesIO(body), headers=SECRET)).status)

    assert statuses == [200, 413]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "nonsense"])
async def test_an_encoded_body_is_415(client: Client, encoding: str) -> None:
    headers: Mapping[str, str] = {**SECRET, "Content-Encoding": encoding}

    answer = await client.post("/telegram", data=b"\x1f\x8b not really", headers=headers)

    assert answer.status == 415


async def test_when_it_cannot_be_stored_telegram_is_asked_to_come_again(client: Client, kept: Kept) -> None:
    kept.is_away = True

    answer = await client.post("/telegram", data=BODY, headers=SECRET)

    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert not kept.letters


async def test_without_a_secret_of_ours_nobody_fits(connect: Connect, doors: Doors) -> None:
    client = await connect(replace(doors, telegram_secrets=()))

    assert (await client.post("/telegram", data=BODY, headers=SECRET)).status == 401


async def test_only_post_is_understood(client: Client) -> None:
    answer = await client.get("/telegram")

    assert (answer.status, answer.headers["Allow"]) == (405, "POST")

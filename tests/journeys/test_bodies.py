"""Bytes that must not be taken, at each door over real HTTP: a clear 4xx, and nothing has changed."""

import json
from collections.abc import Callable

import pytest

from tests.journeys.stage import Stage
from tests.journeys.test_orders import order

Body = tuple[bytes, dict[str, str]]
Making = Callable[[Stage], Body]


def auction(body: bytes) -> Making:
    """Any bytes, well signed by the auction house."""
    return lambda stage: (body, stage.signed(body))


def won(**data: object) -> Making:
    """A `bid.won` with some data of its own, well signed."""
    return lambda stage: stage.event("bid.won", {**order(), **data})


def antom(body: bytes) -> Making:
    """Any bytes, well signed by the gateway."""
    return lambda stage: (body, stage.notice_headers(body))


def telegram(body: bytes) -> Making:
    """Any bytes, with Telegram's secret."""
    return lambda stage: (body, stage.telegram_headers())


def altered(making: Making) -> Making:
    """One byte more than was signed."""
    return lambda stage: (making(stage)[0] + b" ", making(stage)[1])


def unsigned(body: bytes) -> Making:
    """No signature and no secret at all."""
    return lambda stage: (body, {})


NESTED = b'{"a":' * 100_000
NOTICE = json.dumps(
    {"notifyType": "PAYMENT_RESULT", "paymentRequestId": "p1", "result": {"resultStatus": "S"}}
).encode()

BODIES: dict[str, tuple[str, Making, int]] = {
    "auction, altered": ("/auction/events", altered(won()), 401),
    "auction, unsigned": ("/auction/events", unsigned(b"{}"), 401),
    "auction, too large": ("/auction/events", auction(b" " * (256 * 1024 + 1)), 413),
    "auction, not JSON": ("/auction/events", auction(b"{"), 400),
    "auction, not UTF-8": ("/auction/events", auction(b'{"type":"\xff"}'), 400),
    "auction, empty": ("/auction/events", auction(b""), 400),
    "auction, deeply nested": ("/auction/events", auction(NESTED[:250_000]), 400),
    "auction, no object": ("/auction/events", auction(b"[]"), 400),
    "auction, no total": ("/auction/events", won(total=None), 400),
    "auction, negative total": ("/auction/events", won(total={"currency": "JPY", "value": "-1"}), 400),
    "auction, endless total": ("/auction/events", won(total={"currency": "JPY", "value": "9" * 400}), 400),
    "auction, NUL in the title": ("/auction/events", won(title="a\0b"), 400),
    "auction, lone surrogate": ("/auction/events", won(title="\ud800"), 400),
    "antom, altered": ("/antom/notify", altered(antom(NOTICE)), 401),
    "antom, unsigned": ("/antom/notify", unsigned(NOTICE), 401),
    "antom, too large": ("/antom/notify", antom(b" " * (256 * 1024 + 1)), 413),
    "antom, not JSON": ("/antom/notify", antom(b"success"), 400),
    "antom, no object": ("/antom/notify", antom(b"null"), 400),
    "antom, deeply nested": ("/antom/notify", antom(NESTED[:250_000]), 400),
    "antom, NUL in the id": ("/antom/notify", antom(NOTICE.replace(b"p1", b"\\u0000")), 400),
    "telegram, no secret": ("/telegram", unsigned(b'{"update_id":1}'), 401),
    "telegram, too large": ("/telegram", telegram(b" " * (1024 * 1024 + 1)), 413),
    "telegram, not JSON": ("/telegram", telegram(b"{"), 400),
    "telegram, no id": ("/telegram", telegram(b'{"message":{}}'), 400),
    "telegram, endless id": ("/telegram", telegram(b'{"update_id":' + b"9" * 5000 + b"}"), 400),
    "telegram, deeply nested": ("/telegram", telegram(NESTED), 400),
}


@pytest.mark.parametrize("mode", ["webhook"])
async def test_bad_bytes_are_refused_clearly_and_change_nothing(stage: Stage, mode: str) -> None:
    before = await stage.rows()

    answers = {name: await stage.post(path, *making(stage)) for name, (path, making, _) in BODIES.items()}

    assert answers == {name: status for name, (_, _, status) in BODIES.items()}
    await stage.quiet()
    assert await stage.rows() == before


@pytest.mark.parametrize("mode", ["webhook"])
async def test_an_update_that_nobody_can_read_holds_up_no_other(stage: Stage, mode: str) -> None:
    buyer = await stage.buyer()
    chat = {"id": buyer.person.id, "type": "private"}
    bad = {"update_id": 990_000_001, "message": {"chat": chat, "date": "never", "text": "\0", "entities": 5}}

    assert await stage.post("/telegram", json.dumps(bad).encode(), stage.telegram_headers()) == 200
    await buyer.person.write("/help")

    await buyer.sees("help")


@pytest.mark.parametrize("mode", ["webhook"])
async def test_odd_characters_in_a_message_are_answered_like_any_words(stage: Stage, mode: str) -> None:
    buyer = await stage.buyer()
    texts = ["\0", "a\0b", "\\u0000", "\u202e/help", "😀" * 2000]
    for number, text in enumerate(texts):
        person = {"id": buyer.person.id, "is_bot": False, "first_name": f"A{text[:20]}"}
        chat = {"id": buyer.person.id, "type": "private", "first_name": "A"}
        message = {"message_id": 900, "date": 1_790_000_000, "from": person, "chat": chat, "text": text}
        body = json.dumps({"update_id": 990_000_002 + number, "message": message}).encode()
        assert await stage.post("/telegram", body, stage.telegram_headers()) == 200

    await buyer.person.look(lambda seen: len([card for card in seen if buyer.says(card, "words")]) == 5, "five answers")

import json
from datetime import timedelta
from io import BytesIO

import pytest
from prometheus_client import CollectorRegistry

from gateway.auction.signing import Webhooks
from service.work import ReadAuctionEvent
from tests.web.conftest import WEBHOOKS, Client
from tests.web.kept import NOW, Kept
from web.doors import Doors
from web.intake import LIMIT

ORDER = {
    "order_id": "o-1",
    "buyer_id": "b-1",
    "auction_id": "t1194609512",
    "title": "Teapot",
    "total": {"currency": "JPY", "value": "12300"},
    "payment_method": "alipay",
    "version": 1,
}


def event(kind: str, data: dict[str, object]) -> bytes:
    return json.dumps({"type": kind, "timestamp": "2026-08-03T04:00:00Z", "data": data}).encode()


async def post(client: Client, body: bytes, headers: dict[str, str] | None = None, name: str = "msg_1") -> int:
    signed = WEBHOOKS.sign(name, NOW, body) if headers is None else headers
    return (await client.post("/auction/events", data=BytesIO(body), headers=signed)).status


async def test_a_won_bid_is_kept_and_read_in_its_buyers_line(client: Client, kept: Kept) -> None:
    body = event("bid.won", ORDER)

    assert await post(client, body) == 202
    letter = kept.letters[0]
    assert (letter.source, letter.source_id, letter.body) == ("auction", "msg_1", body)
    assert letter.headers == WEBHOOKS.sign("msg_1", NOW, body)
    assert kept.queued == [("auction:b-1", ReadAuctionEvent(inbox_id=1))]


async def test_a_repeated_event_is_202_and_read_once(client: Client, kept: Kept) -> None:
    body = event("buyer.disconnected", {"buyer_id": "b-2"})

    assert [await post(client, body), await post(client, body)] == [202, 202]
    assert kept.queued == [("auction:b-2", ReadAuctionEvent(inbox_id=1))]


async def test_an_unknown_type_is_kept_counted_and_logged(
    client: Client, kept: Kept, doors: Doors, caplog: pytest.LogCaptureFixture
) -> None:
    assert await post(client, event("parcel.weighed", {"anything": "\u0000"})) == 202

    assert kept.queued == [("auction:other", ReadAuctionEvent(inbox_id=1))]
    assert counted(doors.registry, "web_unread_letters_total", source="auction") == 1
    [record] = [record for record in caplog.records if record.name == "web.auction"]
    assert (vars(record)["webhook_id"], vars(record)["type"]) == ("msg_1", "parcel.weighed")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[" * 100_000,
        event("bid.won", {**ORDER, "total": {"currency": "JPY", "value": 12300}}),
        event("bid.won", {**ORDER, "title": "Tea\u0000pot"}),
        event("order.cancelled", {"order_id": "o-1"}),
        json.dumps({"type": "bid.won", "timestamp": "yesterday", "data": ORDER}).encode(),
    ],
    ids=["empty", "no JSON", "deep", "amount as number", "NUL", "fields missing", "no time"],
)
async def test_a_signed_body_of_another_shape_is_400(client: Client, kept: Kept, body: bytes) -> None:
    assert await post(client, body) == 400
    assert not kept.letters


async def test_a_signature_that_does_not_fit_is_401(client: Client, kept: Kept) -> None:
    body = event("bid.won", ORDER)
    good = WEBHOOKS.sign("msg_1", NOW, body)
    stale = WEBHOOKS.sign("msg_1", NOW - timedelta(minutes=6), body)
    foreign = Webhooks([b"f" * 32]).sign("msg_1", NOW, body)
    forged = [{}, stale, foreign, {**good, "webhook-id": "msg_2"}, {**good, "webhook-signature": "v1,\u79d8"}]

    assert [await post(client, body, headers) for headers in forged] == [401] * 5
    assert await post(client, body + b" ", good) == 401
    assert not kept.letters


async def test_a_forged_body_is_401_however_broken(client: Client) -> None:
    assert await post(client, b"[" * 100_000, {}) == 401


async def test_a_large_body_is_413(client: Client) -> None:
    assert await post(client, b"x" * (LIMIT + 1)) == 413


async def test_without_the_store_it_is_503(client: Client, kept: Kept) -> None:
    kept.is_away = True

    assert await post(client, event("bid.won", ORDER)) == 503


def counted(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, labels)

"""What every auction house promises."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from flow.linked import Alipay
from flow.order import Item, Order
from service.auction_house import (
    BuyerState,
    CodeUnknown,
    CodeUsed,
    LinkRequested,
    NotFound,
    NotTaken,
    ReportAnswer,
    Taken,
    Unavailable,
)
from service.ports import AuctionHouse
from tests.contract.houses import HOUSES, MakePremises, Premises
from tests.contract.wire import BROKEN, answering, http

USER, OTHER_USER = 700_000_001, 700_000_002
ODD = "a/../b?c#d %2e 壺"


@pytest.fixture(params=HOUSES)
async def premises(request: pytest.FixtureRequest) -> AsyncIterator[Premises]:
    """One of the implementations, as on its first day."""
    make: MakePremises = request.param
    async with make() as premises:
        yield premises


@pytest.fixture
def house(premises: Premises) -> AuctionHouse:
    return premises.house


# A one-time code.


async def test_a_good_code_asks_the_buyer_to_confirm(premises: Premises, house: AuctionHouse) -> None:
    name = (await premises.known(premises.new)).display_name
    code = await premises.code(premises.new)
    assert await house.redeem_code(code, USER, '小林 <b> & "Lin" 🦊') == LinkRequested(display_name=name)


async def test_the_same_account_may_bring_its_code_again(premises: Premises, house: AuctionHouse) -> None:
    code = await premises.code(premises.new)
    first = await house.redeem_code(code, USER, "小林")
    assert await house.redeem_code(code, USER, "小林") == first


async def test_another_account_finds_the_code_used(premises: Premises, house: AuctionHouse) -> None:
    code = await premises.code(premises.new)
    await house.redeem_code(code, USER, "小林")
    assert await house.redeem_code(code, OTHER_USER, "山本") == CodeUsed()


async def test_a_confirmed_code_is_used(premises: Premises, house: AuctionHouse) -> None:
    code = await premises.code(premises.new)
    await house.redeem_code(code, USER, "小林")
    await premises.confirm(premises.new, USER)
    assert await house.redeem_code(code, USER, "小林") == CodeUsed()


async def test_a_buyer_keeps_one_telegram_account(premises: Premises, house: AuctionHouse) -> None:
    await house.redeem_code(await premises.code(premises.new), USER, "小林")
    await premises.confirm(premises.new, USER)
    assert await house.redeem_code(await premises.code(premises.linked), USER, "小林") == CodeUsed()


async def test_a_code_ends_with_its_time(premises: Premises, house: AuctionHouse) -> None:
    code = await premises.code(premises.new)
    premises.clock.pass_time(timedelta(minutes=10))
    assert await house.redeem_code(code, USER, "小林") == CodeUnknown()


async def test_a_code_that_was_never_issued_is_unknown(house: AuctionHouse) -> None:
    assert await house.redeem_code("AbCdEfGhIjKlMnOpQrSt_-", USER, "小林") == CodeUnknown()


# Buyers, orders, items.


@pytest.mark.parametrize("alipay", [Alipay.LINKED, Alipay.NOT_LINKED, Alipay.NOT_OFFERED])
async def test_a_buyer_is_told_as_they_are_now(premises: Premises, house: AuctionHouse, alipay: Alipay) -> None:
    for buyer_id in (premises.linked, premises.new):
        await premises.set_alipay(buyer_id, alipay)
        told = await house.buyer(buyer_id)
        assert told == await premises.known(buyer_id)
        assert isinstance(told, BuyerState)
        assert told.alipay is alipay


async def test_nobody_has_nothing_to_pay_and_a_winner_has_their_order(premises: Premises, house: AuctionHouse) -> None:
    assert await house.unpaid_orders(premises.linked) == ()
    won = await premises.win(premises.linked)
    answer = await house.unpaid_orders(premises.linked)
    assert isinstance(answer, tuple)
    [order] = answer
    assert replace(order, image_url=None, price=None, fees=()) == won
    assert order.pay_by is not None
    assert order.pay_by.tzinfo is UTC
    assert adds_up(order)
    assert await house.unpaid_orders(premises.new) == ()


def adds_up(order: Order) -> bool:
    price = order.price.value if order.price else 0
    return price + sum(fee.amount.value for fee in order.fees) == order.total.value


async def test_an_item_is_told_with_its_price_and_its_end(premises: Premises, house: AuctionHouse) -> None:
    item = await house.item(premises.auction_id, "en")
    assert isinstance(item, Item)
    assert item.auction_id == premises.auction_id
    assert item.title
    assert item.price.value > 0
    assert item.ends_at > premises.clock.now()
    assert item.ends_at.tzinfo is UTC
    assert item.auction_id in item.url


@pytest.mark.parametrize("name", ["B99999", ODD, "..", "."])
async def test_what_has_no_such_name_is_not_found(house: AuctionHouse, name: str) -> None:
    assert await house.buyer(name) == NotFound()
    assert await house.unpaid_orders(name) == NotFound()
    assert await house.item(name, "en") == NotFound()


# Outcomes.


def outcome(kind: str, **data: object) -> bytes:
    envelope = {"type": kind, "timestamp": "2026-11-23T05:32:00+00:00", "data": data}
    return json.dumps(envelope, ensure_ascii=False).encode()


CASE = {"buyer_id": "B10001", "reason": "“ask” <me> & 林小雨 🦊"}


async def test_an_outcome_is_taken_as_it_is(premises: Premises, house: AuctionHouse) -> None:
    assert await house.report("handoff-1", outcome("handoff.opened", **CASE)) == Taken()
    received = (await premises.received())["handoff-1"]
    assert (received.type, received.data) == ("handoff.opened", CASE)


async def test_an_outcome_that_is_sent_twice_counts_once(premises: Premises, house: AuctionHouse) -> None:
    won = await premises.win(premises.linked)
    amount = {"currency": won.total.currency, "value": str(won.total.value)}
    about = {"order_id": won.order_id, "buyer_id": premises.linked, "payment_id": "2026", "amount": amount}
    paid = outcome("payment.completed", **about, paid_at="2026-11-23T05:32:00+00:00")
    assert [await house.report("paid-1", paid) for _ in range(2)] == [Taken(), Taken()]
    premises.clock.pass_time(timedelta(hours=20))
    assert await house.report("paid-1", paid) == Taken()
    assert {name: received.times for name, received in (await premises.received()).items()} == {"paid-1": 3}
    assert await house.unpaid_orders(premises.linked) == ()


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", outcome("handoff.opened", buyer_id="B10001")])
async def test_what_is_no_outcome_is_not_taken(premises: Premises, house: AuctionHouse, body: bytes) -> None:
    answer = await house.report("handoff-1", body)
    assert isinstance(answer, NotTaken)
    assert not answer.gone
    assert await premises.received() == {}


# What goes wrong on the way is a value.

Call = Callable[[AuctionHouse], Awaitable[object]]
QUESTIONS: Mapping[str, Call] = {
    "redeem_code": lambda house: house.redeem_code("code", USER, "小林"),
    "buyer": lambda house: house.buyer("B10001"),
    "unpaid_orders": lambda house: house.unpaid_orders("B10001"),
    "item": lambda house: house.item("t1194609512", "en"),
}


def hand_over(house: AuctionHouse) -> Awaitable[ReportAnswer]:
    return house.report("handoff-1", outcome("handoff.opened", **CASE))


async def test_a_wrong_key_or_secret_is_no_answer(premises: Premises) -> None:
    stranger = premises.stranger()
    for name, question in QUESTIONS.items():
        assert isinstance(await question(stranger), Unavailable), name
    assert isinstance(await hand_over(stranger), NotTaken)
    assert await premises.received() == {}


@pytest.mark.parametrize("server", BROKEN)
async def test_a_server_that_breaks_off_is_no_answer(premises: Premises, server: str) -> None:
    async with answering(BROKEN[server]) as url, premises.at(url) as house:
        for name, question in QUESTIONS.items():
            answer = await question(house)
            assert isinstance(answer, Unavailable), name
            assert url not in answer.reason
            assert answer.retry_after is None
        says_yes = server.startswith("answers")
        assert isinstance(await hand_over(house), Taken if says_yes else NotTaken)


async def test_nobody_there_is_no_answer(premises: Premises, unused_tcp_port: int) -> None:
    async with premises.at(f"http://127.0.0.1:{unused_tcp_port}") as house:
        for name, question in QUESTIONS.items():
            assert isinstance(await question(house), Unavailable), name
        assert isinstance(await hand_over(house), NotTaken)


@pytest.mark.parametrize("status", [429, 503])
async def test_the_time_to_wait_is_passed_on(premises: Premises, status: int) -> None:
    async with answering(http(status, headers={"Retry-After": "7"})) as url, premises.at(url) as house:
        for name, question in QUESTIONS.items():
            answer = await question(house)
            assert isinstance(answer, Unavailable), name
            assert answer.retry_after == 7
        report = await hand_over(house)
        assert isinstance(report, NotTaken)
        assert (report.retry_after, report.gone) == (7, False)


async def test_an_auction_house_that_wants_no_more_says_so(premises: Premises) -> None:
    async with answering(http(410)) as url, premises.at(url) as house:
        report = await hand_over(house)
        assert isinstance(report, NotTaken)
        assert report.gone


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_any_yes_takes_an_outcome(premises: Premises, status: int) -> None:
    async with answering(http(status)) as url, premises.at(url) as house:
        assert await hand_over(house) == Taken()

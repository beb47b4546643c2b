"""The unpaid orders of connected buyers are compared with the auction house's, so that a lost event is found."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest

from flow.linked import Alipay
from flow.money import Money
from flow.offers import Act
from flow.order import Order
from flow.states import Payment
from service.auction_events import BuyerConnected, BuyerDisconnected
from service.auction_house import NotFound, OrdersAnswer, Unavailable
from service.facts import BuyerTold, Intent, OrdersListed
from service.lines import ORDERS, orders_line
from service.order_checks import OrderChecks
from service.ports import AuctionHouse
from service.receipt import Receipt
from service.work import AskOrders, CheckOrders, Done, Later, Outcome
from tests.service.examples import NOW, ORDER, RULES
from tests.service.story import News, Story, alipay_is, cancelled, changed, claim_of, paid, refused, repriced, won

WON = replace(ORDER, payment_method="alipay")
AWAY = Unavailable(reason="timeout", retry_after=30)
MINUTE = timedelta(minutes=1)
TURN = RULES.orders_turn
MISSING = (("o1", 1),)
DIFFERS = ("o99", "charge_differs")
DEARER = Money("JPY", 99_000)


class House:
    """What the auction house lists as unpaid, and of whom it was asked."""

    def __init__(self, *orders: Order) -> None:
        self.answer: OrdersAnswer = orders
        self.asked: list[str] = []

    async def unpaid_orders(self, buyer_id: str) -> OrdersAnswer:
        self.asked.append(buyer_id)
        return self.answer


def checks(story: Story, house: House | None = None) -> OrderChecks:
    asked = cast("AuctionHouse", house or House())
    return OrderChecks(story.store, asked, story.desk, story.rules, story.clock)


async def look(story: Story, *listed: Order, missing: tuple[tuple[str, int], ...] = ()) -> News:
    """What follows from one look at the buyer's orders."""
    await story.news()
    work = AskOrders(buyer_id="b1", missing=missing)
    story.clock.time += MINUTE
    assert await checks(story, House(*listed)).ask(work, claim_of(work)) == Done()
    return await story.news()


async def look_twice(story: Story, *listed: Order) -> News:
    """The second look finds what the first one found missing."""
    first = await look(story, *listed)
    assert first == News(work=[AskOrders(buyer_id="b1", missing=MISSING)])
    return await look(story, *listed, missing=MISSING)


# What was lost is found.


async def test_an_order_that_nobody_told_of_is_as_if_it_had_been_told(story: Story) -> None:
    news = await look(story, WON)

    assert (news.cards, (await story.journey()).state) == (["announce"], Payment.WON)
    assert await look(story, WON) == News()


async def test_a_list_does_not_say_when_alipay_was_chosen_so_that_a_later_unlink_holds(story: Story) -> None:
    await story.take(alipay_is(Alipay.NOT_LINKED))
    unlinked = (await story.buyer()).link
    story.clock.time += 4 * timedelta(hours=1)

    await look(story, WON)

    assert (await story.buyer()).link == unlinked


async def test_a_change_that_nobody_told_of_is_as_if_it_had_been_told(story: Story) -> None:
    await story.take(won())

    news = await look(story, replace(WON, version=2, total=Money("JPY", 1)))

    assert (news.cards, (await story.journey()).order) == (["announce"], replace(WON, version=2, total=Money("JPY", 1)))


async def test_an_event_that_comes_after_all_changes_nothing(story: Story) -> None:
    await look(story, WON)

    assert await story.take(won()) == [Receipt.SEEN]


async def test_an_older_answer_does_not_bring_the_past_back(story: Story) -> None:
    await story.take(won(), repriced(Money("JPY", 20_000), version=3))

    assert await look(story, replace(WON, version=2)) == News()


async def test_where_both_say_the_same_nothing_is_written_down(story: Story) -> None:
    await story.take(won())
    facts = await story.pool.fetchval("select count(*) from fact")

    await look(story, WON)

    assert await story.pool.fetchval("select count(*) from fact") == facts


async def test_a_paid_order_that_is_still_listed_is_left_alone(story: Story) -> None:
    await story.take(paid(await story.opened()))

    assert await look(story, WON) == News()


# What is missing there.


async def handoffs(story: Story) -> list[tuple[str, str]]:
    """Of which orders the auction house was asked to look at, and why."""
    rows = await story.pool.fetch("select body from report where type = 'handoff.opened' order by made_at, webhook_id")
    told = [json.loads(row["body"])["data"] for row in rows]
    return [(data["order_id"], data["reason"]) for data in told]


async def test_what_is_missing_twice_is_closed_and_the_auction_house_and_the_buyer_are_told(story: Story) -> None:
    await story.take(won())
    await story.press(Act.PAY, Act.USE_ALIPAY)
    charge_id = (await story.journey()).charge_id or ""

    news = await look_twice(story)

    assert (news.calls, news.cards, news.work, news.reports) == ([], ["announce"], [], [])
    assert await handoffs(story) == [("o1", "order_gone")]
    assert ((await story.journey()).state, (await story.charge(charge_id)).void) == (Payment.GONE, True)
    assert await look(story) == News()


async def test_a_list_that_is_broken_does_not_fill_the_support_chat(story: Story) -> None:
    orders = [replace(WON, order_id=f"o{number}", auction_id=f"t{number}") for number in range(1, 41)]
    await story.take(*(won(order) for order in orders))
    charge_id = await story.opened(replace(WON, order_id="o99", auction_id="t99"))
    missing = tuple((order.order_id, order.version) for order in orders)

    await story.take(OrdersListed(buyer_id="b1", at=story.clock.time, gone=missing), paid(charge_id, Money("JPY", 1)))

    assert (await story.news()).calls == ["charge_differs"]
    assert sorted(await handoffs(story)) == sorted([(order.order_id, "order_gone") for order in orders] + [DIFFERS])
    assert await story.store.gone_orders() == 40


async def test_the_second_look_comes_after_a_while(story: Story) -> None:
    await story.take(won())
    await story.news()
    work = AskOrders(buyer_id="b1")

    await checks(story).ask(work, claim_of(work))

    [row] = await story.pool.fetch("select line, run_at from work")
    assert (row["line"], row["run_at"]) == (orders_line("b1"), story.clock.time + story.rules.second_look)


async def test_what_is_listed_at_the_second_look_was_never_gone(story: Story) -> None:
    await story.take(won())

    assert await look(story, WON, missing=MISSING) == News()
    assert (await story.journey()).state is Payment.WON


async def test_what_changed_between_two_looks_is_not_gone(story: Story) -> None:
    await story.take(won(), changed(2, title="Teapot"))

    await look(story, missing=MISSING)

    assert (await story.journey()).state is Payment.WON


async def test_nor_what_changes_while_the_answer_is_taken(story: Story) -> None:
    await story.take(won(), changed(2, title="Teapot"))

    late = OrdersListed(buyer_id="b1", at=story.clock.time, gone=MISSING)

    assert await story.take(late) == [Receipt.DECLINED]
    assert (await story.journey()).state is Payment.WON


async def test_what_may_be_paid_at_this_moment_is_never_closed(story: Story) -> None:
    charge_id = await story.opened()

    await look_twice(story)
    assert (await story.journey()).state is Payment.OPENED

    await story.take(paid(charge_id))
    assert (await story.journey()).state is Payment.PAID


async def test_nor_while_a_former_charge_may_still_be_paid(story: Story) -> None:
    charge_id = await story.opened()
    await story.press(Act.NEW_LINK)
    assert (await story.journey()).state is Payment.LINK_SENT

    await look_twice(story)
    assert (await story.journey()).state is Payment.LINK_SENT

    await story.take(refused(charge_id))
    await look_twice(story)
    assert (await story.journey()).state is Payment.GONE


async def test_what_was_gone_and_is_listed_again_can_be_paid_again(story: Story) -> None:
    await story.take(won())
    await look_twice(story)

    news = await look(story, WON)

    assert (news.cards, (await story.journey()).state) == (["announce"], Payment.WON)


async def test_an_older_list_does_not_bring_back_what_was_gone(story: Story) -> None:
    await story.take(won(), repriced(DEARER, version=2))
    await look(story, missing=(("o1", 2),))
    assert (await story.journey()).state is Payment.GONE

    assert await look(story, WON) == News()
    stale = OrdersListed(buyer_id="b1", at=story.clock.time, orders=(WON,))
    assert (await story.after(stale)).cards == []

    journey = await story.journey()
    assert (journey.state, journey.order and journey.order.total) == (Payment.GONE, DEARER)


async def test_the_answer_about_a_buyer_brings_back_what_was_gone(story: Story) -> None:
    await story.take(won())
    await look_twice(story)

    news = await story.after(asked_about(WON))

    assert (news.cards, (await story.journey()).state) == (["announce"], Payment.WON)


async def test_the_truth_about_what_was_gone_may_come_later(story: Story) -> None:
    await story.take(won())
    await look_twice(story)

    await story.take(cancelled())

    assert (await story.journey()).state is Payment.CANCELLED


@pytest.mark.parametrize("answer", [NotFound(), AWAY])
async def test_an_answer_that_is_no_list_says_nothing_about_orders(story: Story, answer: OrdersAnswer) -> None:
    await story.take(won())
    await story.news()
    house, work = House(), AskOrders(buyer_id="b1")
    house.answer = answer

    assert await checks(story, house).ask(work, claim_of(work)) == Done()

    assert await story.news() == News()


# The round.


def asked_about(*orders: Order) -> BuyerTold:
    """What the auction house answers where somebody wants something of it."""
    return BuyerTold(buyer_id="b1", intent=Intent.GREET, alipay=Alipay.LINKED, at=NOW, orders=orders)


async def connect(story: Story, *numbers: int) -> None:
    """These buyers, whose orders were never looked at yet; those of the story's own buyer just were."""
    for number in numbers:
        await story.take(BuyerConnected(at=NOW, buyer_id=f"b{number}", telegram_user_id=number))
    async with story.store.transaction() as tx:
        await tx.note_orders_seen("b1", NOW)
    await story.news()


async def turn(story: Story) -> Sequence[str]:
    """Who is asked about in the next turn."""
    outcome: Outcome = await checks(story).turn(CheckOrders(), claim_of(CheckOrders()))
    assert outcome == Later(TURN, "again")
    story.clock.time += TURN
    return [work.buyer_id for work in (await story.news()).work if isinstance(work, AskOrders)]


async def test_the_turns_are_begun_once_whoever_begins_them(story: Story) -> None:
    for _ in range(2):
        await checks(story).begin()

    assert [row["line"] for row in await story.pool.fetch("select line from work")] == [ORDERS]


async def test_a_round_takes_everybody_once_and_the_time_that_is_set(story: Story) -> None:
    story.rules = replace(story.rules, orders_time=3 * TURN)
    await connect(story, 2, 3, 4, 5, 6)
    story.clock.time += story.rules.orders_time

    rounds = [sorted(await turn(story)) for _ in range(6)]

    assert rounds == [["b2", "b3"], ["b4", "b5"], ["b1", "b6"]] * 2


async def test_who_left_is_not_asked_about(story: Story) -> None:
    await connect(story, 2, 3)
    await story.take(BuyerDisconnected(at=NOW + MINUTE, buyer_id="b2"))

    assert [await turn(story), await turn(story)] == [["b3"], []]


async def test_what_is_answered_about_a_buyer_is_no_comparison_and_puts_none_off(story: Story) -> None:
    assert await turn(story) == ["b1"]
    story.clock.time += story.rules.orders_time

    await story.take(asked_about())

    assert await turn(story) == ["b1"]


async def test_nobody_is_asked_about_twice_at_once(story: Story) -> None:
    story.clock.time += story.rules.orders_time
    async with story.store.transaction() as tx:
        await tx.queue(orders_line("b1"), AskOrders(buyer_id="b1", missing=MISSING))

    await checks(story).turn(CheckOrders(), claim_of(CheckOrders()))

    assert (await story.news()).work == [AskOrders(buyer_id="b1", missing=MISSING)]


async def test_a_house_that_is_away_only_delays_the_round(story: Story) -> None:
    await connect(story, 2)
    assert await turn(story) == ["b2"]
    house, work = House(), AskOrders(buyer_id="b2")
    house.answer = AWAY
    await checks(story, house).ask(work, claim_of(work))

    assert await turn(story) == []
    story.clock.time += story.rules.orders_time / 10
    assert await turn(story) == ["b2"]


async def test_a_second_look_waits_for_the_house(story: Story) -> None:
    house, work = House(), AskOrders(buyer_id="b1", missing=MISSING)
    house.answer = AWAY

    assert await checks(story, house).ask(work, claim_of(work)) == Later(timedelta(seconds=30), "timeout")

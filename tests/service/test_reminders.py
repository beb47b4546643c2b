"""Reminders before a deadline: planned with every move, sent once, put off, and ended by the payment."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random

import pytest

from flow.linked import Alipay
from flow.money import Money
from flow.offers import Act
from flow.order import Order
from flow.reminders import LATEST
from flow.states import Payment
from service.auction_events import BuyerConnected, BuyerDisconnected
from service.bell import Bell
from service.buyer_desk import ACKNOWLEDGE, SNOOZE
from service.cards import Cards
from service.facts import ChatClosed, Command, Fact, OrdersListed, ReminderDue
from service.lines import chat_line, reminder_line
from service.receipt import Receipt
from service.records import Preference, Reminded, Topic
from service.urgency import Urgency
from service.views import CardView, LinkButton, PressButton
from service.work import Done, Remind, ShowCard, ShowReminder
from store.postgres import Pool, PostgresStore
from tests.service.examples import NOW, ORDER
from tests.service.story import (
    CHAT,
    News,
    Story,
    back,
    cancelled,
    changed,
    claim_of,
    given,
    paid,
    paid_elsewhere,
    won,
)
from tests.simulation.telegram import SimTelegram

HOUR = timedelta(hours=1)
DEADLINE = NOW + timedelta(days=2)
RUNGS = [DEADLINE - lead * HOUR for lead in (24, 6, 1)]
CLOSED = ChatClosed(chat_id=CHAT, reason="blocked")


async def due(story: Story, moment: datetime | None = None) -> News:
    """The planned time comes, and what follows from it."""
    if moment is not None:
        story.clock.time = moment
    return await story.after(ReminderDue(journey_id=(await story.journey()).id))


def shown(lead: int, journey_id: str, pay_by: datetime = DEADLINE) -> ShowReminder:
    return ShowReminder(journey_id=journey_id, pay_by=pay_by, lead=lead * HOUR)


async def waiting(pool: Pool, line: str) -> list[tuple[datetime, int]]:
    """When the work of a line runs, and how urgent it is."""
    rows = await pool.fetch("select run_at, urgency from work where line = $1 order by id", line)
    return [(row["run_at"], row["urgency"]) for row in rows]


async def reminded(story: Story) -> Reminded:
    async with story.store.transaction() as tx:
        found = await tx.reminded((await story.journey()).id)
    assert found is not None
    return found


# One waits, and it is the next.


async def test_a_won_item_is_reminded_of_three_times(story: Story) -> None:
    news = await story.after(won())
    journey = await story.journey()
    assert news.due == [RUNGS[0]]
    for lead, rung, next_one in ((24, 0, [RUNGS[1]]), (6, 1, [RUNGS[2]]), (1, 2, [])):
        news = await due(story, RUNGS[rung])
        assert (news.work, news.due) == ([shown(lead, journey.id)], next_one)
    assert (await due(story)).work == []


async def test_it_waits_in_a_line_of_its_own_and_is_as_urgent_as_a_deadline(story: Story, pool: Pool) -> None:
    await story.take(won())
    line = reminder_line((await story.journey()).id)
    assert await waiting(pool, line) == [(RUNGS[0], Urgency.DEADLINE)]
    await story.news()
    story.clock.time = RUNGS[0]
    await story.take(ReminderDue(journey_id=(await story.journey()).id))
    [(_, urgency)] = await waiting(pool, chat_line(CHAT))
    assert urgency == Urgency.DEADLINE


async def test_what_is_not_listed_any_more_is_not_reminded_of_until_it_is_back(story: Story, pool: Pool) -> None:
    await story.take(won())
    line = reminder_line((await story.journey()).id)
    await story.take(OrdersListed(buyer_id="b1", at=NOW, gone=(("o1", 1),)))
    assert await waiting(pool, line) == []
    await story.take(OrdersListed(buyer_id="b1", at=NOW, orders=(replace(ORDER, payment_method="alipay"),)))
    assert await waiting(pool, line) == [(RUNGS[0], Urgency.DEADLINE)]


@pytest.mark.parametrize("end", ["paid", "cancelled", "elsewhere", "differs"])
async def test_whatever_ends_the_order_takes_it_back_in_the_same_transaction(
    story: Story, pool: Pool, end: str
) -> None:
    charge_id = await story.opened()
    line = reminder_line((await story.journey()).id)
    assert len(await waiting(pool, line)) == 1
    ends: dict[str, Fact] = {
        "paid": paid(charge_id),
        "cancelled": cancelled(),
        "elsewhere": paid_elsewhere(),
        "differs": paid(charge_id, Money("JPY", 1)),
    }
    await story.take(ends[end])
    assert await waiting(pool, line) == []
    assert (await due(story, RUNGS[0])).work == []


async def test_a_move_that_changes_nothing_about_the_deadline_leaves_it_alone(story: Story, pool: Pool) -> None:
    await story.take(won())
    await story.press(Act.PAY, Act.USE_ALIPAY)
    await story.open_link()
    assert await waiting(pool, reminder_line((await story.journey()).id)) == [(RUNGS[0], Urgency.DEADLINE)]


async def test_it_moves_with_the_deadline_and_begins_anew(story: Story, pool: Pool) -> None:
    await story.take(won())
    await due(story, RUNGS[0])
    later = DEADLINE + timedelta(days=1)
    assert (await story.after(changed(2, pay_by=later))).due == [later - 24 * HOUR]
    assert (await reminded(story)).sent is None
    await story.take(changed(3, pay_by=None))
    assert (await due(story, later - 24 * HOUR)).work == []


async def test_a_deadline_that_goes_takes_it_back(story: Story, pool: Pool) -> None:
    await story.take(won())
    await story.take(changed(2, pay_by=None))
    assert await waiting(pool, reminder_line((await story.journey()).id)) == []


async def test_what_is_with_staff_is_reminded_of_again_once_the_money_went_back(story: Story) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id, Money("JPY", 1)))
    assert (await story.journey()).state is Payment.WITH_STAFF
    await story.news()
    returned = paid(charge_id, Money("JPY", 1), returns=(back("portal-1", Money("JPY", 1)),))
    assert (await story.after(returned)).due == [RUNGS[0]]
    assert (await story.journey()).state is Payment.WON


async def test_an_order_without_a_deadline_is_not_reminded_of(story: Story) -> None:
    assert (await story.after(won(replace(ORDER, pay_by=None)))).due == []


# Asked again when it is due.


async def test_one_that_is_early_waits_for_its_time(story: Story) -> None:
    await story.take(won())
    news = await due(story, RUNGS[0] - HOUR)
    assert (news.work, news.due) == ([], [RUNGS[0]])


async def test_the_same_work_rings_once(story: Story) -> None:
    await story.take(won())
    journey = await story.journey()
    await story.news()
    story.clock.time = RUNGS[0]
    bell, work = Bell(story.desk), Remind(journey_id=journey.id)
    assert await bell.remind(work, claim_of(work, work_id=7)) == Done()
    assert await bell.remind(work, claim_of(work, attempts=2, work_id=7)) == Done()
    assert (await story.news()).work == [shown(24, journey.id)]
    story.clock.time = RUNGS[1]
    await bell.remind(work, claim_of(work, work_id=8))
    assert (await story.news()).work == [shown(6, journey.id)]


async def test_after_a_pause_of_ours_one_comes_at_once_and_not_all(story: Story) -> None:
    await story.take(won())
    journey = await story.journey()
    news = await due(story, RUNGS[1] + HOUR)
    assert (news.work, news.due) == ([shown(6, journey.id)], [RUNGS[2]])


async def test_a_deadline_that_is_near_is_reminded_of_at_once_and_one_that_passed_never(story: Story) -> None:
    near = replace(ORDER, pay_by=NOW + timedelta(minutes=30))
    assert (await story.after(won(near))).due == [NOW]
    past = replace(ORDER, order_id="o2", auction_id="t2", pay_by=NOW)
    assert (await story.after(won(past))).due == []


# Answers to a reminder.


async def test_acknowledged_only_the_last_one_comes(story: Story) -> None:
    await story.take(won())
    await due(story, RUNGS[0])
    assert await story.push(ACKNOWLEDGE, (await story.journey()).id) == Receipt.ACKNOWLEDGED
    news = await story.news()
    assert (news.due, news.cards) == ([RUNGS[2]], ["refresh"])
    assert (await due(story, RUNGS[2])).work == [shown(1, (await story.journey()).id)]


async def test_at_most_one_waits_whatever_is_answered(story: Story, pool: Pool) -> None:
    await story.take(won())
    await due(story, RUNGS[0])
    journey = await story.journey()
    for answer, at in ((SNOOZE, RUNGS[0] + HOUR), (ACKNOWLEDGE, RUNGS[2]), (SNOOZE, RUNGS[0] + HOUR)):
        await story.push(answer, journey.id)
        assert await waiting(pool, reminder_line(journey.id)) == [(at, Urgency.DEADLINE)]


async def test_put_off_it_comes_again_an_hour_later(story: Story) -> None:
    await story.take(won())
    await due(story, RUNGS[0])
    assert await story.push(SNOOZE, (await story.journey()).id) == Receipt.SNOOZED
    news = await story.news()
    assert (news.due, news.cards) == ([RUNGS[0] + HOUR], ["refresh"])
    again = await due(story, RUNGS[0] + HOUR)
    assert (again.work, again.due) == ([shown(24, (await story.journey()).id)], [RUNGS[1]])


async def test_the_last_one_put_off_still_comes_in_time_to_pay(story: Story) -> None:
    await story.take(won())
    await due(story, RUNGS[2])
    await story.push(SNOOZE, (await story.journey()).id)
    at = DEADLINE - timedelta(minutes=10)
    assert (await story.news()).due == [at]
    assert (await due(story, at)).work == [shown(1, (await story.journey()).id)]
    assert await story.push(SNOOZE, (await story.journey()).id) == Receipt.DECLINED


async def test_who_acknowledges_after_putting_off_means_it(story: Story) -> None:
    await story.take(won())
    await due(story, RUNGS[0])
    journey = await story.journey()
    await story.push(SNOOZE, journey.id)
    await story.news()
    await story.push(ACKNOWLEDGE, journey.id)
    assert (await story.news()).due == [RUNGS[2]]
    await story.push(SNOOZE, journey.id)
    assert (await story.news()).due == [RUNGS[0] + HOUR]


async def test_the_last_one_put_off_and_then_acknowledged_does_not_come_again(story: Story) -> None:
    await story.take(won())
    await due(story, RUNGS[2])
    journey = await story.journey()
    await story.push(SNOOZE, journey.id)
    await story.push(ACKNOWLEDGE, journey.id)
    story.clock.time = DEADLINE - timedelta(minutes=10)
    assert (await due(story)).work == []


@pytest.mark.parametrize("answer", [ACKNOWLEDGE, SNOOZE])
async def test_an_answer_to_what_is_paid_is_declined_and_the_card_loses_the_buttons(story: Story, answer: str) -> None:
    charge_id = await story.opened()
    await story.take(paid(charge_id))
    await story.news()
    assert await story.push(answer, (await story.journey()).id) == Receipt.DECLINED
    news = await story.news()
    assert (news.cards, news.due) == (["refresh"], [])


@pytest.mark.parametrize("answer", [ACKNOWLEDGE, SNOOZE])
async def test_nobody_answers_for_another_buyer(story: Story, answer: str) -> None:
    await story.take(won(replace(ORDER, buyer_id="b2")))
    assert await story.push(answer, (await story.journey()).id) == Receipt.EXPIRED


# Who can be reached.


async def test_who_is_not_connected_is_reminded_of_nothing_until_they_are(story: Story) -> None:
    await story.take(BuyerDisconnected(at=NOW + HOUR, buyer_id="b1"))
    assert (await story.after(won())).due == []
    assert (await due(story, RUNGS[0])).work == []
    again = BuyerConnected(at=NOW + 2 * HOUR, buyer_id="b1", telegram_user_id=CHAT)
    assert (await story.after(again)).due == [RUNGS[1]]


async def test_a_closed_chat_is_left_in_peace_and_the_auction_house_hears_of_the_last_one(story: Story) -> None:
    await story.take(won(), CLOSED)
    news = await due(story, RUNGS[0])
    assert (news.work, news.reports, news.due) == ([], [], [RUNGS[2]])
    news = await due(story, RUNGS[2])
    assert news.work == []
    told = {"buyer_id": "b1", "reason": "chat closed", "order_id": "o1", "pay_by": DEADLINE.isoformat()}
    assert news.reports == [("buyer.unreachable", told)]
    assert story.clock.time < DEADLINE
    assert (await due(story)).reports == []


async def test_who_writes_again_is_reminded_again(story: Story) -> None:
    await story.take(won(), CLOSED)
    await story.news()
    story.clock.time = RUNGS[0] - HOUR
    assert (await story.after(given(Command.HELP))).due == [RUNGS[0]]


# What the chat shows.


class Chat:
    """The buyer's phone, and the cards that are carried to it."""

    def __init__(self, story: Story) -> None:
        self.telegram = SimTelegram(Random(1))  # noqa: S311 - a seed
        self.cards = Cards(
            story.store, self.telegram, story.desk, story.rules, story.clock, story.names, ("en", "zh_Hans")
        )

    async def gets(self, work: ShowReminder) -> CardView | None:
        """The newest card after this reminder was carried out."""
        assert isinstance(await self.cards.reminder(work, claim_of(work)), Done)
        return self.telegram.card(CHAT, work.journey_id)


async def test_the_reminder_is_the_card_with_what_is_left_and_the_link_stays(story: Story) -> None:
    await story.opened()
    journey, chat = await story.journey(), Chat(story)
    before = await story.charge(journey.charge_id or "")
    await due(story, RUNGS[2])
    card = await chat.gets(shown(1, journey.id))
    assert card is not None
    assert (card.left, card.is_last, card.journey) == (HOUR, True, await story.journey())
    assert [button.act for button in card.buttons][-2:] == [ACKNOWLEDGE, SNOOZE]
    assert [b.url for b in card.buttons if isinstance(b, LinkButton)] == [story.rules.landing(before.token)]
    assert await story.charge(before.id) == before


async def test_it_can_be_put_off_for_as_long_as_leaves_time_to_pay(story: Story) -> None:
    await story.take(won())
    journey, chat = await story.journey(), Chat(story)
    await due(story, RUNGS[2])
    card = await chat.gets(shown(1, journey.id))
    assert card is not None
    assert [b.subject for b in card.buttons if isinstance(b, PressButton) and b.act == SNOOZE] == [str(50 * 60)]
    story.clock.time = DEADLINE - LATEST
    card = await chat.gets(shown(1, journey.id))
    assert card is not None
    assert SNOOZE not in [button.act for button in card.buttons]


async def test_the_deadline_is_said_in_the_zone_that_the_settings_show(story: Story) -> None:
    await story.take(won())
    journey, chat = await story.journey(), Chat(story)
    await due(story, RUNGS[0])
    guessed = await chat.gets(shown(24, journey.id))
    async with story.store.transaction() as tx:
        await tx.save_preference(Preference(chat_id=CHAT, zone="America/New_York", is_guessed=False))
    chosen = await chat.gets(shown(24, journey.id))
    assert guessed is not None
    assert chosen is not None
    assert (guessed.zone, chosen.zone) == ("Asia/Tokyo", "America/New_York")


async def test_only_the_last_is_called_so(story: Story) -> None:
    await story.take(won())
    await due(story, RUNGS[0])
    card = await Chat(story).gets(shown(24, (await story.journey()).id))
    assert card is not None
    assert (card.left, card.is_last) == (24 * HOUR, False)


async def test_what_waited_too_long_in_the_chats_line_is_not_shown(story: Story) -> None:
    await story.take(won())
    journey, chat = await story.journey(), Chat(story)
    await due(story, RUNGS[0])
    await due(story, RUNGS[1])
    assert await chat.gets(shown(24, journey.id)) is None
    story.clock.time = DEADLINE
    assert await chat.gets(shown(6, journey.id)) is None
    story.clock.time = RUNGS[1]
    await story.take(changed(2, pay_by=DEADLINE + HOUR))
    assert await chat.gets(shown(6, journey.id)) is None
    await due(story, RUNGS[1] + HOUR)
    assert await chat.gets(shown(6, journey.id, DEADLINE + HOUR)) is not None


async def test_what_is_paid_or_cannot_be_told_is_not_shown(story: Story) -> None:
    charge_id = await story.opened()
    journey, chat = await story.journey(), Chat(story)
    await due(story, RUNGS[0])
    await story.take(CLOSED)
    assert await chat.gets(shown(24, journey.id)) is None
    await story.take(given(Command.HELP), paid(charge_id))
    assert await chat.gets(shown(24, journey.id)) is None


async def test_an_answer_takes_the_buttons_off_the_card(story: Story) -> None:
    await story.take(won())
    journey, chat = await story.journey(), Chat(story)
    await due(story, RUNGS[0])
    await chat.gets(shown(24, journey.id))
    [message_id] = chat.telegram.shown[CHAT]
    await story.push(ACKNOWLEDGE, journey.id)
    work = ShowCard(journey_id=journey.id, manner="refresh")
    await chat.cards.card(work, claim_of(work))
    card = chat.telegram.card(CHAT, journey.id)
    assert card is not None
    assert (card.left, [button.act for button in card.buttons]) == (None, [Act.PAY])
    assert list(chat.telegram.shown[CHAT]) == [message_id]


# What the buyer chose.


def night_order() -> Order:
    """An order that is due at seven in the morning of Tokyo."""
    return replace(ORDER, pay_by=datetime.combine(NOW.date() + timedelta(days=2), time(22), NOW.tzinfo))


async def test_nobody_is_woken_but_for_the_last_one(story: Story) -> None:
    order = night_order()
    assert order.pay_by is not None
    evening = order.pay_by - timedelta(hours=9, minutes=15)
    assert (await story.after(won(order))).due == [evening - timedelta(days=1)]
    story.clock.time = order.pay_by - 8 * HOUR
    assert (await due(story)).due == [order.pay_by - HOUR]


async def test_who_muted_reminders_gets_the_last_one(story: Story) -> None:
    async with story.store.transaction() as tx:
        muted = frozenset({Topic.REMINDERS})
        await tx.save_preference(Preference(chat_id=CHAT, zone="Asia/Tokyo", muted=muted))
    assert (await story.after(won())).due == [RUNGS[2]]


async def test_where_the_account_is_not_linked_the_deadline_is_the_same(store: PostgresStore, pool: Pool) -> None:
    story = Story(store, pool)
    await story.connected(Alipay.NOT_LINKED)
    assert (await story.after(won())).due == [RUNGS[0]]

"""Every attempt to bring something to a chat is written down with what became of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from flow.journey import Kind
from flow.money import Money
from flow.offers import Act
from service.deliveries import LONGEST_PAUSE, TRIED_AGAIN_AFTER, Deliveries
from service.errors import Unavailable
from service.facts import Command, ItemMissing, Pressed, ReminderDue
from service.ports import Store, Transaction
from service.urgency import Urgency
from service.views import Delivery, NoteView, Sent, Wait
from service.work import Done, Hold, Say
from tests.service.chatroom import ChatRoom
from tests.service.examples import NOW, ORDER
from tests.service.story import CHAT, PERSON, Story, claim_of, given, paid, repriced, won

OTHER = replace(ORDER, order_id="o2", auction_id="t2")


async def test_a_card_is_sent_then_edited_then_made_inert(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.catch_up()
    await story.press(Act.PAY)
    await chat.catch_up()
    await story.take(repriced(Money("JPY", 13000)))
    await chat.catch_up()
    journey, (old, new) = await story.journey(), await chat.seen()
    about = ("b1", journey.id, CHAT)
    assert await chat.log("buyer_id", "journey_id", "chat_id", "view", "result", "step", "message_id") == [
        (*about, "CardView", "sent", "open_payment", old.id),
        (*about, "CardView", "edited", "use_alipay", old.id),
        (*about, "CardView", "sent", "use_alipay", new.id),
        (*about, "RetiredCard", "edited", "use_alipay", old.id),
    ]


async def test_a_reminder_has_a_name_of_its_own_and_leaves_the_old_card_to_other_work(
    story: Story, chat: ChatRoom
) -> None:
    await story.take(won())
    await chat.catch_up()
    journey = await story.journey()
    story.clock.time = NOW + timedelta(days=1)
    await story.take(ReminderDue(journey_id=journey.id))
    assert await chat.catch_up() == {"send": 1, "retire": 1}
    old, new = await chat.seen()
    assert await chat.log("journey_id", "view", "result", "message_id") == [
        (journey.id, "CardView", "sent", old.id),
        (journey.id, "Reminder", "sent", new.id),
        (journey.id, "RetiredCard", "edited", old.id),
    ]


async def test_settings_that_are_pressed_are_edited_in_their_place(story: Story, chat: ChatRoom) -> None:
    await story.take(given(Command.SETTINGS))
    await chat.catch_up()
    [settings] = await chat.seen()
    await story.take(Pressed(person=PERSON, button_id=settings.targets[0], message_id=settings.id))
    assert await chat.catch_up() == {"edit": 1}
    assert await chat.log("view", "result", "message_id") == [
        ("SettingsView", "sent", settings.id),
        ("SettingsView", "edited", settings.id),
    ]


async def test_a_message_that_needs_no_edit_is_unchanged(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.catch_up()
    await story.take(repriced(Money("JPY", 13000)))
    await chat.turn()
    await chat.phones.delete(CHAT, (await chat.seen())[0].id)
    await chat.catch_up()
    assert (await chat.log("view", "result"))[-1] == ("RetiredCard", "unchanged")


async def test_a_digest_is_an_attempt_for_each_of_its_items(story: Story, chat: ChatRoom) -> None:
    await story.take(won(), won(OTHER))
    await chat.catch_up()
    journeys = [(await story.journey(order_id)).id for order_id in ("o1", "o2")]
    [digest] = await chat.seen()
    logged = await chat.log("view", "journey_id", "result", "message_id")
    assert sorted(logged) == sorted(("DigestView", name, "sent", digest.id) for name in journeys)


async def test_each_try_that_must_wait_is_noted_with_its_reason_and_its_end(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    await chat.phones.fail("send", "too_many_requests", seconds=7)
    await chat.turn()
    await chat.pass_time()
    await chat.phones.fail("send", "server_error")
    await chat.turn()
    await chat.pass_time()
    await chat.catch_up()
    first, second, third = await chat.log("result", "reason", "until", "message_id")
    assert first == ("waiting", "too many calls", NOW + timedelta(seconds=7), None)
    assert (second[0], bool(second[1])) == ("waiting", True)
    assert third[:3] == ("sent", None, None)


@pytest.mark.parametrize(("attempts", "pause"), [(1, 2), (2, 4), (3, 8), (5, LONGEST_PAUSE), (500, LONGEST_PAUSE)])
async def test_a_messenger_that_stays_silent_is_asked_less_and_less_often(
    story: Story, chat: ChatRoom, attempts: int, pause: float
) -> None:
    silent = Wait(seconds=2, reason="Bad Gateway")
    assert await settled(story, story.store, silent, attempts) == Hold(timedelta(seconds=pause), "Bad Gateway")
    assert await chat.log("until") == [(NOW + timedelta(seconds=pause),)]


@pytest.mark.parametrize(
    "wait", [Wait(seconds=90, reason="too many calls", throttled=True), Wait(seconds=60, reason="no token")]
)
async def test_who_says_how_long_to_wait_is_waited_for_so_long(story: Story, wait: Wait) -> None:
    held = await settled(story, story.store, wait, attempts=7)
    assert held == Hold(timedelta(seconds=wait.seconds), wait.reason, throttled=wait.throttled)


async def test_a_chat_that_is_closed_and_a_message_that_is_refused(story: Story, chat: ChatRoom) -> None:
    await story.take(won())
    async with story.store.transaction() as tx:
        await tx.queue(f"chat:{CHAT}", Say(chat_id=CHAT, text="money.refunded", amounts={"amount": Money("JPY", 5)}))
    await chat.phones.leave(CHAT, "block")
    await chat.turn()
    assert await chat.log("result", "reason") == [("closed", "blocked")]
    await chat.catch_up()
    assert len(await chat.log("result")) == 1


async def test_words_are_logged_by_their_key_and_by_the_item_that_they_are_about(story: Story, chat: ChatRoom) -> None:
    charge_id = await story.opened()
    await story.press(Act.NEW_LINK)
    await story.take(paid((await story.journey()).charge_id or ""), paid(charge_id), ItemMissing(chat_id=CHAT))
    await chat.catch_up()
    words = [row for row in await chat.log("view", "says", "journey_id", "buyer_id") if row[0] == "NoteView"]
    journey = await story.journey()
    assert words == [
        ("NoteView", "money.repeated", journey.id, "b1"),
        ("NoteView", "item.missing", None, "b1"),
    ]


async def test_neither_words_nor_links_are_kept(story: Story, chat: ChatRoom) -> None:
    await story.opened()
    await story.take(won(OTHER))
    await chat.catch_up()
    journey = await story.journey()
    assert journey.kind is Kind.PAYMENT
    charge = await story.charge(journey.charge_id or "")
    assert charge.token in str(await chat.seen())
    kept = str([tuple(row) for row in await story.pool.fetch("select delivery::text from delivery")])
    for secret in (charge.token, "http", ORDER.title, "12,300", "Total"):
        assert secret not in kept


# The store is away just when a message was sent.


class Fickle:
    """A store that is away for so many units of work."""

    def __init__(self, store: Store, away: int) -> None:
        self._store, self.away = store, away

    @asynccontextmanager
    async def transaction(self, urgency: Urgency = Urgency.REST) -> AsyncIterator[Transaction]:
        if self.away:
            self.away -= 1
            raise Unavailable("cut")
        async with self._store.transaction(urgency) as tx:
            yield tx


async def settled(story: Story, store: Store, delivery: Delivery, attempts: int = 1) -> object:
    view, work = NoteView(chat_id=CHAT, language="en", text="connected"), Say(chat_id=CHAT, text="connected")
    claim = claim_of(work, attempts)

    async def deliver() -> Delivery:
        return delivery

    return await Deliveries(store, story.desk, story.rules, story.clock).settle(view, deliver(), claim)


@pytest.mark.parametrize("away", [1, len(TRIED_AGAIN_AFTER)])
async def test_that_it_was_sent_is_noted_once_the_store_is_back(story: Story, chat: ChatRoom, away: int) -> None:
    assert await settled(story, Fickle(story.store, away), Sent(message_id=5)) == Done()
    assert await chat.log("result", "message_id") == [("sent", 5)]


async def test_a_store_that_stays_away_is_not_waited_for(story: Story, chat: ChatRoom) -> None:
    with pytest.raises(Unavailable):
        await settled(story, Fickle(story.store, len(TRIED_AGAIN_AFTER) + 1), Sent(message_id=5))
    assert await chat.log("result") == []


async def test_what_was_not_sent_is_done_again_at_once_as_a_whole(story: Story) -> None:
    store = Fickle(story.store, 2)
    with pytest.raises(Unavailable):
        await settled(story, store, Wait(seconds=1, reason="too many calls"))
    assert store.away == 1

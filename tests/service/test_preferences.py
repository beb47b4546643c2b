"""What buyers choose to be told, and when: `/settings`, time zones, and what cannot be muted."""

from dataclasses import replace
from datetime import time, timedelta
from random import Random
from typing import Literal

import pytest

from flow.journey import Journey
from flow.money import Money
from flow.offers import Act
from service import zones
from service.buyer_desk import LANGUAGE
from service.cards import Cards
from service.facts import Command, Person, Pressed, WordsSaid, ZoneTyped
from service.preference_desk import MUTE, OTHER, PAGES, QUIET, SETTINGS, TONGUE, ZONE, menu
from service.preferences import preference_of, quiet_of
from service.receipt import Receipt
from service.records import Button, Preference, Topic
from service.sessions import ASKING, Session, Sessions
from service.views import SettingsView
from service.work import Done, Page, RedrawDigest, ShowCard, ShowSettings
from tests.service.chatroom import ChatRoom
from tests.service.examples import NOW, ORDER
from tests.service.story import CHAT, PERSON, Story, cancelled, changed, claim_of, given, paid, repriced, sent_back, won
from tests.simulation.telegram import SimTelegram

MESSAGE = 77
SHANGHAI = ZoneTyped(person=PERSON, zone="Asia/Shanghai")


async def preference(story: Story) -> Preference:
    async with story.store.transaction() as tx:
        return await preference_of(tx, await story.chat())


async def press(story: Story, act: str, subject: str) -> Receipt:
    """A button of the settings' message."""
    button = Button(id=story.names.token(), chat_id=CHAT, act=act, subject=subject, expires_at=NOW + timedelta(days=30))
    async with story.store.transaction() as tx:
        await tx.save_button(button)
    [receipt] = await story.take(Pressed(person=PERSON, button_id=button.id, message_id=MESSAGE))
    return receipt


def carried(story: Story) -> tuple[SimTelegram, Cards]:
    telegram = SimTelegram(Random(1))  # noqa: S311 - a seed
    return telegram, Cards(story.store, telegram, story.desk, story.rules, story.clock, story.names, ("en", "zh_Hans"))


# The message with the settings.


async def test_the_command_shows_all_settings_in_a_new_message(story: Story) -> None:
    assert (await story.after(given(Command.SETTINGS))).work == [ShowSettings(chat_id=CHAT)]


async def test_it_shows_what_is_set_with_a_button_for_each(story: Story) -> None:
    telegram, cards = carried(story)
    work = ShowSettings(chat_id=CHAT)
    assert isinstance(await cards.settings(work, claim_of(work)), Done)
    [view] = telegram.shown[CHAT].values()
    assert isinstance(view, SettingsView)
    assert view.preference == await preference(story)
    assert [(button.act, button.subject) for button in view.buttons] == menu("all", ("en", "zh_Hans"))


async def test_a_press_is_shown_in_the_message_that_was_pressed(story: Story) -> None:
    telegram, cards = carried(story)
    first = ShowSettings(chat_id=CHAT)
    await cards.settings(first, claim_of(first))
    [message_id] = telegram.shown[CHAT]
    again = ShowSettings(chat_id=CHAT, page="zone", message_id=message_id)
    await cards.settings(again, claim_of(again))
    [view] = telegram.shown[CHAT].values()
    assert isinstance(view, SettingsView)
    assert view.page == "zone"


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_is_opened_in_its_place(story: Story, page: Page) -> None:
    assert await press(story, SETTINGS, page) == Receipt.TAKEN
    assert (await story.news()).work == [ShowSettings(chat_id=CHAT, page=page, message_id=MESSAGE)]


@pytest.mark.parametrize("topic", Topic)
async def test_each_topic_is_muted_and_told_again(story: Story, topic: Topic) -> None:
    await press(story, MUTE, topic)
    assert (await preference(story)).muted == {topic}
    assert (await story.news()).work == [ShowSettings(chat_id=CHAT, message_id=MESSAGE)]
    await press(story, MUTE, topic)
    assert (await preference(story)).muted == frozenset()


@pytest.mark.parametrize(
    ("hours", "start", "end"), [("off", None, None), ("23-7", time(23), time(7)), ("0-6", time(0), time(6))]
)
async def test_quiet_hours_are_chosen(story: Story, hours: str, start: time | None, end: time | None) -> None:
    await press(story, QUIET, hours)
    chosen = await preference(story)
    assert (chosen.quiet_from, chosen.quiet_until) == (start, end)
    assert (quiet_of(chosen) is None) == (start is None)


async def test_a_language_is_chosen_there_too(story: Story) -> None:
    await press(story, TONGUE, "zh_Hans")
    chat, news = await story.chat(), await story.news()
    assert (chat.language, chat.chosen) == ("zh_Hans", True)
    assert (news.work, news.told) == ([ShowSettings(chat_id=CHAT, message_id=MESSAGE)], ["language.chosen"])


@pytest.mark.parametrize("act", [MUTE, QUIET])
async def test_a_button_of_a_release_that_knew_more_changes_nothing(story: Story, act: str) -> None:
    before = await preference(story)
    await press(story, act, "newsletters")
    assert await preference(story) == before


# The time zone.


@pytest.mark.parametrize(
    ("tag", "zone"),
    [
        ("zh-hans", "Asia/Shanghai"),
        ("zh", "Asia/Shanghai"),
        ("zh_Hans", "Asia/Shanghai"),
        ("zh-hant", "Asia/Taipei"),
        ("zh-TW", "Asia/Taipei"),
        ("zh-Hant-HK", "Asia/Hong_Kong"),
        ("zh-mo", "Asia/Hong_Kong"),
        ("ja", "Asia/Tokyo"),
        ("en", "Asia/Tokyo"),
        (None, "Asia/Tokyo"),
    ],
)
async def test_it_is_guessed_from_the_language_with_the_first_word(story: Story, tag: str | None, zone: str) -> None:
    person = Person(chat_id=8, user_id=8, name="陳", language=tag)
    await story.take(WordsSaid(person=person))
    async with story.store.transaction() as tx:
        found = await tx.preference(8)
    assert found == Preference(chat_id=8, zone=zone, is_guessed=True)


async def test_a_chat_from_before_has_the_zone_of_its_language(story: Story) -> None:
    await story.pool.execute("delete from preference")
    async with story.store.transaction() as tx:
        await tx.save_chat(replace(await story.chat(), language="zh_Hans", chosen=True))
    assert await preference(story) == Preference(chat_id=CHAT, zone="Asia/Shanghai")


async def test_with_another_language_it_is_guessed_anew_unless_it_was_chosen(story: Story) -> None:
    await story.push(LANGUAGE, "zh_Hans")
    assert await preference(story) == Preference(chat_id=CHAT, zone="Asia/Shanghai")
    await press(story, ZONE, "Europe/London")
    await story.push(LANGUAGE, "en")
    assert (await preference(story)).zone == "Europe/London"


async def test_it_is_chosen_from_the_list(story: Story) -> None:
    await press(story, ZONE, "Europe/London")
    chosen = await preference(story)
    assert (chosen.zone, chosen.is_guessed) == ("Europe/London", False)


async def test_it_is_typed_after_the_button(story: Story) -> None:
    sessions = Sessions(story.store, story.clock)
    assert not (await sessions.load(CHAT)).asks_zone
    await press(story, ZONE, OTHER)
    assert (await story.news()).told == ["settings.zone_ask"]
    assert (await sessions.load(CHAT)).asks_zone
    assert (await story.after(SHANGHAI)).work == [ShowSettings(chat_id=CHAT)]
    chosen = await preference(story)
    assert (chosen.zone, chosen.is_guessed) == ("Asia/Shanghai", False)
    assert await sessions.load(CHAT) == Session(language="en")


async def test_what_is_no_zone_ends_the_question(story: Story) -> None:
    sessions = Sessions(story.store, story.clock)
    before = await preference(story)
    await press(story, ZONE, OTHER)
    assert (await story.after(ZoneTyped(person=PERSON, zone=None))).told == ["settings.zone_unknown"]
    assert not (await sessions.load(CHAT)).asks_zone
    assert await preference(story) == before


async def test_the_question_is_forgotten_after_a_while_or_with_another_press(story: Story) -> None:
    sessions = Sessions(story.store, story.clock)
    await press(story, ZONE, OTHER)
    await press(story, SETTINGS, "all")
    assert not (await sessions.load(CHAT)).asks_zone
    await press(story, ZONE, OTHER)
    story.clock.time += ASKING
    assert not (await sessions.load(CHAT)).asks_zone


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Asia/Shanghai", "Asia/Shanghai"),
        (" asia/hong kong ", "Asia/Hong_Kong"),
        ("UTC", "UTC"),
        ("+8", "UTC+08:00"),
        ("UTC+8", "UTC+08:00"),
        ("gmt -3:30", "UTC-03:30"),
        ("+0545", "UTC+05:45"),
        ("+14:01", None),
        ("-15", None),
        ("+8:75", None),
        ("8", None),
        ("Beijing", None),
        ("../../etc/passwd", None),
        ("Asia", None),
        ("", None),
        ("\0" * 5000, None),
    ],
)
def test_a_zone_is_a_name_or_an_offset(typed: str, zone: str | None) -> None:
    assert zones.parsed(typed) == zone
    if zone is not None:
        assert zones.parsed(zone) == zone
        assert NOW.astimezone(zones.zone_of(zone)) == NOW


def test_offsets_have_their_sign_and_a_lost_name_is_no_failure() -> None:
    assert zones.zone_of("UTC-03:30").utcoffset(None) == -timedelta(hours=3, minutes=30)
    assert NOW.astimezone(zones.zone_of("Asia/Atlantis")).utcoffset() == timedelta(hours=9)
    assert {zones.parsed(zone) for zone in zones.OFFERED} == set(zones.OFFERED)


# What follows from the choice.


async def test_reminders_are_planned_anew_with_every_choice(story: Story) -> None:
    at = NOW.replace(hour=20, minute=0) + timedelta(days=1)
    await story.take(won(replace(ORDER, pay_by=at + timedelta(hours=24))))
    [planned] = (await story.news()).due
    assert planned == at - timedelta(hours=7, minutes=15)
    await press(story, QUIET, "off")
    assert (await story.news()).due == [at]
    await press(story, QUIET, "22-8")
    await press(story, ZONE, "America/New_York")
    assert (await story.news()).due[-1] == at
    await press(story, MUTE, Topic.REMINDERS)
    assert (await story.news()).due == [at + timedelta(hours=23)]


async def test_a_muted_win_is_not_announced_but_its_last_reminder_comes(story: Story) -> None:
    await press(story, MUTE, Topic.WINS)
    await press(story, MUTE, Topic.REMINDERS)
    news = await story.after(won())
    assert news.cards == ["edit"]
    assert news.due == [NOW + timedelta(days=2, hours=-1)]
    assert await drawn(story, await story.journey(), "edit") is False
    assert await drawn(story, await story.journey(), "redraw") is True


async def test_a_win_that_is_not_muted_is_announced(story: Story) -> None:
    await press(story, MUTE, Topic.ORDERS)
    assert (await story.after(won())).cards == ["announce"]


async def test_a_muted_change_is_drawn_in_its_place(story: Story) -> None:
    await story.take(won())
    assert (await story.after(repriced(Money("JPY", 13000)))).cards == ["announce"]
    await press(story, MUTE, Topic.ORDERS)
    assert (await story.after(repriced(Money("JPY", 14000), version=3))).cards == ["edit"]
    moved = changed(version=4, total=Money("JPY", 14000), pay_by=NOW + timedelta(days=3))
    assert (await story.after(moved)).cards == ["edit"]
    assert (await story.after(cancelled())).cards == ["edit"]


async def test_payments_and_refunds_cannot_be_muted(story: Story) -> None:
    for topic in Topic:
        await press(story, MUTE, topic)
    first = await story.opened()
    await story.press(Act.NEW_LINK)
    second = await story.open_link()
    assert (await story.after(paid(second))).cards == ["announce"]
    assert (await story.after(paid(first))).told == ["money.repeated"]
    assert (await story.after(sent_back(f"rf-{first}"))).told == ["money.refunded"]


async def drawn(story: Story, journey: Journey, manner: Literal["edit", "redraw"]) -> bool:
    """Whether this brings a card into the chat."""
    telegram, cards = carried(story)
    work = ShowCard(journey_id=journey.id, manner=manner)
    await cards.card(work, claim_of(work))
    return telegram.card(CHAT, journey.id) is not None


async def test_another_zone_is_said_at_once_wherever_a_time_hangs_and_nothing_rings(
    story: Story, chat: ChatRoom
) -> None:
    await story.take(*(won(replace(ORDER, order_id=f"o{n}", auction_id=f"t{n}")) for n in (1, 2)))
    await chat.catch_up()
    [digest] = await chat.seen()
    await chat.press(digest.targets[0])
    await chat.catch_up()
    assert [seen.text.count("14:32 Tokyo time") for seen in await chat.seen()] == [2, 1]
    await story.take(SHANGHAI)
    assert await chat.catch_up() == {"send": 1, "edit": 1, "amend": 1}
    *redrawn, settings = await chat.seen()
    assert [seen.text.count("13:32 Shanghai time") for seen in redrawn] == [2, 1]
    assert "Time zone: Shanghai" in settings.text
    await story.take(SHANGHAI)
    assert await chat.catch_up() == {"send": 1}


async def test_what_hangs_nowhere_or_is_over_is_not_redrawn(story: Story, chat: ChatRoom) -> None:
    await story.take(won(), won(replace(ORDER, order_id="o2", auction_id="t2")))
    await chat.catch_up()
    await story.take(cancelled())
    await chat.catch_up()
    news = await story.after(SHANGHAI)
    assert news.cards == []
    assert [type(work) for work in news.work] == [ShowSettings, RedrawDigest]

"""The message with the settings, the answers below a reminder, and what is typed after a question."""

import json
from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import available_timezones

import pytest
from telegram import Update
from telegram.constants import MessageLimit

from bot.application import CONVERSATIONS
from bot.conversations.stored import handlers_for
from bot.handlers.heard import Heard, hear
from bot.render import render
from bot.settings import PAGES, TOPICS
from bot.shop_links import ShopLinks
from bot.wording import units
from flow.journey import Kind
from flow.states import Payment
from sandbox.telegram.markup import parse_html
from service import zones
from service.buyer_desk import ACKNOWLEDGE, SNOOZE
from service.facts import Command, CommandGiven, Person, PersonalFact, ProductShown, WordsSaid, ZoneTyped
from service.preference_desk import PAGES as EVERY_PAGE
from service.preference_desk import menu
from service.records import Preference, Topic
from service.sessions import Session
from service.texts import Texts
from service.views import PressButton, SettingsView
from service.work import Page
from tests.bot.examples import CHAT, SHOP, card_view, journey
from tests.bot.updates import message

LANGUAGES = ("en", "zh_Hans")
LIN = Person(chat_id=42, user_id=42, name="Lin", language="zh-hans")
GUESSED = Preference(chat_id=CHAT, zone="Asia/Shanghai")


def view(language: str, page: Page = "all", preference: Preference = GUESSED) -> SettingsView:
    offered = menu(page, LANGUAGES)
    buttons = tuple(PressButton(id=f"b{n}", act=act, subject=subject) for n, (act, subject) in enumerate(offered))
    return SettingsView(chat_id=CHAT, language=language, page=page, preference=preference, buttons=buttons)


def read(texts: Texts, shown: SettingsView) -> tuple[str, list[str]]:
    """The text, and the words of the buttons."""
    message = render(texts, shown, SHOP)
    assert message.keyboard is not None
    text = parse_html(message.text).text
    assert units(text) <= MessageLimit.MAX_TEXT_LENGTH
    return text, [row[0].text for row in message.keyboard.inline_keyboard]


def test_every_topic_and_page_has_its_words() -> None:
    assert set(TOPICS) == set(Topic)
    assert set(PAGES) == set(EVERY_PAGE)


def test_it_says_what_is_told_and_when(texts: Texts) -> None:
    text, buttons = read(texts, view("en"))
    for line in ("🔔 Reminders to pay", "Quiet hours: 22:00–08:00", "Time zone: Shanghai (guessed from your language)"):
        assert line in text
    assert "the last reminder before a deadline always come" in text
    assert buttons[:3] == ["🔔 Items that you won", "🔔 Reminders to pay", "🔔 Changes to your orders"]
    assert buttons[3:] == ["Quiet hours", "Time zone", "Language · 语言"]


def test_what_was_chosen_is_shown_as_chosen(texts: Texts) -> None:
    chosen = replace(
        GUESSED, is_guessed=False, zone="UTC-03:30", muted=frozenset({Topic.WINS}), quiet_from=None, quiet_until=None
    )
    text, buttons = read(texts, view("zh_Hans", preference=chosen))
    assert "时区：UTC-03:30" in text
    assert "推测" not in text
    assert "免打扰时段：无" in text
    assert buttons[0] == "🔕 竞拍成功的商品"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", EVERY_PAGE)
def test_each_page_has_a_button_with_words_of_its_own_for_each_choice(texts: Texts, language: str, page: Page) -> None:
    _, buttons = read(texts, view(language, page))
    assert len(buttons) == len(set(buttons)) == len(menu(page, LANGUAGES))
    assert all(buttons)


def test_the_hours_and_the_zones_are_those_that_are_offered(texts: Texts) -> None:
    assert read(texts, view("en", "quiet"))[1] == ["None", "22:00–08:00", "23:00–07:00", "00:00–06:00", "Back"]
    assert read(texts, view("zh_Hans", "zone"))[1][:2] == ["上海", "台北"]
    assert read(texts, view("en", "language"))[1] == ["English", "简体中文", "Back"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("zone", [*zones.OFFERED, "UTC", "UTC+05:45", "America/Argentina/Buenos_Aires", "Etc/GMT+3"])
def test_every_zone_has_a_name(texts: Texts, language: str, zone: str) -> None:
    shown = replace(GUESSED, zone=zone, quiet_from=time(0), quiet_until=time(6))
    assert texts.zone(language, zone) in read(texts, view(language, preference=shown))[0]


# A reminder.


@pytest.mark.parametrize(
    ("left", "english", "chinese"),
    [
        (timedelta(hours=24), "1 day", "1天"),
        (timedelta(hours=47, minutes=59), "47 hours", "47小时"),
        (timedelta(days=2, hours=5), "2 days", "2天"),
        (timedelta(hours=5, minutes=59, seconds=58.4), "5 hours", "5小时"),
        (timedelta(hours=1, seconds=0.2), "1 hour", "1小时"),
        (timedelta(minutes=59, seconds=59.7), "1 hour", "1小时"),
        (timedelta(minutes=100), "100 minutes", "100分钟"),
        (timedelta(minutes=10), "10 minutes", "10分钟"),
        (timedelta(seconds=20), "1 minute", "1分钟"),
    ],
)
def test_what_is_left_is_said_in_one_unit_and_never_too_much(
    texts: Texts, left: timedelta, english: str, chinese: str
) -> None:
    assert texts.duration("en", left) == english
    assert texts.duration("zh_Hans", left).replace(" ", "") == chinese


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reminder_is_the_card_below_what_is_left(texts: Texts, language: str) -> None:
    card = card_view(journey(Kind.PAYMENT, Payment.WON), language)
    plain = render(texts, card, SHOP).text
    reminder = render(texts, replace(card, left=timedelta(hours=6)), SHOP).text
    last = render(texts, replace(card, left=timedelta(hours=1), is_last=True), SHOP).text
    assert reminder.endswith(plain)
    assert last.endswith(plain)
    assert texts(language, "remind.last") in last
    assert texts(language, "remind.last") not in reminder


def test_its_answers_say_how_long_it_is_put_off(texts: Texts) -> None:
    answers = (PressButton(id="a", act=ACKNOWLEDGE), PressButton(id="s", act=SNOOZE, subject="3600"))
    card = card_view(journey(Kind.PAYMENT, Payment.WON), "en", offered=answers)
    markup = render(texts, card, SHOP).keyboard
    assert markup is not None
    assert [row[0].text for row in markup.inline_keyboard] == ["Got it", "Remind me in 1 hour"]


# What is typed.


def understood(heard: Heard) -> PersonalFact:
    """What the conversations take it for."""
    handlers = handlers_for(CONVERSATIONS, Session())
    return next(fact for handler in handlers if (fact := handler(heard)) is not None)


ASKED = Heard(person=LIN, asks_zone=True, is_brief=True)


@pytest.mark.parametrize(
    ("heard", "fact"),
    [
        (replace(ASKED, zone="Asia/Tokyo"), ZoneTyped(person=LIN, zone="Asia/Tokyo")),
        (ASKED, ZoneTyped(person=LIN, zone=None)),
        (Heard(person=LIN, asks_zone=True, command="help"), CommandGiven(person=LIN, command=Command.HELP)),
        (replace(ASKED, auction_id="t1", has_link=True), ProductShown(person=LIN, auction_id="t1")),
        (replace(ASKED, is_brief=False), WordsSaid(person=LIN)),
        (Heard(person=LIN, zone="Asia/Tokyo", is_brief=True), WordsSaid(person=LIN)),
    ],
)
def test_a_zone_is_taken_from_whoever_was_asked(heard: Heard, fact: PersonalFact) -> None:
    assert understood(heard) == fact


@pytest.mark.parametrize(
    ("text", "is_brief"),
    [
        ("somewhere", True),
        (max(available_timezones(), key=len), True),
        ("my parcel has not come yet, can anybody help me?", False),
        (None, False),
        ("/help", False),
    ],
)
def test_only_a_few_words_can_be_the_name_of_a_zone(text: str | None, is_brief: bool) -> None:
    update = Update.de_json(json.loads(message(1, text)), None)
    assert hear(update, ShopLinks("https://auction.example/item/{auction_id}")).is_brief is is_brief


def test_every_button_of_the_settings_has_a_handler() -> None:
    offered = {act for page in EVERY_PAGE for act, _ in menu(page, LANGUAGES)} | {ACKNOWLEDGE, SNOOZE}
    handlers = list(handlers_for(CONVERSATIONS, Session()))[:-1]
    for act in offered:
        heard = Heard(person=LIN, button_id="b", act=act)
        assert any(handler(heard) is not None for handler in handlers), act

"""The message with the settings: what is set, and a button for everything that it can be."""

from datetime import time

from markupsafe import Markup
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from service.preference_desk import MUTE, OTHER, QUIET, QUIET_HOURS, TONGUE, ZONE
from service.records import Preference, Topic
from service.texts import Texts
from service.views import PressButton, SettingsView

TOPICS: dict[str, str] = {
    Topic.WINS: "settings.wins",
    Topic.REMINDERS: "settings.reminders",
    Topic.ORDERS: "settings.orders",
}
PAGES: dict[str, str] = {
    "all": "button.back",
    "quiet": "button.quiet",
    "zone": "button.zone",
    "language": "button.language",
}


def settings(texts: Texts, view: SettingsView) -> Markup:
    """What is told, when, and what is told in any case."""
    language, preference = view.language, view.preference
    topics = [_topic(texts, language, topic, preference) for topic in Topic]
    key = "settings.zone_guessed" if preference.is_guessed else "settings.zone"
    zone = texts(language, key, zone=texts.zone(language, preference.zone))
    quiet = texts(language, "settings.quiet", hours=_hours(texts, language, preference))
    blocks = [
        texts(language, "settings.header"),
        Markup("\n").join(topics),
        Markup("\n").join([quiet, zone]),
        texts(language, "settings.always"),
    ]
    return Markup("\n\n").join(blocks)


def settings_keyboard(texts: Texts, view: SettingsView) -> InlineKeyboardMarkup:
    """One button a row, in their order."""
    rows = [[InlineKeyboardButton(_label(texts, view, button), callback_data=button.id)] for button in view.buttons]
    return InlineKeyboardMarkup(rows)


def _label(texts: Texts, view: SettingsView, button: PressButton) -> str:
    language, subject = view.language, button.subject
    if button.act == MUTE:
        return _topic(texts, language, subject, view.preference).unescape()
    if button.act == QUIET:
        return _span(texts, language, QUIET_HOURS[subject])
    if button.act == ZONE and subject != OTHER:
        return texts.zone(language, subject)
    if button.act == TONGUE:
        return texts(language, f"language.{subject}").unescape()
    return texts(language, "button.zone_other" if button.act == ZONE else PAGES[subject]).unescape()


def _topic(texts: Texts, language: str, topic: str, preference: Preference) -> Markup:
    key = "settings.off" if topic in preference.muted else "settings.on"
    return texts(language, key, topic=texts(language, TOPICS[topic]))


def _hours(texts: Texts, language: str, preference: Preference) -> str:
    start, end = preference.quiet_from, preference.quiet_until
    return _span(texts, language, (start, end) if start is not None and end is not None else None)


def _span(texts: Texts, language: str, hours: tuple[time, time] | None) -> str:
    if hours is None:
        return texts(language, "settings.quiet_none").unescape()
    return f"{hours[0]:%H:%M}–{hours[1]:%H:%M}"

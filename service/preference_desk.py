"""Takes what a person wants to be told, and when: the presses below `/settings`, and a time zone that was typed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import time

from flow.states import CLOSED, UNPAID
from service import zones
from service.chats import Chats, say
from service.facts import ZoneTyped
from service.lines import chat_line
from service.ports import Clock, Transaction
from service.preferences import preference_of
from service.receipt import Receipt
from service.records import Button, Chat, Preference, Topic
from service.reminders import Reminders
from service.urgency import Urgency
from service.work import Page, RedrawDigest, ShowCard, ShowSettings

SETTINGS, MUTE, QUIET, ZONE, TONGUE = "settings", "mute", "quiet", "zone", "tongue"
"""What the buttons below the settings do: open a page, and set what the button's subject says."""

OFF, OTHER = "off", "other"
QUIET_HOURS: dict[str, tuple[time, time] | None] = {
    OFF: None,
    "22-8": (time(22), time(8)),
    "23-7": (time(23), time(7)),
    "0-6": (time(0), time(6)),
}
PAGES: tuple[Page, ...] = ("all", "quiet", "zone", "language")


def menu(page: Page, languages: Sequence[str]) -> list[tuple[str, str]]:
    """The acts and subjects of a page's buttons, in their order."""
    match page:
        case "all":
            return [*((MUTE, topic.value) for topic in Topic), *((SETTINGS, other) for other in PAGES[1:])]
        case "quiet":
            return [*((QUIET, hours) for hours in QUIET_HOURS), (SETTINGS, "all")]
        case "zone":
            return [*((ZONE, zone) for zone in (*zones.OFFERED, OTHER)), (SETTINGS, "all")]
        case "language":
            return [*((TONGUE, language) for language in languages), (SETTINGS, "all")]


class PreferenceDesk:
    """Each press sets one thing and shows the settings in the place of those that were pressed."""

    acts = frozenset({SETTINGS, MUTE, QUIET, ZONE})

    def __init__(self, chats: Chats, reminders: Reminders, clock: Clock) -> None:
        self._chats, self._reminders, self._clock = chats, reminders, clock

    async def pressed(self, tx: Transaction, chat: Chat, button: Button, message_id: int | None) -> Receipt:
        """A button below the settings, in a chat whose person's lock is held."""
        before = await preference_of(tx, chat)
        if button.act == ZONE and button.subject == OTHER:
            await tx.save_preference(replace(before, zone_asked_at=self._clock.now()))
            return await say(tx, chat.chat_id, "settings.zone_ask")
        page: Page = next((page for page in PAGES if button.act == SETTINGS and page == button.subject), "all")
        after = replace(_with(before, button.act, button.subject), zone_asked_at=None)
        if after != before:
            await self._save(tx, chat, after)
        work = ShowSettings(chat_id=chat.chat_id, page=page, message_id=message_id)
        await tx.queue(chat_line(chat.chat_id), work)
        if after.zone != before.zone:
            await _refresh(tx, chat)
        return Receipt.TAKEN

    async def typed(self, tx: Transaction, _: str, fact: ZoneTyped) -> Receipt:
        """The answer to the question for a time zone; one that is none ends the question, too."""
        chat = await self._chats.enter(tx, fact.person)
        before = await preference_of(tx, chat)
        if fact.zone is None:
            await tx.save_preference(replace(before, zone_asked_at=None))
            return await say(tx, chat.chat_id, "settings.zone_unknown")
        await self._save(tx, chat, replace(_with(before, ZONE, fact.zone), zone_asked_at=None))
        await tx.queue(chat_line(chat.chat_id), ShowSettings(chat_id=chat.chat_id))
        if fact.zone != before.zone:
            await _refresh(tx, chat)
        return Receipt.TAKEN

    async def guess_anew(self, tx: Transaction, chat: Chat) -> None:
        """Another language was chosen: unless the person chose a zone, it is the one that this language speaks for."""
        before = await preference_of(tx, chat)
        if before.is_guessed:
            await self._save(tx, chat, replace(before, zone=zones.guessed(chat.language)))

    async def _save(self, tx: Transaction, chat: Chat, preference: Preference) -> None:
        await tx.save_preference(preference)
        if chat.buyer_id is not None:
            await self._reminders.plan_all(tx, chat.buyer_id)


async def _refresh(tx: Transaction, chat: Chat) -> None:
    """Let what hangs in the chat say its times anew, in its place: the cards that are open, the digests to be paid."""
    line, digests = chat_line(chat.chat_id), set[int]()
    for journey in await tx.journeys(chat.buyer_id) if chat.buyer_id else ():
        card = await tx.card(journey.id) if journey.state not in CLOSED else None
        if card is not None and card.chat_id == chat.chat_id:
            await tx.queue(line, ShowCard(journey_id=journey.id, manner="refresh"), urgency=Urgency.REST)
        found = await tx.digests(journey.id) if journey.state in UNPAID else ()
        digests.update(digest.message_id for digest in found if digest.chat_id == chat.chat_id)
    for message_id in sorted(digests):
        work = RedrawDigest(chat_id=chat.chat_id, message_id=message_id, refresh=True)
        await tx.queue(line, work, urgency=Urgency.REST)


def _with(preference: Preference, act: str, subject: str) -> Preference:
    """The preference as a button sets it; a subject that nothing is known of any more changes nothing."""
    if act == MUTE and subject in set(Topic):
        return replace(preference, muted=preference.muted ^ {Topic(subject)})
    if act == QUIET and subject in QUIET_HOURS:
        start, end = QUIET_HOURS[subject] or (None, None)
        return replace(preference, quiet_from=start, quiet_until=end)
    if act == ZONE:
        return replace(preference, zone=subject, is_guessed=False)
    return preference

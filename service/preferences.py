"""What a person wants to be told, and when: the defaults, and what the flow makes of the choices."""

from flow.reminders import Quiet
from service import zones
from service.ports import Transaction
from service.records import Chat, Preference


async def preference_of(tx: Transaction, chat: Chat) -> Preference:
    """What was chosen in a chat, or the defaults."""
    return await tx.preference(chat.chat_id) or default_of(chat)


def default_of(chat: Chat, tag: str | None = None) -> Preference:
    """The defaults, their zone guessed from the tag of Telegram's language, else from the chat's."""
    return Preference(chat_id=chat.chat_id, zone=zones.guessed(tag or chat.language))


def quiet_of(preference: Preference) -> Quiet | None:
    """The quiet hours, where there are any."""
    start, end = preference.quiet_from, preference.quiet_until
    if start is None or end is None:
        return None
    return Quiet(start=start, end=end, zone=zones.zone_of(preference.zone))

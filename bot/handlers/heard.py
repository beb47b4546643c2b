"""What a person did in a private chat, read from an update and cleaned: all that the handlers know of Telegram."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from telegram import CallbackQuery, Chat, Message, Update, User
from telegram.ext import filters

from bot.shop_links import ShopLinks, urls_in
from bot.wording import bounded, clean
from service import zones
from service.facts import Person, PersonalFact

LONGEST_NAME = 64
LONGEST_ZONE = 40
"""Room for the longest name of a time zone (`America/Argentina/ComodRivadavia`)."""

_WRITTEN = filters.UpdateType.MESSAGE & filters.ChatType.PRIVATE & ~filters.StatusUpdate.ALL

_COMMAND = re.compile(r"/([a-z0-9_]{1,32})(?:@\w+)?(?:\s+(.*))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One message or one press.

    `act` is what the pressed button does, None where no live button was pressed. `auction_id` is the item that a
    link in the message leads to, `has_link` whether there is any link, `zone` the time zone that the text names,
    `is_brief` whether it is short enough to be meant as one.
    `message_id` is where the button hangs; `asks_zone` whether the person was asked for a time zone.
    """

    person: Person
    command: str | None = None
    argument: str = ""
    auction_id: str | None = None
    has_link: bool = False
    button_id: str | None = None
    act: str | None = None
    message_id: int | None = None
    zone: str | None = None
    is_brief: bool = False
    asks_zone: bool = False


Handler = Callable[[Heard], PersonalFact | None]
"""Says which fact this is; None where it is not this handler's."""


def is_private(update: object) -> bool:
    """Whether a person wrote to the bot, or pressed a button, in a private chat."""
    if not isinstance(update, Update):
        return False
    if update.callback_query is not None:
        message = update.callback_query.message
        return message is not None and message.chat.type == Chat.PRIVATE
    return bool(_WRITTEN.check_update(update)) and update.effective_user is not None


def hear(update: Update, links: ShopLinks) -> Heard:
    """What was done in a private update; what a pressed button does is for the store to say."""
    match update:
        case Update(callback_query=CallbackQuery() as query):
            return _pressed(query)
        case Update(message=Message(from_user=User() as user) as message):
            return _written(message, person_of(user, message.chat.id), links)
        case _:
            raise ValueError("not a private update")


def person_of(user: User, chat_id: int) -> Person:
    """Who speaks; a name of invisible characters alone is replaced by the person's number."""
    name = bounded(user.full_name, LONGEST_NAME) or str(user.id)
    return Person(chat_id=chat_id, user_id=user.id, name=name, language=clean(user.language_code or "") or None)


def _pressed(query: CallbackQuery) -> Heard:
    chat_id = query.message.chat.id if query.message else query.from_user.id
    message_id = query.message.message_id if query.message else None
    return Heard(person=person_of(query.from_user, chat_id), button_id=clean(query.data or ""), message_id=message_id)


def _written(message: Message, person: Person, links: ShopLinks) -> Heard:
    if found := _COMMAND.fullmatch(message.text or ""):
        return Heard(person=person, command=found[1].lower(), argument=(found[2] or "").strip())
    urls = (*urls_in(message.text or message.caption or ""), *_hidden_urls(message))
    text = clean(message.text or "")
    return Heard(
        person=person,
        auction_id=links.first_in(urls),
        has_link=bool(urls),
        zone=zones.parsed(text),
        is_brief=0 < len(text) <= LONGEST_ZONE,
    )


def _hidden_urls(message: Message) -> tuple[str, ...]:
    """Links behind other words, as some apps share them."""
    return tuple(entity.url for entity in (*message.entities, *message.caption_entities) if entity.url)

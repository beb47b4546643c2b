"""`reply_markup`: what a keyboard may hold, button by button."""

from __future__ import annotations

from sandbox.telegram import rules
from sandbox.telegram.errors import Refused, Words, bad_request
from sandbox.telegram.formatted import units
from sandbox.telegram.jsontypes import Json
from sandbox.telegram.links import WrongLink, checked_link

ACTIONS = frozenset(
    {
        "url",
        "callback_data",
        "web_app",
        "copy_text",
        "login_url",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "switch_inline_query_chosen_chat",
        "callback_game",
        "pay",
    }
)


def inline_keyboard(markup: Json | None) -> Json | None:
    """The inline keyboard of a message, checked and normal; None when the markup holds none. Raises Refused."""
    rows = (markup or {}).get("inline_keyboard")
    if not rows:
        return None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    keyboard = [[_button(button) for button in row] for row in rows if row]
    if sum(len(row) for row in keyboard) > rules.BUTTONS:
        raise bad_request(Words.REPLY_MARKUP_TOO_LONG)
    return {"inline_keyboard": keyboard} if keyboard else None


def reply_keyboard(markup: Json | None) -> Json | None:
    """A keyboard under the input field, or its removal, as given."""
    if markup and markup.keys() & {"keyboard", "remove_keyboard", "force_reply"}:
        return markup
    return None


def _button(button: object) -> Json:
    if not isinstance(button, dict):
        raise _unreadable("InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise _unreadable('Can\'t find field "text"')
    if button.get("style", "primary") not in rules.BUTTON_STYLES:
        raise _unreadable("invalid button style specified")
    actions = sorted(ACTIONS & button.keys())
    if not actions:
        raise _unreadable("Text buttons are unallowed in the inline keyboard")
    if len(actions) > 1:
        # The real server silently takes one of them; the documentation says "exactly one".
        raise _unreadable("exactly one of the optional fields must be used")
    return {**button, **_checked(actions[0], button)}


def _checked(action: str, button: Json) -> Json:
    value = button[action]
    match action:
        case "url":
            return {"url": _link(value)}
        case "callback_data":
            return {"callback_data": _data(value)}
        case "copy_text":
            return {"copy_text": {"text": _copied(value)}}
        case "web_app":
            return {"web_app": {"url": _web_app(value)}}
        case _:
            raise bad_request(Words.BUTTON_TYPE)


def _link(url: object) -> str:
    try:
        return checked_link(str(url))
    except WrongLink as reason:
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {reason}") from reason


def _data(data: object) -> str:
    if not isinstance(data, str) or not 1 <= len(data.encode()) <= rules.CALLBACK_DATA_BYTES:
        raise bad_request(Words.BUTTON_DATA)
    return data


def _copied(copy_text: object) -> str:
    text = copy_text.get("text") if isinstance(copy_text, dict) else None
    if not isinstance(text, str) or not 1 <= units(text) <= rules.COPY_TEXT_UNITS:
        raise bad_request(Words.BUTTON_COPY_TEXT)
    return text


def _web_app(web_app: object) -> str:
    url = str(web_app.get("url", "")) if isinstance(web_app, dict) else ""
    if not url.startswith("https://"):
        raise bad_request(f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed")
    return url


def _unreadable(words: str) -> Refused:
    return bad_request(f"can't parse inline keyboard button: {words}")

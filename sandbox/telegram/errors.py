"""Refusals, in Telegram's own words (tdlib/telegram-bot-api, `Client.cpp`; tdlib/td for what starts in capitals)."""

from __future__ import annotations

from enum import StrEnum


class Refused(Exception):
    """Telegram refuses this call; the answer carries the code, the words and the parameters.

    These are the seconds to wait (429), or a group's new id (core.telegram.org/bots/api#responseparameters).
    """

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


class Words(StrEnum):
    """What follows `Bad Request: `."""

    BUTTON_COPY_TEXT = "BUTTON_COPY_TEXT_INVALID"
    BUTTON_DATA = "BUTTON_DATA_INVALID"
    BUTTON_TYPE = "BUTTON_TYPE_INVALID"
    CAPTION_TOO_LONG = "message caption is too long"
    CHAT_EMPTY = "chat_id is empty"
    CHAT_NOT_FOUND = "chat not found"
    COMMAND = "BOT_COMMAND_INVALID"
    COMMAND_DESCRIPTION = "BOT_COMMAND_DESCRIPTION_INVALID"
    COMMANDS_TOO_MANY = "BOT_COMMANDS_TOO_MUCH"
    DELETE_FORBIDDEN = "message can't be deleted for everyone"
    EDIT_FORBIDDEN = "message can't be edited"
    FILE_EMPTY = "file must be non-empty"
    FILE_TOO_BIG = "file is too big"
    FILE_WRONG = "wrong file identifier/HTTP URL specified"
    FILE_WRONG_OR_GONE = "wrong file_id or the file is temporarily unavailable"
    IMAGE = "IMAGE_PROCESS_FAILED"
    IMAGE_SIZES = "PHOTO_INVALID_DIMENSIONS"
    LANGUAGE = "invalid language code specified"
    MEMBER_NOT_FOUND = "member not found"
    MESSAGE_EMPTY = "message text is empty"
    MESSAGE_TOO_LONG = "message is too long"
    NO_CAPTION = "there is no caption in the message to edit"
    NO_TEXT = "there is no text in the message to edit"
    NOT_A_FORUM = "the chat is not a forum"
    NOT_MODIFIED = (
        "message is not modified: specified new message content and reply markup are exactly the same "
        "as a current content and reply markup of the message"
    )
    PROTECTED = "message can't be forwarded"
    QUERY_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
    REACTION = "REACTION_INVALID"
    REACTIONS_TOO_MANY = "REACTIONS_TOO_MANY"
    REPLY_NOT_FOUND = "message to be replied not found"
    REPLY_MARKUP_TOO_LONG = "reply markup is too long"
    TEXT_TOO_LONG = "text is too long"
    THREAD_NOT_FOUND = "message thread not found"
    TITLE_EMPTY = "title must be non-empty"
    TOPIC_ID = "TOPIC_ID_INVALID"
    TOPIC_NOT_MODIFIED = "TOPIC_NOT_MODIFIED"
    URL_CONTENT = "failed to get HTTP URL content"
    WRONG_ACTION = "wrong parameter action in request"


def bad_request(words: str) -> Refused:
    return Refused(400, f"Bad Request: {words}")


def upgraded(chat_id: int) -> Refused:
    return Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat_id)


def unauthorized() -> Refused:
    return Refused(401, "Unauthorized")


def forbidden(words: str) -> Refused:
    return Refused(403, f"Forbidden: {words}")


def unknown_method() -> Refused:
    return Refused(404, "Not Found: method not found")


def conflict(words: str) -> Refused:
    return Refused(409, f"Conflict: {words}")


def too_large() -> Refused:
    return Refused(413, "Request Entity Too Large")


def too_many_requests(retry_after: int) -> Refused:
    return Refused(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)

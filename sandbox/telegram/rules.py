"""Telegram's numbers and closed lists (core.telegram.org/bots/api), as data."""

from __future__ import annotations

from datetime import timedelta

TEXT_UNITS = 4096
CAPTION_UNITS = 1024
TEXT_BYTES = 1 << 15
ENTITIES = 100

CALLBACK_DATA_BYTES = 64
COPY_TEXT_UNITS = 256
BUTTONS = 100
BUTTON_STYLES = frozenset({"danger", "success", "primary"})

CALLBACK_ANSWER_UNITS = 200
CALLBACK_LIFETIME = timedelta(seconds=150)
UPDATE_LIFETIME = timedelta(hours=24)
DELETABLE_FOR = timedelta(hours=48)

COMMANDS = 100
COMMAND_PATTERN = r"[a-z0-9_]{1,32}"
COMMAND_DESCRIPTION_UNITS = 256
NAME_UNITS = 64
DESCRIPTION_UNITS = 512
SHORT_DESCRIPTION_UNITS = 120
TOPIC_NAME_UNITS = 128
TOPIC_COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
GENERAL_TOPIC = 1

PHOTO_BYTES = 10 << 20
UPLOAD_BYTES = 50 << 20
PHOTO_SIDES = 10_000
PHOTO_RATIO = 20
ALBUM = 10

POLL_SECONDS = 50
POLL_UPDATES = 100
WEBHOOK_CONNECTIONS = 100
WEBHOOK_DEFAULT_CONNECTIONS = 40
BASE64URL = r"[A-Za-z0-9_-]*"
SECRET_TOKEN_LENGTH = 256
WEBHOOK_LONGEST_DELAY = 60
WEBHOOK_LONGEST_RETRY_AFTER = 3600

UPDATE_KINDS = frozenset(
    {
        "message",
        "edited_message",
        "callback_query",
        "my_chat_member",
        "chat_member",
        "message_reaction",
    }
)
UPDATE_KINDS_ON_REQUEST = frozenset({"chat_member", "message_reaction"})

CHAT_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)

# fmt: off
REACTIONS = frozenset({
    "👍", "👎", "❤", "🔥", "🥰", "👏", "😁", "🤔", "🤯", "😱", "🤬", "😢", "🎉", "🤩", "🤮", "💩",
    "🙏", "👌", "🕊", "🤡", "🥱", "🥴", "😍", "🐳", "❤\u200d🔥", "🌚", "🌭", "💯", "🤣", "⚡", "🍌", "🏆",
    "💔", "🤨", "😐", "🍓", "🍾", "💋", "🖕", "😈", "😴", "😭", "🤓", "👻", "👨\u200d💻", "👀", "🎃", "🙈",
    "😇", "😨", "🤝", "✍", "🤗", "🫡", "🎅", "🎄", "☃", "💅", "🤪", "🗿", "🆒", "💘", "🙉", "🦄",
    "😘", "💊", "🙊", "😎", "👾", "🤷\u200d♂", "🤷", "🤷\u200d♀", "😡",
})
# fmt: on

"""Updates as Telegram sends them, in bytes."""

import json
from typing import Any

USER = {"id": 42, "is_bot": False, "first_name": "Lin", "language_code": "zh-hans"}
PRIVATE = {"id": 42, "type": "private", "first_name": "Lin"}
GROUP = {"id": -100500, "type": "supergroup", "title": "Friends of auctions"}


def body(update_id: int, **content: Any) -> bytes:
    return json.dumps({"update_id": update_id, **content}).encode()


def message(update_id: int, text: str | None = None, *, chat: dict[str, Any] = PRIVATE, **more: Any) -> bytes:
    said = {"text": text, "entities": _entities(text)} if text is not None else {}
    return body(
        update_id,
        message={"message_id": update_id, "date": 1, "chat": chat, "from": more.pop("user", USER), **said, **more},
    )


def press(update_id: int, data: str, *, chat: dict[str, Any] = PRIVATE, user: dict[str, Any] = USER) -> bytes:
    card = {"message_id": 7, "date": 1, "chat": chat, "text": "card"}
    query = {"id": f"q{update_id}", "from": user, "chat_instance": "c", "data": data, "message": card}
    return body(update_id, callback_query=query)


def _entities(text: str) -> list[dict[str, Any]]:
    if not text.startswith("/"):
        return []
    return [{"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}]

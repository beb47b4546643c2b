"""The Bot API's methods, one module a family; names are compared in lower case, as the real server does."""

from __future__ import annotations

from typing import Any

from sandbox.telegram.methods import account, chats, editing, media, receiving, sending, topics
from sandbox.telegram.methods.method import Method

METHODS: dict[str, Method[Any]] = {
    name.lower(): method
    for family in (account, chats, editing, media, receiving, sending, topics)
    for name, method in family.METHODS.items()
}

"""The words of the chat."""

from pathlib import Path

from service.texts import Texts

LOCALES = Path(__file__).with_name("locales")


def texts() -> Texts:
    """The words of the chat, in all their languages."""
    return Texts(LOCALES, "chat")

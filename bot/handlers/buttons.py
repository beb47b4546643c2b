"""Pressed buttons, and what the buyer sees on top of the screen once the press is taken."""

from dataclasses import dataclass

from bot.handlers.heard import Heard
from service.facts import Pressed
from service.receipt import Receipt


@dataclass(frozen=True, slots=True)
class OnPress:
    """A live button that does `act`."""

    act: str

    def __call__(self, heard: Heard) -> Pressed | None:
        return _press(heard) if heard.act == self.act else None


@dataclass(frozen=True, slots=True)
class OnStalePress:
    """Any other button: the desk says why it does nothing now, and shows where things stand."""

    def __call__(self, heard: Heard) -> Pressed | None:
        return _press(heard)


@dataclass(frozen=True, slots=True)
class Toast:
    """The answer to a press: the key of its words, and whether the buyer has to close it."""

    text: str
    alert: bool = False


TOASTS: dict[Receipt, Toast | None] = {
    Receipt.TAKEN: None,
    Receipt.SEEN: None,
    Receipt.DECLINED: Toast("press.declined"),
    Receipt.EXPIRED: Toast("press.expired", alert=True),
    Receipt.ACKNOWLEDGED: Toast("press.acknowledged"),
    Receipt.SNOOZED: Toast("press.snoozed"),
}


def _press(heard: Heard) -> Pressed | None:
    if heard.button_id is None:
        return None
    return Pressed(person=heard.person, button_id=heard.button_id, message_id=heard.message_id)

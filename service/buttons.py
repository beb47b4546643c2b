"""Makes the buttons that come back to us."""

from service.ports import Clock, Names, Transaction
from service.records import Button
from service.rules import Rules
from service.views import PressButton


class ButtonMaker:
    """What a button means is kept here; the chat holds an opaque id."""

    def __init__(self, rules: Rules, clock: Clock, names: Names) -> None:
        self._rules, self._clock, self._names = rules, clock, names

    async def make(self, tx: Transaction, chat_id: int, act: str, subject: str) -> PressButton:
        """A button for this chat, good for as long as the rules say."""
        expires_at = self._clock.now() + self._rules.button_time
        button = Button(id=self._names.token(), chat_id=chat_id, act=act, subject=subject, expires_at=expires_at)
        await tx.save_button(button)
        return PressButton(id=button.id, act=act, subject=subject)

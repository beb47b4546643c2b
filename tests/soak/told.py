"""What a message tells: of which orders, in which version, that what is so; read from its words, as a person does."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape

from bot.cards import FACES
from bot.lists import ENDED
from bot.wording import without_tags
from flow.journey import Kind
from flow.states import UNPAID, Payment, State
from service.texts import Texts
from tests.journeys.buyers import wording

LANGUAGE = "en"
LOT = re.compile(r"Lot (\d+)/(\d+),")

DUE = Payment.WON
"""How an unpaid order of a digest stands, which does not say how far its buyer came."""


@dataclass(frozen=True, slots=True)
class Telling:
    """That an order stands so; no state where the message only points to a newer one."""

    order: str
    version: int
    state: State | None

    @property
    def is_due(self) -> bool:
        """Whether it says that something is to be paid."""
        return self.state in UNPAID


class Reader:
    """Knows the catalogue's words for each state of a payment."""

    def __init__(self, texts: Texts) -> None:
        self._retired = wording(texts, LANGUAGE, "card.retired")
        self._header = wording(texts, LANGUAGE, "digest.header")
        self._connected = wording(texts, LANGUAGE, "connected")
        self._cards = _patterns(texts, {state: face.text for state, face in FACES[Kind.PAYMENT].items()})
        self._ended = _patterns(texts, ENDED)

    def read(self, html: str) -> tuple[Telling, ...]:
        """What a message tells; nothing where it is about no order."""
        text = unescape(without_tags(html))
        if self._header.search(text):
            return tuple(self._lines(text))
        lot = LOT.search(text)
        if lot is None:
            return ()
        state = None if self._retired.search(text) else self._state(text, self._cards)
        return (Telling(f"O{lot[1]}", int(lot[2]), state),)

    def is_greeting(self, html: str) -> bool:
        """Whether a message says that the chat is connected from now on."""
        return bool(self._connected.search(unescape(without_tags(html))))

    def _lines(self, text: str) -> Iterator[Telling]:
        for block in text.split("\n\n"):
            if lot := LOT.search(block):
                yield Telling(f"O{lot[1]}", int(lot[2]), self._state(block, self._ended) or DUE)

    def _state(self, text: str, patterns: Mapping[State, re.Pattern[str]]) -> State | None:
        return next((state for state, pattern in patterns.items() if pattern.search(text)), None)


def _patterns(texts: Texts, keys: Mapping[State, str]) -> Mapping[State, re.Pattern[str]]:
    """Those of the states' texts, the longest first: "Paid" is a part of another one."""
    made = {state: wording(texts, LANGUAGE, key) for state, key in keys.items()}
    return dict(sorted(made.items(), key=lambda one: -len(one[1].pattern)))

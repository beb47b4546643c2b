"""What the soak reads in a message is what the service wrote into it."""

from dataclasses import replace

import pytest

from bot import catalogue
from bot.lists import ENDED
from bot.render import render, retired
from flow.journey import Journey, Kind
from flow.states import Payment
from service.views import DigestView
from tests.bot.examples import card_view, journey, order
from tests.soak.deals import title
from tests.soak.told import DUE, Reader, Telling

TEXTS = catalogue.texts()
READER = Reader(TEXTS)


def of(state: Payment, number: int = 7, version: int = 3) -> Journey:
    """An order's journey in this state."""
    shown = replace(order(), title=title(f"O{number}", version))
    return replace(journey(Kind.PAYMENT, state), order=shown)


@pytest.mark.parametrize("state", [s for s in Payment if s not in (Payment.WATCHING, Payment.WITHDRAWN)])
def test_a_card_tells_how_its_order_stands(state: Payment) -> None:
    text = render(TEXTS, card_view(of(state)), "the shop").text

    assert READER.read(text) == (Telling("O7", 3, state),)


def test_a_digest_tells_how_all_its_orders_stand() -> None:
    states = (Payment.WON, Payment.SELECTING, *[Payment(state) for state in ENDED])
    journeys = tuple(of(state, number, 2) for number, state in enumerate(states))
    view = DigestView(chat_id=1, language="en", journeys=journeys, buttons=(), zone="UTC")

    told = READER.read(render(TEXTS, view, "the shop").text)

    assert told == tuple(Telling(f"O{n}", 2, state if state in ENDED else DUE) for n, state in enumerate(states))


def test_a_retired_card_tells_nothing_but_its_version() -> None:
    assert READER.read(retired(TEXTS, card_view(of(Payment.WON))).text) == (Telling("O7", 3, None),)


def test_other_messages_are_about_no_order() -> None:
    greeting = str(TEXTS("en", "connected", name="B7", shop="the shop"))

    assert READER.read(greeting) == ()
    assert READER.is_greeting(greeting)
    assert not READER.is_greeting("Welcome! I help you pay.")

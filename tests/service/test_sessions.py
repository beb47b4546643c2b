"""Where a person stands, over the real store."""

from dataclasses import replace
from datetime import timedelta

import pytest

from flow.journey import Journey
from flow.offers import Act
from flow.states import CLOSED, Payment, Verification
from flow.steps import Path, Step
from service.ports import Store
from service.records import Button, Chat
from service.sessions import Session, Sessions
from tests.service.examples import NOW, PAYMENT, VERIFICATION, Clock

CHAT = Chat(chat_id=7, user_id=7, name="林", language="zh_Hans", buyer_id="b1")
NOWHERE = Session(language="zh_Hans")
BUTTON = Button(id="bt1", chat_id=7, act=Act.PAY, subject="p1", expires_at=NOW + timedelta(days=1))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(store: Store, clock: Clock) -> Sessions:
    return Sessions(store, clock)


async def given(store: Store, *journeys: Journey, chat: Chat = CHAT, button: Button | None = None) -> None:
    async with store.transaction() as tx:
        await tx.save_chat(chat)
        for journey in journeys:
            await tx.save_journey(journey)
        if button:
            await tx.save_button(button)


async def test_a_chat_that_nobody_knows_is_nowhere(sessions: Sessions) -> None:
    assert await sessions.load(7) == Session()
    assert await sessions.load(7, "bt1") == Session()


async def test_a_chat_without_an_account_or_without_a_journey_is_nowhere(store: Store, sessions: Sessions) -> None:
    await given(store, PAYMENT, chat=replace(CHAT, buyer_id=None))
    assert await sessions.load(7) == NOWHERE
    await given(store, chat=replace(CHAT, buyer_id="b2"))
    assert await sessions.load(7) == NOWHERE


async def test_a_chat_stands_where_its_newest_open_journey_stands(store: Store, sessions: Sessions) -> None:
    await given(store, VERIFICATION, replace(PAYMENT, id="p0", state=Payment.WON))
    assert await sessions.load(7) == Session(path=Path.RETURNING, step=Step.OPEN_PAYMENT, language="zh_Hans")
    await given(store, replace(PAYMENT, id="p2", order=None, state=Payment.PAID))
    assert await sessions.load(7) == Session(path=Path.RETURNING, step=Step.OPEN_PAYMENT, language="zh_Hans")


async def test_what_is_closed_is_left_behind(store: Store, sessions: Sessions) -> None:
    await given(
        store, *[replace(PAYMENT, id=state.value, order=None, state=state) for state in Payment if state in CLOSED]
    )
    assert await sessions.load(7) == NOWHERE


async def test_a_pressed_button_is_about_its_own_journey(store: Store, sessions: Sessions) -> None:
    await given(store, PAYMENT, replace(VERIFICATION, state=Verification.OFFERED), button=BUTTON)
    pressed = Session(path=Path.RETURNING, step=Step.PAY_IN_ALIPAY, act=Act.PAY, language="zh_Hans")
    assert await sessions.load(7, "bt1") == pressed


async def test_a_button_may_be_about_no_journey(store: Store, sessions: Sessions) -> None:
    await given(store, button=replace(BUTTON, act="language", subject="ja"))
    assert await sessions.load(7, "bt1") == Session(act="language", language="zh_Hans")


async def test_a_button_ends_with_its_time(store: Store, sessions: Sessions, clock: Clock) -> None:
    await given(store, PAYMENT, button=BUTTON)
    clock.time = BUTTON.expires_at - timedelta(seconds=1)
    assert (await sessions.load(7, "bt1")).act == Act.PAY
    clock.time = BUTTON.expires_at
    assert await sessions.load(7, "bt1") == NOWHERE


async def test_a_button_of_another_chat_is_none(store: Store, sessions: Sessions) -> None:
    await given(store, PAYMENT, button=replace(BUTTON, chat_id=8))
    assert await sessions.load(7, "bt1") == NOWHERE
    assert await sessions.load(7, "bt9") == NOWHERE


async def test_nothing_is_held_between_two_updates(store: Store, sessions: Sessions) -> None:
    await given(store, replace(PAYMENT, state=Payment.WON))
    before = await sessions.load(7)
    async with store.transaction() as tx:
        journey = await tx.journey("p1")
        assert journey is not None
        await tx.save_journey(replace(journey, state=Payment.SELECTING))
    assert (before.step, (await sessions.load(7)).step) == (Step.OPEN_PAYMENT, Step.USE_ALIPAY)

"""The conversations are the two columns of the article: held to the flow both ways."""

import pytest

from bot.application import CONVERSATIONS
from bot.conversations.first_time import FIRST_TIME
from bot.conversations.returning import RETURNING
from bot.conversations.stored import StoredConversation, handlers_for
from bot.handlers.buttons import OnPress, OnStalePress
from bot.handlers.commands import OnCommand
from flow.offers import LINKS, OFFERS, Act
from flow.states import STEP_OF
from flow.steps import STEPS, Path, Step
from service.facts import Command
from service.sessions import Session
from tests.bot.examples import STATES

COLUMNS = [FIRST_TIME, RETURNING]


def offered(step: Step) -> set[str]:
    return {act for _, state in STATES if STEP_OF[state] is step for act in OFFERS[state] if act not in LINKS}


def handled(conversation: StoredConversation, step: Step) -> set[str]:
    return {handler.act for handler in conversation.states[step] if isinstance(handler, OnPress)}


@pytest.mark.parametrize("conversation", COLUMNS)
def test_a_conversation_has_the_steps_of_its_path_in_their_order(conversation: StoredConversation) -> None:
    assert conversation.path is not None
    assert tuple(conversation.states) == STEPS[conversation.path]


def test_there_is_one_conversation_for_each_path() -> None:
    assert sorted(c.path for c in CONVERSATIONS if c.path) == sorted(Path)


@pytest.mark.parametrize(("conversation", "step"), [(c, step) for c in COLUMNS for step in c.states])
def test_what_is_offered_at_a_step_is_handled_there_and_nothing_else(
    conversation: StoredConversation, step: Step
) -> None:
    assert handled(conversation, step) == offered(step)


def test_every_command_is_handled_exactly_where_its_conversation_says() -> None:
    asked = list(handlers_for(CONVERSATIONS, Session()))
    assert {handler.command for handler in asked if isinstance(handler, OnCommand)} == set(Command)


def test_the_step_is_asked_first_and_the_stale_press_last() -> None:
    session = Session(path=Path.RETURNING, step=Step.OPEN_PAYMENT, act=Act.PAY)
    asked = list(handlers_for(CONVERSATIONS, session))
    assert asked[0] == OnPress(Act.PAY)
    assert asked[-1] == OnStalePress()


def test_a_step_that_the_path_does_not_have_is_no_obstacle() -> None:
    session = Session(path=Path.RETURNING, step=Step.LOG_IN)
    asked = list(handlers_for(CONVERSATIONS, session))
    assert asked == list(handlers_for(CONVERSATIONS, Session()))

"""Conversations in the vocabulary of `telegram.ext.ConversationHandler`, as plain values whose memory is the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.handlers.buttons import OnStalePress
from bot.handlers.heard import Handler
from flow.steps import Path, Step
from service.sessions import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredConversation:
    """What can be said and pressed at each step of a path; None is the path of a conversation without steps.

    `entry_points` begin something at any time, `states` belong to who stands at the step, `fallbacks` are asked
    last. A button that opens a page never comes back as an update, so it is in no state.
    """

    path: Path | None = None
    entry_points: Sequence[Handler] = ()
    states: Mapping[Step, Sequence[Handler]] = field(default_factory=dict)
    fallbacks: Sequence[Handler] = ()


Conversations = Sequence[StoredConversation]


def handlers_for(conversations: Conversations, session: Session) -> Iterator[Handler]:
    """The handlers in the order of asking: those of the step, every entry point, every fallback, the stale press."""
    for conversation in conversations:
        if session.step is not None and conversation.path is session.path:
            yield from conversation.states.get(session.step, ())
    for conversation in conversations:
        yield from conversation.entry_points
    for conversation in conversations:
        yield from conversation.fallbacks
    yield OnStalePress()

"""Scripted faults: the next calls of a method, or to a chat, go wrong in a chosen way."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.telegram.errors import Refused, forbidden, too_many_requests

FaultKind = Literal[
    "server_error", "bad_gateway", "timeout", "lost_answer", "too_many_requests", "blocked", "deactivated"
]


class Fault(BaseModel):
    """`times` calls that match `method` and `chat_id` (None matches all) meet the fault, after `skip` good ones.

    `timeout` holds the call for `seconds` and drops it undone; `lost_answer` does the work and drops the answer.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: FaultKind
    method: str | None = None
    chat_id: int | None = None
    times: int = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    seconds: int = Field(default=1, ge=0)

    def refusal(self) -> Refused | None:
        """The answer, where the fault is one."""
        match self.kind:
            case "server_error":
                return Refused(500, "Internal Server Error")
            case "bad_gateway":
                return Refused(502, "Bad Gateway")
            case "too_many_requests":
                return too_many_requests(self.seconds)
            case "blocked":
                return forbidden("bot was blocked by the user")
            case "deactivated":
                return forbidden("user is deactivated")
            case "timeout" | "lost_answer":
                return None

    def matches(self, method: str, chat_id: str) -> bool:
        same_method = self.method is None or self.method.lower() == method.lower()
        return same_method and (self.chat_id is None or str(self.chat_id) == chat_id)


class Faults:
    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    @property
    def waiting(self) -> tuple[Fault, ...]:
        return tuple(self._waiting)

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def meet(self, method: str, chat_id: str) -> Fault | None:
        """The fault for this call; it counts as used."""
        for at, fault in enumerate(self._waiting):
            if fault.matches(method, chat_id):
                return self._use(at, fault)
        return None

    def _use(self, at: int, fault: Fault) -> Fault | None:
        if fault.skip:
            self._waiting[at] = fault.model_copy(update={"skip": fault.skip - 1})
            return None
        if fault.times > 1:
            self._waiting[at] = fault.model_copy(update={"times": fault.times - 1})
        else:
            del self._waiting[at]
        return fault

"""What a method is: the model of its parameters and the work it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic

from sandbox.telegram.backend import Backend
from sandbox.telegram.params import P


@dataclass(frozen=True)
class Method(Generic[P]):
    """`run` returns the `result` of the answer, or raises Refused."""

    params: type[P]
    run: Callable[[Backend, P], Awaitable[object]]


@dataclass(frozen=True)
class Described:
    """A True that comes with words, as the webhook methods answer."""

    description: str

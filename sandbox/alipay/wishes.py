"""Reads what people and scripts wish for: a fault to arm, or an act of the portal."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.alipay.money import FEN_PER_UNIT
from sandbox.alipay.portal import Deed

_MOST: Final = 1000  # occasions, copies, or seconds
_MOST_MONEY: Final = 10**12

Rule = Callable[[object], bool]


class BadWish(ValueError):
    """The object that was sent does not say what to do; the message lists what it may hold."""


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= _MOST


_ARMING: Final[Mapping[str, Rule]] = {
    "fault": _is_text,
    "times": lambda value: value is None or _is_whole(value, 1, _MOST),
    "on": _is_text,
    "value": _is_number,
    "seconds": _is_number,
}
_DEED: Final[Mapping[str, Rule]] = {
    "act": _is_text,
    "value": lambda value: _is_whole(value, 1, _MOST_MONEY),
    "currency": lambda value: isinstance(value, str) and value in FEN_PER_UNIT,
    "more": lambda value: _is_whole(value, -_MOST_MONEY, _MOST_MONEY),
}


def read_object(body: bytes) -> object:
    """Raises `BadWish`."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadWish("Send a JSON object.") from error


def read_arming(wish: object) -> dict[str, Any]:
    """`{"fault": name, "times"?: 1.. or null, "on"?: call or notify type, "value"?: copies, seconds, "seconds"?}`

    What `Faults.arm` takes. Raises `BadWish`.
    """
    return _read(wish, "fault", _ARMING)


def read_deed(wish: object) -> Deed:
    """`{"act": name, "value"?: smallest unit, "currency"?: JPY or CNY, "more"?: smallest unit}`. Raises `BadWish`."""
    return Deed(**_read(wish, "act", _DEED))


def _read(wish: object, name: str, rules: Mapping[str, Rule]) -> dict[str, Any]:
    if isinstance(wish, dict) and name in wish and all(key in rules and rules[key](wish[key]) for key in wish):
        return wish
    others = ", ".join(key for key in rules if key != name)
    raise BadWish(f"Send an object with {name} (text) and, if wanted, {others}.")

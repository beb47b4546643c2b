"""What PostgreSQL's columns refuse, whatever the table."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal

from service.errors import AssistantError, Malformed

_JSON = frozenset({"alipay_limit", "body", "headers", "item", "lines", "order", "shows"})
_INTEGERS = frozenset({"announced", "news", "version"})
_NUL_IN_JSON = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class Refusal(Exception):
    """A statement failed, and its transaction with it; at the end of its block it becomes the error `told`."""

    def __init__(self, told: AssistantError) -> None:
        super().__init__(str(told))
        self.told = told


def check(columns: Mapping[str, object]) -> None:
    """Raise Refusal where a value fits no column of its name."""
    for name, value in columns.items():
        for one in value if isinstance(value, list) else [value]:
            _check_value(name, one)


def _check_value(name: str, value: object) -> None:
    if isinstance(value, str):
        _check_text(value, is_json=name in _JSON)
    elif isinstance(value, int):
        _check_integer(value, bits=31 if name in _INTEGERS else 63)
    elif isinstance(value, Decimal) and abs(value) >= 10**16:
        raise Refusal(Malformed("NumericValueOutOfRangeError"))


def _check_integer(value: int, *, bits: int) -> None:
    if not -(1 << bits) <= value < 1 << bits:
        raise Refusal(Malformed("DataError"))


def _check_text(value: str, *, is_json: bool) -> None:
    if not _is_unicode(value):
        raise Refusal(Malformed("DataError"))
    if "\0" in value:
        raise Refusal(Malformed("CharacterNotInRepertoireError"))
    if is_json and "\\u" in value:
        _check_escapes(value)


def _check_escapes(value: str) -> None:
    if _NUL_IN_JSON.search(value):
        raise Refusal(Malformed("UntranslatableCharacterError"))
    if not _is_unicode(json.dumps(json.loads(value), ensure_ascii=False)):
        raise Refusal(Malformed("InvalidTextRepresentationError"))


def _is_unicode(value: str) -> bool:
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True

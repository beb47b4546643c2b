"""Reads request bodies strictly: every scalar is a JSON string, every field has its shape."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sandbox.alipay.money import FEN_PER_UNIT, Amount
from sandbox.alipay.results import Refused

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_WHOLE_NUMBER = re.compile(r"[1-9][0-9]{0,15}")
_URL = re.compile(r"https?://[!-~]{1,2040}")


class Fields:
    """One JSON object of a request.

    Raises `Refused` with PARAM_ILLEGAL and the field's name.
    Source of the shapes: docs.antom.com/ac/ams/payment_cashier.
    """

    def __init__(self, document: Mapping[str, Any], path: str = "") -> None:
        self._document = document
        self._path = path

    @classmethod
    def parse(cls, body: bytes) -> "Fields":
        try:
            document = json.loads(body.decode())
            in_strings = _has_only_strings(document)
        except (ValueError, RecursionError) as error:
            raise Refused("PARAM_ILLEGAL", "body") from error
        if not (isinstance(document, dict) and in_strings):
            raise Refused("PARAM_ILLEGAL", "body: send every scalar as a JSON string")
        return cls(document)

    def has(self, name: str) -> bool:
        return name in self._document

    def text(self, name: str, longest: int = 256) -> str:
        value = self._document.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= longest:
            raise self._illegal(name)
        return value

    def one_of(self, name: str, *allowed: str) -> str:
        return self._checked(name, allowed.__contains__)

    def identifier(self, name: str) -> str:
        return self._checked(name, _ID.fullmatch)

    def url(self, name: str) -> str:
        return self._checked(name, _URL.fullmatch, 2048)

    def flag(self, name: str) -> bool:
        return self.has(name) and self.one_of(name, "true", "false") == "true"

    def time(self, name: str) -> datetime:
        """An ISO 8601 time with its offset."""
        try:
            moment = datetime.fromisoformat(self.text(name))
        except ValueError as error:
            raise self._illegal(name) from error
        if moment.tzinfo is None:
            raise self._illegal(name)
        return moment

    def whole_number(self, name: str) -> int:
        return int(self._checked(name, _WHOLE_NUMBER.fullmatch))

    def amount(self, name: str) -> Amount:
        inner = self.nested(name)
        currency = inner.text("currency", 3)
        value = inner.whole_number("value")
        if currency not in FEN_PER_UNIT:
            raise Refused("CURRENCY_NOT_SUPPORT", currency)
        return Amount(currency, value)

    def nested(self, name: str) -> "Fields":
        value = self._document.get(name)
        if not isinstance(value, dict):
            raise self._illegal(name)
        return Fields(value, f"{self._path}{name}.")

    def _checked(self, name: str, rule: Callable[[str], object], longest: int = 256) -> str:
        value = self.text(name, longest)
        if not rule(value):
            raise self._illegal(name)
        return value

    def _illegal(self, name: str) -> Refused:
        return Refused("PARAM_ILLEGAL", self._path + name)


def _has_only_strings(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_has_only_strings, [*value, *value.values()]))
    if isinstance(value, list):
        return all(map(_has_only_strings, value))
    return isinstance(value, str) and _is_text(value)


def _is_text(value: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in value)

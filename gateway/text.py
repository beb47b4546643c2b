"""Field types for what others send: text that PostgreSQL can store, amounts, times."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from flow.money import DECIMALS

RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


def _storable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("text must not hold lone surrogates") from None
    if "\x00" in text:
        raise ValueError("text must not hold NUL")
    return text


def parse_time(text: object) -> datetime:
    """An RFC 3339 time as aware UTC; ValueError where it is none."""
    if not isinstance(text, str) or not RFC_3339.fullmatch(text):
        raise ValueError("a time must be RFC 3339, with its offset")
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("this time does not exist") from None


def _known(currency: str) -> str:
    if currency not in DECIMALS:
        raise ValueError("currency is not in the table of known currencies")
    return currency


Text = Annotated[str, AfterValidator(_storable)]
Time = Annotated[datetime, BeforeValidator(parse_time)]
Currency = Annotated[Text, AfterValidator(_known)]
Digits = Annotated[str, Field(pattern=r"^[0-9]{1,16}$")]
"""A whole number of the smallest currency unit, as every amount travels."""


def describe(error: ValidationError, within: str = "body") -> str:
    """Where and why a message does not validate: field paths, never values."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return "; ".join(f"{'.'.join(map(str, (within, *problem['loc'])))}: {problem['msg']}" for problem in problems[:5])

"""All the families of forgeries, and the seed that they grow from."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

import pytest

from tests.gateway.antom import forged_signatures, forgeries
from tests.gateway.antom.genuine import Gateway, Sent

SEED = 20261123
"""Another seed gives another key, other notices and other forgeries."""

T = TypeVar("T")
Family = Callable[[Gateway], Iterator[Sent]]

FAMILIES: tuple[Family, ...] = (
    forgeries.body_bits,
    forgeries.header_bits,
    forgeries.header_name_bits,
    forgeries.random_bytes_changed,
    forgeries.cut_and_extended,
    forgeries.written_anew,
    forgeries.facts_changed,
    forgeries.addressed_otherwise,
    forgeries.for_another_client,
    forgeries.at_another_time,
    forgeries.body_taken_for_time,
    forgeries.mixed,
    forgeries.headers_missing_or_twice,
    forged_signatures.signature_bits,
    forged_signatures.by_other_keys,
    forged_signatures.with_the_public_key_as_secret,
    forged_signatures.padded_or_digested_otherwise,
    forged_signatures.other_numbers,
    forged_signatures.signed_for_another_purpose,
    forged_signatures.algorithms,
    forged_signatures.fields_of_the_signature,
    forged_signatures.signature_encodings,
)


def by_name(value: object) -> str:
    return getattr(value, "__name__", f"seed={value}")


every_family = pytest.mark.parametrize("family", FAMILIES, ids=by_name)
from_the_seed = pytest.mark.parametrize("seed", [SEED], ids=by_name)


def few(found: Iterator[T]) -> list[T]:
    """As many as somebody would read."""
    return list(islice(found, 3))

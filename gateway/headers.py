"""Headers of messages whose sender is not yet known."""

from collections.abc import Mapping

from service.errors import BadSignature


def single(headers: Mapping[str, str], name: str) -> str:
    """The value of the header `name`, read without regard to case; ASCII, neither missing nor given twice."""
    values = [value for key, value in headers.items() if key.lower() == name]
    if len(values) != 1:
        raise BadSignature(f"header {name} is {'given twice' if values else 'missing'}")
    if not values[0].isascii():
        raise BadSignature(f"header {name} is not ASCII")
    return values[0]

"""A charge and its journey, as a fact about either needs them."""

from collections.abc import Sequence

from flow.journey import Journey
from service.errors import UnknownRecord
from service.ports import Transaction
from service.records import Charge


def name_charge(journey_id: str, number: int) -> str:
    """The gateway's paymentRequestId of a journey's charge, derived so that it is known before anything is sent."""
    return f"{journey_id}-{number}"


def journey_and_number(charge_id: str) -> tuple[str, int]:
    """What a charge's name was derived from; the number is 0 where it is no name of ours."""
    journey_id, _, number = charge_id.rpartition("-")
    return journey_id, int(number) if number.isascii() and number.isdigit() and len(number) < 6 else 0


def next_name(journey_id: str, charges: Sequence[Charge]) -> str:
    """The name of a journey's next charge: no number is used twice, even where one of them was lost and found again."""
    newest = max((journey_and_number(charge.id)[1] for charge in charges), default=0)
    return name_charge(journey_id, newest + 1)


async def load(tx: Transaction, charge_id: str) -> tuple[Journey, Charge]:
    """The charge and its journey, read again under their buyer's lock. Raises UnknownRecord."""
    charge = await tx.charge(charge_id)
    journey = await tx.journey(charge.journey_id) if charge else None
    if journey is None:
        raise UnknownRecord(f"charge {charge_id}")
    await tx.lock(f"buyer:{journey.buyer_id}")
    journey, charge = await tx.journey(journey.id), await tx.charge(charge_id)
    if journey is None or charge is None:
        raise UnknownRecord(f"charge {charge_id}")
    return journey, charge

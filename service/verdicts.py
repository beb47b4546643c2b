"""What a payment gateway can answer, in our words: opened, settled, refused, unknown (the default)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from flow.money import Money

Device = Literal["ios", "android", "desktop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeRequest:
    """A charge to open. `id` is ours (at most 64 characters), derived and committed before the call."""

    id: str
    reference: str
    description: str
    amount: Money
    device: Device
    client_ip: str | None
    return_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """A refund of a settled charge. `id` is ours, committed before the call; `charge_gateway_id` is theirs."""

    id: str
    charge_gateway_id: str
    amount: Money
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The charge waits for the buyer at `url` (https, an allowed host).

    `estimate` is what the gateway says the wallet will show, in the buyer's currency, as of `estimated_at`.
    """

    gateway_id: str | None
    url: str
    estimate: Money | None = None
    estimated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Money of a charge that the gateway says went back, by whoever's wish."""

    refund_id: str
    gateway_id: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The money moved: `amount` as the gateway states it, `at` its own time (aware UTC), None where it tells none.

    `wallet_id` is the gateway's name for the account that paid, `returns` what went back since, where it tells them.
    """

    gateway_id: str
    amount: Money
    at: datetime | None
    wallet_id: str | None = None
    returns: tuple[Return, ...] = ()


CANCELLED = "CANCELLED"
"""The code of a charge that is closed at the gateway; what was paid on it, the gateway sent back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """An explicit, final no; `code` is the gateway's word for it."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Neither yes nor no: ask again later with the same id. `absent` where the gateway knows no such id."""

    reason: str
    absent: bool = False


OpenVerdict = Opened | Settled | Refused | Unknown
Verdict = Settled | Refused | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeNotice:
    """A verified notice about the charge with our id `charge_id`."""

    charge_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundNotice:
    """A verified notice about the refund with our id `refund_id`."""

    refund_id: str
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkNotice:
    """A verified notice that a buyer ended the authorization in the wallet; `subject` is the gateway's name for it."""

    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadNotice:
    """A verified notice of a kind we do not know; kept, never dropped."""

    kind: str


Notice = ChargeNotice | RefundNotice | UnlinkNotice | UnreadNotice

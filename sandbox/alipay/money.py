"""Amounts in the smallest unit of their currency, and the wallet's view of them in CNY."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

FEN_PER_UNIT: Final[Mapping[str, Fraction]] = {"JPY": Fraction("4.84"), "CNY": Fraction(1)}
"""The simulator's own fixed rates: 1 JPY is 0.0484 CNY. No market stands behind them."""

_DECIMALS = {"JPY": 0, "CNY": 2}


def rate(currency: str, other: str) -> str:
    """What one of `currency` is in `other`, not in smallest units: `0.0484`."""
    exact = FEN_PER_UNIT[currency] * 10 ** _DECIMALS[currency]
    return f"{float(exact / (FEN_PER_UNIT[other] * 10 ** _DECIMALS[other])):.6g}"


@dataclass(frozen=True)
class Amount:
    """`value` counts the smallest unit of `currency`: yen, fen."""

    currency: str
    value: int

    def wire(self) -> dict[str, str]:
        return {"currency": self.currency, "value": str(self.value)}

    def less(self, value: int) -> "Amount":
        return Amount(self.currency, self.value - value)

    @property
    def fen(self) -> int:
        """What the wallet takes, rounded to a fen; never nothing for something."""
        return self.to("CNY").value

    def to(self, currency: str) -> "Amount":
        """The same at the simulator's rate, in whole smallest units; never nothing for something."""
        exact = self.value * FEN_PER_UNIT[self.currency] / FEN_PER_UNIT[currency]
        return Amount(currency, max(round(exact), 1) if self.value else 0)

    def __str__(self) -> str:
        decimals = _DECIMALS[self.currency]
        return f"{self.value / 10**decimals:,.{decimals}f} {self.currency}"

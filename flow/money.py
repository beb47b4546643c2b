"""Money as the gateways count it: whole numbers of the smallest currency unit, never a float."""

from dataclasses import dataclass

DECIMALS = {
    **dict.fromkeys(("JPY", "KRW", "VND"), 0),
    **dict.fromkeys(("CNY", "HKD", "MOP", "TWD", "SGD", "MYR", "THB", "PHP", "IDR", "INR", "LKR", "KZT"), 2),
    **dict.fromkeys(("USD", "EUR", "GBP", "AUD", "NZD", "CAD", "CHF", "SEK", "NOK", "DKK", "AED", "BRL", "MXN"), 2),
}
"""Digits after the point for each currency (ISO 4217); the table is closed on purpose."""


class UnknownCurrency(ValueError):
    """This currency is not in the table of known currencies; add it to `flow.money.DECIMALS` with its decimals."""


class CurrencyMismatch(ValueError):
    """Amounts of two currencies cannot be added or compared; convert one of them first, with a dated rate."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount: `Money("JPY", 5)` is five yen, `Money("CNY", 30)` is 0.30 yuan."""

    currency: str
    value: int

    def __post_init__(self) -> None:
        if self.currency not in DECIMALS:
            raise UnknownCurrency(self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self._same(other), self.value + other.value)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self._same(other), self.value - other.value)

    def __neg__(self) -> "Money":
        return Money(self.currency, -self.value)

    def __lt__(self, other: "Money") -> bool:
        self._same(other)
        return self.value < other.value

    def __str__(self) -> str:
        whole, part = divmod(abs(self.value), 10 ** DECIMALS[self.currency])
        sign = "-" if self.value < 0 else ""
        digits = DECIMALS[self.currency]
        return f"{sign}{whole:,}{f'.{part:0{digits}}' if digits else ''} {self.currency}"

    def _same(self, other: "Money") -> str:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency}")
        return self.currency

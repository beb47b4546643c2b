"""Wallets of the buyers. A number that is not in the table opens a wallet that pays."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_PHONE = re.compile(r"\+?[0-9]{5,15}")


@dataclass(frozen=True)
class Account:
    """`opening` and `limit` (for one payment) are in fen; `trait` names the wallet's text on the login page."""

    phone: str
    opening: int = 20_000_00
    limit: int = 50_000_00
    trait: str = "pays"

    @property
    def user_id(self) -> str:
        return f"2088{self.phone.lstrip('+'):0>12.12}"

    @property
    def access_token(self) -> str:
        return f"2810{self.user_id}"

    @property
    def masked(self) -> str:
        return f"{self.phone[:3]}****{self.phone[-4:]}"


DEMO_ACCOUNTS: Final[Sequence[Account]] = (
    Account("13800000001"),
    Account("13800000002", opening=10, trait="too_low"),
    Account("13800000003", limit=10, trait="over_limit"),
)


class Accounts:
    def __init__(self, demo: Sequence[Account] = DEMO_ACCOUNTS) -> None:
        self._by_phone = {account.phone: account for account in demo}

    def open(self, phone: str) -> Account | None:
        """The wallet of a phone number; None when it is none."""
        number = re.sub(r"[ ()-]", "", phone)
        if not _PHONE.fullmatch(number):
            return None
        return self._by_phone.setdefault(number, Account(number))

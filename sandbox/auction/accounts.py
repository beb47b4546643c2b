"""Connecting a buyer to a Telegram account: a one-time code, a request from the bot, the buyer's own confirmation.

The confirmation on this side is what makes a stolen or forwarded link harmless (RFC 10027).
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sandbox.auction.errors import Missing, Refused
from sandbox.auction.world import Buyer, Clock

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Request:
    """A Telegram account that came with a code and waits for the buyer's yes or no."""

    telegram_user_id: int
    telegram_name: str
    expires_at: datetime


@dataclass
class Link:
    """A code that was issued; `expires_at` ends the code, not the request that it brought."""

    code: str
    buyer: Buyer
    expires_at: datetime
    request: Request | None = None


@dataclass
class Accounts:
    """The open links, one a buyer at most: a new code takes the place of the old one."""

    clock: Clock
    _links: dict[str, Link] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _bound: dict[int, Buyer] = field(default_factory=dict)

    def open_link(self, buyer: Buyer) -> Link | None:
        """The buyer's link while its code or its request is alive."""
        link = self._links.get(buyer.buyer_id)
        if link is None:
            return None
        alive_until = link.request.expires_at if link.request else link.expires_at
        return link if self.clock() < alive_until else None

    def issue(self, buyer: Buyer) -> Link:
        if buyer.telegram_user_id is not None:
            raise Refused("already_connected")
        link = Link(secrets.token_urlsafe(16), buyer, self.clock() + LIFETIME)
        self._links[buyer.buyer_id] = link
        return link

    def request(self, code: str, telegram_user_id: int, telegram_name: str) -> Buyer:
        """Note who came with the code. The same account may ask twice, as its first answer may be lost."""
        link = self._by_code(code)
        if telegram_user_id in self._bound or (link.request and link.request.telegram_user_id != telegram_user_id):
            raise Refused("code_used")
        if link.request is None:
            link.request = Request(telegram_user_id, telegram_name, self.clock() + LIFETIME)
        return link.buyer

    def confirm(self, buyer: Buyer, telegram_user_id: int) -> None:
        """Bind the account that the buyer was shown, and no other."""
        request = self._pending(buyer)
        if request.telegram_user_id != telegram_user_id or telegram_user_id in self._bound:
            raise Refused("request_gone")
        self.close(buyer)
        buyer.telegram_user_id = telegram_user_id
        self._bound[telegram_user_id] = buyer

    def close(self, buyer: Buyer) -> None:
        """Take the buyer's link back; its code stays known as used."""
        link = self._links.pop(buyer.buyer_id, None)
        if link:
            self._used.add(link.code)

    def disconnect(self, buyer: Buyer) -> None:
        if buyer.telegram_user_id is None:
            raise Refused("not_connected")
        del self._bound[buyer.telegram_user_id]
        buyer.telegram_user_id = None

    def _pending(self, buyer: Buyer) -> Request:
        link = self.open_link(buyer)
        if link is None or link.request is None:
            raise Refused("request_gone")
        return link.request

    def _by_code(self, code: str) -> Link:
        if code in self._used:
            raise Refused("code_used")
        link = next((link for link in self._links.values() if link.code == code), None)
        if link is None or self.open_link(link.buyer) is not link:
            raise Missing("code")
        return link

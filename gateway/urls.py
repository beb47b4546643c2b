"""URLs that others wrote: what may be shown to a buyer. Whatever two parsers could read differently is refused."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from yarl import URL

PLAIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:[/?#][!#$%&'()*+,./0-9:;=?@A-Z_a-z~\[\]-]*)?")
"""No user part, no backslash, no escapes or other scripts in the host: what phishing links are made of."""

LONGEST = 2048


def is_loopback(host: str) -> bool:
    """Whether `host` is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def split(url: str) -> SplitResult | None:
    """The parts of a plain http or https URL on which urllib and yarl agree, otherwise None."""
    if len(url) > LONGEST or not PLAIN.fullmatch(url):
        return None
    try:
        parts, other = urlsplit(url), URL(url)
        agree = (parts.scheme, parts.hostname, parts.port) == (other.scheme, other.host, other.explicit_port)
    except ValueError:
        return None
    return parts if agree and parts.hostname else None


def is_presentable(url: str) -> bool:
    """Whether `url` is https, or http on this machine."""
    parts = split(url)
    return parts is not None and (parts.scheme == "https" or is_loopback(parts.hostname or ""))


@dataclass(frozen=True, slots=True)
class PayLinks:
    """Which payment links are believed: https on one of `hosts`; the gateway's own address where that is loopback."""

    hosts: frozenset[str]
    gateway: str

    def allow(self, url: str) -> bool:
        """Whether a buyer may be sent to `url`."""
        parts = split(url)
        if parts is None:
            return False
        if parts.scheme == "https" and parts.hostname in self.hosts:
            return parts.port in (None, 443)
        return self._is_ours(parts)

    def _is_ours(self, parts: SplitResult) -> bool:
        own = urlsplit(self.gateway)
        same = (parts.scheme, parts.netloc) == (own.scheme, own.netloc)
        return own.scheme == "http" and is_loopback(own.hostname or "") and same

"""Which links Telegram accepts. Loopback hosts pass here, since the whole stand runs on loopback."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_HOST = re.compile(r"(?:[^\s.:/?#@\[\]]+\.)+[^\s.:/?#@\[\]]*[^\s\d.:/?#@\[\]]|\d{1,3}(?:\.\d{1,3}){3}")


class WrongLink(ValueError):
    """A link that Telegram does not take; the argument is its reason."""


def checked_link(url: str) -> str:
    """The link as Telegram keeps it: http, https or tg; a bare domain becomes http. Raises WrongLink."""
    scheme = _SCHEME.match(url)
    if scheme is None:
        url = f"http://{url}"
    elif scheme[1].lower() == "tg":
        return url
    elif scheme[1].lower() not in {"http", "https"}:
        raise WrongLink("Unsupported URL protocol")
    if not _is_web_address(url):
        raise WrongLink("Wrong HTTP URL")
    return url


def normal_link(url: str) -> str | None:
    """Like `checked_link`, but None for a link that is silently dropped from a text."""
    try:
        return checked_link(url)
    except WrongLink:
        return None


def is_loopback(url: str) -> bool:
    """Whether the address is plain http on this machine, by its exact host name."""
    parts = split(url)
    return parts is not None and parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS


def split(url: str) -> SplitResult | None:
    """The parts of a URL, or None where host or port make no sense."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _is_web_address(url: str) -> bool:
    parts = split(url)
    if parts is None or re.search(r"\s", url) or not parts.hostname:
        return False
    return parts.hostname in LOOPBACK_HOSTS or _HOST.fullmatch(parts.hostname) is not None

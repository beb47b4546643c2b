"""Product links that buyers paste. Only the auction's id is taken from them, never an address."""

import re
from collections.abc import Iterable
from urllib.parse import SplitResult, urlsplit

PLACEHOLDER = "{auction_id}"

OLDER_PATH = "/item/yahoo/auction/{auction_id}"
"""The path of the same auctions before the name JDirectItems; such links still go round."""

_AUCTION_ID = "([A-Za-z][0-9]{8,31})"
_BARE = r"(?<![\w@./:-])(?=[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::[0-9]+)?/)"
_URL = re.compile(rf"(?:https?://|{_BARE})[a-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", re.ASCII | re.IGNORECASE)
_CLOSING = ".,;:!?'\")]"
_DEFAULT_PORTS = {"http": 80, "https": 443}


class ShopLinks:
    """Knows the auction house's product links by the template of their address (`AUCTION_ITEM_URL`)."""

    def __init__(self, template: str) -> None:
        parts = urlsplit(template)
        self._place = _place(parts)
        self._paths = tuple(_pattern(path) for path in (parts.path, OLDER_PATH))

    def auction_id(self, url: str) -> str | None:
        """The auction that the link leads to, its query ignored; None for any other link, and for a look-alike host."""
        try:
            parts = urlsplit(url if "://" in url else f"https://{url}")
            here = _place(parts) == self._place
        except ValueError:
            return None
        if not here or "@" in parts.netloc or not url.isascii():
            return None
        found = next(filter(None, (path.fullmatch(parts.path) for path in self._paths)), None)
        return found[1].lower() if found else None

    def first_in(self, urls: Iterable[str]) -> str | None:
        """The first auction among the links of a message."""
        return next(filter(None, map(self.auction_id, urls)), None)


def urls_in(text: str) -> tuple[str, ...]:
    """The links written in a text, with or without `https://`; the sentence's punctuation behind them is left out."""
    return tuple(url.rstrip(_CLOSING) for url in _URL.findall(text))


def _place(parts: SplitResult) -> tuple[str | None, int | None]:
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError("not a web address")
    port = parts.port if parts.port != _DEFAULT_PORTS[parts.scheme] else None
    return parts.hostname, port


def _pattern(path: str) -> re.Pattern[str]:
    before, _, after = path.partition(PLACEHOLDER)
    return re.compile(f"{re.escape(before)}{_AUCTION_ID}{re.escape(after)}(?:/detail)?/?")
